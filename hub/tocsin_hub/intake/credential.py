"""Who may knock, by mathematics alone: an organisation's id, an authority's key, or a certificate for a nameless author.

Pure. The form of `cred` was checked with the statement. Whether the organisation exists, holds this key and is not suspended is the guard's question (members.directory).
A certificate must be a good one in every statement, because a receipt shows it; that it has run out matters only where
a thread begins: whoever holds the author key may amend or withdraw for ever, also after a restore gave the log a new name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from tocsin_hub.errors import HubError
from tocsin_trust import certificate, keys, statement

AUTHORITY_ONLY = frozenset({"enrol"})
AUTHORITY_TOO = frozenset({"key-revoke", "suspend"})  # or the organisation itself: its root suspends it when it leaves


def prove(
    said: statement.Statement,
    origin: str,
    certificate_keys: Collection[keys.PublicKey],
    authorities: Mapping[str, keys.PublicKey],
    earlier: Collection[str] = (),
) -> None:
    """Refuse a statement whose credential does not fit its kind, mode and key. Raises HubError or CertificateError."""
    if said.mode == "pseudonymous":
        _certificate(said, origin, certificate_keys, earlier)
        return
    if said.cred.startswith("authority:"):
        _authority(said, authorities)
    elif said.kind in AUTHORITY_ONLY:
        raise HubError("authority-required", where="cred")


def _certificate(
    said: statement.Statement, origin: str, issuers: Collection[keys.PublicKey], earlier: Collection[str]
) -> None:
    follows = said.kind in statement.THREAD_KINDS
    also = earlier if follows else ()
    shown = certificate.read(said.cred, issuers=issuers, aud=origin, author_key=said.kid, also=also)
    if not follows and said.iat_unix_s > shown.not_after_unix_s:
        raise HubError("certificate-expired", where="cred")


def _authority(said: statement.Statement, authorities: Mapping[str, keys.PublicKey]) -> None:
    if said.kind not in AUTHORITY_ONLY | AUTHORITY_TOO:
        raise HubError("authority-not-allowed", where="cred")
    known = authorities.get(said.cred.removeprefix("authority:"))
    if known is None or known != said.key:
        raise HubError("authority-unknown", where="cred")
