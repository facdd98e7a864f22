"""Reading tokens: a challenge, a signed answer, an opaque token that can be given back; and long-lived ones for programs.

No passwords, no cookies. What each route takes and gives is in docs/reference/http.md.
"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.members import login, tokens
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts
from tocsin_trust import errors as trust_errors
from tocsin_trust import fields, jsonstrict


def routes(parts: Parts) -> APIRouter:
    """The routes, closed over the hub's parts."""
    router = APIRouter()

    @router.post("/v1/login/challenge")
    async def challenge() -> Response:
        given = parts.login.challenge(parts.clock())
        return json_response({"nonce": given.nonce, "expiresUnixS": given.expires_unix_s})

    @router.post("/v1/login")
    async def open_session(request: Request) -> Response:
        envelope = await face.body(request, *face.ENVELOPE_TYPES)
        token = await face.write(parts, parts.login.login, envelope, parts.clock())
        said = {
            "token": token.text,
            "expiresUnixS": token.expires_unix_s,
            "subjectKind": token.subject_kind,
            "subject": token.subject,
        }
        return json_response(said, 201)

    @router.delete("/v1/login")
    async def close_session(request: Request) -> Response:
        token = face.bearer(request)
        if token is None:
            raise HubError("login-required")
        await face.write(parts, login.revoke, token)
        return Response(status_code=204)

    @router.post("/v1/tokens")
    async def make(request: Request) -> Response:
        label, days = _wish(await face.body(request, "application/json"))
        return json_response(await face.write(parts, _make, parts, face.bearer(request), label, days), 201)

    @router.get("/v1/tokens")
    async def own(request: Request) -> Response:
        return json_response({"tokens": await face.read(parts, _own, parts, face.bearer(request))})

    @router.delete("/v1/tokens/{id}")
    async def end(request: Request, id: str) -> Response:
        await face.write(parts, _end, parts, face.bearer(request), id)
        return Response(status_code=204)

    @router.post("/v1/tokens/revoke/{org}")
    async def end_all(request: Request, org: str) -> Response:
        envelope = await face.body(request, *face.ENVELOPE_TYPES)
        return json_response({"revoked": await face.write(parts, _end_all, parts, envelope, org)})

    return router


def _wish(content: bytes) -> tuple[str, int]:
    try:
        said = jsonstrict.loads(content, max_bytes=4_096, max_depth=2)
    except trust_errors.TrustError as error:
        raise HubError(error.code) from None
    if said.keys() != {"label", "days"}:
        raise HubError("malformed-request")
    label, days = said["label"], said["days"]
    if type(label) is not str or len(label) > tokens.MAX_LABEL_CHARACTERS or not fields.LINE.fullmatch(label):
        raise HubError("malformed-request", where="label")
    if type(days) is not int or not 1 <= days <= tokens.MAX_DAYS:
        raise HubError("malformed-request", where="days")
    return label, days


def _shape(listed: tokens.Listed) -> dict[str, Any]:
    return {
        "id": listed.id,
        "label": listed.label,
        "createdUnixS": listed.created_unix_s,
        "expiresUnixS": listed.expires_unix_s,
    }


def _owner(session: Session, parts: Parts, token: str | None) -> str:
    face.viewer_of(session, parts, token)  # counted like every other use of a token
    return tokens.owner(session, token, parts.clock())


def _make(session: Session, parts: Parts, token: str | None, label: str, days: int) -> dict[str, Any]:
    org = _owner(session, parts, token)
    text, listed = tokens.make(session, org, label, days, parts.clock())
    return {"token": text, **_shape(listed)}


def _own(session: Session, parts: Parts, token: str | None) -> list[dict[str, Any]]:
    org = _owner(session, parts, token)
    return [_shape(listed) for listed in tokens.list_good(session, org, parts.clock())]


def _end(session: Session, parts: Parts, token: str | None, id: str) -> None:
    tokens.revoke(session, _owner(session, parts, token), id, parts.clock())


def _end_all(session: Session, parts: Parts, envelope: bytes, org: str) -> int:
    face.require_authority(parts, envelope)
    return tokens.revoke_all(session, org, parts.clock())
