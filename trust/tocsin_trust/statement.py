"""The signed header that all kinds share: who says what kind of thing, to which hub, in which mode, replacing what.

A statement is the payload of an envelope: `{v, kind, aud, mode, kid, cred, iat, salt, prev, dir, body}` and nothing
more. This file knows the header; what a `body` means is for the taxonomy wing and the hub. Our page is
docs/spec/statement.md.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

from tocsin_trust import jsonstrict, keys
from tocsin_trust.dsse import Opened
from tocsin_trust.errors import StatementError, TrustError
from tocsin_trust.fields import AUTHORITY_ID, HEX_DIGEST, ORG_ID, ORIGIN, Fields, b64
from tocsin_trust.kinds import (
    CONTENT_KINDS,
    DESK_KINDS,
    IDENTITY_KINDS,
    KINDS,
    MODES,
    NAMELESS_MODES,
    THREAD_KINDS,
    payload_type,
)

__all__ = [
    "CONTENT_KINDS", "DESK_KINDS", "IDENTITY_KINDS", "KINDS", "MODES", "NAMELESS_MODES", "THREAD_KINDS",
    "Statement", "build", "check_time", "payload_type", "read", "round_day",
]  # fmt: skip

VERSION = 1
DAY_S = 86_400
MAX_AGE_S = 7 * DAY_S
MAX_AHEAD_S = 300
MIN_SALT_BYTES = 16
_NAMES = ("v", "kind", "aud", "mode", "kid", "cred", "iat", "salt", "prev", "dir", "body")
_NAMED_CREDENTIAL = re.compile(rf"{ORG_ID.pattern}|authority:{AUTHORITY_ID.pattern}")
_NAMELESS_CREDENTIAL = re.compile(r"[A-Za-z0-9+/=]{1,4096}")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement whose signature and form have been checked; whether it is welcome is for the hub to say."""

    v: int
    kind: str
    aud: str
    mode: str
    kid: str
    cred: str
    iat_unix_s: int
    salt: bytes
    prev: str | None
    dir: int | None
    body: dict[str, Any]
    digest: bytes
    key: keys.PublicKey


def build(
    *,
    kind: str,
    aud: str,
    mode: str,
    kid: str,
    cred: str,
    iat_unix_s: int,
    prev: str | None,
    dir: int | None,
    body: dict[str, Any],
    salt: bytes | None = None,
) -> bytes:
    """The payload bytes of a statement, ready for `dsse.seal`; fresh salt unless one is given.

    In nameless modes `iat_unix_s` must already be `round_day`ed. Raises what `read` would raise, so nothing is
    signed that every reader refuses.
    """
    members = {
        "v": VERSION,
        "kind": kind,
        "aud": aud,
        "mode": mode,
        "kid": kid,
        "cred": cred,
        "iat": iat_unix_s,
        "salt": b64(secrets.token_bytes(MIN_SALT_BYTES) if salt is None else salt),
        "prev": prev,
        "dir": dir,
        "body": body,
    }
    payload = jsonstrict.dumps(members)
    _check(jsonstrict.loads(payload))
    return payload


def read(opened: Opened) -> Statement:
    """The statement that an opened envelope carries.

    Raises StatementError (`malformed-statement`, `unsupported-version`, `unknown-mode`, `kid-mismatch`,
    `iat-not-rounded`), JsonError, or KeyRefusedError.
    """
    fields = _check(jsonstrict.loads(opened.payload))
    kind = fields.raw("kind")
    if opened.payload_type != payload_type(kind):
        raise fields.error("kind", "the kind is not that of the payloadType")
    key = fields.key("kid")
    if key != opened.key:
        raise StatementError("kid-mismatch", "kid is not the key that signed", where="kid")
    return Statement(
        v=VERSION,
        kind=kind,
        aud=fields.raw("aud"),
        mode=fields.raw("mode"),
        kid=key.hex,
        cred=fields.raw("cred"),
        iat_unix_s=fields.raw("iat"),
        salt=fields.data("salt"),
        prev=fields.raw("prev"),
        dir=fields.raw("dir"),
        body=fields.raw("body"),
        digest=opened.digest,
        key=key,
    )


def round_day(unix_s: int) -> int:
    """00:00 UTC of the day that holds `unix_s`."""
    return unix_s - unix_s % DAY_S


def check_time(statement: Statement, now_unix_s: int) -> None:
    """Raise StatementError `clock-skew` unless `iat` lies between seven days ago and five minutes ahead."""
    if not now_unix_s - MAX_AGE_S <= statement.iat_unix_s <= now_unix_s + MAX_AHEAD_S:
        raise StatementError("clock-skew", "iat is more than 7 days old or 5 minutes ahead", where="iat")


def _check(members: dict[str, Any]) -> Fields:
    # Version and mode come first: a newer statement has other members, and should be told what is the matter.
    version = members.get("v")
    if type(version) is int and version != VERSION:
        raise StatementError("unsupported-version", "only version 1 is known", where="v")
    fields = Fields(members, _NAMES, _malformed)
    fields.whole("v", least=VERSION, most=VERSION)
    mode = fields.raw("mode")
    if type(mode) is not str or mode not in MODES:
        raise StatementError("unknown-mode", "the mode is not one of the listed", where="mode")
    kind = fields.one_of("kind", KINDS)
    if mode != "attributed" and kind in IDENTITY_KINDS + DESK_KINDS:
        raise fields.error("mode", "this kind is attributed only")
    fields.text("aud", ORIGIN)
    fields.text("kid", HEX_DIGEST)
    fields.text("cred", _NAMED_CREDENTIAL if mode == "attributed" else _NAMELESS_CREDENTIAL)
    iat_unix_s = fields.whole("iat")
    if mode in NAMELESS_MODES and iat_unix_s % DAY_S:
        raise StatementError("iat-not-rounded", "in a nameless mode iat is 00:00 UTC", where="iat")
    fields.data("salt", least=MIN_SALT_BYTES, most=64)
    if kind in THREAD_KINDS:
        fields.text("prev", HEX_DIGEST)
    elif fields.raw("prev") is not None:
        raise fields.error("prev", "only amend and withdraw replace something")
    if fields.raw("dir") is not None:
        fields.whole("dir")
    if type(fields.raw("body")) is not dict:
        raise fields.error("body", "an object is wanted here")
    return fields


def _malformed(rule: str, where: str) -> TrustError:
    return StatementError("malformed-statement", rule, where=where)
