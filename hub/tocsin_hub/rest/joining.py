"""How one becomes a member and a nameless author: enrolment requests, the public directory, pseudonym certificates."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response

from tocsin_hub.errors import HubError
from tocsin_hub.members import directory, enrol
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts
from tocsin_hub.store.session import Session
from tocsin_trust import errors as trust_errors
from tocsin_trust import fields, jsonstrict

MAX_NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Knock:
    """The body of POST /v1/enrolments."""

    envelope: bytes
    name: str | None
    publish_name: bool


def routes(parts: Parts) -> APIRouter:
    """The routes, closed over the hub's parts."""
    router = APIRouter()

    @router.post("/v1/enrolments")
    async def ask(request: Request) -> Response:
        knock = _knock(await face.body(request, "application/json"))
        request_, fresh = await face.write(parts, _add, parts, knock)
        said = {"digest": request_.digest.hex(), "org": request_.org, "state": "pending"}
        return json_response(said, 202 if fresh else 200)

    @router.post("/v1/enrolments/pending")
    async def pending(request: Request) -> Response:
        envelope = await face.body(request, *face.ENVELOPE_TYPES)
        return json_response({"requests": await face.read(parts, _pending, parts, envelope)})

    @router.get("/v1/directory")
    async def members() -> Response:
        return json_response(await face.read(parts, _directory, parts))

    @router.get("/v1/directory/{org}")
    async def member(org: str) -> Response:
        return json_response(await face.read(parts, _member, org))

    @router.post("/v1/pseudonyms")
    async def pseudonym(request: Request) -> Response:
        envelope = await face.body(request, *face.ENVELOPE_TYPES)
        given = await face.write(parts, parts.pseudonyms.certify, envelope, parts.clock())
        return json_response({"certificate": given.text, "notAfterUnixS": given.not_after_unix_s}, 201)

    return router
