"""From an approval to a sealed envelope: two modes, one path, and nothing is signed that the gate did not approve."""

from __future__ import annotations

from tocsin_client import errors
from tocsin_client.redact.approval import Approved
from tocsin_trust import dsse, jsonstrict, keys, statement

NAMELESS = ("pseudonymous", "unlinkable")


def sign(
    approved: Approved,
    author_key: keys.SigningKey,
    cred: str,
    *,
    aud: str,
    now_unix_s: int,
    prev: str | None = None,
    log_size_at_day: int | None = None,
) -> bytes:
    """Seal approved bytes as an envelope; with `prev` (hex digest of the head) as an amendment of that thread.

    Raises GateError unless `approved` is an Approved whose bytes are intact, and if the statement would not carry exactly
    those bytes. In nameless modes the time is floored to the day.
    """
    if type(approved) is not Approved:
        raise errors.GateError("not-approved", "only an Approved can be signed", hint="Use preview.approve(by=…).")
    approved.require_intact()
    kind = approved.kind if prev is None else "amend"
    if jsonstrict.dumps(approved.body) != approved.body_bytes:
        raise errors.GateError("approval-void", "the statement would not carry the approved bytes")
    return _seal(
        kind=kind,
        mode=approved.mode,
        body=approved.body,
        author_key=author_key,
        cred=cred,
        aud=aud,
        now_unix_s=now_unix_s,
        prev=prev,
        log_size_at_day=log_size_at_day,
    )


def sign_withdrawal(
    reason: str, author_key: keys.SigningKey, cred: str, *, aud: str, mode: str, now_unix_s: int, prev: str
) -> bytes:
    """Seal the withdrawal of the thread whose head is `prev`; it holds a reason code and no text."""
    return _seal(
        kind="withdraw",
        mode=mode,
        body={"reason": reason},
        author_key=author_key,
        cred=cred,
        aud=aud,
        now_unix_s=now_unix_s,
        prev=prev,
        log_size_at_day=None,
    )


def sign_identity(
    kind: str, body: dict[str, object], key: keys.SigningKey, org: str, *, aud: str, now_unix_s: int
) -> bytes:
    """Seal what an organisation says about its keys or its leaving (key-add, key-revoke, suspend)."""
    return _seal(
        kind=kind,
        mode="attributed",
        body=body,
        author_key=key,
        cred=org,
        aud=aud,
        now_unix_s=now_unix_s,
        prev=None,
        log_size_at_day=None,
    )


def _seal(
    *,
    kind: str,
    mode: str,
    body: dict[str, object],
    author_key: keys.SigningKey,
    cred: str,
    aud: str,
    now_unix_s: int,
    prev: str | None,
    log_size_at_day: int | None,
) -> bytes:
    payload = statement.build(
        kind=kind,
        aud=aud,
        mode=mode,
        kid=author_key.public.hex,
        cred=cred,
        iat_unix_s=statement.round_day(now_unix_s) if mode in NAMELESS else now_unix_s,
        prev=prev,
        dir=log_size_at_day,
        body=body,
    )
    return dsse.seal(statement.payload_type(kind), payload, author_key)
