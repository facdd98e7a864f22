"""Signed notes, checkpoints and cosignatures, as C2SP writes them: small texts that several keys can sign.

A note is a text, an empty line, and signature lines `— name base64(key id || signature)`. A checkpoint is a note whose
text is origin, size and root of a log. A cosignature is a witness's dated signature on a checkpoint.
Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature (Ed25519 types 0x01 and 0x04 only).
Our narrowings (docs/spec/checkpoint-and-note.md): no extension lines, names in printable ASCII, at most 64 signatures.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

from tocsin_trust import keys, merkle
from tocsin_trust.errors import NoteError, SignatureInvalidError, TrustError
from tocsin_trust.fields import ORIGIN, b64, unb64

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_BYTES = 65_536
MAX_SIGNATURES = 64
_KEY_ID_BYTES = 4
_TIMESTAMP_BYTES = 8
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")
_SIGNATURE_LINE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")
_VKEY = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key as notes name it: `type` is 0x01 for a log and 0x04 for a witness."""

    name: str
    key_hash: bytes
    public: keys.PublicKey
    type: int


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature that held; only a cosignature is dated."""

    verifier: Verifier
    time_unix_s: int | None


@dataclass(frozen=True, slots=True)
class Note:
    """A note that at least one known key has signed; `body` ends in a newline, one entry per key in `signatures`."""

    body: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: its first `size` entries have this `root` (32 bytes)."""

    origin: str
    size: int
    root: bytes


def vkey(name: str, public: keys.PublicKey, type: int = ED25519) -> str:
    """The verifier key text `name+keyid+base64(type || key)`."""
    _require_name(name)
    return f"{name}+{_key_hash(name, public, type).hex()}+{b64(bytes([type]) + public.raw)}"


def parse_vkey(text: str) -> Verifier:
    """The verifier that a vkey text names; NoteError, or KeyRefusedError for a bad key."""
    match = _VKEY.fullmatch(text) if type(text) is str else None
    if match is None:
        raise _malformed("a verifier key is name+id+base64")
    name, key_id, data_text = match.groups()
    _require_name(name)
    data = unb64(data_text)
    if data is None or len(data) != 1 + keys.KEY_BYTES or data[0] not in (ED25519, COSIGNATURE):
        raise _malformed("a verifier key holds one Ed25519 key of type 1 or 4")
    public = keys.PublicKey(data[1:])
    key_hash = _key_hash(name, public, data[0])
    if key_hash.hex() != key_id:
        raise _malformed("the key id is not that of the key")
    return Verifier(name, key_hash, public, data[0])


def sign(body: str, name: str, key: keys.SigningKey) -> str:
    """The note of `body` (which ends in a newline) with one Ed25519 signature."""
    _require_name(name)
    if not body.endswith("\n") or _CONTROL.search(body):
        raise _malformed("a note ends in a newline and holds no control character")
    signature = key.sign(body.encode("utf-8"))
    return f"{body}\n{_signature_line(name, _key_hash(name, key.public, ED25519), signature)}"


def cosign(checkpoint_text: str, name: str, key: keys.SigningKey, time_unix_s: int) -> str:
    """The signature line by which witness `name` states that it saw this checkpoint then; append it to the text.

    The caller has checked that the checkpoint is consistent with all it has cosigned before, and has stored that.
    """
    _require_name(name)
    body, _ = _split(checkpoint_text)
    _parse_checkpoint(body)
    if type(time_unix_s) is not int or not 0 <= time_unix_s <= merkle.MAX_SIZE:
        raise _malformed("a time is a whole number of seconds below 2^63")
    signature = key.sign(_cosigned(body, time_unix_s))
    stamped = time_unix_s.to_bytes(_TIMESTAMP_BYTES, "big") + signature
    return _signature_line(name, _key_hash(name, key.public, COSIGNATURE), stamped)


def open(text: str, verifiers: Iterable[Verifier]) -> Note:
    """The note, once every signature by one of `verifiers` has held, and at least one is there.

    Signatures by unknown keys are ignored. NoteError `note-unverified` if no known key signed, or if a known key's
    signature fails: then somebody has changed the text, and no other signature can heal that.
    """
    known = {(verifier.name, verifier.key_hash): verifier for verifier in verifiers}
    body, signatures = _split(text)
    held: dict[Verifier, Signature] = {}
    for name, key_id, value in signatures:
        verifier = known.get((name, key_id))
        if verifier is not None:
            signature = _verify(verifier, body, value)
            held.setdefault(verifier, signature)
    if not held:
        raise NoteError("note-unverified", "no known key has signed")
    return Note(body, tuple(held.values()))


