"""Priority and urgency: two severities, one acceptability, one rule; computed by every reader, never sent.

    gap = potential severity - acceptability;  high: gap >= 2,  medium: -1..1,  low: gap <= -2

The seed report asks for severity "far above", "about equal to" and "far below" acceptability and leaves +-1 open; here
that is medium. Not assessed is not low: null severity gives no priority.
"""

from __future__ import annotations

from dataclasses import dataclass

from tocsin_taxonomy.errors import TaxonomyError
from tocsin_taxonomy.fields import Severity
from tocsin_taxonomy.record import Record

acceptability_default = 3
FAR = 2
SHORT_CLOCK_H = 72


@dataclass(frozen=True, slots=True)
class Assessment:
    """Both severities and what follows from them; `acceptability_given` is False where the default was used."""

    severity_actual: int | None
    severity_potential: int | None
    acceptability: int
    acceptability_given: bool
    gap: int | None
    priority: str | None
    urgency: str


def priority(severity_potential: int | None, acceptability: int = acceptability_default) -> str | None:
    """high, medium or low by the gap rule (severity 0-5, acceptability 1-5); None if severity is not assessed."""
    if severity_potential is None:
        return None
    if not 0 <= severity_potential <= 5 or not 1 <= acceptability <= 5:
        raise ValueError("severity is 0-5 and acceptability 1-5")
    gap = severity_potential - acceptability
    if gap >= FAR:
        return "high"
    return "low" if gap <= -FAR else "medium"


def check_acceptability(acceptability: int, severity: Severity) -> None:
    """Refuse acceptability 5 where people or rights are hurt: policy, not arithmetic (`acceptability-refused`)."""
    hurt = severity.dimensions
    if acceptability == 5 and hurt is not None and ((hurt.people or 0) > 0 or (hurt.rights or 0) > 0):
        raise TaxonomyError("acceptability-refused", detail="at most 4 where people or rights are hurt")


def urgency(
    *,
    severity_potential: int | None = None,
    barrier: int | None = None,
    shortest_clock_h: float | None = None,
    active_exploitation: bool = False,
    spreading: bool = False,
) -> str:
    """now, soon or normal; never mixed into priority. `shortest_clock_h` is the shortest legal clock that runs, in hours."""
    close = barrier is not None and barrier >= 3 and severity_potential is not None and severity_potential >= 4
    if active_exploitation or close or (shortest_clock_h is not None and shortest_clock_h <= SHORT_CLOCK_H):
        return "now"
    return "soon" if spreading or shortest_clock_h is not None else "normal"


def assess(record: Record, *, shortest_clock_h: float | None = None, spreading: bool = False) -> Assessment:
    """Everything this page computes for one record; a mitigation has no severity and so no priority."""
    severity: Severity | None = getattr(record, "severity", None)
    given: int | None = getattr(record, "acceptability", None)
    acceptability = acceptability_default if given is None else given
    potential = None if severity is None else severity.potential
    security = getattr(record, "security", None)
    return Assessment(
        severity_actual=None if severity is None else severity.actual,
        severity_potential=potential,
        acceptability=acceptability,
        acceptability_given=given is not None,
        gap=None if potential is None else potential - acceptability,
        priority=priority(potential, acceptability),
        urgency=urgency(
            severity_potential=potential,
            barrier=None if severity is None else severity.barrier,
            shortest_clock_h=shortest_clock_h,
            active_exploitation=security is not None and security.exploited == "yes",
            spreading=spreading,
        ),
    )
