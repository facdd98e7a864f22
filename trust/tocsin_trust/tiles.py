"""Where the hashes of a growing tree lie: C2SP tile coordinates and paths, and the right edge that grows.

A full tile holds 256 neighbouring hashes; those of tile level 0 are leaf hashes, those of level L + 1 the roots of
full tiles of level L. What is not yet a full tile is the edge: at most 255 hashes per tile level, from which the
root of the whole tree follows. Nothing partial needs to be stored: a partial tile is a prefix of a later one.
Source: c2sp.org/tlog-tiles. Our page is docs/spec/merkle-tree.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tocsin_trust import merkle
from tocsin_trust.errors import ProofError

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * merkle.HASH_BYTES

Edge = list[list[bytes]]
"""Per tile level from 0 up, the hashes of the tile that is not yet full; the last level is never empty."""

ReadHashes = Callable[[int, int, int], list[bytes]]
"""(tile level, first, count) -> that many hashes: leaf hashes at level 0, roots of full tiles below it above."""


@dataclass(frozen=True, slots=True)
class Growth:
    """What appending makes: the edge to keep, the tiles to store as (level, n, 8,192 bytes), size and root to sign."""

    new_edge: Edge
    full_tiles: list[tuple[int, int, bytes]]
    new_size: int
    new_root: bytes


def grow(size: int, edge: Edge, leaf_hashes: Sequence[bytes]) -> Growth:
    """The tree of `size` leaves after appending; neither `edge` nor anything else is changed.

    ProofError if `edge` is not that of a tree of `size` leaves, or the tree would reach 2^63 leaves.
    """
    new_size = size + len(leaf_hashes)
    _require(size, edge)
    if new_size > merkle.MAX_SIZE:
        raise ProofError("malformed-proof", "the tree would have 2^63 leaves")
    new_edge: Edge = []
    full_tiles: list[tuple[int, int, bytes]] = []
    arriving = list(leaf_hashes)
    level = 0
    while arriving or level < len(edge):
        waiting = edge[level] if level < len(edge) else []
        first_tile = size >> TILE_HEIGHT * (level + 1)
        row = waiting + arriving
        full = len(row) // TILE_WIDTH
        arriving = []
        for number in range(full):
            tile = row[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
            full_tiles.append((level, first_tile + number, b"".join(tile)))
            arriving.append(merkle.root_of(tile))
        new_edge.append(row[full * TILE_WIDTH :])
        level += 1
    return Growth(new_edge, full_tiles, new_size, edge_root(new_edge))


def edge_root(edge: Edge) -> bytes:
    """The root of the tree whose right edge this is."""
    found: bytes | None = None
    for tile in edge:  # from the right: the lowest level holds the last leaves
        end = len(tile)
        while end:
            span = end & -end
            peak = merkle.root_of(tile[end - span : end])
            found = peak if found is None else merkle.node_hash(peak, found)
            end -= span
    return merkle.EMPTY_ROOT if found is None else found


def edge_from(size: int, read: ReadHashes) -> Edge:
    """The edge of a tree of `size` leaves, read anew from what is stored; compare `edge_root` with the stored root."""
    edge: Edge = []
    level = 0
    while size >> TILE_HEIGHT * level:
        hashes = size >> TILE_HEIGHT * level
        count = hashes % TILE_WIDTH
        edge.append(read(level, hashes - count, count) if count else [])
        level += 1
    _require(size, edge)
    return edge


def tile_of(level: int, index: int) -> tuple[int, int, int, int]:
    """Where the node at tree `level` and `index` lies: (tile level, tile number, offset, span) in hashes."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    first = index << height
    return tile_level, first // TILE_WIDTH, first % TILE_WIDTH, 1 << height


def node_of(tile: bytes, offset: int, span: int) -> bytes:
    """The hash over `span` hashes of a tile's bytes, beginning at `offset`."""
    width = merkle.HASH_BYTES
    if len(tile) < (offset + span) * width:
        raise ProofError("malformed-proof", "the tile is too short")
    return merkle.root_of([tile[i * width : (i + 1) * width] for i in range(offset, offset + span)])


def path(level: int, n: int, width: int = TILE_WIDTH) -> str:
    """The path under which a tile is published, such as `tile/0/x001/067` or `tile/1/000.p/5`."""
    parts = [f"{n % 1000:03}"]
    while n := n // 1000:
        parts.append(f"x{n % 1000:03}")
    whole = f"tile/{level}/{'/'.join(reversed(parts))}"
    return whole if width == TILE_WIDTH else f"{whole}.p/{width}"


def _require(size: int, edge: Edge) -> None:
    if type(size) is not int or not 0 <= size <= merkle.MAX_SIZE:
        raise ProofError("malformed-proof", "a tree size is a whole number below 2^63")
    widths = []
    while size:
        widths.append(size % TILE_WIDTH)
        size >>= TILE_HEIGHT
    if [len(tile) for tile in edge] != widths:
        raise ProofError("malformed-proof", "the edge is not that of a tree of this size")
