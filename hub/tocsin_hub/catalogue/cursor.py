"""Cursors of lists: opaque, signed, and good only for the same question of the same reader.

    base64url(rec (8 bytes) + HMAC-SHA-256(key, "tocsin-cursor/v1" + question + reader + rec)[:16])

A cursor names only a record that its reader was shown. Bound to the filter, it cannot be used to walk another list from the
middle; bound to the reader, a cursor that leaks tells and opens nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from tocsin_hub.errors import HubError
from tocsin_hub.members import access

_TAG_BYTES = 16


def binding(question: bytes, viewer: access.Viewer) -> bytes:
    """What ties a cursor to the question asked (any fingerprint) and to who asked."""
    reader = f"{viewer.kind}\n{viewer.org or ''}\n{viewer.author_key or ''}\n"
    return b"tocsin-cursor/v1\n" + reader.encode() + hashlib.sha256(question).digest()


def seal(key: bytes, bound: bytes, rec: int) -> str:
    """The cursor that stands after record `rec`."""
    position = rec.to_bytes(8, "big")
    return base64.urlsafe_b64encode(position + _mac(key, bound, position)).decode()


def unseal(key: bytes, bound: bytes, cursor: str) -> int:
    """The record after which to go on; HubError bad-cursor for anything that `seal` did not make for this binding."""
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise HubError("bad-cursor", where="after") from None
    position, mac = raw[:8], raw[8:]
    if len(raw) != 8 + _TAG_BYTES or not hmac.compare_digest(mac, _mac(key, bound, position)):
        raise HubError("bad-cursor", where="after")
    return int.from_bytes(position, "big")


def _mac(key: bytes, bound: bytes, position: bytes) -> bytes:
    return hmac.digest(key, bound + position, "sha256")[:_TAG_BYTES]
