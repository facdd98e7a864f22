"""Appending: `plan` says what a batch does to the log (pure), `write` does it, `load` finds out where the log stands.

`log_state` moves by compare-and-swap on its size, so two writers cannot both append at the same place. On PostgreSQL its
row is locked first (`lock`), before any guard looks at the database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import nodes
from tocsin_hub.ledger.entries import Admitted, Placed
from tocsin_hub.store import bulk
from tocsin_hub.store.tables import BlobRow, EntryRow, LogStateRow, TileRow
from tocsin_trust import merkle, tiles

_ENTRY: Table = EntryRow.__table__  # type: ignore[attr-defined]
_BLOB: Table = BlobRow.__table__  # type: ignore[attr-defined]
_TILE: Table = TileRow.__table__  # type: ignore[attr-defined]
_STATE: Table = LogStateRow.__table__  # type: ignore[attr-defined]
# Built once and run on the connection, past the ORM: building a statement costs more than running it on a small batch.
_READ_STATE = select(_STATE.c.size, _STATE.c.root).where(_STATE.c.id == 1)
_LOCK_STATE = _READ_STATE.with_for_update()
_MOVE_STATE = (
    update(_STATE)
    .where(_STATE.c.id == 1, _STATE.c.size == bindparam("begin"))
    .values(size=bindparam("end"), root=bindparam("new_root"))
)
_FIND = select(_ENTRY.c.idx, _ENTRY.c.digest, _ENTRY.c.leaf_hash, _ENTRY.c.accepted_unix_s).where(
    _ENTRY.c.digest.in_(bindparam("digests", expanding=True))
)


@dataclass(frozen=True, slots=True)
class LogState:
    """Where the log stands: its size, root and right edge (the hashes that no full tile holds yet)."""

    size: int
    root: bytes
    edge: tiles.Edge


@dataclass(frozen=True, slots=True)
class Plan:
    """What one batch adds: rows as the tables want them, where each item lies, and the state after it."""

    placed: tuple[Placed, ...]
    entry_rows: list[dict[str, Any]]
    blob_rows: list[dict[str, Any]]
    tile_rows: list[dict[str, Any]]
    after: LogState


def plan(state: LogState, items: Sequence[Admitted], stored: Sequence[bytes], accepted_unix_s: int) -> Plan:
    """What appending `items` to `state` does. Pure. `stored` are the packed envelopes, in the same order."""
    growth = tiles.grow(state.size, state.edge, [item.leaf_hash for item in items])
    placed = tuple(
        Placed(state.size + i, item.digest, item.leaf_hash, accepted_unix_s, replayed=False)
        for i, item in enumerate(items)
    )
    entry_rows = [
        {
            "idx": place.idx,
            "leaf_hash": item.leaf_hash,
            "digest": item.digest,
            "data": item.leaf,
            "accepted_unix_s": accepted_unix_s,
        }
        for place, item in zip(placed, items, strict=True)
    ]
    blob_rows = [
        {"digest": item.digest, "envelope": blob, "erased_unix_s": None}
        for item, blob in zip(items, stored, strict=True)
    ]
    tile_rows = [
        {"level": level, "n": n, "data": data, "root": nodes.tile_root(data)} for level, n, data in growth.full_tiles
    ]
    return Plan(placed, entry_rows, blob_rows, tile_rows, LogState(growth.new_size, growth.new_root, growth.new_edge))


def lock(session: Session, state: LogState) -> None:
    """Hold the log's state row to the end of the transaction. Raises HubError busy if it is not `state`: another writer
    moved the log, and whoever thought to know where it stands must load it again."""
    row = session.connection().execute(_LOCK_STATE).one_or_none()
    if row is None:
        raise HubError("log-corrupt", detail="log_state has no row")
    if row[0] != state.size or bytes(row[1]) != state.root:
        raise HubError("busy", detail="another writer moved the log")


def write(session: Session, planned: Plan) -> None:
    """Write the rows of `planned`. Nothing is durable until the caller's transaction is.

    Raises HubError busy if the log is no longer where the plan began.
    """
    begin = planned.after.size - len(planned.placed)
    connection = session.connection()
    moved = connection.execute(_MOVE_STATE, {"begin": begin, "end": planned.after.size, "new_root": planned.after.root})
    if moved.rowcount != 1:
        raise HubError("busy", detail="another writer moved the log")
    bulk.insert_rows(session, _ENTRY, planned.entry_rows)
    bulk.insert_rows(session, _BLOB, planned.blob_rows)
    bulk.insert_rows(session, _TILE, planned.tile_rows)


def size(session: Session) -> tuple[int, bytes]:
    """Size and root of the log as this session sees it. Raises HubError log-corrupt if the row is missing."""
    row = session.connection().execute(_READ_STATE).one_or_none()
    if row is None:
        raise HubError("log-corrupt", detail="log_state has no row")
    return row[0], bytes(row[1])


def size_before(session: Session, unix_s: int) -> int:
    """How many entries the log had when `unix_s` came: one more than the last index accepted before it.

    Looks back from the end, so it reads what has come since; ask once a day and keep the answer.
    """
    last = select(_ENTRY.c.idx).where(_ENTRY.c.accepted_unix_s < unix_s).order_by(_ENTRY.c.idx.desc()).limit(1)
    found = session.connection().execute(last).scalar_one_or_none()
    return 0 if found is None else int(found) + 1


def load(session: Session, memo: nodes.Memo) -> LogState:
    """The state of the log, its right edge read anew and its root computed from the hashes.

    Raises HubError log-corrupt if hashes are missing or do not give the root of `log_state`.
    """
    count, root = size(session)
    edge = tiles.edge_from(count, lambda level, start, number: nodes.hashes(session, level, start, number))
    if merkle.root(count, nodes.Nodes(session, count, memo)) != root:
        raise HubError("log-corrupt", detail="the hashes do not give the root of log_state")
    return LogState(count, root, edge)


def find(session: Session, digests: Sequence[bytes]) -> dict[bytes, Placed]:
    """The entries among `digests` that are in the log already, as replays."""
    rows = session.connection().execute(_FIND, {"digests": list(digests)})
    return {
        bytes(digest): Placed(idx, bytes(digest), bytes(leaf_hash), accepted_unix_s, replayed=True)
        for idx, digest, leaf_hash, accepted_unix_s in rows
    }
