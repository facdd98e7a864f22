"""Drawings as Altair charts, from plain plans. Runs in the child only: importing Altair and vl-convert takes a second and 190 MB."""

from __future__ import annotations

from collections.abc import Mapping
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
    values, settled, top = plan["values"], plan["settled"], plan["top"]
    points = [{"x": at, "y": value} for at, value in enumerate(values)]
    colour = colours[plan["colour"]]
    x = alt.X("x:Q", scale=alt.Scale(domain=[-0.2, max(len(values) - 0.6, 0.8)], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, top * HEADROOM], nice=False), axis=_counts(top, colours))
    layers = [_frame(points, colours)]
    layers.append(alt.Chart(_data(points[:settled])).mark_line(color=colour, strokeWidth=1.75, strokeJoin="round"))
    if settled < len(points):
        open_ = alt.Chart(_data(points[max(settled - 1, 0) :]))
        layers.append(open_.mark_line(color=colour, strokeWidth=1.75, strokeDash=[3, 3]))
        layers.append(
            alt.Chart(_data(points[settled:])).mark_point(
                size=34, filled=True, fill=colours["paper"], fillOpacity=1, stroke=colour, strokeWidth=1.5, opacity=1
            )
        )
    if settled:
        last = [{**points[settled - 1], "t": f"{values[settled - 1]:,}"}]
        layers.append(alt.Chart(_data(last)).mark_point(size=34, filled=True, color=colour, opacity=1))
        layers.append(_said(last, colour, settled == len(points)))
    named = [layer.encode(x=x, y=y) if at else layer for at, layer in enumerate(layers)]
    years = [{"x": at, "t": label} for at, label in plan["labels"]]
    below = alt.Chart(_data(years)).mark_text(fontSize=SMALL, color=colours["mut"], dy=12)
    named.append(below.encode(x=x, y=alt.datum(0, type="quantitative"), text="t:N"))
    if plan["note"]:  # above the highest grid line, where no line comes
        note = alt.Chart(_data([{"x": 0, "t": plan["note"]}])).mark_text(
            fontSize=SMALL, color=colours["mut"], align="left", dy=-7
        )
        named.append(note.encode(x=x, y=alt.datum(top, type="quantitative"), text="t:N"))
    return _layer(named, size)


def _frame(points: list[dict[str, int]], colours: Colours) -> Drawn:
    """The base line."""
    return (
        alt.Chart(_data([{"y": 0}])).mark_rule(color=colours["line"], strokeWidth=1).encode(y=alt.Y("y:Q"))
        if points
        else alt.Chart(_data([])).mark_rule()
    )


def _said(last: list[dict[str, Any]], colour: str, at_end: bool) -> Drawn:
    """The last settled value beside its point."""
    text = alt.Chart(_data(last)).mark_text(
        fontSize=12, fontWeight=600, color=colour, align="right", dx=4 if at_end else -5, dy=-11
    )
    return text.encode(text="t:N")


def _counts(top: int, colours: Colours) -> Drawn:
    """Three quiet lines: nothing, the half and the top."""
    return alt.Axis(
        values=[0, top / 2, top],
        format=",d",
        title=None,
        domain=False,
        ticks=False,
        gridColor=colours["grid"],
        gridWidth=1,
        labelColor=colours["mut"],
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
    made = spec(line(plan, colours)) if plan["mark"] == "line" else strip(plan, colours)
    margins = (30, 4, 12, 20) if plan["mark"] == "line" else (7, 0, 7, 0)
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
