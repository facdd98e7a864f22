"""Mitigations: what helped, written so that somebody else can do it and check that it was done."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, StringConstraints

from tocsin_taxonomy import fields, vocab
from tocsin_taxonomy.fields import Few, Many, Note, Part, Text
from tocsin_taxonomy.record import Record, RecordId


class Applicability(Part):
    """Where it may be used; an empty list means anywhere."""

    spoken = ("preconditions",)

    system_classes: Many[fields.SystemClassCode] = ()
    sectors: Many[fields.SectorCode] = ()
    preconditions: Few[Note] = ()


class Statement(Part):
    """What a recommendation must say: what fails, what must be so afterwards, the least to do, how to check it."""

    spoken = (
        "failure",
        "required_outcome",
        "minimum_control",
        "alternatives",
        "verification_method",
        "evidence_to_keep",
        "owner_role",
    )

    failure: Note | None = None
    required_outcome: Note | None = None
    minimum_control: Note | None = None
    alternatives: Few[Note] | None = None
    verification_method: Note | None = None
    evidence_to_keep: Note | None = None
    owner_role: Note | None = None


class TechniqueMitigated(Part):
    """A technique it works against, and how."""

    spoken = ("how",)

    tag: fields.RiskCode
    how: Note


class Playbook(Part):
    """A machine-readable playbook kept by its owner: format (for example cacao-2.0) and SHA-256 in hex."""

    format: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{0,39}$")]
    digest: fields.Digest


class Mitigation(Record):
    """A best practice: 9 required fields."""

    kind: ClassVar[str] = "mitigation"
    spoken = (
        "title",
        "description",
        "applicability",
        "statement",
        "techniques_mitigated",
        "side_effects",
        "known_bypass",
        "references",
        "provenance",
    )

    title: Text
    description: Text
    strategy: vocab.Strategy
    control_layer: vocab.Layer
    lifecycle_stage: Annotated[tuple[vocab.Stage, ...], Field(strict=False, min_length=1, max_length=7)]
    addresses: Annotated[tuple[fields.Tag, ...], Field(strict=False, min_length=1, max_length=64)]
    applicability: Applicability
    status: vocab.MitigationStatus
    evidence_class: vocab.Evidence
    statement: Statement | None = None
    techniques_mitigated: Many[TechniqueMitigated] | None = None
    category_tags: Many[fields.RiskCode] | None = None
    cost_band: vocab.CostBand | None = None
    time_to_deploy_band: vocab.TimeBand | None = None
    side_effects: Note | None = None
    known_bypass: Note | None = None
    playbook: Playbook | None = None
    responds_to: Many[RecordId] | None = None

    @property
    def tags(self) -> tuple[fields.Tag, ...]:
        """The risk tags it addresses."""
        return self.addresses

    @property
    def main_title(self) -> Text:
        """The title with its language."""
        return self.title
