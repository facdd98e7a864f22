"""POST /v1/submissions (one envelope or NDJSON) and the author's GET /v1/submissions/{digest}."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from tocsin_hub.catalogue import search
from tocsin_hub.errors import HubError
from tocsin_hub.intake.receive import Answer
from tocsin_hub.rest import parts as face
from tocsin_hub.rest import problems
from tocsin_hub.rest.answers import dumps, json_response
from tocsin_hub.rest.edge import NDJSON
from tocsin_hub.rest.parts import Parts

STATUS_FIELDS = {
    "digest": "digest",
    "thread": "thread",
    "kind": "kind",
    "mode": "mode",
    "state": "state",
    "reason": "reason",
    "index": "index",
    "firstIndex": "first_index",
    "headIndex": "head_index",
    "headDigest": "head_digest",
    "amends": "amends",
    "recordId": "record_id",
    "asOf": "as_of",
}


def routes(parts: Parts) -> APIRouter:
    """The routes, closed over the hub's parts."""
    router = APIRouter()

    @router.post("/v1/submissions")
    async def submit(request: Request) -> Response:
        if face.media_type(request) == NDJSON:
            return await _many(parts, request)
        return _receipt(await parts.door.receive(await face.body(request, *face.ENVELOPE_TYPES)))

    @router.get("/v1/submissions/{digest}")
    async def status(request: Request, digest: str) -> Response:
        token = face.bearer(request)
        if token is None:
            raise HubError("login-required")
        return json_response(await face.read(parts, _status, parts, token, digest))

    return router


def _receipt(answer: Answer) -> Response:
    placed = answer.placed
    headers = {
        "Tocsin-Index": str(placed.idx),
        "Tocsin-Digest": answer.digest,
        "Tocsin-Replayed": "true" if placed.replayed else "false",
    }
    status = 200 if placed.replayed else 201
    return Response(answer.receipt, status_code=status, media_type="application/json", headers=headers)


def _status(session: Session, parts: Parts, token: str, digest: str) -> dict[str, Any]:
    viewer = face.viewer_of(session, parts, token)
    found = search.status(session, viewer, digest)
    return {name: getattr(found, own) for name, own in STATUS_FIELDS.items()}


async def _many(parts: Parts, request: Request) -> Response:
    lang = problems.language(request.headers.get("accept-language"))
    with_receipts = request.query_params.get("proof") == "1"
    body = await face.body(request, NDJSON)
    lines = [(n, line) for n, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
    if not lines:
        raise HubError("malformed-request")
    if len(lines) > parts.settings.bulk_max_lines:
        raise HubError("oversize", where="lines")
    answers = await parts.door.receive_many([line for _, line in lines], with_receipts=with_receipts)
    out = [_line(n, answer, lang) for (n, _), answer in zip(lines, answers, strict=True)]
    refused = sum(isinstance(answer, HubError) for answer in answers)
    last = {"checkpoint": parts.publisher.checkpoint(), "accepted": len(answers) - refused, "refused": refused}
    out.append(dumps(last))
    return Response(b"\n".join(out) + b"\n", media_type=NDJSON)


def _line(number: int, answer: Answer | HubError, lang: str) -> bytes:
    if isinstance(answer, HubError):
        said: dict[str, Any] = {
            "line": number,
            "status": answer.status,
            "code": answer.code,
            "where": answer.where,
            "hint": answer.hint(lang),
            "digest": None,
        }
        if answer.retry_after_s is not None:
            said["retryAfterS"] = answer.retry_after_s
        return dumps(said)
    placed = answer.placed
    status = 200 if placed.replayed else 201
    said = {
        "line": number,
        "status": status,
        "index": placed.idx,
        "digest": answer.digest,
        "replayed": placed.replayed,
    }
    line = dumps(said)
    # The bundle is JSON already; it goes in as it is.
    return line if answer.receipt is None else line[:-1] + b', "receipt": ' + answer.receipt + b"}"
