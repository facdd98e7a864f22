"""What a reader may ask of the trends: exact counts and distinct author keys over the records it may read one by one.

A figure never covers a record that this reader could not open: the mask of `members.access.visible_rows` comes first. The
authors counted are those that the reader can see (an organisation, or the author key of a nameless record), so the figure is
called author keys and is no number of organisations. Each answer says which log index it reflects and how many of its records
state a value at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.members import access
from tocsin_hub.trends import cells
from tocsin_hub.trends.columns import Columns
from tocsin_taxonomy import regions, schemes, vocab

TEXT_DIMS = ("sector", "region", "record_type", "system_class", "evidence_class", "kind")
NUMBER_DIMS = {"year": "year", "quarter": "quarter", "severity": "severity_potential"}
TAG_DIMS = ("category", "leaf")
DIMS = (*TAG_DIMS, *TEXT_DIMS, *NUMBER_DIMS)
COVERED = ("category", "sector", "region", "year", "quarter", "severity")
UNKNOWN_CLASS = f"{schemes.SYSTEM_CLASS}:unknown"
UNSAID = ("unknown", "withheld", UNKNOWN_CLASS)
MAX_CELLS = 5_000

NOTES: dict[str, dict[str, str]] = {
    "author-keys": {
        "en": "Author keys are the authors you can see. A nameless author may use a new key for each record, so this is not a number of organisations.",
        "zh": "作者密钥数只统计您可见的作者。匿名作者可为每条记录换用新密钥，因此它不等于组织数。",
    },
    "readable-only": {
        "en": "Only records that you may read one by one are counted.",
        "zh": "只统计您可以逐条阅读的记录。",
    },
    "counts-in-each": {
        "en": "A record with several categories counts in each of them, so cells do not add up to the total.",
        "zh": "一条记录可属多个类别，在每个类别中各计一次，因此各格之和不等于总数。",
    },
    "incidents-only": {
        "en": "Only incidents, near misses and hazards are counted; ask for kinds to change that.",
        "zh": "只统计事件、未遂事件与隐患；如需其他类型请指定 kinds。",
    },
    "exercises-excluded": {
        "en": "Exercises are left out unless asked for.",
        "zh": "默认不含演练。",
    },
    "severity-potential": {
        "en": "Severity is the potential severity, 0 to 5.",
        "zh": "严重程度指潜在严重程度（0 至 5）。",
    },
}


@dataclass(frozen=True, slots=True)
class TrendQuery:
    """Rows and columns of a table and which records it is over. Within a field any value fits; fields add up.

    `by`: one or two of DIMS. `tags`: compact codes, each finds what lies below it; so do `regions`. `kinds` None: incidents only,
    unless `by` has `kind`. Raises HubError unknown-dimension, TaxonomyError bare-code, unknown-code and the like.
    """

    by: tuple[str, ...]
    kinds: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    severity_min: int | None = None
    record_types: tuple[str, ...] = ()
    system_classes: tuple[str, ...] = ()
    evidence_classes: tuple[str, ...] = ()
    include_exercise: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.by) <= 2 or len(set(self.by)) != len(self.by) or not set(self.by) <= set(DIMS):
            raise HubError("unknown-dimension", where="by")
        for name, values, known in (
            ("kinds", self.kinds or (), vocab.KINDS),
            ("recordTypes", self.record_types, vocab.RECORD_TYPES),
            ("evidenceClasses", self.evidence_classes, vocab.EVIDENCE),
        ):
            if not set(values) <= set(known):
                raise HubError("unknown-filter-value", where=name)
        for tag in (*self.tags, *_codes(self.sectors), *_codes(self.regions), *_codes(self.system_classes)):
            schemes.resolve(tag)


@dataclass(frozen=True, slots=True)
class TrendCell:
    """One cell that is not empty. `keys` are codes, `2024`, `2024-Q1` or a severity, in the order of `by`."""

    keys: tuple[str, ...]
    count: int
    author_keys: int


@dataclass(frozen=True, slots=True)
class TrendTable:
    """`total` and `author_keys` are over all records chosen; `coverage` says how many of these state a value per dimension."""

    as_of: int
    dims: tuple[str, ...]
    rows: list[TrendCell]
    total: int
    author_keys: int
    coverage: dict[str, int]
    notes: tuple[str, ...]
    truncated: bool


def table(session: Session, columns: Columns, viewer: access.Viewer, query: TrendQuery) -> TrendTable:
    """The table of `query` as `viewer` sees it now; brings `columns` up to date first, in this transaction."""
    with columns.lock:
        as_of = columns.catch_up(session)
        chosen = _chosen(columns, viewer, query)
        axes = [_axis(columns, dim, chosen) for dim in query.by]
        positions, cell_of, shape = cells.cross(axes, len(chosen))
        counts = np.bincount(cell_of, minlength=int(np.prod(shape)))
        authors = cells.distinct(columns.axis, columns.places, positions, cell_of, len(counts)).tolist()
        everywhere = np.flatnonzero(chosen)
        nowhere = np.zeros(len(everywhere), dtype=np.int64)
        rows = [
            TrendCell(cells.keys_of(axes, shape, cell), count, authors[cell])
            for cell, count in enumerate(counts.tolist())
            if count
        ]
        return TrendTable(
            as_of=as_of,
            dims=query.by,
            rows=sorted(rows, key=lambda row: row.keys)[:MAX_CELLS],
            total=len(everywhere),
            author_keys=int(cells.distinct(columns.axis, columns.places, everywhere, nowhere, 1)[0]),
            coverage={dim: _covered(columns, dim, chosen) for dim in dict.fromkeys((*COVERED, *query.by))},
            notes=_notes(query),
            truncated=len(rows) > MAX_CELLS,
        )


def reach(
    session: Session, columns: Columns, viewer: access.Viewer, query: TrendQuery, groups: Sequence[Sequence[str]]
) -> list[int]:
    """For each group of compact codes, how many of the records of `query` carry one of them or a code below it."""
    with columns.lock:
        columns.catch_up(session)
        chosen = _chosen(columns, viewer, query)
        found = []
        for codes in groups:
            tagged = np.zeros(len(chosen), dtype=np.bool_)
            for code in codes:
                tagged[columns.tagged(code)] = True
            found.append(int((tagged & chosen).sum()))
        return found


def _codes(values: Iterable[str]) -> list[str]:
    return [value for value in values if value not in vocab.SPECIAL]


def _notes(query: TrendQuery) -> tuple[str, ...]:
    said = {
        "author-keys": True,
        "readable-only": True,
        "counts-in-each": bool(set(query.by) & set(TAG_DIMS)),
        "incidents-only": query.kinds is None and "kind" not in query.by,
        "exercises-excluded": not query.include_exercise and "exercise" not in query.record_types,
        "severity-potential": "severity" in query.by or query.severity_min is not None,
    }
    return tuple(name for name, applies in said.items() if applies)


def _chosen(columns: Columns, viewer: access.Viewer, query: TrendQuery) -> NDArray[np.bool_]:
    """The mask of the records that the viewer may read, are published and fit the filters."""
    mask = access.visible_rows(viewer, columns)
    mask &= columns.state == access.PUBLISHED  # an author's own hidden record counts for nobody
    kinds = ("incident",) if query.kinds is None and "kind" not in query.by else query.kinds or ()
    texts: dict[str, Iterable[str]] = {
        "kind": kinds,
        "sector": query.sectors,
        "region": _below(query.regions),
        "record_type": query.record_types,
        "system_class": [UNKNOWN_CLASS if value == "unknown" else value for value in query.system_classes],
        "evidence_class": query.evidence_classes,
    }
    for field, wanted in texts.items():
        if wanted:
            mask &= np.isin(
                columns.ids(field), [columns.id_of(field, text) for text in wanted if columns.id_of(field, text) >= 0]
            )
    if not query.include_exercise and "exercise" not in query.record_types:
        exercise = columns.id_of("record_type", "exercise")
        if exercise >= 0:
            mask &= columns.ids("record_type") != exercise
    if query.years:
        mask &= np.isin(columns.ids("year"), query.years)
    if query.severity_min is not None:
        mask &= columns.ids("severity_potential") >= query.severity_min
    if query.tags:
        tagged = np.zeros(len(mask), dtype=np.bool_)
        for tag in query.tags:
            tagged[columns.tagged(tag)] = True
        mask &= tagged
    return mask


def _below(codes: Iterable[str]) -> set[str]:
    """The regions asked for and everything inside them; `unknown` and the like as they are."""
    codes = tuple(codes)
    named = set(_codes(codes))
    return set(codes) | {
        code for code in regions.intersecting(sorted(named)) if any(regions.covers(own, code) for own in named)
    }


def _axis(columns: Columns, dim: str, chosen: NDArray[np.bool_]) -> cells.Axis:
    if dim in TAG_DIMS:
        where, what = (part.seen for part in columns.postings[dim])
        picked = chosen[where]
        tags = what[picked]
        used = np.bincount(tags)
        found = np.flatnonzero(used)
        rank = np.zeros(len(used), dtype=np.int32)
        rank[found] = np.arange(len(found))
        texts = columns.tag_texts()
        return cells.Axis(where[picked], rank[tags], [texts[number] for number in found.tolist()], many=True)
    values: NDArray[Any] = columns.ids(NUMBER_DIMS.get(dim, dim))
    positions = np.flatnonzero(chosen & (values >= 0))
    lowest = int(values[positions].min()) if len(positions) else 0
    numbers: NDArray[Any] = values[positions] - lowest
    highest = int(numbers.max()) if len(positions) else -1
    name = _namer(columns, dim)
    return cells.Axis(positions, numbers, [name(lowest + at) for at in range(highest + 1)], many=False)


def _namer(columns: Columns, dim: str) -> Callable[[int], str]:
    if dim == "quarter":
        return lambda value: f"{value // 4}-Q{value % 4 + 1}"
    if dim in NUMBER_DIMS:
        return str
    return columns.texts(dim).__getitem__


def _covered(columns: Columns, dim: str, chosen: NDArray[np.bool_]) -> int:
    if dim in TAG_DIMS:
        tagged = np.zeros(len(chosen), dtype=np.bool_)
        tagged[columns.postings[dim][0].seen] = True
        return int((tagged & chosen).sum())
    values = columns.ids(NUMBER_DIMS.get(dim, dim))
    stated = chosen & (values >= 0)
    for text in UNSAID if dim in TEXT_DIMS else ():
        stated &= values != columns.id_of(dim, text) if columns.id_of(dim, text) >= 0 else True
    return int(stated.sum())
