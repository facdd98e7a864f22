"""The closed lists of the wire, each written once: a `Literal` for the type checker, a tuple for everybody else.

Labels in English and Chinese lie in `data/vocab.yaml` under the lower-case name of the list. A list grows only with an
ADR, because records signed with a value stay in the log for ever. Lists that are taxonomies are data (see schemes.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources
from typing import Any, Literal, get_args

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Mode = Literal["attributed", "pseudonymous", "unlinkable"]
Kind = Literal["incident", "finding", "mitigation"]
RecordType = Literal["incident", "near-miss", "hazard", "exercise"]
Precision = Literal["year", "quarter", "month", "day"]
Basis = Literal["occurred", "first-harm", "reported"]
AiContribution = Literal["yes", "possibly", "no", "unknown"]
AiRole = Literal[
    "direct-cause", "contributing", "tool-of-harm", "target-of-attack", "safeguard-failed", "none", "unknown"
]
Evidence = Literal["first-hand", "third-party", "public-source"]
TagConfidence = Literal["known", "potential"]
AssignedBy = Literal["reporter", "moderator", "importer", "rule", "model"]
Predicate = Literal["skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch"]
Stage = Literal["design", "development", "training", "testing", "deployment", "operation", "retirement"]
Discovery = Literal[
    "red-team",
    "blue-team",
    "continuous-monitoring",
    "user-feedback",
    "cross-domain",
    "compliance-ethics-review",
    "evaluation",
    "external-researcher",
    "media",
    "regulator",
    "insider",
]
Strategy = Literal["avoid", "mitigate", "accept", "share"]
Layer = Literal["technical", "application", "management"]
MitigationStatus = Literal["proposed", "in-use", "verified", "superseded", "withdrawn"]
Likelihood = Literal[
    "almost-no-chance",
    "very-unlikely",
    "unlikely",
    "roughly-even-chance",
    "likely",
    "very-likely",
    "almost-certain",
]
Confidence = Literal["low", "moderate", "high"]
Dimension = Literal[
    "people", "rights", "money-property", "service-infrastructure", "information-society", "environment"
]
HarmSubject = Literal["individual", "organisation", "society", "state", "humanity"]
HarmBasis = Literal["direct", "indirect", "inferred"]
CountBand = Literal["0", "1", "2-10", "11-100", "101-1k", ">1k"]
MoneyBand = Literal["0", "<1k", "1k-10k", "10k-100k", "100k-1M", "1M-10M", "10M-100M", ">100M"]
LossType = Literal["direct-financial", "reputation", "civil-compensation", "criminal-penalty", "social-order", "ethics"]
StakeholderKind = Literal[
    "technology-provider",
    "application-provider",
    "organisation",
    "downstream-developer",
    "third-party-supplier",
    "industry-body",
    "government-regulator",
    "international-organisation",
    "expert",
    "user-public",
]
Geography = Literal["one-site", "local", "national", "cross-border", "global", "unknown"]
Breadth = Literal["one-user", "team", "organisation", "sector", "public", "unknown"]
YesNo = Literal["yes", "no", "unknown"]
Autonomy = Literal["human-decides", "human-approves", "human-can-intervene", "no-human", "unknown"]
CausalEntity = Literal["human", "ai", "other"]
CausalIntent = Literal["intentional", "unintentional", "other"]
CausalTiming = Literal["pre-deployment", "post-deployment", "other"]
Maturity = Literal["feasible", "demonstrated", "realized"]
AccessNeeded = Literal["none", "public-user", "authenticated-user", "insider", "physical", "supply-chain", "unknown"]
Reversibility = Literal["read-only", "reversible", "external-reversible", "irreversible", "unknown"]
Helped = Literal["yes", "partly", "no", "made-worse", "unknown"]
LinkRelation = Literal["same-as", "variant-of", "duplicate-of", "follows"]
Better = Literal["higher", "lower"]
CostBand = Literal["S", "M", "L"]
TimeBand = Literal["hours", "days", "weeks", "months", "longer"]
Tlp = Literal["clear", "green", "amber", "amber+strict", "red"]
Audience = Literal["public", "members", "industry-bodies", "regulators", "peers"]
Pap = Literal["clear", "green", "amber", "red"]
Priority = Literal["high", "medium", "low"]
Urgency = Literal["now", "soon", "normal"]
Special = Literal["unknown", "multiple", "withheld"]
WithdrawReason = Literal["error", "privacy", "legal", "duplicate", "other"]
ModerateReason = Literal["identifying", "unlawful", "slander", "spam", "duplicate", "other"]

MODES: tuple[str, ...] = get_args(Mode)
NAMELESS_MODES: tuple[str, ...] = ("pseudonymous", "unlinkable")
KINDS: tuple[str, ...] = get_args(Kind)
RECORD_TYPES: tuple[str, ...] = get_args(RecordType)
PRECISION: tuple[str, ...] = get_args(Precision)
BASIS: tuple[str, ...] = get_args(Basis)
AI_CONTRIBUTION: tuple[str, ...] = get_args(AiContribution)
AI_ROLE: tuple[str, ...] = get_args(AiRole)
EVIDENCE: tuple[str, ...] = get_args(Evidence)
TAG_CONFIDENCE: tuple[str, ...] = get_args(TagConfidence)
ASSIGNED_BY: tuple[str, ...] = get_args(AssignedBy)
PREDICATES: tuple[str, ...] = get_args(Predicate)
STAGES: tuple[str, ...] = get_args(Stage)
DISCOVERY: tuple[str, ...] = get_args(Discovery)
STRATEGY: tuple[str, ...] = get_args(Strategy)
LAYER: tuple[str, ...] = get_args(Layer)
MITIGATION_STATUS: tuple[str, ...] = get_args(MitigationStatus)
LIKELIHOOD: tuple[str, ...] = get_args(Likelihood)
CONFIDENCE: tuple[str, ...] = get_args(Confidence)
DIMENSIONS: tuple[str, ...] = get_args(Dimension)
HARM_SUBJECTS: tuple[str, ...] = get_args(HarmSubject)
HARM_BASIS: tuple[str, ...] = get_args(HarmBasis)
COUNT_BANDS: tuple[str, ...] = get_args(CountBand)
MONEY_BANDS: tuple[str, ...] = get_args(MoneyBand)
LOSS_TYPES: tuple[str, ...] = get_args(LossType)
STAKEHOLDER_KINDS: tuple[str, ...] = get_args(StakeholderKind)
GEOGRAPHY: tuple[str, ...] = get_args(Geography)
BREADTH: tuple[str, ...] = get_args(Breadth)
YES_NO: tuple[str, ...] = get_args(YesNo)
AUTONOMY: tuple[str, ...] = get_args(Autonomy)
CAUSAL_ENTITY: tuple[str, ...] = get_args(CausalEntity)
CAUSAL_INTENT: tuple[str, ...] = get_args(CausalIntent)
CAUSAL_TIMING: tuple[str, ...] = get_args(CausalTiming)
MATURITY: tuple[str, ...] = get_args(Maturity)
ACCESS_NEEDED: tuple[str, ...] = get_args(AccessNeeded)
REVERSIBILITY: tuple[str, ...] = get_args(Reversibility)
HELPED: tuple[str, ...] = get_args(Helped)
LINK_RELATIONS: tuple[str, ...] = get_args(LinkRelation)
BETTER: tuple[str, ...] = get_args(Better)
COST_BANDS: tuple[str, ...] = get_args(CostBand)
TIME_BANDS: tuple[str, ...] = get_args(TimeBand)
TLP: tuple[str, ...] = get_args(Tlp)
AUDIENCE: tuple[str, ...] = get_args(Audience)
PAP: tuple[str, ...] = get_args(Pap)
PRIORITY: tuple[str, ...] = get_args(Priority)
URGENCY: tuple[str, ...] = get_args(Urgency)
SPECIAL: tuple[str, ...] = get_args(Special)
WITHDRAW_REASONS: tuple[str, ...] = get_args(WithdrawReason)
MODERATE_REASONS: tuple[str, ...] = get_args(ModerateReason)

LISTS: Mapping[str, tuple[str, ...]] = {
    name.lower(): value for name, value in list(globals().items()) if name.isupper() and isinstance(value, tuple)
}


@lru_cache(maxsize=1)
def _labels() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    text = resources.files("tocsin_taxonomy").joinpath("data/vocab.yaml").read_text(encoding="utf-8")
    loaded: dict[str, dict[str, dict[str, str]]] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - safe, our own data
    return loaded


def label(list_name: str, value: str, lang: str = "en") -> str:
    """The name of a value of a list (`label("record_types", "near-miss", "zh")`); KeyError for what is on no list."""
    return _labels()[list_name.lower()][value]["zh" if lang.startswith("zh") else "en"]


def labels(list_name: str, lang: str = "en") -> dict[str, str]:
    """Every value of a list with its name, in the order of the list."""
    return {value: label(list_name, value, lang) for value in LISTS[list_name.lower()]}
