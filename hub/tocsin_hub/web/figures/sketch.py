"""Drawings as Altair charts, from plain plans. Runs in the child only: importing Altair and vl-convert takes a second and 190 MB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import altair as alt

from tocsin_hub.web.figures.palette import FONT

Plan = Mapping[str, Any]
Colours = Mapping[str, str]
Drawn = Any  # a chart: Altair's own types change with every method that is called
PANEL = (232, 112)  # pixels of the plot; the page scales a panel to its column
STRIP = (480, 20)
SMALL = 11
HEADROOM = 1.16  # so that the number above the highest point stays inside the plot


def line(plan: Plan, colours: Colours, size: tuple[int, int] = PANEL) -> Drawn:
    """A category over time: settled periods solid, provisional ones dashed and hollow, the last settled value said."""
    rows = _series(plan)
    return _line(_look(plan, colours), size, {name: _data(found) for name, found in rows.items()})


@dataclass(frozen=True, slots=True)
class _Look:
    """All that two panels must have in common to be one chart with other numbers. `at_end`: nothing is provisional."""

    n: int
    top: int
    at_end: bool
    colour: str
    paper: str
    muted: str
    base: str
    grid: str


def _look(plan: Plan, colours: Colours) -> _Look:
    tokens = (colours[name] for name in (plan["colour"], "paper", "mut", "line", "grid"))
    return _Look(len(plan["values"]), plan["top"], plan["settled"] == len(plan["values"]), *tokens)


def _series(plan: Plan) -> dict[str, list[dict[str, Any]]]:
    """The rows of each layer of a panel; a layer without rows draws nothing."""
    values, settled = plan["values"], plan["settled"]
    points = [{"x": at, "y": value} for at, value in enumerate(values)]
    last = [{**points[settled - 1], "t": f"{values[settled - 1]:,}"}] if settled else []
    return {
        "settled": points[:settled],
        "open": points[max(settled - 1, 0) :] if settled < len(points) else [],
        "hollow": points[settled:],
        "last": last,
        "years": [{"x": at, "t": label} for at, label in plan["labels"]],
        "note": [{"x": 0, "t": plan["note"]}] if plan["note"] else [],
    }


def _line(look: _Look, size: tuple[int, int], data: Mapping[str, Any]) -> Drawn:
    x = alt.X("x:Q", scale=alt.Scale(domain=[-0.2, max(look.n - 0.6, 0.8)], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, look.top * HEADROOM], nice=False), axis=_counts(look))
    text, at = alt.Text("t:N"), {value: alt.datum(value, type="quantitative") for value in (0, look.top)}
    chart = {name: alt.Chart(found) for name, found in data.items()}
    dashed: dict[str, Any] = {"color": look.colour, "strokeWidth": 1.75, "strokeDash": [3, 3]}
    ring: dict[str, Any] = {"fill": look.paper, "fillOpacity": 1, "stroke": look.colour, "strokeWidth": 1.5}
    small: dict[str, Any] = {"fontSize": SMALL, "color": look.muted}
    said = chart["last"].mark_text(
        fontSize=12, fontWeight=600, color=look.colour, align="right", dx=4 if look.at_end else -5, dy=-11
    )
    layers = [
        alt.Chart(_data([{"y": 0}])).mark_rule(color=look.base, strokeWidth=1).encode(y=alt.Y("y:Q")),
        chart["settled"].mark_line(color=look.colour, strokeWidth=1.75, strokeJoin="round").encode(x=x, y=y),
        chart["open"].mark_line(**dashed).encode(x=x, y=y),
        chart["hollow"].mark_point(size=34, filled=True, opacity=1, **ring).encode(x=x, y=y),
        chart["last"].mark_point(size=34, filled=True, color=look.colour, opacity=1).encode(x=x, y=y),
        said.encode(x=x, y=y, text=text),
        chart["years"].mark_text(dy=12, **small).encode(x=x, y=at[0], text=text),
        # above the highest grid line, where no line comes
        chart["note"].mark_text(align="left", dy=-7, **small).encode(x=x, y=at[look.top], text=text),
    ]
    return _layer(layers, size)


@lru_cache(maxsize=16)
def _panel(look: _Look) -> dict[str, Any]:
    names = ("settled", "open", "hollow", "last", "years", "note")
    return spec(_line(look, PANEL, {name: alt.NamedData(name=name) for name in names}))


def _counts(look: _Look) -> Drawn:
    """Three quiet lines: nothing, the half and the top."""
    return alt.Axis(
        values=[0, look.top / 2, look.top],
        format=",d",
        title=None,
        domain=False,
        ticks=False,
        gridColor=look.grid,
        gridWidth=1,
        labelColor=look.muted,
        labelFontSize=SMALL,
        labelPadding=6,
        labelOverlap=False,
        minExtent=30,
        maxExtent=30,
    )


def strip(plan: Plan, colours: Colours) -> dict[str, Any]:
    """The Vega-Lite of one row of a ranking; the chart is made once per theme, its numbers are filled in."""
    interval = plan["low"] is not None
    low, high = (plan["low"], plan["high"]) if interval else (0, plan["at"])
    numbers = {"bar": [{"x": low, "to": high}], "dot": [{"x": plan["at"]}]}
    return {**_strip(interval, colours["endo"], colours["grid"], colours["line"]), "datasets": numbers}


@lru_cache(maxsize=8)
def _strip(interval: bool, colour: str, grid: str, line: str) -> dict[str, Any]:
    """A dot on a thin line, its interval as a soft bar or its distance as a stem. Places are 0 to 1 of the common axis."""
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, 1], nice=False), axis=None)
    parts = 4 if interval else 2
    ticks = [{"x": at / parts} for at in range(parts + 1)]
    layers = [
        alt.Chart(_data([{"x": 0, "to": 1}])).mark_rule(color=grid).encode(x=x, x2="to:Q"),
        alt.Chart(_data(ticks)).mark_tick(color=line, size=8, thickness=1).encode(x=x),
        alt.Chart(alt.NamedData(name="bar"))
        .mark_rule(color=colour, strokeWidth=6 if interval else 2, strokeCap="round", opacity=0.45)
        .encode(x=x, x2="to:Q"),
        alt.Chart(alt.NamedData(name="dot")).mark_circle(size=110, color=colour, opacity=1).encode(x=x),
    ]
    return spec(_layer(layers, STRIP))


def _layer(charts: list[alt.Chart], size: tuple[int, int]) -> Drawn:
    return alt.layer(*charts).properties(width=size[0], height=size[1])


def _data(rows: list[dict[str, Any]]) -> Drawn:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def panel_spec(plan: Plan, colours: Colours) -> dict[str, Any]:
    """The Vega-Lite of a drawing for the page: no background, and margins that do not depend on the text in it."""
    if plan["mark"] == "line":
        made, margins = {**_panel(_look(plan, colours)), "datasets": _series(plan)}, (30, 4, 12, 20)
    else:
        made, margins = strip(plan, colours), (0, 0, 0, 0)
    made |= {
        "background": None,
        "autosize": {"type": "none"},
        "padding": dict(zip(("left", "top", "right", "bottom"), margins, strict=True)),
    }
    return made


def spec(drawn: Drawn) -> dict[str, Any]:
    """The Vega-Lite of a chart, in the pages' type, with no box around the plot."""
    made: dict[str, Any] = drawn.configure(font=FONT).configure_view(stroke=None).to_dict(validate=False)
    return made