def sign_checkpoint(origin: str, size: int, root: bytes, key: keys.SigningKey) -> str:
    """The checkpoint text of a log, signed under its origin as name."""
    body = f"{origin}\n{size}\n{b64(root)}\n"
    _parse_checkpoint(body)
    return sign(body, origin, key)


def open_checkpoint(text: str, *verifiers: Verifier) -> Checkpoint:
    """The checkpoint, once one of the log keys `verifiers` has signed it under its own origin."""
    note = open(text, [verifier for verifier in verifiers if verifier.type == ED25519])
    checkpoint = _parse_checkpoint(note.body)
    if any(signature.verifier.name != checkpoint.origin for signature in note.signatures):
        raise NoteError("wrong-origin", "the checkpoint is of another log than its signer", where="origin")
    return checkpoint


def cosignatures(text: str, witnesses: Iterable[Verifier]) -> tuple[Signature, ...]:
    """The dated signatures of distinct `witnesses` on a checkpoint; none is no error, a false one is."""
    dated = [witness for witness in witnesses if witness.type == COSIGNATURE]
    names = {(witness.name, witness.key_hash) for witness in dated}
    _, signatures = _split(text)
    if not any((name, key_id) in names for name, key_id, _ in signatures):
        return ()
    return open(text, dated).signatures


def _split(text: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """A note's body and its signatures as (name, key id, value)."""
    if type(text) is not str or len(text) > MAX_BYTES:
        raise _malformed("a note is text of at most 64 KiB")
    if _CONTROL.search(text):
        raise _malformed("a note holds no control character")
    body, separator, tail = text.rpartition("\n\n")
    if not separator or not tail.endswith("\n"):
        raise _malformed("a note is a text, an empty line and signature lines")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise _malformed("more than 64 signatures")
    return body + "\n", [_parse_signature(line) for line in lines]


def _parse_signature(line: str) -> tuple[str, bytes, bytes]:
    match = _SIGNATURE_LINE.fullmatch(line)
    value = unb64(match.group(2)) if match else None
    if match is None or value is None or len(value) <= _KEY_ID_BYTES:
        raise _malformed("a signature line is a dash, a name and base64")
    return match.group(1), value[:_KEY_ID_BYTES], value[_KEY_ID_BYTES:]


def _verify(verifier: Verifier, body: str, value: bytes) -> Signature:
    time_unix_s = None
    message = body.encode("utf-8")
    if verifier.type == COSIGNATURE:
        time_unix_s, value = int.from_bytes(value[:_TIMESTAMP_BYTES], "big"), value[_TIMESTAMP_BYTES:]
        if time_unix_s > merkle.MAX_SIZE:
            raise _malformed("a time is below 2^63")
        message = _cosigned(body, time_unix_s)
    try:
        keys.verify(verifier.public, value, message)
    except SignatureInvalidError as error:
        raise NoteError("note-unverified", "the signature of a known key does not hold") from error
    return Signature(verifier, time_unix_s)


def _cosigned(body: str, time_unix_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_unix_s}\n{body}".encode()


def _parse_checkpoint(body: str) -> Checkpoint:
    lines = body.split("\n")
    if len(lines) != 4 or lines[3]:
        raise _malformed("a checkpoint is three lines: origin, size, root")
    origin, size_text, root_text, _ = lines
    root = unb64(root_text)
    if not ORIGIN.fullmatch(origin) or not _SIZE.fullmatch(size_text) or root is None or len(root) != merkle.HASH_BYTES:
        raise _malformed("origin, size or root of the checkpoint is not of its form")
    size = int(size_text)
    if size > merkle.MAX_SIZE:
        raise _malformed("a tree size is below 2^63")
    return Checkpoint(origin, size, root)


def _signature_line(name: str, key_hash: bytes, signature: bytes) -> str:
    return f"— {name} {b64(key_hash + signature)}\n"


def _key_hash(name: str, public: keys.PublicKey, type: int) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass") + b"\n" + bytes([type]) + public.raw).digest()[
        :_KEY_ID_BYTES
    ]


def _require_name(name: str) -> None:
    if type(name) is not str or not ORIGIN.fullmatch(name):
        raise _malformed("a key name is printable ASCII without spaces and plus")


def _malformed(rule: str) -> TrustError:
    return NoteError("malformed-note", rule)
