"""The questions of the catalogue: a page of records, one record, its history, how mine stands. Every one takes a viewer.

Visibility is part of the SQL and comes from members.access alone. Newest first (by log index) and no score. What a reader
may not read and what does not exist give one and the same answer, from the same number of queries.

A withdrawn or erased record answers a tombstone to everybody: its payload is gone, so who could read it is no longer known,
and the leaves of a withdrawal are public. A hidden one answers it only to those who could read the record otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, func, select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.catalogue import cursor, filters, fulltext, view
from tocsin_hub.errors import HubError
from tocsin_hub.ledger import readers
from tocsin_hub.members import access
from tocsin_hub.store import tables

MAX_FIRST = 100
TOTAL_CAP = 10_000
BEYOND = 2**62
_RECORD = tables.RecordRow.__table__  # type: ignore[attr-defined]
_TAG = tables.RecordTagRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Page:
    """Records newest first, a cursor behind each. `total` counts what this viewer may read, at most 10,000, if asked for."""

    items: list[view.RecordView]
    cursors: list[str]
    has_next: bool
    total: int | None
    as_of: int

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins; None at the end."""
        return self.cursors[-1] if self.has_next else None


@dataclass(frozen=True, slots=True)
class Status:
    """How a thread stands, for its author. `record_id` is None until the catalogue has read the entry."""

    digest: str
    thread: str
    kind: str
    mode: str
    state: str
    reason: str | None
    index: int
    first_index: int
    head_index: int
    head_digest: str
    amends: int
    record_id: str | None
    as_of: int


@dataclass(frozen=True, slots=True)
class Version:
    """One statement of a thread; its bytes, if they are not erased, lie under `digest`."""

    index: int
    digest: str
    kind: str
    accepted_unix_s: int


def as_of(session: Session) -> int:
    """The log size that the catalogue's rows reflect, in this transaction."""
    return readers.cursor(session, "catalogue")


def page(
    session: Session,
    viewer: access.Viewer,
    query: filters.RecordQuery,
    first: int,
    after: str | None = None,
    *,
    cursor_key: bytes,
    with_total: bool = False,
) -> Page:
    """Up to `first` (1 to 100) records behind the cursor `after`. Raises HubError first-out-of-range or bad-cursor."""
    if not 1 <= first <= MAX_FIRST:
        raise HubError("first-out-of-range", where="first")
    bound = cursor.binding(query.fingerprint(), viewer)
    below = None if after is None else cursor.unseal(cursor_key, bound, after)
    words = query.words()
    if words == []:  # a text without a word finds nothing, on either engine
        return Page([], [], has_next=False, total=0 if with_total else None, as_of=as_of(session))
    recs = list(session.execute(_newest(session, viewer, query, words, below).limit(first + 1)).scalars())
    shown = recs[:first]
    return Page(
        items=_views(session, shown),
        cursors=[cursor.seal(cursor_key, bound, rec) for rec in shown],
        has_next=len(recs) > first,
        total=_total(session, viewer, query, words) if with_total else None,
        as_of=as_of(session),
    )


def _newest(
    session: Session, viewer: access.Viewer, query: filters.RecordQuery, words: list[str] | None, below: int | None
) -> Select[int]:
    """Log indexes of the records that fit, newest first, led by whatever finds them in that order."""
    by_tag = words is None and len(query.tags) == 1
    conditions = filters.conditions(query, tags=not by_tag)
    source: FromClause = _RECORD
    key: ColumnElement[int] = _RECORD.c.rec
    if words is not None:
        texts, key, fits = fulltext.matching(session, words)
        source = texts.join(_RECORD, _RECORD.c.rec == key)
        conditions.append(fits)
    elif by_tag:
        key = _TAG.c.rec
        source = _TAG.join(_RECORD, _RECORD.c.rec == key)
        conditions.append(_TAG.c.tag == query.tags[0])
    # Always with a bound: the plan then says by which key it walks, and a test can hold it to that.
    conditions.append(key < (BEYOND if below is None else below))
    return select(key).select_from(source).where(access.visible(viewer), *conditions).order_by(key.desc())


def _total(session: Session, viewer: access.Viewer, query: filters.RecordQuery, words: list[str] | None) -> int:
    fitting = _newest(session, viewer, query, words, None).limit(TOTAL_CAP).subquery()
    return session.execute(select(func.count()).select_from(fitting)).scalar_one()


def _views(session: Session, recs: Sequence[int]) -> list[view.RecordView]:
    """The views of records already found readable, in the order given."""
    if not recs:
        return []
    body = tables.RecordBodyRow
    texts = session.execute(select(col(body.rec), col(body.body)).where(col(body.rec).in_(recs)))
    bodies: dict[int, str] = dict(texts.all())
    rows = session.execute(select(_RECORD).where(_RECORD.c.rec.in_(recs)))
    found = {row.rec: view.of_row(row, bodies[row.rec]) for row in rows}
    return [found[rec] for rec in recs]


