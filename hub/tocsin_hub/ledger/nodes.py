"""Where the hashes of the tree lie: leaves in `entry`, full tiles in `tile`; the `Node` function for trust's merkle.

A proof at a million entries touches three tiles and the right edge. Full tiles never change, so their inner hashes are
kept in a small memo, and so are those of complete subtrees right of the last full tile, which never change either.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from sqlalchemy import BindParameter, Table, bindparam, select
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.store.tables import EntryRow, TileRow
from tocsin_trust import merkle

HEIGHT = 8
WIDTH = 256
HASH_BYTES = 32
MOST_INNER = 4_096

_ENTRY: Table = EntryRow.__table__  # type: ignore[attr-defined]
_TILE: Table = TileRow.__table__  # type: ignore[attr-defined]
_DATA = select(_TILE.c.data).where(_TILE.c.level == bindparam("level"), _TILE.c.n == bindparam("n"))
_FIRST: BindParameter[int] = bindparam("first")
_END: BindParameter[int] = bindparam("end")
_LEAVES = (
    select(_ENTRY.c.idx, _ENTRY.c.leaf_hash).where(_ENTRY.c.idx >= _FIRST, _ENTRY.c.idx < _END).order_by(_ENTRY.c.idx)
)
_ROOTS = (
    select(_TILE.c.n, _TILE.c.root)
    .where(_TILE.c.level == bindparam("level"), _TILE.c.n >= _FIRST, _TILE.c.n < _END)
    .order_by(_TILE.c.n)
)


class Memo:
    """The inner rows of the full tiles last used; about 16 KB each. Thread-safe."""

    def __init__(self, tiles: int = 128) -> None:
        self._most = tiles
        self._lock = threading.Lock()
        self._rows: OrderedDict[tuple[int, int], list[list[bytes]]] = OrderedDict()
        self.inner: dict[tuple[int, int, int, int], bytes] = {}

    def keep(self, key: tuple[int, int, int, int], found: bytes) -> None:
        """Keep the hash of a complete subtree of an edge, by (tile level, tile, height, place)."""
        if len(self.inner) >= MOST_INNER:
            self.inner.clear()
        self.inner[key] = found

    def learn(self, level: int, index: int, found: bytes) -> None:
        """Keep a hash of a tile level that was just written and committed: whoever proves it next need not read it."""
        self.keep((level, index // WIDTH, 0, index % WIDTH), found)

    def get(self, level: int, n: int) -> list[list[bytes]] | None:
        """The 9 rows (256, 128, .. 1 hashes) of a full tile, or None if they must be read."""
        with self._lock:
            rows = self._rows.get((level, n))
            if rows is not None:
                self._rows.move_to_end((level, n))
            return rows

    def put(self, level: int, n: int, rows: list[list[bytes]]) -> None:
        """Keep the rows of a full tile."""
        with self._lock:
            self._rows[(level, n)] = rows
            if len(self._rows) > self._most:
                self._rows.popitem(last=False)


class Nodes:
    """A `merkle.Node` over the first `size` entries that a session sees. Raises HubError log-corrupt if one is absent."""

    def __init__(self, session: Session, size: int, memo: Memo) -> None:
        self._session = session
        self.size = size
        self._memo = memo
        self._edges: dict[int, list[bytes]] = {}

    def __call__(self, level: int, index: int) -> bytes:
        """The hash of the complete subtree over 2^level entries from index * 2^level on."""
        tile_level, height = divmod(level, HEIGHT)
        first = index << height  # place of the subtree's first hash within its tile level
        n, offset = divmod(first, WIDTH)
        if (n + 1) * WIDTH <= self.size >> (HEIGHT * tile_level):
            return self._rows(tile_level, n)[height][offset >> height]
        return self._inner(tile_level, n, height, offset >> height)

    def _inner(self, level: int, n: int, height: int, place: int) -> bytes:
        """A complete subtree inside the edge: it is final too, though its tile is not."""
        key = (level, n, height, place)
        found = self._memo.inner.get(key)
        if found is None:
            if height == 0:
                found = self._edge(level, n)[place]
            else:
                left, right = (self._inner(level, n, height - 1, 2 * place + side) for side in (0, 1))
                found = merkle.node_hash(left, right)
            self._memo.keep(key, found)
        return found

    def _rows(self, level: int, n: int) -> list[list[bytes]]:
        rows = self._memo.get(level, n)
        if rows is None:
            data = self._session.connection().execute(_DATA, {"level": level, "n": n}).scalar_one_or_none()
            if data is None or len(data) != WIDTH * HASH_BYTES:
                raise HubError("log-corrupt", detail=f"tile {level}/{n} is absent or short")
            row = [bytes(data[at : at + HASH_BYTES]) for at in range(0, len(data), HASH_BYTES)]
            rows = [row]
            while len(row) > 1:
                row = [merkle.node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
                rows.append(row)
            self._memo.put(level, n, rows)
        return rows

    def _edge(self, level: int, n: int) -> list[bytes]:
        if level not in self._edges:
            count = (self.size >> (HEIGHT * level)) - n * WIDTH
            self._edges[level] = hashes(self._session, level, n * WIDTH, count)
        return self._edges[level]


def tile_root(data: bytes) -> bytes:
    """The hash of a full tile of 8,192 bytes."""
    return merkle.root_of([data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)])


def hashes(session: Session, level: int, start: int, count: int) -> list[bytes]:
    """`count` hashes of a tile level from place `start` on: leaf hashes at level 0, roots of full tiles above.

    Raises HubError log-corrupt if fewer are there.
    """
    if count <= 0:
        return []
    span = {"first": start, "end": start + count}
    connection = session.connection()
    rows = connection.execute(_LEAVES, span) if level == 0 else connection.execute(_ROOTS, {"level": level - 1, **span})
    found = rows.all()
    if [row[0] for row in found] != list(range(start, start + count)):
        raise HubError("log-corrupt", detail=f"hashes of level {level} from {start} on are not all there")
    return [bytes(row[1]) for row in found]
