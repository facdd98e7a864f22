"""Trends equal plain SQL over what the reader may read, cell by cell, whatever was amended, hidden or withdrawn."""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from typing import Any

import pytest
from sqlalchemy import select

from tocsin_hub.errors import HubError
from tocsin_hub.members import access
from tocsin_hub.store.tables import RecordRow, RecordTagRow
from tocsin_hub.trends import cells as cells_room
from tocsin_hub.trends import columns as columns_room
from tocsin_hub.trends import query
from tocsin_hub.trends.query import TrendQuery
from tocsin_taxonomy import schemes
from tocsin_taxonomy.errors import TaxonomyError
from tocsin_trust import keys

MARKINGS = [
    {"tlp": "clear"},
    {"tlp": "green"},
    {"tlp": "amber"},
    {"tlp": "amber", "audience": ["members", "regulators"]},
    {"tlp": "red", "recipients": ["org-" + "b" * 26]},
]
CODES = ["endogenous.data.sensitive-leak", "endogenous.model.backdoor", "derived.humanity", "derived.state-society.fairness", "derived.humanity.energy-carbon"]  # fmt: skip
SECTORS = ["isic@4:K", "isic@4:A", "multiple", "unknown", "withheld"]
REGIONS = ["un-m49@2024:150", "un-m49@2024:142", "un-m49@2024:030", "un-m49@2024:001", "unknown"]
DATES = [("2022", "year"), ("2023-Q4", "quarter"), ("2024-Q1", "quarter"), ("2024", "year")]
TYPES = ["incident", "near-miss", "hazard", "exercise"]


def _body(h: Any, source: random.Random) -> dict[str, Any]:
    value, precision = source.choice(DATES)
    return h.incident(
        f"n{source.random()}",
        marking=source.choice(MARKINGS),
        codes=source.sample(CODES, source.randint(1, 3)),
        sector=source.choice(SECTORS),
        region=source.choice(REGIONS),
        record_type=source.choice(TYPES),
        occurred={"value": value, "precision": precision, "basis": "occurred"},
        potential=source.choice([None, 0, 1, 3, 5]),
        system_class=source.choice(["unknown", "tocsin-system-class@2026-11:llm-agent"]),
    )


@pytest.fixture
def lively(any_house: Any, h: Any) -> Any:
    """A lively hub on each engine."""
    return _live(any_house, h)


@pytest.fixture
def lively_sqlite(house: Any, h: Any) -> Any:
    """A lively hub."""
    return _live(house, h)


def _live(any_house: Any, h: Any) -> Any:
    """A hub in which records of six authors come, change, hide, come back and go; the readers lag at random."""
    source = random.Random(4)
    authors: list[Any] = [h.org_id("a"), h.org_id("b"), *(keys.SigningKey.generate() for _ in range(4))]
    alive: list[tuple[bytes, bytes, Any]] = []
    any_house.author = authors[2].public.hex
    for step in range(120):
        act = source.random()
        if act < 0.6 or len(alive) < 5:
            by = source.choice(authors) if source.random() < 0.6 else keys.SigningKey.generate()
            first = any_house.add("incident", _body(h, source), by=by)
            alive.append((first, first, by))
        elif act < 0.75:
            at = source.randrange(len(alive))
            first, head, by = alive[at]
            alive[at] = (first, any_house.add("amend", _body(h, source), by=by, prev=head), by)
        elif act < 0.85:
            first, head, by = alive.pop(source.randrange(len(alive)))
            any_house.add("withdraw", {"reason": "error"}, by=by, prev=head)
        else:
            at = source.randrange(len(alive))
            any_house.moderate(alive[at][0], "hide")
            if source.random() < 0.5:
                any_house.catch_up(batch=7)
            if source.random() < 0.6:
                any_house.moderate(alive[at][0], "restore")
            else:
                alive.pop(at)
        if step % 20 == 0:
            any_house.catch_up(batch=source.randint(1, 9))
            _table(any_house, any_house.viewers()["member"], TrendQuery(("category",)))  # the columns grow as they go
    any_house.add("finding", h.finding(marking={"tlp": "clear"}), by=authors[0])
    any_house.add("mitigation", h.mitigation(), by=authors[0])
    any_house.catch_up()
    return any_house


def _table(house: Any, viewer: access.Viewer, asked: TrendQuery) -> query.TrendTable:
    with house.store.read() as session:
        return query.table(session, house.columns, viewer, asked)


def _values(row: Any, tags: set[str], dim: str) -> list[str]:
    """The keys of a record in a dimension, from the plain rows."""
    if dim in ("category", "leaf"):
        return [tag for tag in tags if columns_room.level_of(tag) == dim]
    if dim == "quarter":
        return [] if row.occurred_quarter is None else [f"{row.occurred_year}-Q{row.occurred_quarter}"]
    value = getattr(row, {"year": "occurred_year", "severity": "severity_potential"}.get(dim, dim))
    return [] if value is None else [str(value)]


