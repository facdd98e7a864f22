"""No question of the catalogue walks a table: each plan is asked for, on both engines, and held to an index."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import event, text

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.filters import RecordQuery

SHAPES: dict[str, dict[str, Any]] = {
    "all": {},
    "kind": {"kinds": ("incident",)},
    "kinds": {"kinds": ("incident", "finding")},
    "sector": {"sectors": ("isic@4:K",)},
    "region": {"regions": ("un-m49@2024:150",)},
    "year": {"years": (2024,)},
    "tag": {"tags": ("caict-2024@2024-12:endogenous.data",)},
    "tags": {"tags": ("caict-2024@2024-12:endogenous.data", "caict-2024@2024-12:derived.humanity")},
    "text": {"text": "gpt-4o"},
    "text and tag": {"text": "诈骗", "tags": ("caict-2024@2024-12:endogenous.data",)},
    "severity": {"severity_min": 4, "priorities": ("high",)},
    "time": {"since_unix_s": 1, "until_unix_s": 2},
    "org": {"orgs": ("org-" + "a" * 26,)},
    "everything": {
        "kinds": ("incident",),
        "sectors": ("isic@4:K",),
        "regions": ("un-m49@2024:150",),
        "years": (2024,),
        "tags": ("caict-2024@2024-12:endogenous.data",),
    },
}
VIEWERS = ["public", "member", "regulator", "author"]
SCAN = re.compile(
    r"\bSCAN (record|record_tag|record_body|version|head|entry)\b(?! USING)|Seq Scan on (record\w*|version|head|entry)\b"
)


def _plans(house: Any, run: Any) -> list[str]:
    """The plan of every statement that `run(session)` sends."""
    sent: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if not statement.startswith("EXPLAIN"):
            sent.append((statement, parameters))

    with house.store.read() as session:
        connection = session.connection()
        if not house.store.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))  # tiny tables: ask whether an index can serve
        event.listen(connection, "before_cursor_execute", note)
        run(session)
        event.remove(connection, "before_cursor_execute", note)
        explain = "EXPLAIN QUERY PLAN " if house.store.is_sqlite else "EXPLAIN "
        plans = []
        for statement, parameters in sent:
            rows = connection.exec_driver_sql(explain + statement, parameters).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
    assert plans
    return plans


@pytest.fixture
def stocked(any_house: Any, h: Any) -> Any:
    bodies = [h.incident(f"gpt-4o {at}", tlp="clear") for at in range(150)]
    any_house.append(*[any_house.seal("incident", body, by=h.org_id("a")) for body in bodies])
    any_house.catch_up()
    if not any_house.store.is_sqlite:
        with any_house.store.write("test") as session:
            session.execute(text("ANALYZE"))
    return any_house


def test_no_list_walks_a_table(stocked: Any, h: Any) -> None:
    bad = []
    for viewer in VIEWERS:
        for shape, asked in SHAPES.items():

            def run(session: Any, viewer: str = viewer, asked: dict[str, Any] = asked) -> None:
                who = stocked.viewers()[viewer]
                query = RecordQuery(**asked)
                page = search.page(session, who, query, 5, cursor_key=h.CURSOR_KEY, with_total=True)
                if page.next_cursor is not None:
                    search.page(session, who, query, 5, page.next_cursor, cursor_key=h.CURSOR_KEY)

            bad += [f"{viewer}/{shape}:\n{plan}" for plan in _plans(stocked, run) if SCAN.search(plan)]
    assert bad == []


def test_no_single_record_walks_a_table(stocked: Any) -> None:
    public = stocked.viewers()["public"]

    def run(session: Any) -> None:
        item = search.get(session, public, "TOC-I-2026-000007")
        assert item is not None
        search.get(session, public, "0" * 64)
        search.get_threads(session, public, [bytes.fromhex(item.thread), b"?" * 32])
        search.history(session, public, "TOC-I-2026-000007")
        search.status(session, stocked.viewers()["member"], item.digest)

    assert [plan for plan in _plans(stocked, run) if SCAN.search(plan)] == []


def test_the_check_of_plans_sees_a_walk(stocked: Any) -> None:
    plans = _plans(
        stocked, lambda session: session.execute(text("SELECT count(*) FROM record WHERE priority = 'high'"))
    )
    assert any(SCAN.search(plan) for plan in plans)
