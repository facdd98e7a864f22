"""Entries as they are kept: read back from the log's tables, a batch at a time."""

from __future__ import annotations

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from tocsin_hub.ledger import entries, packing
from tocsin_hub.store.tables import BlobRow, EntryRow
from tocsin_trust import leaf

_ENTRY: Table = EntryRow.__table__  # type: ignore[attr-defined]
_BLOB: Table = BlobRow.__table__  # type: ignore[attr-defined]
_FROM = (
    select(_ENTRY.c.idx, _ENTRY.c.accepted_unix_s, _ENTRY.c.data, _BLOB.c.envelope)
    .join(_BLOB, _BLOB.c.digest == _ENTRY.c.digest, isouter=True)
    .where(_ENTRY.c.idx >= bindparam("first"))
    .order_by(_ENTRY.c.idx)
    .limit(bindparam("count"))
)


def load(session: Session, first: int, count: int) -> list[entries.Entry]:
    """Up to `count` entries from index `first` on, ascending, parsed. Erased payloads come as None."""
    found = []
    for idx, accepted_unix_s, data, kept in session.connection().execute(_FROM, {"first": first, "count": count}):
        line = leaf.parse(data)
        envelope = None if kept is None else packing.unpack(kept)
        said = None if envelope is None else entries.reopen(envelope, line)
        found.append(entries.Entry(idx, accepted_unix_s, line, said, envelope))
    return found
