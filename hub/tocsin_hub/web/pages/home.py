"""The first page: what goes wrong with AI and what helps, in one minute, with the numbers of now; and three doors."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.filters import RecordQuery
from tocsin_hub.catalogue.view import RecordView
from tocsin_hub.members import directory
from tocsin_hub.trends import query as trends
from tocsin_hub.web import render, words
from tocsin_hub.web.face import Made, Seen
from tocsin_hub.web.pages.record import known_codes
from tocsin_hub.web.query import View

NEWEST = 5
BEST = 7


@dataclass(frozen=True, slots=True)
class Bar:
    """A row with a length of 0 to 100, relative to the longest."""

    label: str
    count: int
    length: float
    css: str
    link: str


def page(seen: Seen) -> Made:
    """/."""
    bars, total, specific = wrong(seen)
    counted = trends.table(seen.session, seen.face.parts.columns, seen.viewer, trends.TrendQuery(by=("year",)))
    newest = _newest(seen, "incident", NEWEST).items
    members = [each for each in directory.public_directory(seen.session) if each.suspended_idx is None]
    return render.page(
        seen,
        "home.html",
        here="home",
        feed=f"/{seen.lang}/incidents.atom",
        bars=bars,
        total=total,
        specific=specific,
        years=sorted({cell.keys[0] for cell in counted.rows}),
        newest=newest,
        demo=demo(seen),
        base=seen.base,
        helps=helps(seen)[:BEST],
        responses=_newest(seen, "mitigation", 1, with_total=True).total or 0,
        members=len(members),
    )


def wrong(seen: Seen) -> tuple[list[Bar], int, int]:
    """The specific risks that most incidents name; how many incidents there are, and how many of them name a specific risk."""
    asked = trends.TrendQuery(by=("leaf",))
    table = trends.table(seen.session, seen.face.parts.columns, seen.viewer, asked)
    cells = sorted(table.rows, key=lambda cell: (-cell.count, cell.keys))[:BEST]
    most = cells[0].count if cells else 1
    found = []
    for cell in cells:
        code = cell.keys[0]
        css = "endo" if words.layer(code) == "endogenous" else "deri"
        link = View(RecordQuery(), (("tag", code),)).address(f"/{seen.lang}/incidents")
        found.append(Bar(words.name(code, seen.lang), cell.count, round(100 * cell.count / most, 1), css, link))
    return found, table.total, table.coverage["leaf"]


def demo(seen: Seen) -> bool:
    """Whether the newest record that everybody may read was made for a demonstration."""
    return any(item.demo for item in _newest(seen, "incident", 1).items)


def helps(seen: Seen, asked: trends.TrendQuery | None = None) -> list[tuple[RecordView, int]]:
    """The newest hundred responses by reach: how many incidents (of `asked`) name a risk that each addresses."""
    items = _newest(seen, "mitigation", search.MAX_FIRST).items
    asked = asked or trends.TrendQuery(by=("category",))
    groups = [known_codes(item.content.tags) for item in items]
    reached = trends.reach(seen.session, seen.face.parts.columns, seen.viewer, asked, groups)
    return sorted(zip(items, reached, strict=True), key=lambda pair: (-pair[1], pair[0].rec))


def _newest(seen: Seen, kind: str, first: int, *, with_total: bool = False) -> search.Page:
    return search.page(
        seen.session,
        seen.viewer,
        RecordQuery(kinds=(kind,)),
        first,
        cursor_key=seen.face.cursor_key,
        with_total=with_total,
    )
