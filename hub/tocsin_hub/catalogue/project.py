"""From the log to the catalogue: the reader that keeps the newest version of every record, droppable and made again.

    incident, finding, mitigation   a new record: `rec` = its log index, its id from the counter, in log order
    amend                           the newest version replaces the one before
    withdraw, moderate erase        the tombstone: who it was, what became of it and why; every other field blank
    moderate hide, restore          the state moves, the rest stays

A rebuild meets the erased versions of a withdrawn thread as leaves without payload. They become a row that is blank but for
its identity, readable by nobody, until the withdrawal comes: so live and rebuilt rows are the same.

All of it is batch-wise: what the batch touches is read by IN, changed in memory in log order, and written by executemany.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from tocsin_hub.catalogue import fulltext, tokens
from tocsin_hub.ledger import entries, readers
from tocsin_hub.members import access
from tocsin_hub.store import bulk, tables
from tocsin_taxonomy import assess, marking, report, schemes

LETTERS = {"incident": "I", "finding": "F", "mitigation": "M"}
AFTER_MODERATION = {"hide": "hidden", "restore": "published", "erase": "erased"}
_RECORD, _BODY, _TAG, _NAMED, _COUNTER = (
    readers.table_of(model)
    for model in (
        tables.RecordRow,
        tables.RecordBodyRow,
        tables.RecordTagRow,
        tables.RecordRecipientRow,
        tables.RecordCounterRow,
    )
)
_BLANK: dict[str, Any] = {
    **{column.name: None for column in _RECORD.columns},
    "amends": 0,
    "readers": 0,
    "demo": False,
}
_KEPT = ("rec", "thread", "record_id", "kind", "state", "reason", "accepted_unix_s", "head_idx")


@dataclass(slots=True)
class _Content:
    """What a record has beside its narrow row."""

    body: str
    tags: dict[str, bool]
    recipients: frozenset[str]
    words: list[str]


@dataclass(slots=True)
class _Change:
    """A record as this batch leaves it. `rewritten`: all its rows are replaced, not only its state."""

    row: dict[str, Any]
    fresh: bool
    rewritten: bool = False
    content: _Content | None = None

    def blank(self) -> None:
        self.row = {**_BLANK, **{name: self.row[name] for name in _KEPT}}
        self.rewritten, self.content = True, None


@dataclass(slots=True)
class _Counters:
    """The last number of each series; read when first needed, written at the end."""

    session: Session
    last: dict[str, int] = field(default_factory=dict)

    def next_of(self, series: str) -> int:
        if series not in self.last:
            row = tables.RecordCounterRow
            found = self.session.execute(select(col(row.last)).where(col(row.series) == series)).scalar()
            self.last[series] = found or 0
        self.last[series] += 1
        return self.last[series]


class CatalogueReader:
    """The reader of the catalogue. `prefix` (`TOC`) begins every record id and never changes in the life of a hub.

    `gaps` are (log index, count): from that index on, numbers are higher by so many, because a restored log may have lost
    entries whose ids stand in somebody's report and must not come to mean another record.
    """

    name = "catalogue"
    tables: tuple[type[SQLModel] | str, ...] = (
        tables.RecordRow,
        tables.RecordBodyRow,
        tables.RecordTagRow,
        tables.RecordRecipientRow,
        tables.RecordCounterRow,
        "record_fts",
        "record_search",
    )

    def __init__(self, prefix: str, gaps: Sequence[tuple[int, int]] = ()) -> None:
        self.prefix = prefix
        self.gaps = tuple(gaps)

    def prepare(self, batch: Sequence[entries.Entry]) -> None:
        """Parse the records and split their texts into tokens: most of the work, and none of it needs the database."""
        for entry in batch:
            kind = entry.leaf.kind
            if entry.statement is not None and (kind in LETTERS or kind == "amend"):
                entry.prepared[self.name] = _version(
                    entry, kind if kind in LETTERS else report.kind_of(entry.statement.body)
                )

    def apply(self, session: Session, batch: Sequence[entries.Entry]) -> None:
        """Reflect `batch` (ascending, no gap) in the catalogue's rows; the caller moves the cursor and commits."""
        touched = _touched(session, batch)
        changes = _standing(session, set(touched.values()))
        counters = _Counters(session)
        for entry in batch:
            if entry.leaf.kind in LETTERS:
                changes[entry.idx] = self._opened(entry, counters)
            elif entry.idx in touched:
                _moved(changes[touched[entry.idx]], entry)
        _write(session, changes, counters)

    def _opened(self, entry: entries.Entry, counters: _Counters) -> _Change:
        kind = entry.leaf.kind
        year = datetime.fromtimestamp(entry.accepted_unix_s, UTC).year
        number = counters.next_of(f"{LETTERS[kind]}-{year}") + sum(
            count for idx, count in self.gaps if entry.idx >= idx
        )
        row: dict[str, Any] = {
            **_BLANK,
            "rec": entry.idx,
            "thread": entry.leaf.digest,
            "record_id": f"{self.prefix}-{LETTERS[kind]}-{year}-{number:06d}",
            "kind": kind,
            "state": "published",
            "accepted_unix_s": entry.accepted_unix_s,
            "head_idx": entry.idx,
        }
        change = _Change(row, fresh=True, rewritten=True)
        if entry.statement is not None:
            _fill(change, entry, amends=0)
        return change


