"""Reading tokens: a challenge, a signed answer, an opaque token that can be given back. No passwords, no cookies."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from tocsin_hub.errors import HubError
from tocsin_hub.members import login
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts


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

    return router
