"""Enrolment: requests that wait for an authority, and the statement by which it enrols one.

The hub cannot enrol anybody: it keeps the request, the authority lists it, signs a statement and sends that through the
one door like every other change. The name travels beside the request and never enters the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.members import directory
from tocsin_hub.store.tables import EnrolmentRequestRow, MemberKeyRow, OrgRow
from tocsin_trust import documents, dsse, identity, keys, statement
from tocsin_trust import errors as trust_errors

MAX_WAITING = 1_000
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits, with the name given beside it."""

    request: documents.EnrolmentRequest
    name: str | None
    publish_name: bool
    received_unix_s: int

    @property
    def digest(self) -> bytes:
        """What names the request (32 bytes)."""
        return self.request.digest

    @property
    def org(self) -> str:
        """The organisation id asked for."""
        return self.request.org


def add(
    session: Session,
    envelope: bytes,
    origin: str,
    now_unix_s: int,
    *,
    name: str | None = None,
    publish_name: bool = False,
) -> tuple[Waiting, bool]:
    """Keep a request; (it, whether it is new). The same bytes again change nothing.

    Raises HubError org-taken, key-taken, busy (a thousand wait already), or the code of what is wrong with the document.
    """
    request = _read(envelope, origin)
    known = session.get(EnrolmentRequestRow, request.digest)
    if known is not None:
        return _waiting(known, origin), False
    same_org = select(col(EnrolmentRequestRow.digest)).where(col(EnrolmentRequestRow.org) == request.org)
    if session.get(OrgRow, request.org) is not None or session.execute(same_org).first() is not None:
        raise HubError("org-taken", where="org")
    for key in (request.key.hex, request.root.hex):
        if session.get(MemberKeyRow, key) is not None:
            raise HubError("key-taken", where="key")
    if session.execute(select(func.count()).select_from(EnrolmentRequestRow)).scalar_one() >= MAX_WAITING:
        raise HubError("busy")
    row = EnrolmentRequestRow(
        digest=request.digest,
        org=request.org,
        envelope=envelope,
        name=name,
        publish_name=publish_name,
        received_unix_s=now_unix_s,
    )
    session.add(row)
    session.flush()
    return _waiting(row, origin), True


def list_waiting(session: Session, origin: str) -> list[Waiting]:
    """The requests that wait, oldest first; at most a thousand."""
    order = (col(EnrolmentRequestRow.received_unix_s), col(EnrolmentRequestRow.org))
    rows = session.execute(select(EnrolmentRequestRow).order_by(*order).limit(MAX_WAITING)).scalars()
    return [_waiting(row, origin) for row in rows]


def waiting(session: Session) -> tuple[int, int | None]:
    """How many requests wait, and when the oldest came (unix s); nothing about who."""
    received = col(EnrolmentRequestRow.received_unix_s)
    number, oldest = session.execute(select(func.count(), func.min(received)).select_from(EnrolmentRequestRow)).one()
    return number, oldest


def find(session: Session, digest: bytes, origin: str) -> Waiting:
    """The waiting request with this digest. Raises HubError request-unknown."""
    row = session.get(EnrolmentRequestRow, digest)
    if row is None:
        raise HubError("request-unknown")
    return _waiting(row, origin)


def remove(session: Session, digest: bytes) -> None:
    """Drop a request that was declined. Raises HubError request-unknown."""
    row = session.get(EnrolmentRequestRow, digest)
    if row is None:
        raise HubError("request-unknown")
    session.delete(row)
    session.flush()


def expire(session: Session, now_unix_s: int, *, ttl_days: int = 30) -> None:
    """Drop requests that have waited too long (a chore of the erase job)."""
    oldest = now_unix_s - ttl_days * DAY_S
    session.execute(delete(EnrolmentRequestRow).where(col(EnrolmentRequestRow.received_unix_s) < oldest))


def seal(
    request_envelope: bytes,
    *,
    origin: str,
    authority_id: str,
    authority_key: keys.SigningKey,
    now_unix_s: int,
    grant: Mapping[str, list[str]] | None = None,
) -> bytes:
    """The enrol statement for a request, signed by an authority; what goes through the door.

    `grant` {"sectors": [...], "regions": [...]} is for regulators and only for them. Pure but for the salt.
    """
    request = _read(request_envelope, origin)
    given = None if grant is None else identity.Grant(tuple(grant["sectors"]), tuple(grant["regions"]))
    body = identity.enrol_body(request, given)
    return by_authority("enrol", body, origin, authority_id, authority_key, now_unix_s)


def by_authority(
    kind: str, body: dict[str, Any], origin: str, authority_id: str, authority_key: keys.SigningKey, now_unix_s: int
) -> bytes:
    """A statement of an authority (enrol, suspend, key-revoke), signed."""
    payload = statement.build(
        kind=kind,
        aud=origin,
        mode="attributed",
        kid=authority_key.public.hex,
        cred=f"{directory.AUTHORITY}{authority_id}",
        iat_unix_s=now_unix_s,
        prev=None,
        dir=None,
        body=body,
    )
    return dsse.seal(statement.payload_type(kind), payload, authority_key)


def _read(envelope: bytes, origin: str) -> documents.EnrolmentRequest:
    try:
        return documents.read_enrolment_request(envelope, origin)
    except trust_errors.TrustError as error:
        raise HubError(error.code, where=error.where) from None


def _waiting(row: EnrolmentRequestRow, origin: str) -> Waiting:
    return Waiting(_read(row.envelope, origin), row.name, row.publish_name, row.received_unix_s)
