"""Incidents and findings as they stand in a signed body, and `parse`, the one way from a dict to a checked record.

parse(kind, body, mode=...)  ->  Incident | Finding | Mitigation, or TaxonomyError (code and path, never content)
problems(kind, body, mode=...) -> all refusals at once, for people who edit drafts
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field, Tag, TypeAdapter, ValidationError

from tocsin_taxonomy import details, fields, rules, vocab
from tocsin_taxonomy.errors import CODES, TaxonomyError
from tocsin_taxonomy.fields import Few, Many, Name, Text
from tocsin_taxonomy.practice import Mitigation
from tocsin_taxonomy.record import Record, known_system_class
from tocsin_taxonomy.templates import template as template  # the same room for callers that hold only `report`


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


AnyRecord = Incident | Finding | Mitigation
MODELS: Mapping[str, type[Incident] | type[Finding] | type[Mitigation]] = {
    "incident": Incident,
    "finding": Finding,
    "mitigation": Mitigation,
}
_ADAPTERS: Mapping[str, TypeAdapter[Any]] = {kind: TypeAdapter(model) for kind, model in MODELS.items()}
# A key that only one kind has and always has; an amendment carries no kind of its own.
_TELLING = {"record_type": "incident", "metrics": "finding", "applicability": "mitigation"}


def kind_of(body: Mapping[str, Any]) -> str:
    """Which kind a body is, told by the required key no other kind has; `malformed-record` if none or several fit."""
    found = [kind for key, kind in _TELLING.items() if key in body]
    if len(found) != 1:
        raise TaxonomyError("malformed-record", detail="one of record_type, metrics, applicability must be there")
    return found[0]


def required_fields(kind: str) -> tuple[str, ...]:
    """The keys a body of this kind must have, in the order of the model; KeyError for an unknown kind."""
    return tuple(info.alias or name for name, info in MODELS[kind].model_fields.items() if info.is_required())


def parse(kind: str, body: Mapping[str, Any], *, mode: str) -> AnyRecord:
    """The checked record of a body, or the first refusal as TaxonomyError."""
    adapter = _ADAPTERS.get(kind)
    if adapter is None or mode not in vocab.MODES:
        raise TaxonomyError("malformed-record", "kind" if adapter is None else "mode")
    try:
        record: AnyRecord = adapter.validate_python(body)
    except ValidationError as error:
        raise _converted(kind, error)[0] from None
    for refusal in rules.refusals(record, mode):
        raise refusal
    return record


def problems(kind: str, body: Mapping[str, Any], *, mode: str) -> list[TaxonomyError]:
    """Every refusal of a body; rules between fields are only asked once each field is well formed."""
    try:
        record: AnyRecord = _ADAPTERS[kind].validate_python(body)
    except ValidationError as error:
        return _converted(kind, error)
    return list(rules.refusals(record, mode))


def _converted(kind: str, error: ValidationError) -> list[TaxonomyError]:
    found = []
    for item in error.errors(include_input=False, include_url=False):
        path = [str(step) for step in item["loc"] if not str(step).startswith("~")]
        reason = item["type"]
        detail = reason.replace("_", " ")
        code = "malformed-record"
        if reason in CODES:
            code, detail = reason, item["msg"]
        elif reason == "extra_forbidden":
            detail = _near(kind, path.pop())  # the key is the sender's word: never shown
        elif reason == "literal_error":
            detail = "one of: " + str(item.get("ctx", {}).get("expected"))
        elif reason == "string_too_long":
            code, detail = "text-too-long", f"at most {item.get('ctx', {}).get('max_length')} characters"
        found.append(TaxonomyError(code, ".".join(path) or None, detail=detail))
    return found


def _near(kind: str, key: str) -> str:
    near = difflib.get_close_matches(key, list(MODELS[kind].model_fields), n=1, cutoff=0.75)
    return f"unknown field; did you mean {near[0]}?" if near else "unknown field"
