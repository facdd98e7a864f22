"""The taxonomy: the two-layer tree with counts, the editions, the crosswalks, and a page for each code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.filters import RecordQuery
from tocsin_hub.errors import HubError
from tocsin_hub.trends import query as trends
from tocsin_hub.web import render, words
from tocsin_hub.web.face import Made, Seen
from tocsin_hub.web.query import View, encoded
from tocsin_taxonomy import crosswalk, schemes
from tocsin_taxonomy.errors import TaxonomyError

NEWEST = 5
MAX_SLUG = 200


@dataclass(frozen=True, slots=True)
class Node:
    """A code of the tree, how many incidents and responses name it, and what lies below."""

    code: str
    incidents: int
    responses: int
    below: tuple[Node, ...]


def tree(seen: Seen) -> Made:
    """/taxonomy."""
    _no_filters(seen)
    counts = _counts(seen, ("incident",)), _counts(seen, ("mitigation",))
    layers = [
        (layer, tuple(_node(code, counts) for code in schemes.categories() if words.layer(str(code)) == layer))
        for layer in ("endogenous", "derived")
    ]
    return render.page(
        seen, "taxonomy.html", here="taxonomy", tab="tree", layers=layers, base=schemes.CAICT, ext=schemes.EXT
    )


def editions(seen: Seen) -> Made:
    """/taxonomy/editions."""
    _no_filters(seen)
    loaded = [schemes.load(*name.split("@")) for name in schemes.all_schemes()]
    return render.page(seen, "editions.html", here="taxonomy", tab="editions", loaded=loaded)


def crosswalks(seen: Seen) -> Made:
    """/taxonomy/crosswalk: what was judged to mean the same, by whom, and how sure."""
    _no_filters(seen)
    tables = {
        name: [row for row in rows if row.predicate != crosswalk.NO_MAPPING]
        for name, rows in crosswalk.tables().items()
    }
    return render.page(seen, "crosswalk.html", here="taxonomy", tab="crosswalk", tables=tables, known=_known)


def one(seen: Seen) -> Made:
    """/taxonomy/SLUG: a code of the base scheme by its own name, or any code as scheme@edition:code."""
    _no_filters(seen)
    slug = seen.args["slug"]
    code = resolved(slug)
    text = str(code)
    entry = schemes.require(code)
    layer = f"{schemes.CAICT}:{entry.layer}" if words.layer(text) and entry.selectable else None
    above = [str(each) for each in reversed(schemes.ancestors(code))]
    tags = [text] if entry.selectable else [str(child) for child in schemes.children(code)]
    in_list = View(RecordQuery(), tuple(("tag", tag) for tag in tags))
    return render.page(
        seen,
        "code.html",
        here="taxonomy",
        feed=in_list.address(f"/{seen.lang}/incidents.atom"),
        code=text,
        entry=entry,
        scheme=schemes.load(code.scheme, code.edition),
        crumbs=([layer] if layer else []) + above,
        children=[str(child) for child in schemes.children(code)],
        others=_others(text),
        incidents=_named(seen, "incident", tags),
        responses=_named(seen, "mitigation", tags),
        query="?" + encoded([("tag", tag) for tag in tags]),
    )


def resolved(slug: str) -> schemes.Code:
    """The code of a slug. Raises HubError not-found."""
    if len(slug) > MAX_SLUG:
        raise HubError("not-found")
    for text in (slug, f"{schemes.CAICT}:{slug}", f"{schemes.EXT}:{slug}"):
        try:
            return schemes.resolve(text)
        except TaxonomyError:
            continue
    raise HubError("not-found")


def _no_filters(seen: Seen) -> None:
    if seen.pairs:
        raise HubError("unknown-filter-value")


def _known(code: str) -> bool:
    try:
        schemes.resolve(code)
    except TaxonomyError:
        return False
    return True


def _counts(seen: Seen, kinds: tuple[str, ...]) -> dict[str, int]:
    """Records per category and per leaf."""
    found: dict[str, int] = {}
    for dim in ("category", "leaf"):
        asked = trends.TrendQuery(by=(dim,), kinds=kinds, include_exercise=True)
        table = trends.table(seen.session, seen.face.parts.columns, seen.viewer, asked)
        found |= {cell.keys[0]: cell.count for cell in table.rows}
    return found


def _node(code: schemes.Code, counts: tuple[dict[str, int], dict[str, int]]) -> Node:
    text = str(code)
    below = tuple(_node(child, counts) for child in schemes.children(code))
    return Node(text, counts[0].get(text, 0), counts[1].get(text, 0), below)


def _named(seen: Seen, kind: str, tags: Sequence[str]) -> search.Page:
    query = RecordQuery(kinds=(kind,), tags=tuple(tags)[:50])
    return search.page(seen.session, seen.viewer, query, NEWEST, cursor_key=seen.face.cursor_key, with_total=True)


def _others(code: str) -> list[crosswalk.Mapping]:
    """What the code is judged to mean in other schemes, and by whom."""
    own = schemes.parse(code).scheme
    found: list[crosswalk.Mapping] = []
    for rows in crosswalk.tables().values():
        for row in rows:
            if code in (row.subject, row.object) and row.predicate != crosswalk.NO_MAPPING:
                found.append(row)
    return sorted(found, key=lambda row: (schemes.parse(row.subject).scheme == own, row.subject, row.object))
