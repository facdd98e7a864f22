"""Incidents and findings as they stand in a signed body: what went wrong or nearly did, and what a test found before."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag

from tocsin_taxonomy import details, fields, vocab
from tocsin_taxonomy.fields import Few, Many, Name, Text
from tocsin_taxonomy.record import Record, known_system_class


def _summary_arm(value: Any) -> str | None:
    if isinstance(value, str):
        return "~word"
    return "~text" if isinstance(value, dict | Text) else None


Summary = Annotated[
    Annotated[Text, Tag("~text")] | Annotated[Literal["unknown"], Tag("~word")], Discriminator(_summary_arm)
]


class Reported(Record):
    """What incidents and findings share."""

    title: Text
    summary: Summary
    system_class: fields.SystemClass
    risk_tags: Annotated[tuple[fields.Tag, ...], Field(strict=False, min_length=1, max_length=64)]
    primary_category: Annotated[str, Field(max_length=160)]
    severity: fields.Severity
    chain: Many[details.ChainLink] | None = None
    lifecycle_stage: vocab.Stage | None = None
    evidence_digest: fields.Digest | None = None

    @property
    def tags(self) -> tuple[fields.Tag, ...]:
        """The risk tags."""
        return self.risk_tags

    @property
    def main_title(self) -> Text:
        """The title with its language."""
        return self.title

    @property
    def primary_code(self) -> str:
        """The CAICT category the record is counted in."""
        return self.primary_category

    @property
    def system_class_code(self) -> str | None:
        """System class in compact form, or multiple, withheld."""
        return known_system_class(self.system_class)

    @property
    def severity_actual(self) -> int | None:
        """What happened, 0-5; None = not assessed."""
        return self.severity.actual

    @property
    def severity_potential(self) -> int | None:
        """The worst likely outcome, 0-5; None = not assessed."""
        return self.severity.potential


class Incident(Reported):
    """What went wrong, or nearly did, or could: 12 required fields, and the category it is counted in."""

    kind: ClassVar[str] = "incident"
    spoken = ("title", "summary", "severity", "response", "links", "references", "provenance")

    record_type: vocab.RecordType
    occurred: fields.Occurred
    ai_contribution: vocab.AiContribution
    ai_role: vocab.AiRole
    sector: fields.Sector
    region: fields.Region
    evidence_class: vocab.Evidence
    discovery_method: vocab.Discovery | None = None
    likelihood: vocab.Likelihood | None = None
    confidence: vocab.Confidence | None = None
    acceptability: Annotated[int, Field(ge=1, le=5)] | None = None
    harm: Few[details.Harm] | None = None
    affected: details.Affected | None = None
    loss_types: Few[vocab.LossType] | None = None
    impact_scope: details.ImpactScope | None = None
    causes: details.Causes | None = None
    security: details.Security | None = None
    response: details.Response | None = None
    links: Many[details.Link] | None = None
    dates: details.Dates | None = None
    mitigations_used: Many[details.MitigationUsed] | None = None

    @property
    def sector_code(self) -> str:
        """ISIC section in compact form, or unknown, multiple, withheld."""
        return self.sector

    @property
    def region_code(self) -> str:
        """UN M49 code in compact form, or unknown, multiple, withheld."""
        return self.region

    @property
    def when(self) -> fields.When:
        """When it occurred."""
        return self.occurred


class Finding(Reported):
    """What a test found before anything happened."""

    kind: ClassVar[str] = "finding"
    spoken = ("title", "summary", "tool", "metrics", "dataset_id", "severity", "references", "provenance")

    discovered: fields.When
    discovery_method: vocab.Discovery
    tool: details.Tool
    metrics: Annotated[tuple[details.Metric, ...], Field(strict=False, max_length=200)]
    dataset_id: Name | None = None
    sector: fields.Sector | None = None
    region: fields.Region | None = None
    evidence_class: vocab.Evidence | None = None

    @property
    def sector_code(self) -> str | None:
        """ISIC section in compact form, or unknown, multiple, withheld; None = not assessed."""
        return self.sector

    @property
    def region_code(self) -> str | None:
        """UN M49 code in compact form, or unknown, multiple, withheld; None = not assessed."""
        return self.region

    @property
    def when(self) -> fields.When:
        """When it was discovered."""
        return self.discovered
