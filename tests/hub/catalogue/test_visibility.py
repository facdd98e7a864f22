"""What a reader may not read cannot be reached or noticed, whichever way he asks."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.filters import RecordQuery
from tocsin_hub.catalogue.view import Tombstone
from tocsin_hub.members import access
from tocsin_hub.store import tables
from tocsin_trust import keys

MARKINGS: list[dict[str, Any]] = [
    {"tlp": "clear"},
    {"tlp": "clear", "audience": ["members"]},
    {"tlp": "clear", "audience": []},
    {"tlp": "green"},
    {"tlp": "amber"},
    {"tlp": "amber", "audience": ["members", "regulators"]},
    {"tlp": "amber+strict"},
    {"tlp": "amber+strict", "audience": ["members", "regulators"]},
    {"tlp": "red", "recipients": []},
    {"tlp": "red", "recipients": ["org-" + "b" * 26, "org-" + "d" * 26]},
    {"tlp": "clear", "embargo_until": "2030-01-01"},
    {"tlp": "clear", "embargo_until": "2020-01-01"},
]
SECTORS = ["isic@4:K", "isic@4:A", "unknown"]


@pytest.fixture(scope="module")
def key() -> keys.SigningKey:
    return keys.SigningKey.generate()


@pytest.fixture
def mixed(any_house: Any, h: Any, key: keys.SigningKey) -> Any:
    """Every marking by an organisation, by another, by a key of the author viewer and by a stranger; some hidden."""
    authors = [h.org_id("a"), h.org_id("b"), key, keys.SigningKey.generate()]
    at = 0
    for marking in MARKINGS:
        for by in authors:
            body = h.incident(
                f"secret{at} gemeinsam", marking=marking, sector=SECTORS[at % 3], region="un-m49@2024:150"
            )
            digest = any_house.add("incident", body, by=by)
            if at % 7 == 6:
                any_house.moderate(digest, "hide")
            at += 1
    any_house.catch_up()
    return any_house


def _expected(house: Any, viewer: access.Viewer) -> tuple[list[Any], list[Any]]:
    """(readable, not readable) rows by the plain predicate, newest first."""
    with house.store.read() as session:
        rows = session.query(tables.RecordRow).order_by(tables.RecordRow.rec.desc()).all()
        named: dict[int, set[str]] = {}
        for row in session.query(tables.RecordRecipientRow).all():
            named.setdefault(row.rec, set()).add(row.org)
    may = {row.rec: access.may_read(viewer, row, named.get(row.rec, set())) for row in rows}
    return [row for row in rows if may[row.rec]], [row for row in rows if not may[row.rec]]


def test_an_unreadable_record_is_on_no_path(mixed: Any, h: Any, key: keys.SigningKey) -> None:
    for name, viewer in mixed.viewers(key.public.hex).items():
        _nothing_unreadable(mixed, h, name, viewer)


def _nothing_unreadable(mixed: Any, h: Any, name: str, viewer: access.Viewer) -> None:
    readable, hidden = _expected(mixed, viewer)
    assert readable, name
    assert hidden, name
    ids = [row.record_id for row in readable]
    # lists, counts and order, by every kind of lead: the log order, a tag, a word, an index
    for asked in ({}, {"tags": (f"{h.CAT}:endogenous.data",)}, {"text": "gemeinsam"}, {"kinds": ("incident",)}):
        page = mixed.page(viewer, **asked)
        assert [item.record_id for item in page.items] == ids, asked
        assert page.total == len(ids)
        assert not page.has_next
    for sector in SECTORS:
        assert mixed.page(viewer, sectors=(sector,)).total == sum(row.sector == sector for row in readable)
    # cursors: pages of one walk over the readable only, and the last page knows it is the last
    after, walked = None, []
    while not walked or after is not None:
        page = mixed.page(viewer, first=7, after=after)
        walked += [item.record_id for item in page.items]
        after = page.next_cursor
    assert walked == ids
    with mixed.store.read() as session:
        threads = [row.thread for row in hidden]
        assert search.histories(session, viewer, threads) == [[]] * len(hidden)
        for row, item in zip(hidden, search.get_threads(session, viewer, threads), strict=True):
            # byte for byte what an unknown one answers, on each way in
            assert (
                search.get(session, viewer, row.record_id) == search.get(session, viewer, row.head_digest.hex()) == item
            )
            assert item is None or (isinstance(item, Tombstone) and item.state == row.state == "hidden")
        for row in hidden[::5]:
            assert search.history(session, viewer, row.record_id) is None
            asked = RecordQuery(text=f"secret{_number(session, row.rec)}")
            assert search.page(session, viewer, asked, 5, cursor_key=h.CURSOR_KEY, with_total=True).total == 0


def _number(session: Any, rec: int) -> int:
    """Which record this was, counted without the moderations between."""
    return session.query(tables.RecordRow).filter(tables.RecordRow.rec < rec).count()


def test_a_hidden_record_shows_its_tombstone_only_to_who_could_read_it(mixed: Any, key: keys.SigningKey) -> None:
    seen: dict[str, tuple[set[int], set[int]]] = {}
    for name, viewer in mixed.viewers(key.public.hex).items():
        unreadable = _expected(mixed, viewer)[1]
        tombs = {row.rec for row in unreadable if mixed.get(viewer, row.record_id) is not None}
        seen[name] = (tombs, {row.rec for row in unreadable})
    with mixed.store.write("test") as session:
        session.query(tables.RecordRow).filter(tables.RecordRow.state == "hidden").update({"state": "published"})
    for name, viewer in mixed.viewers(key.public.hex).items():
        tombs, unreadable_before = seen[name]
        assert tombs == {row.rec for row in _expected(mixed, viewer)[0]} & unreadable_before, name


def test_adding_unreadable_records_changes_no_byte_of_a_strangers_answers(any_house: Any, h: Any) -> None:
    a, b = h.org_id("a"), h.org_id("b")
    for at in range(6):
        any_house.add("incident", h.incident(f"shared word {at}", tlp="clear"), by=a)
    any_house.catch_up()
    public = any_house.viewers()["public"]

    def answers() -> list[Any]:
        found = []
        for asked in (
            {},
            {"text": "shared"},
            {"text": "word"},
            {"tags": (f"{h.CAT}:endogenous.data",)},
            {"years": (2024,)},
        ):
            page = any_house.page(public, first=4, **asked)
            rest = any_house.page(public, first=4, after=page.next_cursor, **asked)
            found.append((page.items, page.cursors, page.total, page.has_next, rest.items, rest.has_next))
        return found

    before = answers()
    source = random.Random(3)
    for _ in range(40):
        any_house.add("incident", h.incident("shared " * source.randint(1, 9), tlp="amber"), by=b)
    any_house.catch_up()
    assert answers() == before


def test_a_tightened_marking_closes_a_record_and_a_loosened_one_opens_it(any_house: Any, h: Any) -> None:
    a = h.org_id("a")
    first = any_house.add("incident", h.incident("x", tlp="clear"), by=a)
    second = any_house.add("amend", h.incident("x", tlp="amber"), by=a, prev=first)
    any_house.catch_up()
    viewers = any_house.viewers()
    assert any_house.get(viewers["public"], "TOC-I-2026-000001") is None
    assert any_house.get(viewers["public"], first.hex()) is None
    assert any_house.get(viewers["other member"], first.hex()).tlp == "amber"
    any_house.add("amend", h.incident("x", tlp="clear"), by=a, prev=second)
    any_house.catch_up()
    assert any_house.get(viewers["public"], first.hex()).tlp == "clear"
