"""How one becomes a member and a nameless author: enrolment requests, the public directory, pseudonym certificates."""

from __future__ import annotations

import base64
import logging
import unicodedata
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.members import directory, enrol
from tocsin_hub.rest import parts as face
from tocsin_hub.rest.answers import json_response
from tocsin_hub.rest.parts import Parts
from tocsin_hub.store.tables import MemberKeyRow, OrgNameRow
from tocsin_taxonomy import redact
from tocsin_trust import errors as trust_errors
from tocsin_trust import fields, jsonstrict, statement

MAX_NAME_CHARACTERS = 200
DECLINE_REASONS = ("unknown-organisation", "duplicate", "incomplete", "not-eligible", "other")

log = logging.getLogger("tocsin_hub.enrolment")


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
        waiting, fresh = await face.write(parts, _add, parts, knock)
        said = {"digest": waiting.digest.hex(), "org": waiting.org, "state": "pending"}
        return json_response(said, 202 if fresh else 200)

    @router.post("/v1/enrolments/pending")
    async def pending(request: Request) -> Response:
        envelope = await face.body(request, *face.ENVELOPE_TYPES)
        return json_response({"requests": await face.read(parts, _pending, parts, envelope)})

    @router.get("/v1/enrolments/{digest}")
    async def still_waits(digest: str) -> Response:
        await face.read(parts, _find, parts, digest)
        return json_response({"digest": digest, "state": "pending"})

    @router.post("/v1/enrolments/{digest}/decline")
    async def decline(request: Request, digest: str) -> Response:
        envelope = await face.body(request, *face.ENVELOPE_TYPES)
        reason = request.query_params.get("reason", "")
        if reason not in DECLINE_REASONS:
            raise HubError("malformed-request", where="reason")
        org = await face.write(parts, _decline, parts, envelope, digest)
        log.info("event=enrolment-declined org=%s reason=%s", org, reason)
        return json_response({"digest": digest, "org": org, "state": "declined"})

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


def _knock(content: bytes) -> Knock:
    try:
        said = jsonstrict.loads(content, max_bytes=65_536, max_depth=2)
    except trust_errors.TrustError as error:
        raise HubError(error.code) from None
    if said.keys() != {"envelope", "name", "publishName"}:
        raise HubError("malformed-request")
    envelope, name, publish_name = fields.unb64(said["envelope"]), said["name"], said["publishName"]
    if envelope is None:
        raise HubError("malformed-request", where="envelope")
    if type(publish_name) is not bool or (publish_name and name is None):
        raise HubError("malformed-request", where="publishName")
    if name is not None and not _is_name(name):
        raise HubError("malformed-request", where="name")
    return Knock(envelope, name, publish_name)


def _is_name(name: object) -> bool:
    """Whether a name shows to everybody what it is: one line in NFC, no hidden or direction-changing characters.

    Two members must not look alike in the directory because one spells its name with other bytes.
    """
    return (
        isinstance(name, str)
        and len(name) <= MAX_NAME_CHARACTERS
        and fields.LINE.fullmatch(name) is not None
        and redact.without_hidden(name) == name == unicodedata.normalize("NFC", name)
        and name.strip() == name
    )


def _add(session: Session, parts: Parts, knock: Knock) -> tuple[enrol.Waiting, bool]:
    return enrol.add(
        session,
        knock.envelope,
        parts.keyring.origin,
        parts.clock(),
        name=knock.name,
        publish_name=knock.publish_name,
    )


def _pending(session: Session, parts: Parts, envelope: bytes) -> list[dict[str, Any]]:
    face.require_authority(parts, envelope)
    return [_waiting_shape(waiting) for waiting in enrol.list_waiting(session, parts.keyring.origin)]


def _find(session: Session, parts: Parts, digest: str) -> enrol.Waiting:
    try:
        return enrol.find(session, face.digest_of(digest), parts.keyring.origin)
    except HubError:
        raise HubError("request-unknown") from None


def _decline(session: Session, parts: Parts, envelope: bytes, digest: str) -> str:
    face.require_authority(parts, envelope)
    waiting = _find(session, parts, digest)
    enrol.remove(session, waiting.digest)
    return waiting.org


def _waiting_shape(waiting: enrol.Waiting) -> dict[str, Any]:
    asked = waiting.request
    return {
        "digest": waiting.digest.hex(),
        "org": asked.org,
        "kind": asked.kind,
        "sector": asked.sector,
        "region": asked.region,
        "agreement": asked.agreement,
        "key": asked.key.hex,
        "root": asked.root.hex,
        "demo": asked.demo,
        "name": waiting.name,
        "publishName": waiting.publish_name,
        "receivedUnixS": waiting.received_unix_s,
        "envelope": base64.b64encode(asked.envelope).decode(),
    }


def _directory(session: Session, parts: Parts) -> dict[str, Any]:
    listed = [_listed_shape(each) for each in directory.public_directory(session)]
    day_size = parts.publisher.day_size(session, statement.round_day(parts.clock()))
    return {"asOf": parts.readers.as_of(session), "daySize": day_size, "members": listed}


def _member(session: Session, org: str) -> dict[str, Any]:
    try:
        row = directory.find_org(session, org)
    except HubError:
        raise HubError("not-found") from None
    name = session.get(OrgNameRow, org)
    listed = directory.listed(row, None if name is None else name.name)
    return {**_listed_shape(listed), "keys": [_key_shape(key) for key in directory.keys_of(session, org)]}


def _listed_shape(listed: directory.Listed) -> dict[str, Any]:
    return {
        "org": listed.org,
        "kind": listed.kind,
        "sector": listed.sector,
        "region": listed.region,
        "agreement": listed.agreement,
        "demo": listed.demo,
        "enrolledIndex": listed.enrolled_idx,
        "suspendedIndex": listed.suspended_idx,
        "name": listed.name,
    }


def _key_shape(key: MemberKeyRow) -> dict[str, Any]:
    return {"key": key.key, "role": key.role, "addedIndex": key.added_idx, "revokedIndex": key.revoked_idx}
