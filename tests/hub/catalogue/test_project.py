"""The catalogue reader: what the log says is what the rows say, live and after a rebuild."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tocsin_hub.store import tables
from tocsin_trust import keys


def test_records_get_ids_in_log_order_per_kind_and_year(house: Any, h: Any) -> None:
    a = h.org_id("a")
    house.add("incident", h.incident(tlp="clear"), by=a)
    house.add("finding", h.finding(marking={"tlp": "clear"}), by=a)
    house.append(house.seal("incident", h.incident(tlp="clear"), by=a), accepted_unix_s=h.NOW + 200 * 86_400)
    house.add("incident", h.incident(tlp="clear"), by=a)
    house.add("mitigation", h.mitigation(), by=a)
    house.catch_up()
    assert house.ids(house.viewers()["public"]) == [
        "TOC-M-2026-000001", "TOC-I-2026-000002", "TOC-I-2027-000001", "TOC-F-2026-000001", "TOC-I-2026-000001",
    ]  # fmt: skip


def test_an_amendment_replaces_every_row_of_the_version_before(house: Any, h: Any) -> None:
    key = keys.SigningKey.generate()
    first = house.add("incident", h.incident("Old words", codes=["endogenous.model.insufficient-robustness"]), by=key)
    house.catch_up()
    house.add("amend", h.incident("New words", tlp="clear", sector="isic@4:A"), by=key, prev=first)
    house.catch_up()
    public = house.viewers()["public"]
    assert house.ids(public, text="old") == []
    assert house.ids(public, text="new") == house.ids(public, sectors=("isic@4:A",)) == ["TOC-I-2026-000001"]
    assert house.ids(public, tags=(f"{h.CAT}:endogenous.model",)) == []
    assert h.count(tables.RecordBodyRow, house) == 1
    assert house.get(public, "TOC-I-2026-000001").amends == 1


def test_a_withdrawn_record_keeps_its_identity_and_nothing_else(house: Any, h: Any) -> None:
    a = h.org_id("a")
    marking = {"tlp": "red", "recipients": [h.org_id("b")]}
    first = house.add("incident", h.incident(marking=marking), by=a)
    house.catch_up()
    house.add("withdraw", {"reason": "privacy"}, by=a, prev=first)
    house.catch_up()
    with house.store.read() as session:
        row = dict(session.execute(tables.RecordRow.__table__.select()).mappings().one())
    kept = {k: v for k, v in row.items() if v not in (None, 0, False)}
    assert kept == {
        "thread": first,
        "record_id": "TOC-I-2026-000001",
        "kind": "incident",
        "state": "withdrawn",
        "reason": "privacy",
        "accepted_unix_s": h.NOW,
        "head_idx": 1,
    }
    for model in (tables.RecordBodyRow, tables.RecordTagRow, tables.RecordRecipientRow):
        assert h.count(model, house) == 0
    assert house.derived()["tokens"] == []


def test_a_hidden_record_comes_back_as_it_was(house: Any, h: Any) -> None:
    first = house.add("incident", h.incident(tlp="clear"), by=h.org_id("a"))
    house.catch_up()
    before = house.derived()
    house.moderate(first, "hide")
    house.catch_up()
    public = house.viewers()["public"]
    assert house.ids(public) == []
    assert house.get(public, "TOC-I-2026-000001").state == "hidden"
    house.moderate(first, "restore")
    house.catch_up()
    after = house.derived()
    assert after["record"] == before["record"]
    assert after["record_tag"] == before["record_tag"]


def _story(house: Any, h: Any) -> None:
    """Amended twice and withdrawn; hidden, amended, restored; hidden and erased; erased; hidden and withdrawn; untouched."""
    a, key = h.org_id("a"), keys.SigningKey.generate()
    one = house.add("incident", h.incident("One", tlp="clear"), by=a)
    two = house.add("incident", h.incident("Two", codes=["derived.state-society"]), by=key)
    house.catch_up(batch=1)
    one2 = house.add(
        "amend", h.incident("One again", codes=["endogenous.model.insufficient-robustness"]), by=a, prev=one
    )
    house.moderate(two, "hide")
    three = house.add("finding", h.finding(), by=a)
    four = house.add("mitigation", h.mitigation(), by=a)
    house.catch_up(batch=2)
    two2 = house.add("amend", h.incident("Two hidden"), by=key, prev=two)
    one3 = house.add("amend", h.incident("One for the last time"), by=a, prev=one2)
    house.moderate(three, "hide")
    house.catch_up(batch=1)
    house.moderate(three, "erase", "slander")
    house.moderate(four, "erase")
    house.moderate(two, "restore")
    house.add("withdraw", {"reason": "error"}, by=a, prev=one3)
    five = house.add("incident", h.incident("Five"), by=key)
    house.moderate(five, "hide")
    house.catch_up()
    house.add("withdraw", {"reason": "legal"}, by=key, prev=five)
    six = house.add("incident", h.incident("Six"), by=key)
    six2 = house.add("amend", h.incident("Six and gone"), by=key, prev=six)
    house.add("withdraw", {"reason": "other"}, by=key, prev=six2)
    house.add("incident", h.incident("Seven", tlp="green"), by=a)
    assert two2
    house.catch_up(batch=3)


@pytest.mark.parametrize("batch", [1, 3, 256])
def test_a_rebuild_gives_the_rows_that_the_live_hub_had(any_house: Any, h: Any, batch: int) -> None:
    _story(any_house, h)
    live = any_house.derived()
    any_house.rebuild(batch)
    rebuilt = any_house.derived()
    for name, rows in live.items():
        assert rebuilt[name] == rows, name
    states = [row[4] for row in live["record"]]
    assert states == ["withdrawn", "published", "erased", "erased", "withdrawn", "withdrawn", "published"]


def test_the_size_of_batches_does_not_matter(house: Any, h: Any) -> None:
    _story(house, h)
    live = house.derived()
    for _ in range(3):
        house.rebuild(random.randint(1, 20))
        assert house.derived() == live


def test_no_row_of_an_ended_thread_holds_what_it_said(house: Any, h: Any) -> None:
    a = h.org_id("a")
    first = house.add("incident", h.incident("Zanzibar", sector="isic@4:B", codes=["derived.humanity"]), by=a)
    house.catch_up()
    house.moderate(first, "hide")
    house.moderate(first, "restore")
    house.add("withdraw", {"reason": "error"}, by=a, prev=first)
    house.catch_up()
    left = repr({name: rows for name, rows in house.derived().items() if name != "trend_tag"})
    assert "isic@4:B" not in left
    assert "zanzibar" not in left.lower()
    assert [row[:3] for row in house.derived()["trend_row"]] == [
        (1, None, None),
        (2, 1, None),
        (5, None, None),
        (6, 5, None),
    ]
    assert all(value in (None, 0) for row in house.derived()["trend_row"] for value in row[2:])
