"""What every record has, whatever its kind: marking, references, provenance, and one name for what each kind calls its own."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import StringConstraints, model_validator

from tocsin_taxonomy import schemes
from tocsin_taxonomy.fields import Digest, Many, Name, Part, Tag, Text, When, refuse
from tocsin_taxonomy.marking import Marking

RecordId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}-[IFM]-[0-9]{4}-[0-9]{6}$")]
MitigationId = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,8}-M-[0-9]{4}-[0-9]{6}$")]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[^\s<>\"]+$", max_length=2000)]
DEFAULT_MARKING = Marking()


class Reference(Part):
    """Where something is published: an address, or a source and its own id, or both."""

    spoken = ("title", "url", "source", "external_id")

    title: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
    url: Url | None = None
    source: Name | None = None
    external_id: Name | None = None

    @model_validator(mode="after")
    def _points_somewhere(self) -> Reference:
        if self.url is None and (self.source is None or self.external_id is None):
            refuse("malformed-record", "a url, or a source with its external_id")
        return self


class BatchApproval(Part):
    """What a person said about a whole batch of public records: `digest` names the batch."""

    spoken = ("statement", "by")

    digest: Digest
    statement: Annotated[str, StringConstraints(min_length=20, max_length=1000)]
    by: Name
    at_day: Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-[0-9]{2}-[0-9]{2}$")]


class Provenance(Part):
    """Where an imported public record comes from and under which licence."""

    spoken = ("source", "licence", "attribution", "retrieved", "row_id", "batch_approval")

    source: Name
    licence: Name
    attribution: Annotated[str, StringConstraints(min_length=1, max_length=600)] | None = None
    retrieved: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$")] | None = None
    row_id: Name | None = None
    batch_approval: BatchApproval | None = None


class Record(Part):
    """What incidents, findings and mitigations have in common, and one name for what each calls differently."""

    kind: ClassVar[str]

    marking: Marking = DEFAULT_MARKING
    provenance: Provenance | None = None
    references: Many[Reference] = ()
    demo: bool = False

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The risk tags."""
        raise NotImplementedError

    @property
    def main_title(self) -> Text:
        """The title with its language."""
        raise NotImplementedError

    @property
    def language(self) -> str:
        """The BCP 47 language of the title."""
        return self.main_title.language

    @property
    def primary_code(self) -> str | None:
        """The CAICT category the record is counted in; None for a mitigation."""
        return None

    @property
    def sector_code(self) -> str | None:
        """ISIC section in compact form, or unknown, multiple, withheld; None if the kind has none or it is not assessed."""
        return None

    @property
    def region_code(self) -> str | None:
        """UN M49 code in compact form, or unknown, multiple, withheld; None as for the sector."""
        return None

    @property
    def system_class_code(self) -> str | None:
        """System class in compact form, or multiple, withheld; the bare word unknown becomes the scheme's code."""
        return None

    @property
    def when(self) -> When | None:
        """When it occurred or was discovered; None for a mitigation."""
        return None

    @property
    def occurred_year(self) -> int | None:
        """The year of `when`."""
        return None if self.when is None else self.when.year

    @property
    def occurred_quarter(self) -> str | None:
        """The quarter of `when` as `2024-Q1`; None if only the year is known."""
        return None if self.when is None else self.when.quarter

    @property
    def severity_actual(self) -> int | None:
        """0-5; None = not assessed or the kind has none."""
        return None

    @property
    def severity_potential(self) -> int | None:
        """0-5; None = not assessed or the kind has none."""
        return None

    def searchable_text(self) -> list[str]:
        """All that people wrote, in the order of the fields: what full-text search and the redaction check read."""
        return [text for _, text in self.human_text()]


def known_system_class(value: str | None) -> str | None:
    """One spelling for an unknown system class: the code of the scheme."""
    return f"{schemes.SYSTEM_CLASS}:unknown" if value == "unknown" else value
