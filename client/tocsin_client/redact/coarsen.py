"""What the nameless modes make coarser before a person looks: months become quarters, countries become sub-regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tocsin_taxonomy import redact as shared_rules
from tocsin_taxonomy import regions

NAMELESS = ("pseudonymous", "unlinkable")
_FINE_DATES = ("month", "day")
_DATE_FIELDS = ("occurred", "discovered")
_NOT_PLACES = ("unknown", "withheld", "multiple")


@dataclass(frozen=True, slots=True)
class Change:
    """One structured field that was made coarser, shown to the person who approves."""

    path: str
    before: str
    after: str
    reason: str  # a message key


def apply(body: dict[str, Any], mode: str) -> tuple[Change, ...]:
    """Coarsen a body in place for its mode; returns what changed. Attributed records stay as they are."""
    if mode not in NAMELESS:
        return ()
    changes: list[Change] = []
    for field in _DATE_FIELDS:
        date = body.get(field)
        if isinstance(date, dict) and date.get("precision") in _FINE_DATES:
            coarse = shared_rules.coarsen_occurred(date, "quarter")
            changes.append(Change(field, str(date.get("value")), str(coarse["value"]), "coarse-date"))
            body[field] = coarse
    region = body.get("region")
    if isinstance(region, str) and region not in _NOT_PLACES and regions.coarseness(region) == "country":
        coarse_region = shared_rules.coarsen_region(region, "sub-region")
        changes.append(Change("region", region, str(coarse_region), "coarse-region"))
        body["region"] = str(coarse_region)
    return tuple(changes)
