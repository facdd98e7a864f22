"""From a question to a figure without drawings: which tables it is made of, and which room makes it of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tocsin_hub.trends import query
from tocsin_hub.web.figures import crossed, ranks, series
from tocsin_hub.web.figures.figure import Figure, Kind, Response, Setting


def needs(kind: Kind, asked: query.TrendQuery) -> tuple[query.TrendQuery, ...]:
    """The tables that a figure of `kind` is made of, over the records that `asked` chooses; its `by` is not looked at."""
    if kind == "matrix":
        return crossed.matrix_queries(asked)
    by: dict[Kind, tuple[tuple[str, ...], ...]] = {
        "trends": series.BY,
        "heat": crossed.HEAT_BY,
        "responses": (("category",),),
        "regions": (("region",),),
        "sectors": (("sector",),),
    }
    return tuple(replace(asked, by=dims) for dims in by[kind])


def build(
    kind: Kind,
    tables: Sequence[query.TrendTable],
    asked: query.TrendQuery,
    setting: Setting,
    responses: Sequence[Response] = (),
) -> Figure:
    """A figure from the tables of `needs(kind, asked)`, without drawings. `responses` is for that kind alone."""
    match kind:
        case "trends":
            return series.build(tables, asked, setting)
        case "heat":
            return crossed.heat(tables, setting)
        case "matrix":
            return crossed.matrix(tables, asked, setting)
        case "responses":
            return ranks.responses(tables, responses, setting)
        case "regions":
            return ranks.regions(tables, setting)
        case "sectors":
            return ranks.sectors(tables, setting)
