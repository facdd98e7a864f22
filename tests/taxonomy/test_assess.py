"""Claims about priority and urgency: the gap rule cell by cell, and that not assessed is not low."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from tocsin_taxonomy import assess, report


def test_the_whole_table_of_the_gap_rule() -> None:
    short = {"high": "h", "medium": "m", "low": "l"}
    table = ["".join(short[str(assess.priority(s, a))] for a in range(1, 6)) for s in range(6)]
    assert table == ["mllll", "mmlll", "mmmll", "hmmml", "hhmmm", "hhhmm"]


def test_not_assessed_is_not_low() -> None:
    assert assess.priority(None) is None


@pytest.mark.parametrize(("severity", "acceptability"), [(-1, 3), (6, 3), (3, 0), (3, 6)])
def test_a_step_off_the_scale_is_an_error(severity: int, acceptability: int) -> None:
    with pytest.raises(ValueError, match="0-5"):
        assess.priority(severity, acceptability)


@pytest.mark.parametrize(
    ("facts", "urgency"),
    [
        ({}, "normal"),
        ({"shortest_clock_h": 72}, "now"),
        ({"shortest_clock_h": 360}, "soon"),
        ({"active_exploitation": True}, "now"),
        ({"barrier": 3, "severity_potential": 4}, "now"),
        ({"barrier": 3, "severity_potential": 3}, "normal"),
        ({"barrier": 2, "severity_potential": 5}, "normal"),
        ({"spreading": True}, "soon"),
    ],
)
def test_urgency_follows_clocks_exploitation_and_barriers(facts: dict[str, object], urgency: str) -> None:
    assert assess.urgency(**facts) == urgency  # type: ignore[arg-type]


def test_an_assessment_shows_both_severities_and_says_when_acceptability_is_the_default(
    bodies: SimpleNamespace,
) -> None:
    body = bodies.incident(severity=bodies.severity(0, 5, barrier=3), security={"exploited": "no"})
    found = assess.assess(report.parse("incident", body, mode="attributed"))
    assert (found.severity_actual, found.severity_potential, found.gap, found.priority) == (0, 5, 2, "high")
    assert (found.acceptability, found.acceptability_given, found.urgency) == (3, False, "now")
    given = assess.assess(report.parse("incident", {**body, "acceptability": 4}, mode="attributed"))
    assert (given.acceptability_given, given.priority) == (True, "medium")


def test_priority_cannot_be_sent(bodies: SimpleNamespace) -> None:
    assert report.problems("incident", bodies.incident(priority="low"), mode="attributed")[0].code == "malformed-record"
