"""The text of an inclusion proof: index, hashes up to the root, and the checkpoint they lead to (C2SP tlog-proof).

Reading one checks its form only; `merkle.verify_inclusion` and `note.open_checkpoint` say whether it is true.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin_trust import merkle
from tocsin_trust.errors import ProofError
from tocsin_trust.fields import b64, unb64

MAX_PROOF_HASHES = 63
_PROOF_HEADER = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Proof:
    """A tlog-proof: the index, the hashes up to the root, and the checkpoint they lead to, not yet checked."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_text: str


def proof_text(index: int, hashes: Sequence[bytes], checkpoint_text: str) -> str:
    """The tlog-proof text of an entry."""
    lines = (_PROOF_HEADER, f"index {index}", *map(b64, hashes))
    return "\n".join(lines) + f"\n\n{checkpoint_text}"


def parse_proof(text: str) -> Proof:
    """The proof that `text` holds; ProofError `malformed-proof`. An `extra` line, which nothing signs, is refused."""
    head, separator, checkpoint_text = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or len(lines) < 2 or lines[0] != _PROOF_HEADER:
        raise _malformed_proof("not a tlog-proof")
    match = _INDEX.fullmatch(lines[1])
    hashes = [unb64(line) for line in lines[2:]]
    if match is None or len(hashes) > MAX_PROOF_HASHES:
        raise _malformed_proof("the index is malformed or the path too long")
    found = tuple(value for value in hashes if value is not None and len(value) == merkle.HASH_BYTES)
    if len(found) != len(hashes):
        raise _malformed_proof("a line is not a hash in canonical base64")
    return Proof(int(match.group(1)), found, checkpoint_text)


def _malformed_proof(rule: str) -> ProofError:
    return ProofError("malformed-proof", rule)
