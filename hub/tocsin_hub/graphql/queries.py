"""The queries. Each resolver reads once, off the event loop, as the viewer of the request."""

import base64
import binascii
from typing import cast

import strawberry

from tocsin_hub.catalogue import search
from tocsin_hub.errors import HubError
from tocsin_hub.graphql import described, figures, pages, people, shown, words
from tocsin_hub.graphql.figures import TrendDimension, TrendFilter, TrendTable
from tocsin_hub.graphql.pages import Connection, Edge, PageInfo, RecordFilter
from tocsin_hub.graphql.people import Hub, Me, Organisation, SubmissionStatus
from tocsin_hub.graphql.records import Finding, Incident, Info, Mitigation, Node, Record, RecordResult

MAX_IDS = 100


@strawberry.type(
    description="Everything that can be read. What you may not read is nowhere in an answer, not even in a count."
)
class Query:
    @described.field("What this hub is.")
    async def hub(self, info: Info) -> Hub:
        face = info.context.face
        size, as_of = await info.context.read(people.progress)
        return Hub(origin=face.origin, prefix=face.prefix, version=face.version, log_size=size, as_of=as_of)

    @described.field("Who you are to this hub.")
    async def me(self, info: Info) -> Me:
        return people.me_of(info.context.viewer)

    @described.field("Records of all kinds, newest first. `first` is 1 to 100.")
    async def records(
        self, info: Info, first: int, after: str | None = None, filter: RecordFilter | None = None
    ) -> Connection[Record]:
        return cast(Connection[Record], await pages.page(info, pages.question(filter), first, after))

    @described.field("Incidents, near misses, hazards and exercises, newest first.")
    async def incidents(
        self, info: Info, first: int, after: str | None = None, filter: RecordFilter | None = None
    ) -> Connection[Incident]:
        return cast(Connection[Incident], await pages.page(info, pages.question(filter, "incident"), first, after))

    @described.field("Findings of tests, newest first.")
    async def findings(
        self, info: Info, first: int, after: str | None = None, filter: RecordFilter | None = None
    ) -> Connection[Finding]:
        return cast(Connection[Finding], await pages.page(info, pages.question(filter, "finding"), first, after))

    @described.field("Mitigations, newest first; filter by the tags that they address.")
    async def mitigations(
        self, info: Info, first: int, after: str | None = None, filter: RecordFilter | None = None
    ) -> Connection[Mitigation]:
        return cast(Connection[Mitigation], await pages.page(info, pages.question(filter, "mitigation"), first, after))

    @described.field("By record id, or by any digest of its thread. Null: unknown, or not for you.")
    async def record(self, info: Info, record_id: str) -> RecordResult | None:
        found, as_of = await info.context.read(pages.one, record_id)
        return None if found is None else shown.of_view(found, as_of)

    @described.field("Anything by its opaque id. Null: unknown, or not for you.")
    async def node(self, info: Info, id: strawberry.ID) -> Node | None:
        return (await _nodes(info, [id]))[0]

    @described.field("At most 100 things by their opaque ids, in order, null where unknown or not for you.")
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
        return await _nodes(info, ids)

    @described.field("How a thread of yours stands, by any of its digests. Null: unknown, or not yours.")
    async def submission_status(self, info: Info, digest: str) -> SubmissionStatus | None:
        try:
            return people.status_of(await info.context.read(search.status, digest))
        except HubError as error:
            if error.code == "not-found":
                return None
            raise

    @described.field("Exact counts over what you may read, by one or two dimensions.")
    async def trends(self, info: Info, by: list[TrendDimension], filter: TrendFilter | None = None) -> TrendTable:
        asked = figures.asked([dim.value for dim in by], filter)
        return figures.of_table(await info.context.read(figures.table, info.context.face.columns, asked))

    @described.field("Every edition of every scheme that this hub knows.")
    async def schemes(self) -> list[words.Scheme]:
        return words.all_schemes()

    @described.field("The codes of one edition of a scheme.")
    async def codes(self, scheme: str, edition: str) -> list[words.SchemeCode]:
        return words.codes_of(scheme, edition)

    @described.field("The values of a closed list, such as record_types, with their names.")
    async def vocabulary(self, list: str) -> list[words.Word]:
        return words.words_of(list)

    @described.field("The enrolled organisations, in order of their enrolment.")
    async def directory(self, info: Info, first: int, after: str | None = None) -> Connection[Organisation]:
        if not 1 <= first <= search.MAX_FIRST:
            raise HubError("first-out-of-range", where="first")
        rows = await info.context.read(people.listed, first + 1, _enrolled_after(after))
        _, as_of = await info.context.read(people.progress)
        shown_rows = rows[:first]
        edges = [Edge(cursor=_enrolled(row.enrolled_idx), node=people.organisation_of(row)) for row in shown_rows]
        return Connection(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo(
                has_next_page=len(rows) > first,
                has_previous_page=after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
            total_count=None,
            as_of=as_of,
        )


async def _nodes(info: Info, ids: list[strawberry.ID]) -> list[Node | None]:
    if len(ids) > MAX_IDS:
        raise HubError("query-too-costly", where="ids")
    threads = [shown.thread_of(given) for given in ids]
    found, as_of = await info.context.read(pages.several, threads)
    answers: list[Node | None] = []
    for given, item in zip(ids, found, strict=True):
        org = people.org_of_id(given)
        if org is not None:
            row = await info.context.read(people.find, org)
            answers.append(None if row is None else people.organisation_of(row))
        else:
            answers.append(None if item is None else shown.of_view(item, as_of))
    return answers


def _enrolled(idx: int) -> str:
    """The directory is public and ordered by log index, so its cursor needs no signature."""
    return base64.urlsafe_b64encode(f"enrolled:{idx}".encode()).decode()


def _enrolled_after(cursor: str | None) -> int:
    if cursor is None:
        return -1
    try:
        name, _, idx = base64.b64decode(cursor.encode(), altchars=b"-_", validate=True).decode().partition(":")
        if name != "enrolled":
            raise HubError("bad-cursor", where="after")
        return int(idx)
    except (binascii.Error, ValueError):
        raise HubError("bad-cursor", where="after") from None
