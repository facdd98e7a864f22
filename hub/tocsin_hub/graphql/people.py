"""The hub, its directory, and the reader himself, as GraphQL shows them."""

import strawberry
from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.catalogue import search
from tocsin_hub.graphql.coded import Code, coded
from tocsin_hub.graphql.records import Node
from tocsin_hub.members import access, directory
from tocsin_hub.store import tables

_ORG_ID = "org_"


@strawberry.type(description="What this hub is, and how far its log and its answers have come.")
class Hub:
    origin: str
    prefix: str = strawberry.field(description="What record ids begin with.")
    version: str
    log_size: int
    as_of: int = strawberry.field(description="The log size that answers reflect.")


@strawberry.type(description="Which AMBER records that added regulators this grant covers; codes are already widened.")
class Grant:
    all_sectors: bool
    sectors: list[Code]
    world: bool
    regions: list[Code]


@strawberry.type(description="Who you are to this hub.")
class Me:
    kind: str = strawberry.field(description="public, member, industry-body, regulator, desk or author.")
    org: str | None
    author_key: str | None
    grant: Grant | None


@strawberry.type(description="An enrolled organisation; the name only if it wished to be named.")
class Organisation(Node):
    org: str
    kind: str
    name: str | None
    sector: Code | None
    region: Code | None
    agreement: str
    demo: bool
    enrolled_index: int
    suspended_index: int | None


@strawberry.type(description="How a thread of yours stands.")
class SubmissionStatus:
    digest: str
    thread: str
    kind: str
    mode: str
    state: str = strawberry.field(description="published, withdrawn, hidden or erased.")
    reason: str | None
    index: int
    first_index: int
    head_index: int
    head_digest: str
    amends: int
    record_id: str | None = strawberry.field(description="Null until the catalogue has read the entry.")
    as_of: int


def me_of(viewer: access.Viewer) -> Me:
    given = viewer.grant
    return Me(
        kind=viewer.kind,
        org=viewer.org,
        author_key=viewer.author_key,
        grant=None
        if given is None
        else Grant(
            all_sectors=given.all_sectors,
            sectors=[Code(value=value) for value in sorted(given.sectors)],
            world=given.world,
            regions=[Code(value=value) for value in sorted(given.regions)],
        ),
    )


def progress(session: Session, viewer: access.Viewer) -> tuple[int, int]:
    """(log size, as of) in one transaction; public."""
    size = session.execute(select(col(tables.LogStateRow.size)).where(col(tables.LogStateRow.id) == 1)).scalar()
    return size or 0, search.as_of(session)


def listed(session: Session, viewer: access.Viewer, first: int, after_idx: int) -> list[directory.Listed]:
    """The directory in order of enrolment, behind the log index `after_idx`; public."""
    return [row for row in directory.public_directory(session) if row.enrolled_idx > after_idx][:first]


def find(session: Session, viewer: access.Viewer, org: str) -> directory.Listed | None:
    """One organisation of the directory; public."""
    return next((row for row in directory.public_directory(session) if row.org == org), None)


def organisation_of(row: directory.Listed) -> Organisation:
    return Organisation(
        id=strawberry.ID(_ORG_ID + row.org),
        org=row.org,
        kind=row.kind,
        name=row.name,
        sector=coded(row.sector),
        region=coded(row.region),
        agreement=row.agreement,
        demo=row.demo,
        enrolled_index=row.enrolled_idx,
        suspended_index=row.suspended_idx,
    )


def org_of_id(given: str) -> str | None:
    """The organisation of a node id, or None if it is the id of something else."""
    return given.removeprefix(_ORG_ID) if given.startswith(_ORG_ID) else None


def status_of(found: search.Status) -> SubmissionStatus:
    return SubmissionStatus(**{name: getattr(found, name) for name in search.Status.__slots__})