def get(session: Session, viewer: access.Viewer, ref: str) -> view.RecordView | view.Tombstone | None:
    """The record of an id (`TOC-I-2026-000042`) or of any digest (64 hex) of its thread; None: unknown or not for you."""
    if len(ref) == 64:
        try:
            digest = bytes.fromhex(ref)
        except ValueError:
            return None
        version = tables.VersionRow
        thread = select(col(version.thread)).where(col(version.digest) == digest).scalar_subquery()
        found = _found(session, viewer, _RECORD.c.thread == thread)
    else:
        found = _found(session, viewer, _RECORD.c.record_id == ref)
    return next(iter(found.values()), None)


def get_threads(
    session: Session, viewer: access.Viewer, threads: Sequence[bytes]
) -> list[view.RecordView | view.Tombstone | None]:
    """`get` for many threads at once, in order; for opaque node ids."""
    found = _found(session, viewer, _RECORD.c.thread.in_(threads[:MAX_FIRST]))
    return [found.get(thread) for thread in threads]


def _found(
    session: Session, viewer: access.Viewer, which: ColumnElement[bool]
) -> dict[bytes, view.RecordView | view.Tombstone]:
    recs = list(session.execute(select(_RECORD.c.rec).where(which, access.visible(viewer))).scalars())
    answers: dict[bytes, view.RecordView | view.Tombstone] = {
        bytes.fromhex(item.thread): item for item in _views(session, recs)
    }
    ended = select(_RECORD).where(which, _RECORD.c.state != "published", _RECORD.c.rec.not_in(recs))
    for row in session.execute(ended):
        if row.state != "hidden" or _could_read(session, viewer, row):
            answers[row.thread] = view.tombstone(row)
    return answers


def _could_read(session: Session, viewer: access.Viewer, row: Any) -> bool:
    """Whether the viewer could read a hidden record if it were not hidden."""
    named = tables.RecordRecipientRow
    recipients = session.execute(select(col(named.org)).where(col(named.rec) == row.rec)).scalars().all()
    return access.may_read(viewer, tables.RecordRow(**{**row._mapping, "state": "published"}), recipients)


def history(session: Session, viewer: access.Viewer, ref: str) -> list[Version] | None:
    """All statements of a record's thread, oldest first, for whoever may read its newest version; else None."""
    item = get(session, viewer, ref)
    if not isinstance(item, view.RecordView):
        return None
    return histories(session, viewer, [bytes.fromhex(item.thread)])[0]


def histories(session: Session, viewer: access.Viewer, threads: Sequence[bytes]) -> list[list[Version]]:
    """`history` for many threads at once, in order; empty for those that the viewer may not read."""
    version, entry = tables.VersionRow, tables.EntryRow
    rows = session.execute(
        select(
            col(version.thread), col(version.idx), col(version.digest), col(version.kind), col(entry.accepted_unix_s)
        )
        .join(entry, col(entry.idx) == col(version.idx))
        .join(_RECORD, _RECORD.c.thread == col(version.thread))
        .where(col(version.thread).in_(threads[:MAX_FIRST]), access.visible(viewer))
        .order_by(col(version.idx))
    )
    found: dict[bytes, list[Version]] = {}
    for thread, idx, digest, kind, accepted in rows:
        found.setdefault(thread, []).append(Version(idx, digest.hex(), kind, accepted))
    return [found.get(thread, []) for thread in threads]


def status(session: Session, viewer: access.Viewer, digest: str) -> Status:
    """How the thread of `digest` (64 hex, any of its versions) stands, for its author only.

    Raises HubError login-required for a viewer without a name or key, not-found for everything else that is not theirs.
    """
    if viewer.org is None and viewer.author_key is None:
        raise HubError("login-required")
    try:
        wanted = bytes.fromhex(digest)
    except ValueError:
        raise HubError("not-found") from None
    version, head, record = tables.VersionRow, tables.HeadRow, tables.RecordRow
    found = session.execute(
        select(version, head, col(record.record_id))
        .join(head, col(head.thread) == col(version.thread))
        .join(record, col(record.thread) == col(version.thread), isouter=True)
        .where(col(version.digest) == wanted)
    ).one_or_none()
    if found is None or not _is_author(viewer, found[1]):
        raise HubError("not-found")
    said, stands, record_id = found
    return Status(
        digest=digest,
        thread=stands.thread.hex(),
        kind=stands.kind,
        mode=stands.mode,
        state=stands.state,
        reason=stands.reason,
        index=said.idx,
        first_index=stands.first_idx,
        head_index=stands.head_idx,
        head_digest=stands.digest.hex(),
        amends=stands.amends,
        record_id=record_id,
        as_of=as_of(session),
    )


def _is_author(viewer: access.Viewer, head: tables.HeadRow) -> bool:
    own_org = viewer.org is not None and head.author_org == viewer.org
    return own_org or (viewer.author_key is not None and head.author_key == viewer.author_key)
