"""/healthz (the process lives) and /readyz (it may be sent work): for load balancers and operators, without a secret."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts
from tocsin_hub.store import migrate

MAX_LAG = 10_000  # entries that readers may be behind before the hub asks for a rest


def routes(parts: Parts) -> APIRouter:
    """The routes, closed over the hub's parts."""
    router = APIRouter()

    @router.get("/healthz")
    async def healthz() -> Response:
        return json_response({"ok": True})

    @router.get("/readyz")
    async def readyz() -> Response:
        try:
            state = await face.read(parts, _state, parts)
        except HubError as error:  # a database that does not answer is a hub that is not ready, not a fault
            return json_response({"ok": False, "code": error.code}, 503)
        return json_response(state, 200 if state["ok"] else 503)

    return router


def _state(session: Session, parts: Parts) -> dict[str, Any]:
    size = append.size(session)[0]
    as_of = parts.readers.as_of(session)
    current = migrate.current(parts.store) == migrate.head()
    alive = parts.sequencer.alive and parts.readers.alive and parts.readers.fault is None
    return {
        "ok": current and alive and size - as_of <= MAX_LAG,
        "logSize": size,
        "asOf": as_of,
        "lag": size - as_of,
        "migrations": "current" if current else "behind",
    }
