"""fsck: derive everything again from the leaves and say where the database disagrees. It changes nothing.

    leaves   indexes without a gap, leaf hashes, digests, and for each kept payload its signature and header
    tree     full tiles and their roots, the root in log_state, the anchor as a prefix
    rows     inlines and readers replayed into a temporary SQLite store; per table one digest, live against replayed

`quick` leaves out the rows. The live rows of a reader are compared only if its cursor has reached the end of the log.
"""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, inspect, literal_column, select, table
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor as anchor_room
from tocsin_hub.ledger import append, nodes, packing, reading
from tocsin_hub.ledger import readers as following
from tocsin_hub.ledger.entries import Inline, Reader
from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import BlobRow, EntryRow, HeadRow, LogStateRow, MemberKeyRow, OrgRow, TileRow, VersionRow
from tocsin_trust import dsse, leaf, merkle, statement, tiles
from tocsin_trust import errors as trust_errors

CHUNK = 1_024
SYNCHRONOUS: tuple[type[SQLModel], ...] = (HeadRow, VersionRow, OrgRow, MemberKeyRow)
_ENTRY, _BLOB, _TILE, _STATE = (following.table_of(model) for model in (EntryRow, BlobRow, TileRow, LogStateRow))


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement: `what` is a kebab-case class, `where` an index, tile or table. Never payload text."""

    what: str
    where: str


def fsck(
    store: Store,
    *,
    origin: str,
    anchor: Path,
    inlines: Sequence[Inline] = (),
    readers: Sequence[Reader] = (),
    quick: bool = False,
) -> list[Finding]:
    """Every disagreement found, empty for a sound hub. Reads one snapshot, also beside a running hub.

    Needs temporary space of about the size of the log unless `quick`. Raises HubError as the store does.
    """
    try:
        with store.read() as session:
            found, state = _log(session)
            found += _anchor(session, state, origin, anchor)
            if not quick and not found:
                found += _rows(session, inlines, readers)
    except HubError as error:
        if error.code != "database-damaged":
            raise
        return [Finding(error.code, "the database itself cannot be read to its end")]
    return found


# --- leaves and tree -----------------------------------------------------------------------------------------------------


def _log(session: Session) -> tuple[list[Finding], append.LogState]:
    found: list[Finding] = []
    state = append.LogState(0, merkle.EMPTY_ROOT, [])
    tile_count = 0
    while True:
        rows = _chunk(session, state.size)
        if not rows:
            break
        for at, row in enumerate(rows):
            found += _leaf(state.size + at, *row)
        growth = tiles.grow(state.size, state.edge, [merkle.leaf_hash(row[3]) for row in rows])
        found += _tiles(session, growth.full_tiles)
        tile_count += len(growth.full_tiles)
        state = append.LogState(growth.new_size, growth.new_root, growth.new_edge)
    for model, count, what in ((TileRow, tile_count, "surplus-tiles"), (EntryRow, state.size, "surplus-entries")):
        if session.execute(select(func.count()).select_from(model)).scalar_one() != count:
            found.append(Finding(what, following.table_of(model).name))
    orphans = select(func.count()).select_from(BlobRow).where(col(BlobRow.digest).not_in(select(col(EntryRow.digest))))
    if session.execute(orphans).scalar_one():
        found.append(Finding("blob-without-entry", "blob"))
    size, root = append.size(session)
    if (size, root) != (state.size, state.root):
        found.append(Finding("root-differs", f"log_state at {size}, leaves give {state.size}"))
    return found, state


def log(session: Session) -> list[Finding]:
    """Every disagreement among leaves, payloads, tiles and root, without anchor and rows: for a log without a hub."""
    return _log(session)[0]


_Row = tuple[int, bytes, bytes, bytes, bytes | None, int | None, bool]


def _chunk(session: Session, first: int) -> list[_Row]:
    """(idx, leaf_hash, digest, data, envelope, erased_unix_s, blob is there), contiguous rows only matter to `_leaf`."""
    blob = _BLOB
    query = (
        select(
            _ENTRY.c.idx,
            _ENTRY.c.leaf_hash,
            _ENTRY.c.digest,
            _ENTRY.c.data,
            blob.c.envelope,
            blob.c.erased_unix_s,
            blob.c.digest.is_not(None),
        )
        .join(blob, blob.c.digest == _ENTRY.c.digest, isouter=True)
        .where(_ENTRY.c.idx >= first)
        .order_by(_ENTRY.c.idx)
        .limit(CHUNK)
    )
    return [(row[0], row[1], row[2], row[3], row[4], row[5], bool(row[6])) for row in session.execute(query)]


def _leaf(
    place: int,
    idx: int,
    leaf_hash: bytes,
    digest: bytes,
    data: bytes,
    stored: bytes | None,
    erased_unix_s: int | None,
    has_blob: bool,
) -> list[Finding]:
    where = f"entry {idx}"
    found = []
    if idx != place:
        found.append(Finding("index-gap", where))
    if merkle.leaf_hash(data) != leaf_hash:
        found.append(Finding("leaf-hash-differs", where))
    try:
        text = leaf.parse(data)
    except trust_errors.TrustError:
        return [*found, Finding("leaf-malformed", where)]
    if text.digest != digest:
        found.append(Finding("digest-differs", where))
    if not has_blob:
        found.append(Finding("blob-missing", where))
    elif (stored is None) == (erased_unix_s is None):
        found.append(Finding("erasure-mark-differs", where))
    if stored is not None and not _fits(stored, data):
        found.append(Finding("payload-differs", where))
    return found


def _fits(stored: bytes, data: bytes) -> bool:
    """Whether a kept envelope, its signature checked anew, gives exactly this leaf."""
    try:
        opened = dsse.unseal(packing.unpack(stored))
        return leaf.text(opened, statement.read(opened)) == data
    except (trust_errors.TrustError, zlib.error):
        return False


def _tiles(session: Session, full: Sequence[tuple[int, int, bytes]]) -> list[Finding]:
    found = []
    for level, n, data in full:
        row = session.execute(
            select(_TILE.c.data, _TILE.c.root).where(_TILE.c.level == level, _TILE.c.n == n)
        ).one_or_none()
        if row is None:
            found.append(Finding("tile-missing", f"tile {level}/{n}"))
        elif row[0] != data or row[1] != nodes.tile_root(data):
            found.append(Finding("tile-differs", f"tile {level}/{n}"))
    return found


def _anchor(session: Session, state: append.LogState, origin: str, path: Path) -> list[Finding]:
    try:
        mark = anchor_room.read(path)
    except HubError as error:
        return [Finding(error.code, "anchor")]
    if mark.origin != origin:
        return [Finding("anchor-mismatch", "origin")]
    if mark.size > state.size:
        return [Finding("anchor-ahead", f"anchor at {mark.size}, log at {state.size}")]
    try:
        root = merkle.root(mark.size, nodes.Nodes(session, mark.size, nodes.Memo()))
    except HubError:
        return [Finding("anchor-mismatch", "hashes are missing")]
    return [] if root == mark.root else [Finding("anchor-mismatch", f"anchor at {mark.size}")]


# --- rows ----------------------------------------------------------------------------------------------------------------


def _rows(session: Session, inlines: Sequence[Inline], readers_: Sequence[Reader]) -> list[Finding]:
    size = append.size(session)[0]
    found = []
    with tempfile.TemporaryDirectory(prefix="tocsin-fsck-") as folder:
        url = f"sqlite:///{Path(folder) / 'replay.db'}"
        migrate.upgrade(url)
        replay = Store(url)
        try:
            _replay(session, replay, inlines, readers_)
            compared: list[type[SQLModel] | str] = list(SYNCHRONOUS) if inlines else []
            for reader in readers_:
                if following.cursor(session, reader.name) == size:
                    compared += reader.tables
                else:
                    found.append(Finding("reader-behind", reader.name))
            with replay.read() as fresh:
                for each in compared:
                    live = digest_of(session, each)
                    if live is not None and live != digest_of(fresh, each):
                        found.append(
                            Finding("rows-differ", each if isinstance(each, str) else following.table_of(each).name)
                        )
        finally:
            replay.dispose()
    return found


def _replay(session: Session, replay: Store, inlines: Sequence[Inline], readers_: Sequence[Reader]) -> None:
    """Copy the log chunk by chunk into `replay` and run on it what the hub runs.

    A payload is erased by a later entry. The copy carries it as the live log has it, erased from the first: whatever is
    derived must come out the same.
    """
    first = 0
    while batch := reading.load(session, first, CHUNK):
        with replay.write("fsck") as fresh:
            _copy(session, fresh, first, len(batch))
            for inline in inlines:
                inline(fresh, batch)
        first += len(batch)
    with replay.write("fsck") as fresh:
        size, root = append.size(session)
        fresh.execute(_STATE.update().values(size=size, root=root))
    following.Readers(replay, readers_, _no_clock).catch_up()


def _copy(session: Session, fresh: Session, first: int, count: int) -> None:
    last = first + count
    rows = session.execute(select(_ENTRY).where(_ENTRY.c.idx >= first, _ENTRY.c.idx < last)).mappings().all()
    fresh.execute(insert(_ENTRY), [dict(row) for row in rows])
    digests = select(_ENTRY.c.digest).where(_ENTRY.c.idx >= first, _ENTRY.c.idx < last)
    blobs = session.execute(select(_BLOB).where(_BLOB.c.digest.in_(digests))).mappings().all()
    fresh.execute(insert(_BLOB), [dict(row) for row in blobs])


def _no_clock() -> int:
    return 0


def digest_of(session: Session, what: type[SQLModel] | str) -> bytes | None:
    """A digest over the rows of a table, the same on both engines: the sum of the rows' SHA-256, so that no engine's
    way of ordering text matters.

    A table outside of the metadata (full text) is compared on SQLite only; None elsewhere or if it is absent.
    """
    query: Any
    if isinstance(what, str):
        if session.get_bind().dialect.name != "sqlite" or not inspect(session.connection()).has_table(what):
            return None
        query = select(literal_column("rowid"), literal_column("*")).select_from(table(what))
    else:
        query = select(following.table_of(what))
    total = 0
    for row in session.execute(query, execution_options={"yield_per": CHUNK}):
        total += int.from_bytes(hashlib.sha256(repr(tuple(row)).encode()).digest(), "big")
    return (total % 2**256).to_bytes(32, "big")
