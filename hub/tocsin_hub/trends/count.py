"""From the log to `trend_row`: one narrow row per record version, appended, retracted by a later row, never changed.

    seq 2*idx+1   an addition: the version that entry idx brought (or that its `restore` showed again)
    seq 2*idx     a retraction: names in `cancels` the addition that no longer counts

No sequence is needed and a rebuild gives the same numbers. An amendment that arrives while its record is hidden is
written as an addition that cancels itself (`cancels` = its own seq): a later `restore` copies it. When a thread ends, all
its rows are blanked to (seq, cancels); a rebuild, which meets erased payloads, keeps their record number until then.

Tags are numbers of `trend_tag`: all codes of all risk schemes known, in order of their text, given before the first row, so
that a rebuild after an erasure numbers them alike. Codes of a later release are appended; rebuild trends after that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from tocsin_hub.ledger import entries
from tocsin_hub.members import access
from tocsin_hub.store import bulk, tables
from tocsin_taxonomy import marking, schemes

RECORD_KINDS = ("incident", "finding", "mitigation")
_TREND: Table = tables.TrendRow.__table__  # type: ignore[attr-defined]
_TAG: Table = tables.TrendTagRow.__table__  # type: ignore[attr-defined]
_BLANK: dict[str, Any] = {column.name: None for column in _TREND.columns} | {"readers": 0}


class _Thread:
    """The rows of one record: the addition that counts now (or None), and the newest version's values."""

    __slots__ = ("alive", "newest", "stored")

    def __init__(self, stored: bool) -> None:
        self.stored = stored  # whether rows of it lie in the database already
        self.alive: int | None = None
        self.newest: dict[str, Any] | None = None


class TrendReader:
    """The reader of trends; it keeps nothing between batches that it could not read again."""

    name = "trends"
    tables: tuple[type[SQLModel] | str, ...] = (tables.TrendRow, tables.TrendTagRow)

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def apply(self, session: Session, batch: Sequence[entries.Entry]) -> None:
        """Reflect `batch` (ascending, no gap) in trend rows; the caller moves the cursor and commits."""
        touched = _touched(session, batch)
        threads = _standing(session, set(touched.values()))
        if any(entry.leaf.kind in (*RECORD_KINDS, "amend") for entry in batch):
            self._numbers = _numbers(session, self._numbers)
        numbers = self._numbers
        rows: list[dict[str, Any]] = []
        ended: set[int] = set()
        for entry in batch:
            if entry.leaf.kind in RECORD_KINDS:
                thread = threads[entry.idx] = _Thread(stored=False)
                _add(rows, thread, entry.idx, _values(entry, entry.idx, entry.leaf.kind, numbers))
            elif entry.idx in touched:
                rec = touched[entry.idx]
                if _moved(rows, threads[rec], entry, rec, numbers):
                    ended.add(rec)
        _write(session, rows, threads, ended)


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


def _standing(session: Session, recs: set[int]) -> dict[int, _Thread]:
    """How the earlier records that this batch touches stand, from their rows in order of seq."""
    threads = {rec: _Thread(stored=True) for rec in recs}
    if recs:
        asked = select(_TREND).where(_TREND.c.rec.in_(recs)).order_by(_TREND.c.seq)
        for row in session.execute(asked).mappings():
            _follow(threads[row["rec"]], dict(row))
    return threads


def _follow(thread: _Thread, row: dict[str, Any]) -> None:
    if row["seq"] % 2 == 0:
        thread.alive = None
        return
    thread.newest = row
    thread.alive = row["seq"] if row["cancels"] is None else None


def _add(
    rows: list[dict[str, Any]], thread: _Thread, idx: int, values: dict[str, Any], *, hidden: bool = False
) -> None:
    row = {**values, "seq": 2 * idx + 1, "cancels": 2 * idx + 1 if hidden else None}
    rows.append(row)
    _follow(thread, row)


def _retract(rows: list[dict[str, Any]], thread: _Thread, idx: int, rec: int) -> None:
    if thread.alive is not None:
        rows.append({**_BLANK, "seq": 2 * idx, "cancels": thread.alive, "rec": rec})
        thread.alive = None


