"""Figure 1: records over time, one panel per risk category, by quarter where enough records state one, else by year."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tocsin_hub.trends import query
from tocsin_hub.web.figures import headlines, names, scales
from tocsin_hub.web.figures.figure import Cell, Column, Figure, Lang, Panel, Row, Setting
from tocsin_hub.web.figures.palette import layer
from tocsin_hub.web.figures.words import say

BY = (("category", "year"), ("category", "quarter"), ("year",), ("quarter",))
ENOUGH = 0.8  # share of dated records that must state a quarter before panels go by quarter
MOST_YEARS = 12
MOST_QUARTERS = 20
LONGER_YEARS = 3
Counts = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Axis:
    """The periods drawn, and from which on they are provisional (an index; the length if none is)."""

    unit: str
    periods: tuple[str, ...]
    settled: int


def build(tables: Sequence[query.TrendTable], asked: query.TrendQuery, setting: Setting) -> Figure:
    """From the tables of BY. Years are compared in the headline, whichever unit is drawn."""
    by_year, by_quarter, per_year, per_quarter = tables
    lang = setting.lang
    quarterly = _quarterly(by_year)
    axis = _axis((per_quarter if quarterly else per_year), quarterly, setting.now_unix_s)
    counts = _counts(by_quarter if quarterly else by_year)
    years = _years(by_year, per_year, asked, setting)
    panels = _panels(counts, axis, years, lang)
    drawn = sum(cell.count for cell in (per_quarter if quarterly else per_year).rows if cell.keys[0] in axis.periods)
    every = _counts(per_quarter if quarterly else per_year)
    first, last = (axis.periods[0], axis.periods[-1]) if axis.periods else ("–", "–")
    return Figure(
        kind="trends",
        title=say("trends.title", lang),
        headline=headlines.trends(years, lang),
        measure=say(f"trends.measure.{axis.unit}", lang, first=first, last=last),
        n=drawn,
        coverage=_coverage(by_year, axis, drawn, sum(every.values()), lang),
        method=say("trends.method", lang, provisional=_provisional(axis, lang)),
        head=say(f"trends.head.{axis.unit}", lang),
        columns=tuple(
            Column(names.short(code, lang), code, names.layer_of(code), names.full(code, lang))
            for code in names.categories()
        ),
        rows=_rows(counts, axis),
        as_of=by_year.as_of,
        setting=setting,
        source=say("source", lang, hub=setting.hub, as_of=by_year.as_of),
        legend=(("line", say("key.line", lang)), ("provisional", say("key.provisional", lang))),
        panels=panels,
    )


def _counts(table: query.TrendTable) -> Counts:
    return {cell.keys: cell.count for cell in table.rows}


def _quarterly(table: query.TrendTable) -> bool:
    dated = table.coverage["year"]
    return dated > 0 and table.coverage["quarter"] / dated >= ENOUGH


def _axis(table: query.TrendTable, quarterly: bool, now_unix_s: int) -> Axis:
    """From the first period with a record, at most MOST_*, up to now or the last period with a record before that."""
    now = datetime.fromtimestamp(now_unix_s, UTC)
    today = now.year * 4 + (now.month - 1) // 3 if quarterly else now.year
    said = [_number(cell.keys[0]) for cell in table.rows]
    said = [value for value in said if value <= today]  # a date in the future is a mistake of its record
    unit = "quarter" if quarterly else "year"
    if not said:
        return Axis(unit, (), 0)
    last = max(said)
    first = max(min(said), last - (MOST_QUARTERS if quarterly else MOST_YEARS) + 1)
    periods = range(first, last + 1)
    open_from = today - 1 if quarterly else today  # reports of the quarter before are still arriving too
    return Axis(
        unit, tuple(_period(value, quarterly) for value in periods), sum(value < open_from for value in periods)
    )


def _number(period: str) -> int:
    year, _, quarter = period.partition("-Q")
    return int(year) * 4 + int(quarter) - 1 if quarter else int(year)


def _period(value: int, quarterly: bool) -> str:
    return f"{value // 4}-Q{value % 4 + 1}" if quarterly else str(value)


def _years(
    table: query.TrendTable, per_year: query.TrendTable, asked: query.TrendQuery, setting: Setting
) -> headlines.Years | None:
    """What the headline compares: the last complete year, or of a filter by year the last two complete ones in a row."""
    after = datetime.fromtimestamp(setting.now_unix_s, UTC).year - 1
    if asked.years:
        complete = [year for year in sorted(asked.years) if year <= after and year - 1 in asked.years]
        if not complete:
            return None
        after = complete[-1]
    counts = _counts(table)

    def since(year: int) -> tuple[headlines.Pair, ...]:
        return tuple(
            headlines.Pair(
                names.short(code, setting.lang), counts.get((code, str(year)), 0), counts.get((code, str(after)), 0)
            )
            for code in names.categories()
        )

    earlier = after - LONGER_YEARS
    chosen = not asked.years or earlier in asked.years
    return headlines.Years(
        before=str(after - 1),
        after=str(after),
        n_after=_counts(per_year).get((str(after),), 0),
        pairs=since(after - 1),
        earlier=str(earlier) if chosen else "",
        longer=since(earlier) if chosen else (),
    )


def _panels(counts: Counts, axis: Axis, years: headlines.Years | None, lang: Lang) -> tuple[Panel, ...]:
    tops = {
        side: scales.top(
            max(
                (
                    counts.get((code, period), 0)
                    for code in names.categories()
                    if names.layer_of(code) == side
                    for period in axis.periods
                ),
                default=0,
            )
        )
        for side in ("endogenous", "derived")
    }
    made = []
    for at, code in enumerate(names.categories()):
        side = names.layer_of(code)
        values = [counts.get((code, period), 0) for period in axis.periods]
        note = _note(values, years, at, lang)
        plan = {
            "mark": "line",
            "values": values,
            "settled": axis.settled,
            "labels": _labels(axis),
            "top": tops[side],
            "colour": layer(side),
            "note": note,
        }
        shown = values[axis.settled - 1] if axis.settled else None
        made.append(
            Panel(
                names.short(code, lang),
                code,
                side,
                text="" if shown is None else headlines.number(shown),
                note=note,
                plan=plan,
            )
        )
    return tuple(made)


def _note(values: list[int], years: headlines.Years | None, at: int, lang: Lang) -> str:
    """How the last complete year stands to the one before, in a word."""
    if not any(values):
        return say("trends.none", lang)
    if years is None:
        return ""
    pair = years.pairs[at]
    if pair.before + pair.after < headlines.MIN_RECORDS:
        return say("trends.few", lang)
    word = "quiet" if not pair.clear else "up" if pair.after > pair.before else "down"
    return say(f"trends.{word}", lang, before=years.before)


def _labels(axis: Axis) -> list[list[int | str]]:
    """Which positions carry a year: at most four, the first and the last among them where there is room."""
    starts = [at for at, period in enumerate(axis.periods) if not period[4:] or period.endswith("-Q1")]
    if len(starts) > 4:
        step = -(-(len(starts) - 1) // 3)
        starts = starts[::-1][::step][::-1]
    return [[at, axis.periods[at][:4]] for at in starts]


def _rows(counts: Counts, axis: Axis) -> tuple[Row, ...]:
    """Newest period first; one column per category."""
    rows = []
    for at in range(len(axis.periods) - 1, -1, -1):
        period, open_ = axis.periods[at], at >= axis.settled
        values = [counts.get((code, period), 0) for code in names.categories()]
        cells = tuple(Cell(headlines.number(value), value, provisional=open_) for value in values)
        rows.append(Row(period + (" *" if open_ else ""), cells, code=period))
    return tuple(rows)


def _provisional(axis: Axis, lang: str) -> str:
    open_ = axis.periods[axis.settled :]
    return (
        ("、" if lang == "zh" else ", ").join(open_)
        if open_
        else ("当前时段" if lang == "zh" else "The current period")
    )


def _coverage(table: query.TrendTable, axis: Axis, drawn: int, every: int, lang: str) -> str:
    if axis.unit == "quarter":
        return say("trends.coverage.quarter", lang, n=drawn, total=table.total)
    older = every - drawn
    earlier = say("trends.earlier", lang, n=older) if older else ""
    if table.coverage["quarter"] == table.coverage["year"]:
        return say("trends.coverage.year-only", lang, n=drawn, total=table.total, earlier=earlier)
    share = headlines.percent(table.coverage["quarter"], table.total)
    return say("trends.coverage.year", lang, n=drawn, total=table.total, earlier=earlier, share=share)
