"""The log entry: a short text made from an envelope, without its payload, and read back.

Seven lines, each ended by one newline: `tocsin-entry/v1`, kind, mode, digest (hex), author key (hex), signature
(base64), and the digest replaced (hex) or `-`. Whoever holds the envelope can rebuild the text, so there is nothing
to canonicalise; as the payload is not in it, erasing a payload leaves the tree whole and the signature provable.
Our page is docs/spec/leaf.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin_trust import keys, kinds
from tocsin_trust.dsse import Opened
from tocsin_trust.errors import LeafError, TrustError
from tocsin_trust.fields import HEX_DIGEST, b64, unb64
from tocsin_trust.statement import Statement

HEADER = "tocsin-entry/v1"
MAX_BYTES = 65_535  # an entry bundle counts its entries' lengths in 16 bits (C2SP tlog-tiles)
_NONE = "-"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A log entry, read back; its signature is over a payload that the reader may no longer get."""

    kind: str
    mode: str
    digest: bytes
    author_key: str
    signature: bytes
    prev: bytes | None


def text(opened: Opened, statement: Statement) -> bytes:
    """The entry of one statement; hash it with `merkle.leaf_hash`."""
    lines = (
        HEADER,
        statement.kind,
        statement.mode,
        opened.digest.hex(),
        opened.key.hex,
        b64(opened.signature),
        statement.prev or _NONE,
    )
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def parse(data: bytes) -> Leaf:
    """The entry that `data` holds; LeafError `malformed-leaf` for anything that `text` would not have written."""
    if len(data) > MAX_BYTES:
        raise _malformed("more than 65,535 bytes")
    try:
        lines = data.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise _malformed("not ASCII") from None
    if len(lines) != 8 or lines[0] != HEADER or lines[7]:
        raise _malformed("not seven lines under the header")
    _, kind, mode, digest, author_key, signature_text, prev, _ = lines
    if kind not in kinds.KINDS or mode not in kinds.MODES:
        raise _malformed("kind or mode is not listed")
    if not HEX_DIGEST.fullmatch(digest) or (prev != _NONE and not HEX_DIGEST.fullmatch(prev)):
        raise _malformed("a digest is not 64 hex digits")
    try:
        keys.parse_public(author_key)
    except TrustError as error:
        raise _malformed("the author key is refused") from error
    signature = unb64(signature_text)
    if signature is None or len(signature) != keys.SIGNATURE_BYTES:
        raise _malformed("the signature is not 64 bytes in canonical base64")
    return Leaf(
        kind, mode, bytes.fromhex(digest), author_key, signature, None if prev == _NONE else bytes.fromhex(prev)
    )


def _malformed(rule: str) -> LeafError:
    return LeafError("malformed-leaf", rule)