def _plain(
    house: Any, viewer: access.Viewer, by: tuple[str, ...], fits: Any
) -> tuple[dict[tuple[str, ...], tuple[int, int]], int, int]:
    """(cells, total, author keys) by reading every visible row and counting with Python's sets."""
    with house.store.read() as session:
        rows = (
            session.execute(select(RecordRow).where(access.visible(viewer), RecordRow.state == "published"))
            .scalars()
            .all()
        )
        tags: dict[int, set[str]] = defaultdict(set)
        for tag, rec in session.execute(select(RecordTagRow.tag, RecordTagRow.rec)):
            tags[rec].add(tag)
    rows = [row for row in rows if fits(row, tags[row.rec])]
    cells: dict[tuple[str, ...], list[Any]] = defaultdict(list)
    for row in rows:
        for keys_of in itertools.product(*(_values(row, tags[row.rec], dim) for dim in by)):
            cells[keys_of].append(row)
    author = {row.rec: row.author_org or row.author_key for row in rows}
    counted = {key: (len(found), len({author[row.rec] for row in found})) for key, found in cells.items()}
    return counted, len(rows), len(set(author.values()))


def _incident(row: Any, tags: set[str]) -> bool:
    return row.kind == "incident" and row.record_type != "exercise"


def test_every_table_equals_plain_counting_for_every_reader(lively: Any) -> None:
    shapes = [(dim,) for dim in query.DIMS] + [("category", "year"), ("leaf", "quarter"), ("sector", "category"), ("category", "leaf"), ("year", "region"), ("severity", "record_type")]  # fmt: skip
    for name, viewer in lively.viewers(lively.author).items():
        for by in shapes:
            fits = _incident if "kind" not in by else lambda row, tags: row.record_type != "exercise"
            cells, total, authors = _plain(lively, viewer, by, fits)
            found = _table(lively, viewer, TrendQuery(by))
            assert {cell.keys: (cell.count, cell.author_keys) for cell in found.rows} == cells, (name, by)
            assert (found.total, found.author_keys) == (total, authors), (name, by)
            assert found.as_of == lively.size
            for dim in by:
                stated = _plain(lively, viewer, (dim,), lambda r, t: fits(r, t) and _said(_values(r, t, dim)))[1]  # noqa: B023
                assert found.coverage[dim] == stated, (name, dim)


def _said(values: list[str]) -> bool:
    return any(value not in query.UNSAID for value in values)


FILTERS: list[tuple[dict[str, Any], Any]] = [
    ({"tags": (f"caict-2024@2024-12:{CODES[1]}",)}, lambda r, t: f"caict-2024@2024-12:{CODES[1]}" in t),
    ({"tags": ("caict-2024@2024-12:derived.humanity",)}, lambda r, t: "caict-2024@2024-12:derived.humanity" in t),
    ({"sectors": ("isic@4:K", "unknown")}, lambda r, t: r.sector in ("isic@4:K", "unknown")),
    ({"regions": ("un-m49@2024:142",)}, lambda r, t: r.region in ("un-m49@2024:142", "un-m49@2024:030")),
    ({"years": (2022, 2024)}, lambda r, t: r.occurred_year in (2022, 2024)),
    ({"severity_min": 3}, lambda r, t: (r.severity_potential or 0) >= 3),
    ({"system_classes": ("unknown",)}, lambda r, t: r.system_class.endswith(":unknown")),
    ({"record_types": ("near-miss",)}, lambda r, t: r.record_type == "near-miss"),
    ({"evidence_classes": ("third-party",)}, lambda r, t: False),
]


def test_filters_choose_the_records_that_they_name(lively_sqlite: Any) -> None:
    viewer = lively_sqlite.viewers(lively_sqlite.author)["member"]
    by = ("category", "sector")
    for asked, fits in FILTERS:
        cells, total, authors = _plain(lively_sqlite, viewer, by, lambda r, t: _incident(r, t) and fits(r, t))  # noqa: B023
        found = _table(lively_sqlite, viewer, TrendQuery(by, **asked))
        assert {cell.keys: (cell.count, cell.author_keys) for cell in found.rows} == cells, asked
        assert (found.total, found.author_keys) == (total, authors), asked
    _exercises_are_left_out_unless_asked_for(lively_sqlite)


