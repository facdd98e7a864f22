"""What identity statements say: enrol, suspend, key-add and key-revoke bodies, read strictly, and bodies made.

An organisation speaks here only about itself: that `org` is its own is read with the body. Whether the key that says it
is entitled to is not decided here: see `receipt` for third parties and the hub's directory for the hub itself.
Our page is docs/spec/statement.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tocsin_trust import documents, keys
from tocsin_trust.errors import StatementError, TrustError
from tocsin_trust.fields import LINE, ORG_ID, Fields, b64
from tocsin_trust.statement import Statement

ROLES = ("operational", "root")
LEFT = "left"
_KEY_CONTEXT = "tocsin-key-proof/v1"
_AUTHORITY = "authority:"
_ENROL = ("org", "kind", "key", "root", "sector", "region", "agreement", "demo", "grant", "request")


@dataclass(frozen=True, slots=True)
class Grant:
    """What a regulator may read: codes of sectors (`*` = all) and regions."""

    sectors: tuple[str, ...]
    regions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An authority takes in the organisation that made `request`; its terms are the request's own."""

    request: documents.EnrolmentRequest
    grant: Grant | None


@dataclass(frozen=True, slots=True)
class Suspension:
    """An organisation is barred from new threads: by an authority, or by its own root because it leaves."""

    org: str
    reason: str


@dataclass(frozen=True, slots=True)
class KeyAddition:
    """An organisation's root adds a key, which has shown that it is held."""

    org: str
    key: keys.PublicKey
    role: str


@dataclass(frozen=True, slots=True)
class KeyRevocation:
    """A key is good no longer."""

    org: str
    key: keys.PublicKey
    reason: str


def enrol_body(request: documents.EnrolmentRequest, grant: Grant | None = None) -> dict[str, Any]:
    """The body by which an authority enrols the organisation that made `request`."""
    return {
        "org": request.org,
        "kind": request.kind,
        "key": request.key.hex,
        "root": request.root.hex,
        "sector": request.sector,
        "region": request.region,
        "agreement": request.agreement,
        "demo": request.demo,
        "grant": None if grant is None else {"sectors": list(grant.sectors), "regions": list(grant.regions)},
        "request": b64(request.envelope),
    }


def key_add_body(aud: str, org: str, key: keys.SigningKey, role: str = "operational") -> dict[str, Any]:
    """The body by which the root of `org` adds `key` at hub `aud`; the new key signs its own proof of possession."""
    proof = key.sign(documents.possession(_KEY_CONTEXT, aud, org, key.public))
    return {"org": org, "key": key.public.hex, "role": role, "proof": b64(proof)}


def read_enrol(statement: Statement) -> Enrolment:
    """The enrolment, whose terms must be those that the organisation itself has signed in its request."""
    fields = _fields(statement, "enrol", _ENROL)
    request = documents.read_enrolment_request(fields.data("request"), statement.aud)
    grant = _grant(fields)
    if statement.body != enrol_body(request, grant):
        raise fields.error("request", "the body is not what the organisation asked for")
    if grant is not None and request.kind != "regulator":
        raise fields.error("grant", "only a regulator has a grant")
    return Enrolment(request, grant)


def read_suspend(statement: Statement) -> Suspension:
    """The suspension; one that no authority signs is of the signer's own organisation, with reason `left`."""
    fields = _fields(statement, "suspend", ("org", "reason"))
    org, reason = _own(statement, fields), fields.text("reason", LINE)
    if not _by_authority(statement) and reason != LEFT:
        raise fields.error("reason", "an organisation suspends itself only to leave")
    return Suspension(org, reason)


def read_key_add(statement: Statement) -> KeyAddition:
    """The addition of a key, once the key has shown that it is held by a signature for this hub and organisation."""
    fields = _fields(statement, "key-add", ("org", "key", "role", "proof"))
    org, key, role = _own(statement, fields), fields.key("key"), fields.one_of("role", ROLES)
    documents.require_possession(fields, "proof", key, documents.possession(_KEY_CONTEXT, statement.aud, org, key))
    return KeyAddition(org, key, role)


def read_key_revoke(statement: Statement) -> KeyRevocation:
    """The revocation of a key."""
    fields = _fields(statement, "key-revoke", ("org", "key", "reason"))
    return KeyRevocation(_own(statement, fields), fields.key("key"), fields.text("reason", LINE))


def _by_authority(statement: Statement) -> bool:
    return statement.cred.startswith(_AUTHORITY)


def _own(statement: Statement, fields: Fields) -> str:
    """The organisation spoken of: the signer's own, unless an authority speaks."""
    org = fields.text("org", ORG_ID)
    if not _by_authority(statement) and org != statement.cred:
        raise fields.error("org", "an organisation speaks for itself only")
    return org


def _grant(fields: Fields) -> Grant | None:
    value = fields.raw("grant")
    if value is None:
        return None
    members = Fields(value, ("sectors", "regions"), _malformed, path="body.grant")
    return Grant(_codes(members, "sectors"), _codes(members, "regions"))


def _codes(members: Fields, name: str) -> tuple[str, ...]:
    found = members.items(name)
    if not found or not all(type(code) is str and documents.CODE.fullmatch(code) for code in found):
        raise members.error(name, "not a list of codes")
    return tuple(found)


def _fields(statement: Statement, kind: str, names: tuple[str, ...]) -> Fields:
    if statement.kind != kind:
        raise _malformed(f"the statement is no {kind}", "kind")
    body: Mapping[str, Any] = statement.body
    return Fields(body, names, _malformed, path="body")


def _malformed(rule: str, where: str) -> TrustError:
    return StatementError("malformed-statement", rule, where=where)
