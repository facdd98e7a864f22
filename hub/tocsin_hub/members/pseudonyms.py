"""Pseudonyms: a member asks for a certificate on a fresh author key; the hub keeps who asked only as a sealed tag.

The tag is HMAC(tag.key, org) under AES-GCM: enough to count distinct organisations inside the hub, worthless in a backup
that lacks tag.key. The weekly number of certificates is counted by opening the tags of the last seven days and comparing:
that costs some microseconds a certificate, and keeps nothing that is not there already. A counter per organisation would
be cheaper, but its rows, beside those of the keys in the order of their making, would tell a thief of a backup which keys
belong together. Said openly: a pseudonym hides its holder from every reader, peer and thief of a backup, not from the
operator, who has tag.key.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.members import directory
from tocsin_hub.store.tables import MemberKeyRow, PseudonymRow
from tocsin_trust import certificate, documents, keys, statement
from tocsin_trust import errors as trust_errors

DAY_S = 86_400
MAX_AGE_S = 600
_NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate as `cred` carries it, and when it ends (a UTC midnight)."""

    text: str
    not_after_unix_s: int


class Pseudonyms:
    """Issues certificates for the log `origin` with `certificate_key`; seals tags under `tag_key` (32 bytes)."""

    def __init__(
        self,
        certificate_key: keys.SigningKey,
        tag_key: bytes,
        origin: str,
        *,
        certificate_days: int = 90,
        per_week: int = 0,
    ) -> None:
        self._certificate_key = certificate_key
        self._tag_key = tag_key
        self._origin = origin
        self._days = certificate_days
        self._per_week = per_week
        self._cipher = AESGCM(hmac.digest(tag_key, b"tocsin-tag-seal/v1", "sha256"))

    def certify(self, session: Session, envelope: bytes, now_unix_s: int) -> Certified:
        """A certificate for the author key of a pseudonym request. Asking again for one's own key gives a new one.

        Raises HubError not-enrolled, key-revoked, wrong-role, wrong-organisation, org-suspended, clock-skew, key-taken,
        certificate-quota, or the code of what is wrong with the document. Durable when the caller's transaction is.
        """
        try:
            asked = documents.read_pseudonym_request(envelope, self._origin)
        except trust_errors.TrustError as error:
            raise HubError(error.code, where=error.where) from None
        if not now_unix_s - MAX_AGE_S <= asked.iat_unix_s <= now_unix_s + statement.MAX_AHEAD_S:
            raise HubError("clock-skew", where="iat")
        org = directory.good_operational(session, asked.key.hex)
        if org.org != asked.org:
            raise HubError("wrong-organisation", where="org")
        if org.suspended_idx is not None:
            raise HubError("org-suspended", where="org")
        if org.kind == "desk":
            raise HubError("wrong-role", where="org")
        author_key = asked.author_key.hex
        not_after_unix_s = statement.round_day(now_unix_s + self._days * DAY_S)
        self._keep(session, author_key, org.org, not_after_unix_s, now_unix_s)
        text = certificate.issue(
            aud=self._origin, author_key=author_key, not_after_unix_s=not_after_unix_s, key=self._certificate_key
        )
        return Certified(text, not_after_unix_s)

    def tag_of(self, row: PseudonymRow) -> bytes:
        """The contributor tag behind a certified key; never leaves the process. Raises HubError log-corrupt if tag.key
        is not the one it was sealed under."""
        try:
            return self._cipher.decrypt(
                row.sealed_tag[:_NONCE_BYTES], row.sealed_tag[_NONCE_BYTES:], row.author_key.encode()
            )
        except InvalidTag:
            raise HubError("log-corrupt", detail="a sealed tag does not open with this tag.key") from None

    def contributor(self, org: str) -> bytes:
        """The tag of an organisation (32 bytes): equal tags are one contributor."""
        return hmac.digest(self._tag_key, b"tocsin-tag/v1\n" + org.encode(), "sha256")

    def _keep(self, session: Session, author_key: str, org: str, not_after_unix_s: int, now_unix_s: int) -> None:
        if session.get(MemberKeyRow, author_key) is not None:
            raise HubError("key-taken", where="author_key")
        known = session.get(PseudonymRow, author_key)
        if known is not None and not hmac.compare_digest(self.tag_of(known), self.contributor(org)):
            raise HubError("key-taken", where="author_key")
        if known is None and self._per_week and self._this_week(session, org, not_after_unix_s) >= self._per_week:
            tomorrow_unix_s = statement.round_day(now_unix_s) + DAY_S
            raise HubError("certificate-quota", retry_after_s=tomorrow_unix_s - now_unix_s)
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, self.contributor(org), author_key.encode())
        session.merge(PseudonymRow(author_key=author_key, sealed_tag=sealed, not_after_unix_s=not_after_unix_s))
        session.flush()

    def _this_week(self, session: Session, org: str, not_after_unix_s: int) -> int:
        """How many keys of `org` were certified in the last seven days; a key renewed counts on its last day.

        The day of issue is not kept, so it follows from the end: after a change of `certificate_days` counting begins anew.
        """
        end = col(PseudonymRow.not_after_unix_s)
        recent = session.execute(
            select(PseudonymRow).where(end > not_after_unix_s - 7 * DAY_S, end <= not_after_unix_s)
        ).scalars()
        mine = self.contributor(org)
        return sum(hmac.compare_digest(self.tag_of(row), mine) for row in recent)
