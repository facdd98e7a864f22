"""The framed file: headline, measure, drawing, legend, method, source and checkpoint on one sheet. Runs in the child only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import altair as alt

from tocsin_hub.web.figures import sketch

Weight = Literal[400, 600, 700]
Sheet = Mapping[str, Any]
Colours = Mapping[str, str]
Drawn = Any  # a chart: Altair's own types change with every method that is called
WIDE = 1080
NARROW = 760
_WIDE_LETTER = 0.57  # of the type size; generous, because the reader's font is not known
_LINE = 1.45


def framed(sheet: Sheet, colours: Colours, on_shade: Colours) -> Drawn:
    """The whole sheet of a figure (see `frames.of`)."""
    width = NARROW if sheet["kind"] in ("responses", "regions", "sectors") else WIDE
    body: dict[str, Callable[[], Any]] = {
        "trends": lambda: _panels(sheet, colours),
        "heat": lambda: _grid(sheet, colours, on_shade, width),
        "matrix": lambda: _grid(sheet, colours, on_shade, width),
    }
    blocks = [
        _words(sheet["title"], 12, width, colours["mut"], weight=600),
        _words(sheet["headline"], 20, width, colours["ink"], weight=700),
        _words(sheet["measure"], 13, width, colours["mut"]),
        body.get(sheet["kind"], lambda: _ranks(sheet, colours, width))(),
        *([_legend(sheet["legend"], colours, width)] if sheet["legend"] else []),
        *(_words(text, 12, width, colours["mut"]) for text in sheet["notes"]),
        _words(sheet["source"], 12, width, colours["ink"], weight=600),
        *(_words(text, 11, width, colours["mut"]) for text in sheet["proof"]),
    ]
    return alt.vconcat(*blocks, spacing=10)


def wrapped(text: str, size: int, width: int) -> list[str]:
    """`text` in lines no wider than `width` pixels: at spaces, and in Chinese anywhere but before a closing mark."""
    lines, line, used, word = [], "", 0.0, ""
    for at, letter in enumerate(text):
        word += letter
        following = text[at + 1 : at + 2]
        wide = ord(letter) > 0x2E80
        breaks = (
            letter == " "
            or (wide and following not in "，。；：、）”》")
            or (ord(following or "a") > 0x2E80 and not wide)
        )
        if not breaks and following:
            continue
        taken = sum(1.0 if ord(one) > 0x2E80 else _WIDE_LETTER for one in word) * size
        if line and used + taken > width:
            lines.append(line.rstrip())
            line, used = "", 0.0
        line, used, word = line + word, used + taken, ""
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _words(text: str, size: int, width: int, colour: str, weight: Weight = 400) -> Drawn:
    lines = wrapped(text, size, width)
    height = _LINE * size
    mark = _at([{"x": 0, "y": 0, "t": "\n".join(lines)}]).mark_text(
        align="left",
        baseline="top",
        fontSize=size,
        fontWeight=weight,
        color=colour,
        lineBreak="\n",
        lineHeight=height,
        limit=0,
    )
    return _placed(mark, width, height * len(lines)).encode(text="t:N")


def _at(rows: list[dict[str, Any]]) -> Drawn:
    return alt.Chart(alt.Data(values=rows))  # type: ignore[no-untyped-call]


def _placed(mark: Any, width: float, height: float) -> Any:
    """A mark whose `x` and `y` are pixels of its own block."""
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, width], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, height], nice=False, reverse=True), axis=None)
    return mark.encode(x=x, y=y).properties(width=width, height=height)


def _panels(sheet: Sheet, colours: Colours) -> Drawn:
    charts = []
    for panel in sheet["panels"]:
        title = alt.TitleParams(
            text=panel["label"],
            subtitle=panel["layer_label"],
            anchor="start",
            frame="group",
            fontSize=13,
            fontWeight=600,
            color=colours["ink"],
            subtitleFontSize=12,
            subtitleColor=colours[panel["plan"]["colour"]],
            offset=10,
        )
        charts.append(sketch.line(panel["plan"], colours, (222, 112)).properties(title=title))
    return alt.concat(*charts, columns=4, spacing=24)


def _ranks(sheet: Sheet, colours: Colours, width: int) -> Drawn:
    """Names at the left, dots on one axis, numbers at the right."""
    left, right, row, head = 290, width - 120, 30, 26
    rows: Sequence[Mapping[str, Any]] = sheet["panels"]
    height = head + row * max(len(rows), 1)
    span = right - left
    ticks = sheet["ticks"]
    across = [left + span * at / (len(ticks) - 1) for at in range(len(ticks))]
    grid = [{"x": x, "y": head - 4, "to": height} for x in across]
    marks = [
        _placed(_at(grid).mark_rule(color=colours["grid"]).encode(y2="to:Q"), width, height),
        _text(
            [{"x": x, "y": 8, "t": t} for x, t in zip(across, ticks, strict=True)], colours["mut"], width, height, 11
        ),
    ]
    names, bars, dots, texts = [], [], [], []
    for at, panel in enumerate(rows):
        y, plan = head + row * (at + 0.5), panel["plan"]
        low, high = (0.0, plan["at"]) if plan["low"] is None else (plan["low"], plan["high"])
        names.append({"x": 0, "y": y, "t": panel["label"]})
        bars.append({"x": left + span * low, "y": y, "to": left + span * high})
        dots.append({"x": left + span * plan["at"], "y": y})
        texts.append({"x": width, "y": y, "t": f"{panel['text']}  {panel['note']}"})
    interval = any(panel["plan"]["low"] is not None for panel in rows)
    bar = _at(bars).mark_rule(color=colours["endo"], strokeWidth=6 if interval else 2, strokeCap="round", opacity=0.45)
    marks += [
        _text(names, colours["ink"], width, height, 13, align="left", limit=left - 14),
        _placed(bar.encode(x2="to:Q"), width, height),
        _placed(_at(dots).mark_circle(size=110, color=colours["endo"], opacity=1), width, height),
        _text(texts, colours["ink"], width, height, 12, align="right", weight=600),
    ]
    return alt.layer(*marks).properties(width=width, height=height)


def _text(
    rows: list[dict[str, Any]],
    colour: str,
    width: float,
    height: float,
    size: int,
    *,
    align: Literal["left", "center", "right"] = "center",
    weight: Weight = 400,
    limit: int = 0,
    baseline: Literal["top", "middle"] = "middle",
) -> Any:
    mark = _at(rows).mark_text(
        color=colour,
        fontSize=size,
        align=align,
        fontWeight=weight,
        limit=limit,
        baseline=baseline,
        lineBreak="\n",
        lineHeight=size * 1.3,
    )
    return _placed(mark, width, height).encode(text="t:N")


def _grid(sheet: Sheet, colours: Colours, on_shade: Colours, width: int) -> Drawn:
    """Shaded cells with their numbers: category by sector, cause by harm."""
    columns, rows = sheet["columns"], sheet["rows"]
    left, cell, gap, name = 220, 36, 3, 12
    step = min((width - left) / max(len(columns), 1), 130.0)
    headings = [wrapped(column, name, int(step - 8)) for column in columns]
    head = max((len(lines) for lines in headings), default=1) * name * 1.3 + 8
    height = head + cell * max(len(rows), 1)
    marks = []
    over = [  # a text of several lines hangs from its first
        {"x": left + step * (at + 0.5), "y": head - 8 - len(lines) * name * 1.3, "t": "\n".join(lines)}
        for at, lines in enumerate(headings)
    ]
    marks.append(_text(over, colours["mut"], width, height, name, baseline="top"))
    side = [{"x": 0, "y": head + cell * (at + 0.5), "t": row["label"]} for at, row in enumerate(rows)]
    marks.append(_text(side, colours["ink"], width, height, 13, align="left", limit=left - 12))
    for shade in ("q0", "q1", "q2", "q3", "q4", "q5"):
        boxes, numbers = [], []
        for at, row in enumerate(rows):
            for beside, (css, text) in enumerate(row["cells"]):
                if css == shade:
                    x, y = left + step * beside, head + cell * at
                    boxes.append({"x": x, "y": y, "x2": x + step - gap, "y2": y + cell - gap})
                    numbers.append({"x": x + (step - gap) / 2, "y": y + (cell - gap) / 2, "t": text})
        if boxes:
            box = _at(boxes).mark_rect(color=colours[shade], cornerRadius=4).encode(x2="x2:Q", y2="y2:Q")
            marks.append(_placed(box, width, height))
            weight: Weight = 400 if shade == "q0" else 600
            marks.append(_text(numbers, on_shade[shade], width, height, 13, weight=weight))
    return alt.layer(*marks).properties(width=width, height=height)


def _legend(entries: Sequence[Sequence[str]], colours: Colours, width: int) -> Drawn:
    """A sample of each shade or line, with its words beside it."""
    height, x = 18.0, 0.0
    marks: list[Any] = []
    for css, text in entries:
        if css.startswith("q"):
            box = _at([{"x": x, "y": 2, "x2": x + 24, "y2": 16}])
            marks.append(
                _placed(box.mark_rect(color=colours[css], cornerRadius=3).encode(x2="x2:Q", y2="y2:Q"), width, height)
            )
        else:
            rule = _at([{"x": x, "y": 9, "to": x + 24}])
            dash = [3, 3] if css == "provisional" else [1, 0]
            marks.append(
                _placed(
                    rule.mark_rule(color=colours["mut"], strokeWidth=1.75, strokeDash=dash).encode(x2="to:Q"),
                    width,
                    height,
                )
            )
            if css == "provisional":
                hollow = _at([{"x": x + 24, "y": 9}]).mark_point(
                    size=34, filled=True, fill=colours["paper"], stroke=colours["mut"], strokeWidth=1.5, opacity=1
                )
                marks.append(_placed(hollow, width, height))
        marks.append(_text([{"x": x + 32, "y": 9, "t": text}], colours["mut"], width, height, 12, align="left"))
        x += 32 + 22 + sum(12.0 if ord(letter) > 0x2E80 else 12 * _WIDE_LETTER for letter in text)
    return alt.layer(*marks).properties(width=width, height=height)