def _touched(session: Session, batch: Sequence[entries.Entry]) -> dict[int, int]:
    """Log index -> record, for each entry that changes an earlier one. The thread's rows move with the log itself."""
    asked: dict[int, bytes] = {}
    for entry in batch:
        if entry.leaf.kind in ("amend", "withdraw") and entry.leaf.prev is not None:
            asked[entry.idx] = entry.leaf.prev
        elif entry.leaf.kind == "moderate" and entry.statement is not None:
            asked[entry.idx] = bytes.fromhex(entry.statement.body["thread"])
    if not asked:
        return {}
    version, head = tables.VersionRow, tables.HeadRow
    found = session.execute(
        select(col(version.digest), col(head.first_idx))
        .join(head, col(head.thread) == col(version.thread))
        .where(col(version.digest).in_(set(asked.values())))
    )
    first: dict[bytes, int] = dict(found.all())
    return {idx: first[digest] for idx, digest in asked.items()}


def _standing(session: Session, recs: set[int]) -> dict[int, _Change]:
    """The rows of earlier records that this batch changes. Those opened in the batch itself are not there yet."""
    if not recs:
        return {}
    rows = session.execute(select(_RECORD).where(_RECORD.c.rec.in_(recs))).mappings()
    return {row["rec"]: _Change(dict(row), fresh=False) for row in rows}


def _moved(change: _Change, entry: entries.Entry) -> None:
    said = entry.statement
    if entry.leaf.kind == "moderate":
        assert said is not None  # _touched found its thread in it
        action = said.body["action"]
        change.row["state"] = AFTER_MODERATION[action]
        change.row["reason"] = None if action == "restore" else said.body["reason"]
        if action == "erase":
            change.blank()
        return
    change.row["head_idx"] = entry.idx
    if entry.leaf.kind == "withdraw":
        change.row["state"] = "withdrawn"
        change.row["reason"] = None if said is None else said.body["reason"]
        change.blank()
    elif said is None:
        change.blank()
    else:
        _fill(change, entry, amends=change.row["amends"] + 1)


def _fill(change: _Change, entry: entries.Entry, *, amends: int) -> None:
    """Put the version that `entry` carries into the row."""
    ready: _Version | None = entry.prepared.pop(CatalogueReader.name, None)
    if ready is None or ready.kind != change.row["kind"]:
        ready = _version(entry, change.row["kind"])
    change.row.update(ready.columns, amends=amends)
    change.rewritten, change.content = True, ready.content


