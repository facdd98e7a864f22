"""Trend tables as a hub gives them, made from plain counts."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

import pytest

from tocsin_hub.trends import query
from tocsin_hub.web.figures import building
from tocsin_hub.web.figures.figure import Figure, Kind, Lang, Response, Setting

CAICT = "caict-2024@2024-12:"
NOW_UNIX_S = 1_795_000_000  # 2026-11-18
INDIVIDUAL, SOFTWARE = f"{CAICT}derived.individual-organisation", f"{CAICT}endogenous.software"
CHECKPOINT = "oHkWZ7pZ0b1vVqf8E2m0iZ8f7+Yk3Q2oX9k6aB4c1eE="
PERMALINK = "https://hub.example.org/en/trends?figure=1&year=2025"


def of(dims: tuple[str, ...], counts: Mapping[tuple[str, ...], int], total: int, **coverage: int) -> query.TrendTable:
    """A table of these counts."""
    rows = [query.TrendCell(keys, count, 1) for keys, count in sorted(counts.items())]
    covered = dict.fromkeys((*query.COVERED, *dims), total) | coverage
    return query.TrendTable(42, dims, rows, total, 1, covered, (), False)


def setting(lang: Lang = "en") -> Setting:
    return Setting(lang, "Hub of the tests", PERMALINK, CHECKPOINT, NOW_UNIX_S)


def yearly(by_year: Mapping[str, Mapping[str, int]]) -> list[query.TrendTable]:
    """The tables of `trends` for counts per category and year; no record states a quarter."""
    counts = {(code, year): count for code, years in by_year.items() for year, count in years.items() if count}
    years: dict[tuple[str, ...], int] = {}
    for (_, year), count in counts.items():
        years[(year,)] = years.get((year,), 0) + count
    total = sum(years.values())
    return [
        of(("category", "year"), counts, total, quarter=0),
        of(("category", "quarter"), {}, total, quarter=0),
        of(("year",), years, total, quarter=0),
        of(("quarter",), {}, total, quarter=0),
    ]


GROWING = {INDIVIDUAL: {"2023": 40, "2024": 50, "2025": 120, "2026": 30}, SOFTWARE: {"2024": 3, "2025": 4}}


def every(lang: Lang, title: str = "Filter what comes out") -> list[Figure]:
    """One figure of each kind."""
    asked = query.TrendQuery(("category",))
    regions = {("un-m49@2024:840",): 30, ("un-m49@2024:156",): 12, ("unknown",): 9}
    sectors = {("isic@4:K",): 20, ("isic@4:P",): 11, ("multiple",): 5}
    crossed = {(INDIVIDUAL, "isic@4:K"): 20, (SOFTWARE, "isic@4:P"): 11, (INDIVIDUAL, "multiple"): 5}
    tables: dict[Kind, list[query.TrendTable]] = {
        "trends": yearly(GROWING),
        "heat": [of(("category", "sector"), crossed, 36), of(("sector",), sectors, 36)],
        "matrix": [of(("leaf",), {}, 36) for _ in building.needs("matrix", asked)],
        "responses": [of(("category",), {}, 200)],
        "regions": [of(("region",), regions, 51)],
        "sectors": [of(("sector",), sectors, 36)],
    }
    found = [Response("T-M-2026-000001", title, "en", 80), Response("T-M-2026-000002", "Log", "en", 20)]
    return [building.build(kind, made, asked, setting(lang), found) for kind, made in tables.items()]


@pytest.fixture
def made() -> SimpleNamespace:
    """The makers of this file, for tests that import nothing from it."""
    return SimpleNamespace(
        of=of,
        setting=setting,
        yearly=yearly,
        every=every,
        growing=GROWING,
        individual=INDIVIDUAL,
        software=SOFTWARE,
        checkpoint=CHECKPOINT,
        permalink=PERMALINK,
    )
