"""The log as files: policy, checkpoint, proofs, and the envelopes that a reader may see."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.intake import payloads
from tocsin_hub.members import hubfile
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts

DSSE = "application/vnd.dsse+json"
TEXT = "text/plain; charset=utf-8"
FRESH = {"Cache-Control": "no-cache"}  # public, but a cache must ask again: the log grows


def routes(parts: Parts) -> APIRouter:
    """The routes, closed over the hub's parts."""
    router = APIRouter()

    @router.get("/.well-known/tocsin/policy.json")
    async def policy() -> Response:
        return Response(parts.keyring.policy.raw, media_type=DSSE, headers=FRESH)

    @router.get("/v1/log/checkpoint")
    async def checkpoint() -> Response:
        return Response(parts.publisher.checkpoint(), media_type=TEXT, headers=FRESH)

    @router.get("/v1/log/proof")
    async def proof(request: Request) -> Response:
        digest = face.digest_of(request.query_params.get("digest", ""))
        return Response(await face.read(parts, _proof, parts, digest), media_type=TEXT, headers=FRESH)

    @router.get("/v1/log/consistency")
    async def consistency(request: Request) -> Response:
        old, new = (_size(request.query_params.get(name, "")) for name in ("old", "new"))
        hashes = await face.read(parts, parts.publisher.consistency, old, new)
        said = {"old": old, "new": new, "hashes": [each.hex() for each in hashes]}
        return json_response(said)

    @router.get("/v1/log/predecessors")
    async def predecessors() -> Response:
        return json_response({"predecessors": [_earlier_shape(log) for log in parts.keyring.identity.earlier]})

    @router.get("/v1/blobs/{digest}")
    async def blob(request: Request, digest: str) -> Response:
        token = face.bearer(request)
        return Response(await face.read(parts, _blob, parts, token, digest), media_type=DSSE)

    return router


def _earlier_shape(log: hubfile.Earlier) -> dict[str, Any]:
    return {
        "origin": log.origin,
        "size": log.size,
        "root": log.root,
        "lastSize": log.last_size,
        "lastRoot": log.last_root,
        "lastCheckpoint": log.last_checkpoint,
        "policy": json.loads(log.policy),
    }


def _size(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise HubError("size-out-of-range")
    return int(text)


def _proof(session: Session, parts: Parts, digest: bytes) -> str:
    placed = parts.publisher.find(session, digest)
    if placed is None:
        raise HubError("not-found")
    return parts.publisher.proof(session, placed.idx)


def _blob(session: Session, parts: Parts, token: str | None, digest: str) -> bytes:
    viewer = face.viewer_of(session, parts, token)
    return payloads.read(session, viewer, face.digest_of(digest))
