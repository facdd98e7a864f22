"""The optional parts of incidents and findings: who was hurt, why, by which attack, what was done, what was measured."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tocsin_taxonomy import fields, vocab
from tocsin_taxonomy.fields import Few, Many, Name, Note, Part
from tocsin_taxonomy.record import MitigationId, RecordId


class ChainLink(Part):
    """One step from an endogenous code to a derived code of the same record."""

    from_: Annotated[str, Field(alias="from", max_length=160)]
    to: Annotated[str, Field(max_length=160)]
    relation: Literal["extends-to"]


class Harm(Part):
    """One harm: which dimension, to whom, whether it is real; quantities in bands."""

    type: vocab.Dimension
    subject: vocab.HarmSubject
    actual: bool
    basis: vocab.HarmBasis
    count_band: vocab.CountBand | None = None
    money_band: vocab.MoneyBand | None = None


class Affected(Part):
    """Who was affected, in bands and kinds."""

    stakeholder_kinds: Few[vocab.StakeholderKind] | None = None
    count_band: vocab.CountBand | None = None
    vulnerable_groups: vocab.YesNo | None = None
    rights_affected: vocab.YesNo | None = None


class ImpactScope(Part):
    """How far it reached."""

    geography: vocab.Geography | None = None
    audience: vocab.CountBand | None = None
    deployment_breadth: vocab.Breadth | None = None


class Causes(Part):
    """What it came from; MIT's three causal questions and our own yes-no questions."""

    data_link: vocab.YesNo | None = None
    model_link: vocab.YesNo | None = None
    misuse: vocab.YesNo | None = None
    multi_system: vocab.YesNo | None = None
    autonomy: vocab.Autonomy | None = None
    entity: vocab.CausalEntity | None = None
    intent: vocab.CausalIntent | None = None
    timing: vocab.CausalTiming | None = None
    control_layer_failed: Few[vocab.Layer] | None = None


class AttackStep(Part):
    """One step of an adversary, in codes of a risk scheme such as `mitre-atlas@5.6.0:AML.T0051`."""

    tactic: fields.RiskCode | None = None
    technique: fields.RiskCode


class Security(Part):
    """Only if an adversary was involved."""

    attack_steps: Many[AttackStep] | None = None
    maturity: vocab.Maturity | None = None
    vulnerability_ids: (
        Many[Annotated[str, StringConstraints(pattern=r"^(CVE-[0-9]{4}-[0-9]{4,7}|CWE-[0-9]{1,5})$")]] | None
    ) = None
    cvss: (
        Annotated[
            str, StringConstraints(pattern=r"^CVSS:[234]\.[0-9](/[A-Za-z]{1,3}:[A-Za-z]{1,10})+$", max_length=200)
        ]
        | None
    ) = None
    exploited: vocab.YesNo | None = None
    access_needed: vocab.AccessNeeded | None = None


class Response(Part):
    """What was done about it."""

    spoken = ("actions_taken",)

    strategy: Few[vocab.Strategy] | None = None
    actions_taken: Note | None = None
    residual_risk: fields.Step | None = None
    reversibility: vocab.Reversibility | None = None
    effectiveness: vocab.Helped | None = None


class Link(Part):
    """Another record of the same thing, here or elsewhere (`source` AIID, CVE, ... with its own id)."""

    spoken = ("source", "external_id")

    relation: vocab.LinkRelation
    record_id: RecordId | None = None
    source: Name | None = None
    external_id: Name | None = None


class Dates(Part):
    """Other dates, each as precise as it says."""

    discovered: fields.When | None = None
    reported_internally: fields.When | None = None
    contained: fields.When | None = None
    resolved: fields.When | None = None
    disclosed: fields.When | None = None


class MitigationUsed(Part):
    """A mitigation of the catalogue that was tried, and whether it helped."""

    record_id: MitigationId
    helped: vocab.Helped


class Tool(Part):
    """What made the measurement."""

    spoken = ("name", "version")

    name: Name
    version: Annotated[str, StringConstraints(min_length=1, max_length=60)] | None = None


class Metric(Part):
    """One measured number; `n` is the sample size, `better` which way is good."""

    spoken = ("name", "unit")

    name: Name
    value: float
    n: Annotated[int, Field(ge=0)] | None = None
    unit: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None
    better: vocab.Better
