"""The parts of a body that have a type of their own when read: plain frozen values, made from the JSON the catalogue keeps.

Nothing is validated here: the body was when it came in, and a reader must not fail on what an older hub accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """A text in the language it was written in (BCP 47)."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Tag:
    """A code as its author or a rule gave it; `predicate` and `via` say how a rule came to it."""

    scheme: str
    edition: str
    code: str
    confidence: str | None = None
    assigned_by: str | None = None
    predicate: str | None = None
    via: str | None = None

    @property
    def compact(self) -> str:
        """`scheme@edition:code`."""
        return f"{self.scheme}@{self.edition}:{self.code}"


@dataclass(frozen=True, slots=True)
class Occurred:
    """When, as precisely as was said: `2024`, `2024-Q1`, `2024-02` or `2024-02-03`; a finding has no basis."""

    value: str
    precision: str
    basis: str | None


@dataclass(frozen=True, slots=True)
class SourceSeverity:
    """The severity in the words of the source; never converted."""

    scheme: str
    edition: str
    value: str


@dataclass(frozen=True, slots=True)
class Severity:
    """0 to 5; None = not assessed. `dimensions` are (name, 0 to 5) pairs."""

    actual: int | None
    potential: int | None
    barrier: int | None
    dimensions: tuple[tuple[str, int | None], ...] | None
    source: tuple[SourceSeverity, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Where something is published: an address, or a source and its own id, or both."""

    title: str | None
    url: str | None
    source: str | None
    external_id: str | None


@dataclass(frozen=True, slots=True)
class ChainLink:
    """A step from an endogenous to a derived risk, as compact codes."""

    source: str
    target: str
    relation: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where an imported public record comes from, and under which licence."""

    source: str
    licence: str
    attribution: str | None
    retrieved: str | None
    row_id: str | None


@dataclass(frozen=True, slots=True)
class UsedMitigation:
    """A mitigation that was tried in an incident and whether it helped."""

    record_id: str
    helped: str


@dataclass(frozen=True, slots=True)
class Metric:
    """One measured number of a finding."""

    name: str
    value: float
    n: int | None
    unit: str | None
    better: str


@dataclass(frozen=True, slots=True)
class Technique:
    """A technique that a mitigation works against, and how."""

    code: str
    how: Text


@dataclass(frozen=True, slots=True)
class Statement:
    """What a recommendation says; each part may be missing."""

    failure: Text | None
    required_outcome: Text | None
    minimum_control: Text | None
    alternatives: tuple[Text, ...] | None
    verification_method: Text | None
    evidence_to_keep: Text | None
    owner_role: Text | None


@dataclass(frozen=True, slots=True)
class Content:
    """The typed parts of any kind's body: what a kind does not have is None or empty. None also means not assessed."""

    title: Text
    summary: Text | None
    occurred: Occurred | None
    tags: tuple[Tag, ...]
    severity: Severity | None
    references: tuple[Reference, ...]
    chain: tuple[ChainLink, ...] | None
    provenance: Provenance | None
    ai_contribution: str | None
    ai_role: str | None
    lifecycle_stages: tuple[str, ...] | None
    discovery_method: str | None
    likelihood: str | None
    confidence: str | None
    acceptability: int | None
    mitigations_used: tuple[UsedMitigation, ...] | None
    tool_name: str | None
    tool_version: str | None
    metrics: tuple[Metric, ...]
    strategy: str | None
    control_layer: str | None
    status: str | None
    for_system_classes: tuple[str, ...]
    for_sectors: tuple[str, ...]
    preconditions: tuple[Text, ...]
    techniques: tuple[Technique, ...] | None
    statement: Statement | None
    cost_band: str | None
    time_to_deploy_band: str | None
    side_effects: Text | None
    known_bypass: Text | None
    responds_to: tuple[str, ...] | None


def read(body: Body) -> Content:
    """The typed parts of an incident, finding or mitigation body."""
    said = body.get
    stages = said("lifecycle_stage")
    applies: Body = said("applicability") or {}
    tool: Body = said("tool") or {}
    title = _text(body["title"])
    assert title is not None
    return Content(
        title=title,
        summary=_text(said("summary") or said("description")),
        occurred=_occurred(said("occurred") or said("discovered")),
        tags=tuple(_tag(tag) for tag in said("risk_tags") or said("addresses") or ()),
        severity=_severity(said("severity")),
        references=tuple(_reference(item) for item in said("references") or ()),
        chain=_each(said("chain"), lambda step: ChainLink(step["from"], step["to"], step["relation"])),
        provenance=_provenance(said("provenance")),
        ai_contribution=said("ai_contribution"),
        ai_role=said("ai_role"),
        lifecycle_stages=(stages,) if isinstance(stages, str) else _each(stages, str),
        discovery_method=said("discovery_method"),
        likelihood=said("likelihood"),
        confidence=said("confidence"),
        acceptability=said("acceptability"),
        mitigations_used=_each(said("mitigations_used"), lambda m: UsedMitigation(m["record_id"], m["helped"])),
        tool_name=tool.get("name"),
        tool_version=tool.get("version"),
        metrics=tuple(_metric(metric) for metric in said("metrics") or ()),
        strategy=said("strategy"),
        control_layer=said("control_layer"),
        status=said("status"),
        for_system_classes=tuple(applies.get("system_classes") or ()),
        for_sectors=tuple(applies.get("sectors") or ()),
        preconditions=_texts(applies.get("preconditions")) or (),
        techniques=_each(said("techniques_mitigated"), _technique),
        statement=_statement(said("statement")),
        cost_band=said("cost_band"),
        time_to_deploy_band=said("time_to_deploy_band"),
        side_effects=_text(said("side_effects")),
        known_bypass=_text(said("known_bypass")),
        responds_to=_each(said("responds_to"), str),
    )


def _each(values: Iterable[Any] | None, make: Any) -> tuple[Any, ...] | None:
    return None if values is None else tuple(make(value) for value in values)


def _text(value: Any) -> Text | None:
    return Text(value["text"], value["language"]) if isinstance(value, dict) else None  # the word `unknown` is no text


def _texts(values: Any) -> tuple[Text, ...] | None:
    return _each(values, lambda value: Text(value["text"], value["language"]))


def _tag(tag: Body) -> Tag:
    optional = (tag.get(name) for name in ("confidence", "assigned_by", "predicate", "via"))
    return Tag(tag["scheme"], tag["edition"], tag["code"], *optional)


def _occurred(when: Body | None) -> Occurred | None:
    return None if when is None else Occurred(when["value"], when["precision"], when.get("basis"))


def _severity(said: Body | None) -> Severity | None:
    if said is None:
        return None
    dimensions = said.get("dimensions")
    return Severity(
        actual=said.get("actual"),
        potential=said.get("potential"),
        barrier=said.get("barrier"),
        dimensions=None if dimensions is None else tuple(dimensions.items()),
        source=tuple(SourceSeverity(s["scheme"], s["edition"], s["value"]) for s in said.get("source") or ()),
    )


def _reference(item: Body) -> Reference:
    return Reference(*(item.get(name) for name in ("title", "url", "source", "external_id")))


def _provenance(said: Body | None) -> Provenance | None:
    if said is None:
        return None
    optional = (said.get(name) for name in ("attribution", "retrieved", "row_id"))
    return Provenance(said["source"], said["licence"], *optional)


def _metric(said: Body) -> Metric:
    return Metric(said["name"], said["value"], said.get("n"), said.get("unit"), said["better"])


def _technique(said: Body) -> Technique:
    return Technique(said["tag"], Text(said["how"]["text"], said["how"]["language"]))


def _statement(said: Body | None) -> Statement | None:
    if said is None:
        return None
    return Statement(
        failure=_text(said.get("failure")),
        required_outcome=_text(said.get("required_outcome")),
        minimum_control=_text(said.get("minimum_control")),
        alternatives=_texts(said.get("alternatives")),
        verification_method=_text(said.get("verification_method")),
        evidence_to_keep=_text(said.get("evidence_to_keep")),
        owner_role=_text(said.get("owner_role")),
    )
