"""The Merkle tree of RFC 6962: roots, inclusion and consistency proofs; ints and bytes in, no storage known.

A tree is given as its size and a `Node` function that returns the hash of a complete subtree; where that comes from
(a list, tiles, a database) is the caller's. Making proofs follows RFC 9162 sections 2.1.3.1 and 2.1.4.1, checking
them sections 2.1.3.2 and 2.1.4.2. Sizes are below 2^63, so that a proof has at most 63 hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from tocsin_trust.errors import ProofError

HASH_BYTES = 32
MAX_SIZE = 2**63 - 1
EMPTY_ROOT = hashlib.sha256(b"").digest()

Node = Callable[[int, int], bytes]
"""(level, index) -> hash of the complete subtree over leaves index * 2^level up to (index + 1) * 2^level."""


def leaf_hash(data: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash over two subtrees."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over a list of leaf hashes held in memory."""
    if not leaf_hashes:
        return EMPTY_ROOT
    row = list(leaf_hashes)
    while len(row) > 1:
        above = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)]
        if len(row) % 2:
            above.append(row[-1])
        row = above
    return row[0]


def root(size: int, node: Node) -> bytes:
    """The root of the tree of `size` leaves."""
    _require_size(size)
    return _subtree(0, size, node) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """The sibling hashes from leaf `index` up to the root of the first `size` leaves."""
    _require_index(index, size)
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start = middle
    proof.reverse()
    return proof


def verify_inclusion(index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """Return if `proof` leads from the leaf at `index` to `root`, else raise ProofError."""
    _require_index(index, size)
    _require_hashes(leaf_hash, root, *proof)
    place, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise _invalid("the proof is too long")
        if place & 1 or place == last:
            found = node_hash(sibling, found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise _invalid("the proof is too short")
    if found != root:
        raise _invalid("the proof does not lead to the root")


def consistency_proof(old: int, new: int, node: Node) -> list[bytes]:
    """The hashes that show the first `old` of `new` leaves to be unchanged; empty if there is nothing to show."""
    _require_sizes(old, new)
    if old in (0, new):
        return []
    proof = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_subtree(middle, end, node))
            end = middle
        else:
            proof.append(_subtree(start, middle, node))
            start, whole = middle, False
    if not whole:  # the old root itself is known to the verifier unless it lies inside the new tree
        proof.append(_subtree(start, end, node))
    proof.reverse()
    return proof


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    """Return if the tree of `new` leaves under `new_root` begins with that of `old` leaves, else raise ProofError."""
    _require_sizes(old, new)
    _require_hashes(old_root, new_root, *proof)
    if old in (0, new):
        if proof:
            raise _invalid("the proof is too long")
        if old_root != (new_root if old else EMPTY_ROOT):
            raise _invalid("the roots differ for the same size" if old else "the old root is not the empty root")
        return
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    path = list(proof) if place else [old_root, *proof]  # a complete old tree is its own first hash
    if not path:
        raise _invalid("the proof is too short")
    old_found = new_found = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise _invalid("the proof is too long")
        if place & 1 or place == last:
            old_found = node_hash(sibling, old_found)
            new_found = node_hash(sibling, new_found)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            new_found = node_hash(new_found, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise _invalid("the proof is too short")
    if old_found != old_root or new_found != new_root:
        raise _invalid("the proof does not lead to both roots")


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1


def _subtree(start: int, end: int, node: Node) -> bytes:
    """The hash over leaves `start` to `end`, folded from complete subtrees; `start` is aligned as RFC 6962 splits."""
    peaks = []
    while start < end:
        level = (end - start).bit_length() - 1
        peaks.append(node(level, start >> level))
        start += 1 << level
    found = peaks.pop()
    while peaks:
        found = node_hash(peaks.pop(), found)
    return found


def _require_size(size: int) -> None:
    if type(size) is not int or not 0 <= size <= MAX_SIZE:
        raise ProofError("malformed-proof", "a tree size is a whole number below 2^63")


def _require_index(index: int, size: int) -> None:
    _require_size(size)
    if type(index) is not int or not 0 <= index < size:
        raise ProofError("malformed-proof", "the index is not inside the tree")


def _require_sizes(old: int, new: int) -> None:
    _require_size(old)
    _require_size(new)
    if old > new:
        raise ProofError("malformed-proof", "the old tree is larger than the new one")


def _require_hashes(*hashes: bytes) -> None:
    if any(len(found) != HASH_BYTES for found in hashes):
        raise ProofError("malformed-proof", "a hash has 32 bytes")


def _invalid(rule: str) -> ProofError:
    return ProofError("proof-invalid", rule)
