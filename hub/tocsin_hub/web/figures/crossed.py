"""Figure 2 and the matrix: category by sector, and technical cause by social harm, as tables whose cells are shaded by count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tocsin_hub.trends import query
from tocsin_hub.web.figures import headlines, names, scales
from tocsin_hub.web.figures.figure import Cell, Column, Figure, Kind, Row, Setting
from tocsin_hub.web.figures.words import say
from tocsin_taxonomy import vocab

HEAT_BY = (("category", "sector"), ("sector",))
MOST_SECTORS = 8
MOST_CAUSES = 8
MOST_HARMS = 7
OTHER = "other"
LEVELS = ("leaf", "category")
ENOUGH_PAIRS = 30  # below it the matrix goes by category
Pairs = Counter[tuple[str, str]]


def heat(tables: Sequence[query.TrendTable], setting: Setting) -> Figure:
    """From the tables of HEAT_BY. The sectors with fewest records share one column."""
    crossed, per_sector = tables
    lang = setting.lang
    order = by_section(per_sector)
    kept = [code for code, _ in order.most_common(MOST_SECTORS)]
    if len(order) == MOST_SECTORS + 1:
        kept = [code for code, _ in order.most_common()]  # a column of the rest for one sector says less than its name
    rest = len(order) > len(kept)
    counts: Pairs = Counter()
    for cell in crossed.rows:
        category, sector = cell.keys
        if sector not in vocab.SPECIAL:
            section = names.section_of(sector)
            counts[category, section if section in kept else OTHER] += cell.count
    columns = [Column(names.short(code, lang), code, full=names.full(code, lang)) for code in kept]
    columns += [Column(say("other", lang), OTHER)] if rest else []
    n = order.total()
    ranked = [
        headlines.Count(names.short(category, lang), count, names.short(sector, lang))
        for (category, sector), count in counts.most_common()
        if sector != OTHER
    ]
    others = say("heat.others", lang, label=say("other", lang)) if rest else ""
    return _figure(
        "heat",
        crossed,
        setting,
        counts=counts,
        codes=names.categories(),
        columns=tuple(columns),
        headline=headlines.heat(ranked, n, lang),
        n=n,
        method=say("heat.method", lang, others=others),
    )


def by_section(table: query.TrendTable) -> Counter[str]:
    """Records per ISIC section, by code where the counts are equal; `unknown` and the like left out."""
    found: Counter[str] = Counter()
    for cell in sorted(table.rows, key=lambda cell: cell.keys):
        if cell.keys[0] not in vocab.SPECIAL:
            found[names.section_of(cell.keys[0])] += cell.count
    return found


def matrix_queries(asked: query.TrendQuery) -> tuple[query.TrendQuery, ...]:
    """For each technical cause, leaf or category: the harms of the records that carry it.

    A filter by tags asks two questions per cause, see `_both`; the first two tables are of the filter alone.
    """
    asks = [replace(asked, by=(level,)) for level in LEVELS]
    for level in LEVELS:
        for cause in _codes(level, "endogenous"):
            asks.append(replace(asked, by=(level,), tags=(cause,)))
            if asked.tags:
                asks.append(replace(asked, by=(level,), tags=(*asked.tags, cause)))
    return tuple(asks)


def matrix(tables: Sequence[query.TrendTable], asked: query.TrendQuery, setting: Setting) -> Figure:
    """From the tables of `matrix_queries`: leaf by leaf, or category by category where too few records are that precise."""
    lang = setting.lang
    base, others = dict(zip(LEVELS, tables, strict=False)), iter(tables[len(LEVELS) :])
    counts = {level: _both(base[level], others, level, bool(asked.tags)) for level in LEVELS}
    level = "leaf" if counts["leaf"].total() >= ENOUGH_PAIRS else "category"
    found = counts[level]
    if level == "leaf":
        causes, harms = _most(found, 0, MOST_CAUSES), _most(found, 1, MOST_HARMS)
    else:
        causes, harms = _codes(level, "endogenous"), _codes(level, "derived")
    drawn: Pairs = Counter({pair: count for pair, count in found.items() if pair[0] in causes and pair[1] in harms})
    ranked = [
        headlines.Count(names.short(cause, lang), count, names.short(harm, lang))
        for (cause, harm), count in drawn.most_common()
    ]
    return _figure(
        "matrix",
        base["leaf"],
        setting,
        counts=drawn,
        codes=causes,
        columns=tuple(Column(names.short(code, lang), code, "derived", names.full(code, lang)) for code in harms),
        headline=headlines.matrix(ranked, drawn.total(), lang),
        n=drawn.total(),
        method=say("matrix.method", lang, level=say(f"matrix.level.{level}", lang)),
    )


def _codes(level: str, layer: str) -> tuple[str, ...]:
    if level == "leaf":
        return names.leaves(layer)
    return tuple(code for code in names.categories() if names.layer_of(code) == layer)


def _both(base: query.TrendTable, others: Iterator[query.TrendTable], level: str, filtered: bool) -> Pairs:
    """Records per cause and harm; takes its tables from `others` in the order of `matrix_queries`.

    Tags of a filter are alternatives, so "tag and cause" is not one question: it is |tag| + |cause| - |tag or cause|, per harm.
    """
    of_base = {cell.keys[0]: cell.count for cell in base.rows}
    counts: Pairs = Counter()
    for cause in _codes(level, "endogenous"):
        found = {cell.keys[0]: cell.count for cell in next(others).rows}
        either = {cell.keys[0]: cell.count for cell in next(others).rows} if filtered else {}
        for harm in _codes(level, "derived"):
            both = found.get(harm, 0) + (of_base.get(harm, 0) - either.get(harm, 0) if filtered else 0)
            if both > 0:
                counts[cause, harm] = both
    return counts


def _most(counts: Pairs, side: int, most: int) -> tuple[str, ...]:
    """The leaves of one side that have most records, in the order of the scheme."""
    sums: Counter[str] = Counter()
    for pair, count in counts.items():
        sums[pair[side]] += count
    kept = {code for code, _ in sums.most_common(most)}
    return tuple(code for layer in ("endogenous", "derived") for code in _codes("leaf", layer) if code in kept)


def _figure(
    kind: Kind,
    table: query.TrendTable,
    setting: Setting,
    *,
    counts: Pairs,
    codes: Sequence[str],
    columns: tuple[Column, ...],
    headline: str,
    n: int,
    method: str,
) -> Figure:
    lang = setting.lang
    most = max(counts.values(), default=0)
    starts = scales.shades(most)
    rows = []
    for code in codes:
        values = [counts[code, column.code] for column in columns]
        cells = tuple(Cell(headlines.number(value), value, scales.shade(value, starts)) for value in values)
        rows.append(Row(names.short(code, lang), cells, code, names.layer_of(code)))
    spans = zip(range(1, 6), scales.spans(starts, most), strict=False)
    return Figure(
        kind=kind,
        title=say(f"{kind}.title", lang),
        headline=headline,
        measure=say(f"{kind}.measure", lang),
        n=n,
        coverage=say(f"{kind}.coverage", lang, n=n, total=table.total),
        method=method,
        head=say(f"{kind}.head", lang),
        columns=columns,
        rows=tuple(rows),
        as_of=table.as_of,
        setting=setting,
        source=say("source", lang, hub=setting.hub, as_of=table.as_of),
        legend=(("q0", "0"), *((f"q{at}", span) for at, span in spans)) if most else (),
    )
