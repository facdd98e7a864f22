"""The trends: figures over the records that everybody may read, each with its finding, table, files and permalink."""

from __future__ import annotations

from typing import Any, get_args

from tocsin_hub.errors import HubError
from tocsin_hub.trends import query as trends
from tocsin_hub.web import exports, facets, render, words
from tocsin_hub.web import query as asked
from tocsin_hub.web.face import Later, Made, Seen
from tocsin_hub.web.figures import figure, sheet
from tocsin_hub.web.pages import home

MAY = ("kind", "tag", "type", "sector", "region", "year", "severity", "system", "evidence")
FIELDS = ("tag", "sector", "region", "year", "type")
KINDS: tuple[figure.Kind, ...] = get_args(figure.Kind)
SHADED = ("heat", "matrix")
MOST_RESPONSES = 12


def page(seen: Seen) -> Later:
    """/trends."""
    view = _view(seen)
    path = f"/{seen.lang}/trends"
    over = trends.table(seen.session, seen.face.parts.columns, seen.viewer, view.trends(("category",)))
    plain = [_figure(seen, view, kind) for kind in KINDS]
    values: dict[str, Any] = {
        "path": path,
        "fields": facets.fields(seen, view, FIELDS),
        "chips": facets.chips(seen, view, path),
        "links": links(seen, view, path),
        "list_link": view.address(f"/{seen.lang}/incidents"),
        "over": over,
        "notes": [trends.NOTES[note][seen.lang] for note in over.notes],
        "demo": home.demo(seen),
    }
    return lambda: render.page(
        seen,
        "trends.html",
        here="trends",
        figures=seen.face.gallery.hang(plain),
        shaded=SHADED,
        tools=lambda fig: tools(seen, view, fig),
        **values,
    )


def one(seen: Seen) -> Later:
    """/trends/FIGURE: one figure by itself."""
    view = _view(seen)
    plain = _figure(seen, view, kind_of(seen))
    chips = facets.chips(seen, view, seen.path)
    return lambda: render.page(
        seen,
        "figure.html",
        here="trends",
        fig=seen.face.gallery.hang([plain])[0],
        shaded=SHADED,
        chips=chips,
        path=seen.path,
        whole=view.address(f"/{seen.lang}/trends"),
        tools=lambda fig: tools(seen, view, fig),
    )


def figure_csv(seen: Seen) -> Made:
    """/trends/FIGURE.csv: the numbers of the figure's table."""
    view = _view(seen)
    fig = _figure(seen, view, kind_of(seen))
    body = sheet.text(fig, bom=view.bom).encode("utf-8", "replace")
    return exports.attachment(body, "text/csv; charset=utf-8", f"tocsin-{fig.kind}.csv")


def figure_json(seen: Seen) -> Made:
    """/trends/FIGURE.json: words and numbers of the figure."""
    fig = _figure(seen, _view(seen), kind_of(seen))
    return exports.document(
        {
            "v": 1,
            "kind": fig.kind,
            "asOf": fig.as_of,
            "checkpoint": seen.checkpoint_size,
            "title": fig.title,
            "headline": fig.headline,
            "measure": fig.measure,
            "coverage": fig.coverage,
            "method": fig.method,
            "n": fig.n,
            "permalink": fig.permalink,
            "columns": [{"label": column.label, "code": column.code} for column in fig.columns],
            "rows": [
                {"label": row.label, "code": row.code, "values": [cell.value for cell in row.cells]} for row in fig.rows
            ],
        }
    )


def figure_svg(seen: Seen) -> Later:
    """/trends/FIGURE.svg: a drawing that stands alone."""
    fig = _figure(seen, _view(seen), kind_of(seen))
    return lambda: exports.attachment(
        seen.face.gallery.file(fig, form="svg"), "image/svg+xml", f"tocsin-{fig.kind}.svg"
    )


def figure_png(seen: Seen) -> Later:
    """/trends/FIGURE.png: the same, in pixels."""
    fig = _figure(seen, _view(seen), kind_of(seen))
    return lambda: exports.attachment(seen.face.gallery.file(fig, form="png"), "image/png", f"tocsin-{fig.kind}.png")


def _view(seen: Seen) -> asked.View:
    return asked.read(seen.pairs, kinds=("incident",), may=MAY)


def kind_of(seen: Seen) -> figure.Kind:
    """The kind of figure that the address names. Raises HubError not-found."""
    for kind in KINDS:
        if kind == seen.args["kind"]:
            return kind
    raise HubError("not-found")


def tools(seen: Seen, view: asked.View, fig: figure.Figure) -> list[tuple[str, str]]:
    """What may be taken away from a figure."""
    path = f"/{seen.lang}/trends/{fig.kind}"
    return [
        ("CSV", view.address(f"{path}.csv", bom="1")),
        ("SVG", view.address(f"{path}.svg")),
        ("PNG", view.address(f"{path}.png")),
        (render.text(seen, "Link"), view.address(path)),
    ]


def links(seen: Seen, view: asked.View, path: str) -> list[tuple[str, str]]:
    """The table by category and quarter behind the page, as files."""
    by = ("category", "quarter")
    return [
        ("CSV", view.address(f"{path}.csv", by=by)),
        (render.text(seen, "CSV for Excel"), view.address(f"{path}.csv", bom="1", by=by)),
        ("JSON", view.address(f"{path}.json", by=by)),
        (render.text(seen, "Link"), view.address(path)),
    ]


def _figure(seen: Seen, view: asked.View, kind: figure.Kind) -> figure.Figure:
    """The figure's words and numbers; its drawings are hung when the snapshot is given up."""

    def responses() -> list[figure.Response]:
        reached = home.helps(seen, view.trends(("category",)))[:MOST_RESPONSES]
        return [
            figure.Response(item.record_id, item.content.title.text, item.content.title.language, hits)
            for item, hits in reached
        ]

    return seen.face.gallery.show(
        seen.session,
        seen.face.parts.columns,
        seen.viewer,
        view.trends(("category",)),
        kind=kind,
        lang="zh" if seen.lang == "zh" else "en",
        permalink=seen.base + view.address(f"/{seen.lang}/trends/{kind}"),
        checkpoint=str(seen.checkpoint_size),
        responses=responses,
    )


def _table(seen: Seen) -> tuple[asked.View, trends.TrendTable]:
    view = _view(seen)
    by = view.by or ("category",)
    return view, trends.table(seen.session, seen.face.parts.columns, seen.viewer, view.trends(by))


def csv(seen: Seen) -> Made:
    """/trends.csv?by=…: a table of one or two dimensions."""
    view, table = _table(seen)
    return exports.attachment(exports.trend(seen, table, bom=view.bom), "text/csv; charset=utf-8", "tocsin-trends.csv")


def json(seen: Seen) -> Made:
    """/trends.json?by=…: the same table."""
    view, table = _table(seen)
    cells: list[dict[str, Any]] = [
        {
            "keys": list(cell.keys),
            "names": [words.name(key, seen.lang) for key in cell.keys],
            "count": cell.count,
            "authorKeys": cell.author_keys,
        }
        for cell in table.rows
    ]
    return exports.document(
        {
            "v": 1,
            "asOf": table.as_of,
            "checkpoint": seen.checkpoint_size,
            "dimensions": list(table.dims),
            "query": [list(pair) for pair in view.pairs],
            "permalink": seen.base + view.address(f"/{seen.lang}/trends"),
            "total": table.total,
            "authorKeys": table.author_keys,
            "coverage": table.coverage,
            "notes": [trends.NOTES[note][seen.lang] for note in table.notes],
            "truncated": table.truncated,
            "cells": cells,
        }
    )
