"""Figures 4 and 7: how far each response reaches, and where records come from, as ranked dots on one axis."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tocsin_hub.trends import query
from tocsin_hub.web.figures import crossed, headlines, names, scales
from tocsin_hub.web.figures.figure import Cell, Column, Figure, Kind, Panel, Response, Row, Setting
from tocsin_hub.web.figures.words import say
from tocsin_taxonomy import vocab

MOST = 10
TICKS = 5


def regions(tables: Sequence[query.TrendTable], setting: Setting) -> Figure:
    """From one table by region: countries summed to sub-regions; a record has one region, so the sums are exact."""
    [table] = tables
    found: Counter[str] = Counter()
    for cell in table.rows:
        if cell.keys[0] not in vocab.SPECIAL:
            found[names.subregion_of(cell.keys[0])] += cell.count
    return _ranked("regions", "region", table, found, setting)


def sectors(tables: Sequence[query.TrendTable], setting: Setting) -> Figure:
    """From one table by sector, summed to ISIC sections."""
    return _ranked("sectors", "sector", tables[0], crossed.by_section(tables[0]), setting)


def _ranked(kind: Kind, what: str, table: query.TrendTable, found: Counter[str], setting: Setting) -> Figure:
    lang = setting.lang
    order = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    n = found.total()
    end = scales.top(order[0][1] if order else 0)
    panels = tuple(
        Panel(
            names.short(code, lang),
            code,
            text=headlines.number(count),
            note=headlines.percent(count, n),
            plan={"mark": "dot", "at": count / end, "low": None, "high": None},
        )
        for code, count in order[:MOST]
    )
    rest = order[MOST:]
    said = say("rank.rest", lang, n=sum(count for _, count in rest)) if rest else ""
    ranked = [headlines.Count(names.short(code, lang), count) for code, count in order]
    return Figure(
        kind=kind,
        title=say(f"{kind}.title", lang),
        headline=headlines.rank(ranked, n, lang, what),
        measure=say(f"{kind}.measure", lang),
        n=n,
        coverage=say(f"{kind}.coverage", lang, n=n, total=table.total),
        method=say(f"{kind}.method", lang, rest=said),
        head=say(f"{kind}.head", lang),
        columns=(Column(say("records", lang)), Column(say("share", lang))),
        rows=tuple(
            Row(
                names.full(code, lang),
                (Cell(headlines.number(count), count), Cell(headlines.percent(count, n), round(count / n, 4))),
                code,
            )
            for code, count in order
        ),
        as_of=table.as_of,
        setting=setting,
        source=say("source", lang, hub=setting.hub, as_of=table.as_of),
        ticks=("0", headlines.number(end // 2), headlines.number(end)),
        panels=panels,
    )


def responses(tables: Sequence[query.TrendTable], found: Sequence[Response], setting: Setting) -> Figure:
    """From one table of the records chosen and how many of them each response reaches (`trends.query.reach`); never more than all."""
    [table] = tables
    lang, n = setting.lang, table.total
    order = sorted(found, key=lambda response: (-response.hits, response.record_id))
    drawn = [response for response in order[:MOST] if response.hits]
    bounds = [scales.wilson(response.hits, n) for response in order]
    end = scales.share_top(max((high for (_, high), _ in zip(bounds, drawn, strict=False)), default=0.0))
    panels = tuple(
        Panel(
            response.title,
            response.record_id,
            text=headlines.percent(response.hits, n),
            note=f"{headlines.number(response.hits)}/{headlines.number(n)}",
            lang=response.lang,
            plan={"mark": "dot", "at": response.hits / n * 100 / end, "low": low * 100 / end, "high": high * 100 / end},
        )
        for response, (low, high) in zip(drawn, bounds, strict=False)
    )
    return Figure(
        kind="responses",
        title=say("responses.title", lang),
        headline=headlines.responses([headlines.Count(names.plain(r.title), r.hits) for r in order], n, lang),
        measure=say("responses.measure", lang, n=n),
        n=n,
        coverage=say("responses.coverage", lang, n=n, shown=len(drawn)),
        method=say("responses.method", lang),
        head=say("responses.head", lang),
        columns=tuple(Column(say(f"responses.{name}", lang)) for name in ("hits", "share", "low", "high")),
        rows=tuple(
            Row(
                r.title,
                (
                    Cell(headlines.number(r.hits), r.hits),
                    *(Cell(f"{100 * share:.1f}%", round(share, 4)) for share in (r.hits / n if n else 0.0, *bound)),
                ),
                r.record_id,
                lang=r.lang,
            )
            for r, bound in zip(order, bounds, strict=True)
        ),
        as_of=table.as_of,
        setting=setting,
        source=say("source", lang, hub=setting.hub, as_of=table.as_of),
        ticks=tuple(f"{end * at // (TICKS - 1)}%" for at in range(TICKS)),
        panels=panels,
    )