def _exercises_are_left_out_unless_asked_for(lively: Any) -> None:
    viewer = lively.viewers()["member"]
    usual = _table(lively, viewer, TrendQuery(("record_type",)))
    assert "exercise" not in {cell.keys[0] for cell in usual.rows}
    assert "exercises-excluded" in usual.notes
    for asked in ({"include_exercise": True}, {"record_types": ("exercise",)}):
        found = _table(lively, viewer, TrendQuery(("record_type",), **asked))
        assert "exercise" in {cell.keys[0] for cell in found.rows}
        assert "exercises-excluded" not in found.notes


def test_columns_that_grew_equal_columns_loaded_at_once(lively_sqlite: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, asked = lively_sqlite.viewers()["member"], TrendQuery(("leaf", "year"))
    grown = _table(lively_sqlite, viewer, asked)
    lively_sqlite.columns = columns_room.Columns()
    assert _table(lively_sqlite, viewer, asked) == grown
    lively_sqlite.rebuild()
    assert _table(lively_sqlite, viewer, asked) == grown
    monkeypatch.setattr(cells_room, "DENSE_LIMIT", 0)  # distinct authors by sorting, as for very many of them
    assert _table(lively_sqlite, viewer, asked) == grown


def test_an_older_snapshot_is_answered_from_the_newer_columns(house: Any, h: Any) -> None:
    house.add("incident", h.incident(tlp="clear"), by=h.org_id("a"))
    house.catch_up()
    public = house.viewers()["public"]
    with house.store.read() as old:
        assert query.table(old, house.columns, public, TrendQuery(("year",))).as_of == 1
        house.add("incident", h.incident(tlp="clear"), by=h.org_id("a"))
        house.catch_up()
        assert _table(house, public, TrendQuery(("year",))).total == 2
        again = query.table(old, house.columns, public, TrendQuery(("year",)))
    assert (again.as_of, again.total) == (2, 2)


def test_a_withdrawn_record_leaves_the_memory_of_the_columns_too(house: Any, h: Any) -> None:
    first = house.add("incident", h.incident(tlp="clear", sector="isic@4:B"), by=h.org_id("a"))
    house.catch_up()
    public = house.viewers()["public"]
    assert _table(house, public, TrendQuery(("sector",))).total == 1
    house.add("withdraw", {"reason": "error"}, by=h.org_id("a"), prev=first)
    house.catch_up()
    after = _table(house, public, TrendQuery(("sector",)))
    assert (after.total, after.rows, after.author_keys) == (0, [], 0)
    assert house.columns.sector.tolist() == [-1]


def test_dead_rows_are_forgotten_when_they_are_most(house: Any, h: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(columns_room, "_COMPACT_FROM", 3)
    public, a = house.viewers()["public"], h.org_id("a")
    head = house.add("incident", h.incident("0", tlp="clear"), by=a)
    for at in range(12):
        house.catch_up()
        assert _table(house, public, TrendQuery(("year",))).total == 1
        head = house.add("amend", h.incident(str(at), tlp="clear"), by=a, prev=head)
    assert len(house.columns.state) < 8


def test_figures_of_an_empty_hub_are_empty(house: Any) -> None:
    for by in [(dim,) for dim in query.DIMS] + [("category", "year"), ("year", "quarter")]:
        found = _table(house, house.viewers()["public"], TrendQuery(by))
        assert (found.rows, found.total, found.author_keys, found.as_of) == ([], 0, 0, 0)


@pytest.mark.parametrize("by", [(), ("year", "year"), ("year", "sector", "region"), ("author",), ("title",)])
def test_a_table_has_one_or_two_known_dimensions(by: tuple[str, ...]) -> None:
    with pytest.raises(HubError, match="unknown-dimension"):
        TrendQuery(by)


def test_a_filter_of_unknown_codes_is_refused() -> None:
    for asked in ({"tags": ("bare",)}, {"sectors": ("isic@4:ZZ",)}, {"regions": ("un-m49@1:150",)}):
        with pytest.raises(TaxonomyError):
            TrendQuery(("year",), **asked)
    for asked in ({"kinds": ("rumour",)}, {"record_types": ("x",)}, {"evidence_classes": ("hearsay",)}):
        with pytest.raises(HubError, match="unknown-filter-value"):
            TrendQuery(("year",), **asked)


def test_no_answer_calls_author_keys_contributors() -> None:
    words = " ".join(
        [*query.TrendTable.__slots__, *query.TrendCell.__slots__, *(n["en"] for n in query.NOTES.values())]
    )
    assert "contributor" not in words


def test_every_note_is_said_in_both_languages() -> None:
    assert all(note["en"] and note["zh"] for note in query.NOTES.values())


def test_only_codes_of_the_base_scheme_are_categories_or_leaves() -> None:
    assert {columns_room.level_of(str(code)) for code in schemes.categories()} == {"category"}
    assert columns_room.level_of("tocsin-ext@2026-11:derived.individual-organisation.personal-safety") == "leaf"