def _moved(
    rows: list[dict[str, Any]], thread: _Thread, entry: entries.Entry, rec: int, numbers: dict[str, int]
) -> bool:
    """Append what `entry` does to its record; True if it ends it."""
    said = entry.statement
    newest = thread.newest
    assert newest is not None  # the first version always leaves a row
    if entry.leaf.kind == "amend":
        hidden = thread.alive is None
        _retract(rows, thread, entry.idx, rec)
        _add(rows, thread, entry.idx, _values(entry, rec, newest["kind"], numbers), hidden=hidden)
        return False
    if entry.leaf.kind == "moderate":
        assert said is not None  # _touched found its thread in it
        if said.body["action"] == "restore":
            if thread.alive is None:
                _add(rows, thread, entry.idx, newest)
            return False
        _retract(rows, thread, entry.idx, rec)
        return bool(said.body["action"] == "erase")
    _retract(rows, thread, entry.idx, rec)
    return True


def _values(entry: entries.Entry, rec: int, kind: str | None, numbers: dict[str, int]) -> dict[str, Any]:
    """The row of the version that `entry` carries; blank but for `rec` and `kind` if its payload is erased."""
    said = entry.statement
    if said is None or kind is None:
        return {**_BLANK, "rec": rec, "kind": kind}
    record = entry.record(kind)
    quarter = record.occurred_quarter
    tags = _with_ancestors(tag.compact for tag in record.tags)
    return {
        **_BLANK,
        "rec": rec,
        "author": said.cred if said.mode == "attributed" else said.kid,
        "author_key": said.kid,
        "kind": kind,
        "record_type": getattr(record, "record_type", None),
        "readers": access.bits(marking.readers(record.marking)),
        "tlp": record.marking.tlp,
        "embargo_until_unix_s": record.marking.embargo_unix_s,
        "recipients": " ".join(sorted(record.marking.recipients)) or None,
        "sector": record.sector_code,
        "region": record.region_code,
        "system_class": record.system_class_code,
        "evidence_class": record.evidence_class,
        "year": record.occurred_year,
        "quarter": None if quarter is None else int(quarter[-1]),
        "severity_actual": record.severity_actual,
        "severity_potential": record.severity_potential,
        "tags": np.array(sorted(numbers[tag] for tag in tags), dtype="<u2").tobytes(),
    }


@lru_cache(maxsize=4096)
def _ancestors(tag: str) -> tuple[str, ...]:
    return tuple(str(code) for code in schemes.ancestors(schemes.parse(tag)))


def _with_ancestors(own: Iterable[str]) -> set[str]:
    found = set(own)
    return found.union(*map(_ancestors, found))


@lru_cache(maxsize=1)
def every_code() -> tuple[str, ...]:
    """All codes of all editions of risk schemes as compact text, in order of their text."""
    loaded = [schemes.load(*name.split("@")) for name in schemes.all_schemes()]
    return tuple(sorted(f"{scheme}:{code}" for scheme in loaded if scheme.use == "risk" for code in scheme.codes))


def _numbers(session: Session, known: dict[str, int]) -> dict[str, int]:
    """Tag -> its number; gives numbers to codes that have none yet. `known` is used if the table still holds as many."""
    stored = session.execute(select(func.count()).select_from(_TAG)).scalar_one()
    if stored and stored == len(known):
        return known
    numbers: dict[str, int] = {tag: number for number, tag in session.execute(select(_TAG.c.id, _TAG.c.tag))}
    new = [tag for tag in every_code() if tag not in numbers]
    if new:
        start = 1 + max(numbers.values(), default=0)
        rows = [{"id": start + at, "tag": tag} for at, tag in enumerate(new)]
        session.execute(insert(_TAG), rows)
        numbers.update((tag, start + at) for at, tag in enumerate(new))
    return numbers


def _write(session: Session, rows: list[dict[str, Any]], threads: dict[int, _Thread], ended: set[int]) -> None:
    for row in rows:
        if row["rec"] in ended:
            row.update({**_BLANK, "seq": row["seq"], "cancels": row["cancels"]})
    stored = [{"ended": rec} for rec in ended if threads[rec].stored]
    if stored:
        blank = {name: value for name, value in _BLANK.items() if name not in ("seq", "cancels")}
        session.execute(update(_TREND).where(_TREND.c.rec == bindparam("ended")).values(**blank), stored)
    bulk.insert_rows(session, _TREND, rows)
