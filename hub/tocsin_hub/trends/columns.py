"""The trend rows as numpy columns in this process, brought up to date before each question from a watermark.

Only additions that count are held; a retraction turns its row off and wipes it. Memory at 100,000 records is about 30 MB,
most of it the interned author keys. The lock is held over catch-up and question together, so every figure of an answer is
of one `as_of`; a question takes milliseconds.

Authors: almost every nameless record has a key of its own, so an axis of authors would be as long as the records. An author
with one row is 0 on that axis and simply counted; a place on it is given at the second row (stack: 52,450 authors, 719 places).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Table, select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.members import access
from tocsin_hub.store import tables
from tocsin_taxonomy import schemes

INTERNED = ("author_org", "author_key", "kind", "record_type", "sector", "region", "system_class", "evidence_class")
NUMBERS = ("year", "quarter", "severity_potential", "severity_actual")
_TREND: Table = tables.TrendRow.__table__  # type: ignore[attr-defined]
_TAG: Table = tables.TrendTagRow.__table__  # type: ignore[attr-defined]
_FIRST_ROOM = 16
_COMPACT_FROM = 4096
_CHUNK = 8192
Array = NDArray[Any]


class Growing:
    """An array that grows at its end by doubling; `seen` is the part in use, without a copy."""

    __slots__ = ("_room", "size")

    def __init__(self, dtype: Any) -> None:
        self._room: Array = np.empty(_FIRST_ROOM, dtype=dtype)
        self.size = 0

    def extend(self, values: Sequence[Any] | Array) -> None:
        end = self.size + len(values)
        if end > len(self._room):
            room = np.empty(max(end, 2 * len(self._room)), dtype=self._room.dtype)
            room[: self.size] = self._room[: self.size]
            self._room = room
        self._room[self.size : end] = values
        self.size = end

    @property
    def seen(self) -> Array:
        return self._room[: self.size]


class Texts:
    """Numbers for the texts of one column, in order of first appearance."""

    __slots__ = ("by_number", "number")

    def __init__(self) -> None:
        self.number: dict[str, int] = {}
        self.by_number: list[str] = []

    def of(self, text: str | None) -> int:
        if text is None:
            return -1
        found = self.number.setdefault(text, len(self.by_number))
        if found == len(self.by_number):
            self.by_number.append(text)
        return found


class Columns:
    """All trend rows that count, as columns of one length; fits `members.access.Columns`. One per process."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Forget everything; the next catch-up reads the whole table (after a rebuild)."""
        with self.lock:
            self.as_of = 0
            self.watermark = -1
            self.dead = 0
            self._interned: dict[str, Texts] = {name: Texts() for name in INTERNED}
            self._ids: dict[str, Growing] = {name: Growing(np.int32) for name in (*INTERNED, *NUMBERS)}
            self._seq, self._embargo = Growing(np.int64), Growing(np.int64)
            self._state, self._tlp, self._readers = Growing(np.uint8), Growing(np.uint8), Growing(np.uint8)
            self._axis = Growing(np.int32)
            self._authors: dict[str, int] = {}  # author -> position of its only row, or minus its place on the axis
            self.places = 0
            self._recipients: dict[str, list[int]] = {}
            self._tags: dict[int, str] = {}
            self._level: dict[int, str | None] = {}
            self.postings: dict[str, tuple[Growing, Growing]] = {
                level: (Growing(np.int32), Growing(np.int32)) for level in ("category", "leaf")
            }
            self._by_tag: dict[str, Growing] = {}

    # --- what access.visible_rows asks -------------------------------------------------------------------------------

    @property
    def state(self) -> NDArray[np.uint8]:
        return self._state.seen

    @property
    def tlp(self) -> NDArray[np.uint8]:
        return self._tlp.seen

    @property
    def readers(self) -> NDArray[np.uint8]:
        return self._readers.seen

    @property
    def embargo_until_unix_s(self) -> NDArray[np.int64]:
        return self._embargo.seen

    @property
    def author_org(self) -> NDArray[np.int32]:
        return self._ids["author_org"].seen

    @property
    def author_key(self) -> NDArray[np.int32]:
        return self._ids["author_key"].seen

    @property
    def sector(self) -> NDArray[np.int32]:
        return self._ids["sector"].seen

    @property
    def region(self) -> NDArray[np.int32]:
        return self._ids["region"].seen

    def id_of(self, field: str, text: str) -> int:
        return self._interned[field].number.get(text, -1)

    def texts(self, field: str) -> Sequence[str]:
        return self._interned[field].by_number

    def recipient_rows(self, org: str) -> NDArray[np.intp]:
        return np.array(self._recipients.get(org, ()), dtype=np.intp)

    # --- what query.table asks ---------------------------------------------------------------------------------------

    def ids(self, field: str) -> NDArray[np.int32]:
        """The numbers of `field`: of its text if it is one of INTERNED, else itself; -1 = absent."""
        return self._ids[field].seen

    @property
    def axis(self) -> NDArray[np.int32]:
        """The author's place, 1 to `places`, or 0 for an author with one row only."""
        return self._axis.seen

    def tagged(self, tag: str) -> NDArray[np.int32]:
        """The positions of the rows that carry `tag`, themselves or by a code below it."""
        found = self._by_tag.get(tag)
        return np.empty(0, dtype=np.int32) if found is None else found.seen

    def tag_texts(self) -> dict[int, str]:
        """Tag number -> compact code."""
        return self._tags

    # --- keeping up --------------------------------------------------------------------------------------------------

    def catch_up(self, session: Session) -> int:
        """Take in every row beyond the watermark; returns `as_of`, read in the same transaction. Call under `lock`."""
        with self.lock:
            cursor = tables.CursorRow
            reached = session.execute(select(col(cursor.next_idx)).where(col(cursor.name) == "trends")).scalar() or 0
            if reached <= self.as_of:
                return self.as_of  # this transaction sees no more than the columns already hold
            if self.dead > max(_COMPACT_FROM, self._seq.size // 2):
                self.reset()
            while self._take(session):
                pass
            self.as_of = reached
            return reached

    def _take(self, session: Session) -> bool:
        """Take in the next rows, at most _CHUNK of them; False if there were none."""
        asked = select(_TREND).where(_TREND.c.seq > self.watermark).order_by(_TREND.c.seq).limit(_CHUNK)
        rows = session.execute(asked).all()
        if not rows:
            return False
        cancelled = {row.cancels for row in rows if row.cancels is not None}
        self._turn_off(cancelled)
        fresh = [row for row in rows if row.tags is not None and row.cancels is None and row.seq not in cancelled]
        if fresh:
            self._append(session, fresh)
        self.watermark = rows[-1].seq
        return True

    def _turn_off(self, cancelled: set[int]) -> None:
        seqs = self._seq.seen
        wanted = np.array(sorted(cancelled), dtype=np.int64)
        at = np.searchsorted(seqs, wanted)
        at = at[at < len(seqs)]
        positions = at[np.isin(seqs[at], wanted)]
        self.dead += len(positions)
        self._state.seen[positions] = access.GONE
        for name in (*INTERNED, *NUMBERS):  # what was withdrawn does not stay in memory either
            self._ids[name].seen[positions] = -1

    def _append(self, session: Session, rows: Sequence[Any]) -> None:
        start = self._seq.size
        # By column: an attribute of a Row costs more than all that is done with it here.
        of = dict(zip(_TREND.columns.keys(), zip(*rows, strict=True), strict=True))
        self._seq.extend(of["seq"])
        self._state.extend(np.full(len(rows), access.PUBLISHED))
        self._tlp.extend([access.TLP_CODES.get(tlp, 0) for tlp in of["tlp"]])
        self._readers.extend(of["readers"])
        self._embargo.extend([until or 0 for until in of["embargo_until_unix_s"]])
        pairs = zip(of["author"], of["author_key"], strict=True)
        of["author_org"] = tuple(None if author == key else author for author, key in pairs)
        for name in INTERNED:
            self._ids[name].extend([*map(self._interned[name].of, of[name])])
        for name in ("year", "severity_potential", "severity_actual"):
            self._ids[name].extend([-1 if value is None else value for value in of[name]])
        quarters = zip(of["year"], of["quarter"], strict=True)
        self._ids["quarter"].extend([-1 if quarter is None else year * 4 + quarter - 1 for year, quarter in quarters])
        self._axis.extend(np.zeros(len(rows)))
        for position, (author, named) in enumerate(zip(of["author"], of["recipients"], strict=True), start):
            self._place(author, position)
            for org in named.split() if named else ():
                self._recipients.setdefault(org, []).append(position)
        self._post(session, of["tags"], start)

    def _place(self, author: str, position: int) -> None:
        known = self._authors.get(author)
        if known is None:
            self._authors[author] = position
            return
        if known >= 0:
            self.places += 1
            self._axis.seen[known] = self.places
            known = self._authors[author] = -self.places
        self._axis.seen[position] = -known

    def _post(self, session: Session, packed: Sequence[bytes], start: int) -> None:
        """Append (position, tag) of every tag of every row, and to the two levels that trends group by."""
        tags = np.frombuffer(b"".join(packed), dtype="<u2").astype(np.int32)
        positions = np.repeat(np.arange(start, start + len(packed), dtype=np.int32), [len(own) // 2 for own in packed])
        used = np.unique(tags)
        if any(int(number) not in self._tags for number in used):
            self._tags = dict(session.execute(select(_TAG.c.id, _TAG.c.tag)).all())
            self._level = {number: level_of(tag) for number, tag in self._tags.items()}
        for level, (where, what) in self.postings.items():
            chosen = np.isin(tags, [number for number in used if self._level[int(number)] == level])
            where.extend(positions[chosen])
            what.extend(tags[chosen])
        order = np.argsort(tags, kind="stable")
        cuts = np.searchsorted(tags[order], used)
        for number, part in zip(used, np.split(positions[order], cuts[1:]), strict=True):
            self._by_tag.setdefault(self._tags[int(number)], Growing(np.int32)).extend(part)


def level_of(tag: str) -> str | None:
    """Where trends roll a tag up to: `category` or `leaf` of the base scheme and its extension; None for all others."""
    code = schemes.parse(tag)
    if code.scheme not in schemes.OWN_RISK_SCHEMES:
        return None
    return "category" if schemes.category(code) == code else "leaf"
