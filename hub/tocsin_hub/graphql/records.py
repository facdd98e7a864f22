"""Records as GraphQL shows them: an interface with what all kinds share, a type for each kind, and the tombstone.

Null is "not assessed", an empty list is "assessed, none". `body` has everything that was signed, also what has no field here.
"""

from datetime import UTC, datetime
from typing import Annotated

import strawberry

from tocsin_hub.catalogue import search
from tocsin_hub.graphql import described
from tocsin_hub.graphql.coded import Code, Tag, Text
from tocsin_hub.graphql.context import Context

Info = strawberry.Info[Context, None]


@strawberry.interface(description="Anything with an opaque id. Never take an id apart: its form may change.")
class Node:
    id: strawberry.ID


@strawberry.type(
    description="A date only as precise as its author made it: `2024`, `2024-Q1`, `2024-02` or `2024-02-03`."
)
class PartialDate:
    value: str
    precision: str
    basis: str | None = strawberry.field(description="occurred, first-harm or reported; null for a finding.")


@strawberry.type(description="The severity in the words of the source; never converted.")
class SourceSeverity:
    scheme: str
    edition: str
    value: str


@strawberry.type
class SeverityDimension:
    name: str
    value: int | None


@strawberry.type(description="Scale tocsin-sev@1, 0 to 5; null = not assessed.")
class Severity:
    actual: int | None
    potential: int | None
    barrier: int | None
    dimensions: list[SeverityDimension] | None
    source: list[SourceSeverity]


@strawberry.type(description="Where something is published: an address, or a source and its own id, or both.")
class Reference:
    title: str | None
    url: str | None
    source: str | None
    external_id: str | None


@strawberry.type(description="A step from an endogenous risk to the derived risk that it led to.")
class ChainLink:
    source: Code = strawberry.field(name="from")
    target: Code = strawberry.field(name="to")
    relation: str


@strawberry.type(description="Where an imported public record comes from, and under which licence.")
class Provenance:
    source: str
    licence: str
    attribution: str | None
    url: str | None = strawberry.field(description="The first reference that has an address.")
    retrieved: str | None
    row_id: str | None


@strawberry.type(
    description="A mitigation that was tried, and whether it helped: yes, partly, no, made-worse, unknown."
)
class UsedMitigation:
    record_id: str
    helped: str


@strawberry.type
class Metric:
    name: str
    value: float
    n: int | None
    unit: str | None
    better: str


@strawberry.type(description="One signed statement of a record's thread; its bytes lie under /v1/blobs/{digest}.")
class Version:
    log_index: int
    digest: str
    kind: str
    accepted_at: datetime


def moment(unix_s: int) -> datetime:
    """Seconds since 1970 as a UTC time."""
    return datetime.fromtimestamp(unix_s, UTC)


def _version(version: search.Version) -> Version:
    return Version(
        log_index=version.index,
        digest=version.digest,
        kind=version.kind,
        accepted_at=moment(version.accepted_unix_s),
    )


@strawberry.interface(
    description="A record that you may read: an incident, a finding or a mitigation, in its newest version."
)
class Record(Node):
    record_id: str = strawberry.field(description="Permanent, as people quote it: TOC-I-2026-000042.")
    kind: str
    state: str = strawberry.field(description="published; or hidden, for its author.")
    digest: str = strawberry.field(
        description="Digest of the newest version: what an amendment or withdrawal must name."
    )
    thread: str = strawberry.field(description="Digest of the first version.")
    mode: str = strawberry.field(description="attributed, pseudonymous or unlinkable.")
    tlp: str = strawberry.field(description="TLP 2.0, lower case.")
    author_key: str
    org: str | None = strawberry.field(description="The organisation, for attributed records only.")
    title: Text
    summary: Text | None = strawberry.field(description="A mitigation's description. Null: the word unknown.")
    tags: list[Tag]
    evidence_class: str | None
    references: list[Reference]
    provenance: Provenance | None
    demo: bool = strawberry.field(description="Made for a demonstration.")
    accepted_at: datetime
    log_index: int = strawberry.field(description="Of the first version.")
    head_index: int = strawberry.field(description="Of the newest version.")
    amends: int
    body: str = strawberry.field(description="The signed body as JSON.")
    as_of: int = strawberry.field(description="The log size that this answer reflects.")

    @described.field("The statements of the thread, oldest first.")
    async def versions(self, info: Info, first: int) -> list[Version]:
        return [_version(v) for v in (await info.context.histories.load(bytes.fromhex(self.thread)))[:first]]


@strawberry.interface(description="What incidents and findings share.")
class Reported(Record):
    occurred: PartialDate | None = strawberry.field(description="When it occurred, or was discovered.")
    primary_category: Code | None
    sector: Code | None
    region: Code | None
    system_class: Code | None
    severity: Severity | None
    priority: str | None = strawberry.field(description="high, medium or low, computed; null = severity not assessed.")
    chain: list[ChainLink] | None
    lifecycle_stage: str | None
    discovery_method: str | None


@strawberry.type(description="What went wrong, or nearly did, or could.")
class Incident(Reported):
    record_type: str = strawberry.field(description="incident, near-miss, hazard or exercise.")
    ai_contribution: str | None
    ai_role: str | None
    likelihood: str | None
    confidence: str | None
    acceptability: int | None
    mitigations_used: list[UsedMitigation] | None


@strawberry.type(description="What a test found before anything happened.")
class Finding(Reported):
    tool_name: str | None
    tool_version: str | None
    metrics: list[Metric]


@strawberry.type(
    description="What a recommendation must say: what fails, what must be so, the least to do, how to check."
)
class MitigationStatement:
    failure: Text | None
    required_outcome: Text | None
    minimum_control: Text | None
    alternatives: list[Text] | None
    verification_method: Text | None
    evidence_to_keep: Text | None
    owner_role: Text | None


@strawberry.type(description="A technique it works against, and how.")
class TechniqueMitigated:
    code: Code
    how: Text


@strawberry.type(description="A practice that helps. An empty list under `applies…` means anywhere.")
class Mitigation(Record):
    strategy: str
    control_layer: str
    lifecycle_stages: list[str]
    status: str = strawberry.field(description="proposed, in-use, verified, superseded or withdrawn.")
    applies_to_system_classes: list[Code]
    applies_to_sectors: list[Code]
    preconditions: list[Text]
    techniques_mitigated: list[TechniqueMitigated] | None
    statement: MitigationStatement | None
    cost_band: str | None
    time_to_deploy_band: str | None
    side_effects: Text | None
    known_bypass: Text | None
    responds_to: list[str] | None


@strawberry.type(description="What readers get in place of a record that was withdrawn, erased or hidden.")
class Tombstone(Node):
    record_id: str
    kind: str
    state: str = strawberry.field(
        description="withdrawn (by its author) or erased (by a desk): the text is gone for good. hidden (by a desk): the text is kept, its author reads it, it may be restored."
    )
    reason: str | None
    accepted_at: datetime
    log_index: int
    head_index: int
    as_of: int


RecordResult = Annotated[
    Incident | Finding | Mitigation | Tombstone,
    strawberry.union("RecordResult", description="A record, or what is left of it."),
]
