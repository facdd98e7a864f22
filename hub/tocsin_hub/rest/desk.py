"""GET /v1/moderation/{ref}: what a desk is about to act on. Which thread it is and how it stands; no text it may not read."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from tocsin_hub.catalogue import search, view
from tocsin_hub.errors import HubError
from tocsin_hub.intake import moderate
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts


def routes(parts: Parts) -> APIRouter:
    """The route, closed over the hub's parts."""
    router = APIRouter()

    @router.get("/v1/moderation/{ref}")
    async def standing(request: Request, ref: str) -> Response:
        return json_response(await face.read(parts, _standing, parts, face.bearer(request), ref))

    return router


def _standing(session: Session, parts: Parts, token: str | None, ref: str) -> dict[str, Any]:
    if token is None:
        raise HubError("login-required")
    viewer = face.viewer_of(session, parts, token)
    if viewer.kind != "desk":
        raise HubError("desk-required")
    found = moderate.find(session, ref)
    shown = search.get(session, viewer, found.thread.hex())
    return {
        "thread": found.thread.hex(),
        "recordId": found.record_id,
        "kind": found.kind,
        "mode": found.mode,
        "state": found.state,
        "reason": found.reason,
        "headIndex": found.head_idx,
        # What the public does not read, its desk does not read either.
        "title": shown.content.title.text if isinstance(shown, view.RecordView) else None,
    }
