"""Reading tokens: a stateless challenge, answered by a signature, gives an opaque token that is kept only as a hash.

An organisation's operational key logs in as the organisation; a nameless author's key logs in as that author and sees the
public's records and its own. No passwords, no cookies. A challenge is a MAC over its own expiry, so nothing is stored when
it is given out; once used it is remembered until it expires, so that a copied answer opens nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.members import access, directory
from tocsin_hub.store.tables import HeadRow, MemberKeyRow, OrgRow, PseudonymRow, TokenRow
from tocsin_trust import documents
from tocsin_trust import errors as trust_errors

SubjectKind = Literal["org", "author"]
_EXPIRY_BYTES, _CHANCE_BYTES, _MAC_BYTES = 8, 16, 32


@dataclass(frozen=True, slots=True)
class Challenge:
    """What the client signs back within its life."""

    nonce: str
    expires_unix_s: int


@dataclass(frozen=True, slots=True)
class Token:
    """A token as its holder gets it, once; the hub keeps only its hash."""

    text: str
    expires_unix_s: int
    subject_kind: SubjectKind
    subject: str


class Login:
    """Gives out and checks challenges under `login_key` (32 bytes) for the log `origin`. Thread-safe."""

    def __init__(self, login_key: bytes, origin: str, *, challenge_ttl_s: int = 120, token_ttl_s: int = 43_200) -> None:
        self._key = login_key
        self._origin = origin
        self._challenge_ttl_s = challenge_ttl_s
        self._token_ttl_s = token_ttl_s
        self._lock = threading.Lock()
        self._used: dict[str, int] = {}

    def challenge(self, now_unix_s: int) -> Challenge:
        """A fresh challenge. Nothing is stored."""
        expires_unix_s = now_unix_s + self._challenge_ttl_s
        head = expires_unix_s.to_bytes(_EXPIRY_BYTES, "big") + secrets.token_bytes(_CHANCE_BYTES)
        return Challenge(base64.urlsafe_b64encode(head + self._mac(head)).decode(), expires_unix_s)

    def answered(self, envelope: bytes, now_unix_s: int) -> str:
        """The key (hex) that answered one of our challenges; the challenge is used up by that.

        Raises HubError challenge-invalid, or the code of what is wrong with the document.
        """
        try:
            said = documents.read_login(envelope, self._origin)
        except trust_errors.TrustError as error:
            raise HubError(error.code, where=error.where) from None
        try:
            data = base64.b64decode(said.nonce, altchars=b"-_", validate=True)
        except ValueError:
            raise HubError("challenge-invalid", where="nonce") from None
        head, mac = data[: _EXPIRY_BYTES + _CHANCE_BYTES], data[_EXPIRY_BYTES + _CHANCE_BYTES :]
        if len(mac) != _MAC_BYTES or not hmac.compare_digest(mac, self._mac(head)):
            raise HubError("challenge-invalid", where="nonce")
        expires_unix_s = int.from_bytes(head[:_EXPIRY_BYTES], "big")
        if now_unix_s >= expires_unix_s:
            raise HubError("challenge-invalid", where="nonce")
        with self._lock:
            self._used = {nonce: end for nonce, end in self._used.items() if end > now_unix_s}
            if said.nonce in self._used:
                raise HubError("challenge-invalid", where="nonce")
            self._used[said.nonce] = expires_unix_s
        return said.key.hex

    def login(self, session: Session, envelope: bytes, now_unix_s: int) -> Token:
        """A token for whoever answered the challenge. Durable when the caller's transaction is.

        Raises HubError challenge-invalid, not-enrolled (no member's key and no author known), key-revoked, wrong-role.
        """
        kind, subject = _subject(session, self.answered(envelope, now_unix_s))
        text = "tok-" + secrets.token_urlsafe(32)
        expires_unix_s = now_unix_s + self._token_ttl_s
        session.add(
            TokenRow(
                hash=hash_of(text),
                subject_kind=kind,
                subject=subject,
                expires_unix_s=expires_unix_s,
                revoked=False,
                created_unix_s=now_unix_s,
            )
        )
        session.flush()
        return Token(text, expires_unix_s, kind, subject)

    def _mac(self, head: bytes) -> bytes:
        return hmac.digest(self._key, b"tocsin-login/v1\n" + self._origin.encode() + b"\n" + head, "sha256")


def hash_of(text: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).digest()


def _subject(session: Session, key: str) -> tuple[SubjectKind, str]:
    if session.get(MemberKeyRow, key) is not None:
        return "org", directory.good_operational(session, key).org
    author = exists().where(col(HeadRow.author_key) == key)
    certified = exists().where(col(PseudonymRow.author_key) == key)
    if not session.execute(select(author | certified)).scalar_one():
        raise HubError("not-enrolled")
    return "author", key


def viewer(session: Session, token: str | None, now_unix_s: int) -> access.Viewer:
    """Who asks: the public without a token, never silently the public with a bad one. Raises HubError token-invalid."""
    if token is None:
        return access.PUBLIC(now_unix_s)
    row = good(session, token, now_unix_s)
    if row.subject_kind == "author":
        return access.Viewer("author", None, row.subject, None, now_unix_s)
    return viewer_of_org(directory.find_org(session, row.subject), now_unix_s)


def good(session: Session, token: str, now_unix_s: int) -> TokenRow:
    """The row of a token that opens something now. Raises HubError token-invalid."""
    row = session.get(TokenRow, hash_of(token))
    if row is None or row.revoked or now_unix_s >= row.expires_unix_s:
        raise HubError("token-invalid")
    return row


def viewer_of_org(org: OrgRow, now_unix_s: int) -> access.Viewer:
    """An organisation as a viewer; a suspended one reads what the public reads, and its own."""
    if org.suspended_idx is not None:
        return access.Viewer("public", org.org, None, None, now_unix_s)
    granted = directory.grant_of(org)
    grant = None if granted is None else access.grant(*granted)
    kind: access.Kind = org.kind  # type: ignore[assignment]  # the door takes only the listed kinds
    return access.Viewer(kind, org.org, None, grant, now_unix_s)


def revoke(session: Session, token: str) -> None:
    """End a token; nothing happens if it is gone already."""
    session.execute(update(TokenRow).where(col(TokenRow.hash) == hash_of(token)).values(revoked=True))


def expire(session: Session, now_unix_s: int) -> None:
    """Forget tokens that are over (a chore of the erase job)."""
    session.execute(
        delete(TokenRow).where((col(TokenRow.expires_unix_s) <= now_unix_s) | (col(TokenRow.revoked).is_(True)))
    )
