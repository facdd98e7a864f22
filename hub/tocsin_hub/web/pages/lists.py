"""The two lists, incidents and responses: a page, and the same view as CSV, JSON and a feed."""

from __future__ import annotations

from typing import Any

from tocsin_hub.catalogue import search
from tocsin_hub.web import exports, facets, feeds, render
from tocsin_hub.web import query as asked
from tocsin_hub.web.face import Made, Seen

KINDS = {"incidents": ("incident",), "responses": ("mitigation",)}
MAY = {
    "incidents": tuple(asked.FIELDS),
    "responses": ("q", "tag", "evidence", "org"),
}
FEED_LENGTH = 50


def view_of(seen: Seen, folder: str) -> asked.View:
    """What the address asks of the list called `folder`."""
    return asked.read(seen.pairs, kinds=KINDS[folder], may=MAY[folder])


def found(seen: Seen, view: asked.View, *, first: int | None = None, with_total: bool = False) -> search.Page:
    """The page of records that a view asks for."""
    return search.page(
        seen.session,
        seen.viewer,
        view.query,
        first or view.first,
        view.after,
        cursor_key=seen.face.cursor_key,
        with_total=with_total,
    )


def incidents(seen: Seen) -> Made:
    """/incidents."""
    return _page(seen, "incidents", facets.INCIDENT_FIELDS)


def responses(seen: Seen) -> Made:
    """/responses."""
    return _page(seen, "responses", facets.RESPONSE_FIELDS)


def _page(seen: Seen, folder: str, names: tuple[str, ...]) -> Made:
    view = view_of(seen, folder)
    path = f"/{seen.lang}/{folder}"
    page = found(seen, view, with_total=True)
    return render.page(
        seen,
        f"{folder}.html",
        here=folder,
        feed=view.address(f"{path}.atom"),
        path=path,
        folder=folder,
        fields=facets.fields(seen, view, names),
        search=view.query.text or "",
        items=page.items,
        total=page.total,
        chips=facets.chips(seen, view, path),
        links=links(seen, view, path),
        start=view.address(path),
        later=view.after is not None,
        next=None if page.next_cursor is None else view.address(path, after=page.next_cursor),
        share_alike=any(_share_alike(item) for item in page.items),
    )


def _share_alike(item: Any) -> bool:
    return item.content.provenance is not None and render.share_alike(item.content.provenance.licence)


def links(seen: Seen, view: asked.View, path: str) -> list[tuple[str, str]]:
    """What may be taken away from a view."""
    return [
        ("CSV", view.address(f"{path}.csv")),
        (render.text(seen, "CSV for Excel"), view.address(f"{path}.csv", bom="1")),
        ("JSON", view.address(f"{path}.json")),
        (render.text(seen, "Feed"), view.address(f"{path}.atom")),
        (render.text(seen, "Link"), view.address(path)),
    ]


def csv(folder: str) -> Any:
    """The page function of a list as CSV: every record of the view, newest first."""

    def made(seen: Seen) -> Made:
        view = view_of(seen, folder)
        body = exports.records(seen, view)
        return exports.attachment(body, "text/csv; charset=utf-8", f"tocsin-{folder}.csv")

    return made


def json(folder: str) -> Any:
    """The page function of a list as JSON: one page of the view, with the cursor of the next."""

    def made(seen: Seen) -> Made:
        view = view_of(seen, folder)
        page = found(seen, view, with_total=True)
        return exports.page_json(seen, view, page, f"/{seen.lang}/{folder}")

    return made


def atom(folder: str) -> Any:
    """The page function of a list as a feed of its newest records."""

    def made(seen: Seen) -> Made:
        view = view_of(seen, folder)
        return feeds.records(seen, view, found(seen, view, first=FEED_LENGTH).items, folder)

    return made
