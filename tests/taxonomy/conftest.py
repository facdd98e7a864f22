"""Valid bodies that the taxonomy tests start from; each call gives a fresh copy with the fields one wants different."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

CRIMINAL = "caict-2024@2024-12:derived.individual-organisation.criminal-use"
ATTACK = "caict-2024@2024-12:endogenous.model.adversarial-attack"


def text(words: str, language: str = "en") -> dict[str, str]:
    return {"text": words, "language": language}


def tag(code: str, **more: Any) -> dict[str, Any]:
    scheme, rest = code.split("@")
    edition, bare = rest.split(":")
    return {
        "scheme": scheme,
        "edition": edition,
        "code": bare,
        "confidence": "known",
        "assigned_by": "reporter",
        **more,
    }


def severity(actual: int | None, potential: int | None, **more: Any) -> dict[str, Any]:
    return {"scheme": "tocsin-sev", "edition": "1", "actual": actual, "potential": potential, **more}


def incident(**more: Any) -> dict[str, Any]:
    return {
        "record_type": "incident",
        "title": text("Cloned voice on a call led to a payment"),
        "summary": text("A cloned voice of a manager asked for an urgent transfer; the payment was made."),
        "occurred": {"value": "2024-Q1", "precision": "quarter", "basis": "occurred"},
        "ai_contribution": "yes",
        "ai_role": "tool-of-harm",
        "system_class": "tocsin-system-class@2026-11:speech-or-audio",
        "sector": "isic@4:K",
        "region": "un-m49@2024:030",
        "risk_tags": [tag(CRIMINAL)],
        "primary_category": "caict-2024@2024-12:derived.individual-organisation",
        "severity": severity(3, 4),
        "evidence_class": "first-hand",
        **more,
    }


def finding(**more: Any) -> dict[str, Any]:
    return {
        "title": text("Injection through retrieved text"),
        "summary": text("37 of 120 probes succeeded."),
        "discovered": {"value": "2026", "precision": "year"},
        "discovery_method": "evaluation",
        "tool": {"name": "garak", "version": "0.13"},
        "system_class": "tocsin-system-class@2026-11:rag-application",
        "risk_tags": [tag(ATTACK)],
        "primary_category": "caict-2024@2024-12:endogenous.model",
        "metrics": [{"name": "attack-success-rate", "value": 0.31, "n": 120, "unit": "share", "better": "lower"}],
        "severity": severity(None, 3),
        **more,
    }


def mitigation(**more: Any) -> dict[str, Any]:
    return {
        "title": text("Call back on a known number before an urgent payment"),
        "description": text("Ring the person who asks on the number in the directory; nobody may waive it."),
        "strategy": "mitigate",
        "control_layer": "management",
        "lifecycle_stage": ["operation"],
        "addresses": [tag(CRIMINAL)],
        "applicability": {"system_classes": [], "sectors": [], "preconditions": []},
        "status": "in-use",
        "evidence_class": "first-hand",
        **more,
    }


@pytest.fixture
def bodies() -> SimpleNamespace:
    """The makers of valid bodies and of their parts; `of` finds one by the kind's name."""
    makers = {"incident": incident, "finding": finding, "mitigation": mitigation}
    return SimpleNamespace(**makers, of=makers, text=text, tag=tag, severity=severity, criminal=CRIMINAL, attack=ATTACK)
