"""Relay connections over records and organisations, and the filter of records."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry
from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode
from sqlalchemy.orm import Session

from tocsin_hub.catalogue import filters, search
from tocsin_hub.graphql import shown
from tocsin_hub.graphql.records import Info
from tocsin_hub.members import access

N = TypeVar("N")


@strawberry.input(
    description="Which records. Within a field any value fits; fields add up. Codes are `scheme@edition:code`."
)
class RecordFilter:
    kinds: list[str] | None = None
    tags: list[str] | None = strawberry.field(default=None, description="A category finds what lies below it.")
    sectors: list[str] | None = None
    regions: list[str] | None = strawberry.field(default=None, description="A region finds what lies in it.")
    years: list[int] | None = None
    since: datetime | None = strawberry.field(default=None, description="Accepted at this time or later.")
    until: datetime | None = strawberry.field(default=None, description="Accepted before this time.")
    severity_min: int | None = strawberry.field(default=None, description="Least potential severity, 0 to 5.")
    record_types: list[str] | None = None
    system_classes: list[str] | None = None
    evidence_classes: list[str] | None = None
    priorities: list[str] | None = None
    states: list[str] | None = strawberry.field(
        default=None, description="published; hidden finds your own hidden records."
    )
    orgs: list[str] | None = strawberry.field(default=None, description="Authors of attributed records.")
    text: str | None = strawberry.field(
        default=None, description="Every word must be there, in Chinese or English; no operators."
    )


@strawberry.type
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[N]):
    cursor: str = strawberry.field(description="Opaque; good only for the same filter and the same reader.")
    node: N


@strawberry.type(description="Newest first.")
class Connection(Generic[N]):
    edges: list[Edge[N]]
    nodes: list[N]
    page_info: PageInfo
    total_count: int | None = strawberry.field(description="How many you may read, counted up to 10,000.")
    as_of: int = strawberry.field(description="The log size that this answer reflects.")


def question(chosen: RecordFilter | None, kind: str | None = None) -> filters.RecordQuery:
    """The question of a filter, over one kind if `kind` is given. Raises HubError or TaxonomyError for what it does not know."""
    given = RecordFilter() if chosen is None else chosen
    return filters.RecordQuery(
        kinds=tuple(given.kinds or ()) if kind is None else (kind,),
        tags=tuple(given.tags or ()),
        sectors=tuple(given.sectors or ()),
        regions=tuple(given.regions or ()),
        years=tuple(given.years or ()),
        since_unix_s=None if given.since is None else int(given.since.timestamp()),
        until_unix_s=None if given.until is None else int(given.until.timestamp()),
        severity_min=given.severity_min,
        record_types=tuple(given.record_types or ()),
        system_classes=tuple(given.system_classes or ()),
        evidence_classes=tuple(given.evidence_classes or ()),
        priorities=tuple(given.priorities or ()),
        states=tuple(given.states or ()),
        orgs=tuple(given.orgs or ()),
        text=given.text,
    )


async def page(info: Info, asked: filters.RecordQuery, first: int, after: str | None) -> Any:
    """The connection of a page; counts only if the count is selected."""
    found = await info.context.read(
        search.page,
        asked,
        first,
        after,
        cursor_key=info.context.face.cursor_key,
        with_total=selects(info, "totalCount"),
    )
    nodes = [shown.of_view(item, found.as_of) for item in found.items]
    return Connection(
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(found.cursors, nodes, strict=True)],
        nodes=nodes,
        page_info=PageInfo(
            has_next_page=found.has_next,
            has_previous_page=after is not None,
            start_cursor=found.cursors[0] if found.cursors else None,
            end_cursor=found.cursors[-1] if found.cursors else None,
        ),
        total_count=found.total,
        as_of=found.as_of,
    )


def selects(info: Info, name: str) -> bool:
    """Whether the field called `name` is asked for directly below the field being resolved.

    Not by `info.selected_fields`: strawberry writes fragments out there, which a small query can make endless.
    """
    raw = info._raw_info
    todo: list[SelectionNode] = [
        s for node in raw.field_nodes if node.selection_set for s in node.selection_set.selections
    ]
    seen: set[str] = set()
    while todo:
        item = todo.pop()
        if isinstance(item, FieldNode):
            if item.name.value == name:
                return True
        elif isinstance(item, InlineFragmentNode):
            todo += item.selection_set.selections
        elif isinstance(item, FragmentSpreadNode) and item.name.value not in seen:
            seen.add(item.name.value)
            todo += raw.fragments[item.name.value].selection_set.selections
    return False


def one(session: Session, viewer: access.Viewer, ref: str) -> tuple[Any, int]:
    """(record, tombstone or None; as of) in one transaction."""
    return search.get(session, viewer, ref), search.as_of(session)


def several(session: Session, viewer: access.Viewer, threads: list[bytes]) -> tuple[list[Any], int]:
    """`one` for many threads, in order."""
    return search.get_threads(session, viewer, threads), search.as_of(session)
