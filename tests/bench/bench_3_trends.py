"""Trends over 100,000 records: six shapes, three viewers, beside plain SQL and DuckDB over the same rows, and equal to them."""

from __future__ import annotations

import time
from typing import Any

import pytest
from rig import figures, hubs, plain
from sqlalchemy.orm import Session

from tocsin_hub.members import access
from tocsin_hub.trends.columns import Columns
from tocsin_hub.trends.query import TrendQuery, table

ROUNDS, PEER_ROUNDS = 40, 5
LEAF = "caict-2024@2024-12:derived.individual-organisation.false-information"
CATEGORY = "caict-2024@2024-12:derived.individual-organisation"
SHAPES = {
    "Q1 tag x quarter": TrendQuery(by=("leaf", "quarter")),
    "Q2 one category: quarter x sector": TrendQuery(by=("quarter", "sector"), tags=(CATEGORY,)),
    "Q3 one tag and region: quarter x severity": TrendQuery(
        by=("quarter", "severity"), tags=(LEAF,), regions=("un-m49@2024:142",)
    ),
    "Q4 last year: sector x region": TrendQuery(by=("sector", "region"), years=(2026,)),
    "Q5 one sector: tag x quarter": TrendQuery(by=("leaf", "quarter"), sectors=("isic@4:K",)),
    "Q6 region, severity, year: tag": TrendQuery(
        by=("leaf",), regions=("un-m49@2024:142",), severity_min=3, years=(2025,)
    ),
}
NOW = int(time.time())
EVERYTHING = access.grant(["*"], ["un-m49@2024:001"])
VIEWERS = {
    "public": (access.PUBLIC(NOW), 20),
    "member": (access.Viewer("member", hubs.org_id(3), None, None, NOW), 20),
    "viewer of everything": (access.Viewer("regulator", hubs.org_id(hubs.ORGS - 1), None, EVERYTHING, NOW), 25),
}


def _ours(session: Session, columns: Columns, viewer: access.Viewer, asked: TrendQuery) -> plain.Cells:
    return {row.keys: (row.count, row.author_keys) for row in table(session, columns, viewer, asked).rows}


@pytest.fixture(scope="module")
def opened(filled: hubs.HubDir) -> Any:
    with filled.opened() as hub, hub.store.write("bench") as session:
        plain.lay_levels(session)
        yield hub, session
        session.rollback()


def test_every_cell_equals_plain_sql(opened: Any) -> None:
    hub, session = opened
    compared = 0
    for viewer, _ in VIEWERS.values():
        for asked in SHAPES.values():
            ours = _ours(session, hub.columns, viewer, asked)
            rows = session.connection().exec_driver_sql(plain.statement(viewer, asked)).all()
            assert ours == plain.cells_of(rows, len(asked.by)), asked
            compared += len(ours)
    retracted = (
        session.connection().exec_driver_sql("SELECT count(*) FROM trend_row WHERE cancels IS NOT NULL").scalar()
    )
    assert retracted
    figures.note(f"{compared} cells equal plain SQL, counts and author keys, with {retracted} retractions in the rows")


@pytest.mark.parametrize("name", VIEWERS)
def test_a_trend_table_takes_milliseconds(opened: Any, name: str) -> None:
    hub, session = opened
    viewer, bar_ms = VIEWERS[name]
    beside = figures.Beside()
    for shape, asked in SHAPES.items():
        cpu, wall = [], []
        for number in range(ROUNDS):
            if number % 8 == 0:
                beside.tick(100)
            began = time.perf_counter()
            cpu.append(figures.cpu_s(lambda: table(session, hub.columns, viewer, asked)))  # noqa: B023
            wall.append(time.perf_counter() - began)
        p95 = figures.percentile(cpu, 0.95)
        figures.note(f"{shape}, {name}: wall p95 {figures.percentile(wall, 0.95) * 1e3:.1f} ms")
        figures.at_most(
            f"trends {shape}, {name}, p95 CPU",
            p95 * 1e3,
            "ms",
            ratio=p95 / beside.verify_s,
            against="one Ed25519 verify",
            ceiling=figures.verifies_in(bar_ms),
            beside=beside,
        )


def test_the_peers_take_longer(opened: Any) -> None:
    """Plain SQL on SQLite, and DuckDB with its threads, over the same rows; by turns, for a member."""
    hub, session = opened
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed: pip install duckdb")
    viewer, _ = VIEWERS["member"]
    held = plain.duck(session)
    for shape, asked in SHAPES.items():
        sql = plain.statement(viewer, asked)
        assert plain.cells_of(held.execute(sql).fetchall(), len(asked.by)) == _ours(session, hub.columns, viewer, asked)
        ours, duck, lite = [], [], []
        for _ in range(PEER_ROUNDS):
            ours.append(figures.wall_s(lambda: table(session, hub.columns, viewer, asked)))  # noqa: B023
            duck.append(figures.wall_s(lambda: held.execute(sql).fetchall()))  # noqa: B023
            lite.append(figures.wall_s(lambda: session.connection().exec_driver_sql(sql).all()))  # noqa: B023
        for peer, times in ((f"DuckDB {duckdb.__version__}", duck), ("plain SQL on SQLite", lite)):
            own, other = figures.median(ours), figures.median(times)
            figures.say(
                f"trends {shape}, member", own * 1e3, "ms", ratio=own / other, against=peer, bar="none", met=True
            )