@dataclass(frozen=True, slots=True)
class _Version:
    """What one version of a record says, as columns of its narrow row and beside it."""

    kind: str
    columns: dict[str, Any]
    content: _Content


def _version(entry: entries.Entry, kind: str) -> _Version:
    """The version that `entry` carries. Needs no database."""
    said = entry.statement
    assert said is not None
    record = entry.record(kind)
    quarter = record.occurred_quarter
    columns = {
        "head_digest": entry.leaf.digest,
        "mode": said.mode,
        "author_key": said.kid,
        "author_org": said.cred if said.mode == "attributed" else None,
        "tlp": record.marking.tlp,
        "readers": access.bits(marking.readers(record.marking)),
        "embargo_until_unix_s": record.marking.embargo_unix_s,
        "record_type": getattr(record, "record_type", None),
        "primary_category": record.primary_code,
        "sector": record.sector_code,
        "region": record.region_code,
        "system_class": record.system_class_code,
        "evidence_class": record.evidence_class,
        "occurred_year": record.occurred_year,
        "occurred_quarter": None if quarter is None else int(quarter[-1]),
        "severity_actual": record.severity_actual,
        "severity_potential": record.severity_potential,
        "priority": assess.assess(record).priority,
        "demo": record.demo,
    }
    content = _Content(
        body=orjson.dumps(said.body, option=orjson.OPT_SORT_KEYS).decode(),
        tags=_tags(tag.compact for tag in record.tags),
        recipients=frozenset(record.marking.recipients),
        words=tokens.of_texts(record.searchable_text()),
    )
    return _Version(kind, columns, content)


@lru_cache(maxsize=4096)
def _ancestors(tag: str) -> tuple[str, ...]:
    return tuple(str(code) for code in schemes.ancestors(schemes.parse(tag)))


def _tags(own: Iterable[str]) -> dict[str, bool]:
    """Every tag and ancestor -> whether the record itself carries it."""
    found = dict.fromkeys(own, True)
    for tag in list(found):
        for ancestor in _ancestors(tag):
            found.setdefault(ancestor, False)
    return found


def _write(session: Session, changes: dict[int, _Change], counters: _Counters) -> None:
    old = [{"r": rec} for rec, change in changes.items() if change.rewritten and not change.fresh]
    if old:
        for table in (_RECORD, _BODY, _TAG, _NAMED):
            session.execute(delete(table).where(table.c.rec == bindparam("r")), old)
    moved = [
        {"r": rec, "state": change.row["state"], "reason": change.row["reason"]}
        for rec, change in changes.items()
        if not change.rewritten
    ]
    if moved:
        session.execute(update(_RECORD).where(_RECORD.c.rec == bindparam("r")), moved)
    rewritten = {rec: change for rec, change in changes.items() if change.rewritten}
    full = {rec: change.content for rec, change in rewritten.items() if change.content is not None}
    bulk.insert_rows(session, _RECORD, [change.row for change in rewritten.values()])
    bulk.insert_rows(session, _BODY, [{"rec": rec, "body": c.body} for rec, c in full.items()])
    tag_rows = [{"tag": tag, "rec": rec, "own": own} for rec, c in full.items() for tag, own in c.tags.items()]
    bulk.insert_rows(session, _TAG, tag_rows)
    named = [{"rec": rec, "org": org} for rec, c in full.items() for org in sorted(c.recipients)]
    bulk.insert_rows(session, _NAMED, named)
    gone = [rec for rec, change in rewritten.items() if change.content is None and not change.fresh]
    fulltext.write(session, {rec: c.words for rec, c in full.items()}, gone)
    if counters.last:
        session.execute(delete(_COUNTER).where(_COUNTER.c.series.in_(sorted(counters.last))))
        bulk.insert_rows(session, _COUNTER, [{"series": s, "last": n} for s, n in sorted(counters.last.items())])
