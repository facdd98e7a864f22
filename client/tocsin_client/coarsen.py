"""What the nameless modes make coarser before a person looks: months become quarters, countries become sub-regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pydantic

from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import fields
from tocsin_taxonomy import redact as shared_rules

NAMELESS = ("pseudonymous", "unlinkable")
_FINE_DATES = ("month", "day")
_DATE_FIELDS = ("occurred", "discovered")
FIELDS = (*_DATE_FIELDS, "region")


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
            coarse = _quarter(date)
            if coarse is not None:
                changes.append(Change(field, str(date["value"]), coarse, "coarse-date"))
                body[field] = {**date, "value": coarse, "precision": "quarter"}
    region = body.get("region")
    if isinstance(region, str):
        wider = _sub_region(region)
        if wider != region:
            changes.append(Change("region", region, wider, "coarse-region"))
            body["region"] = wider
    return tuple(changes)


def _quarter(date: dict[str, Any]) -> str | None:
    """The quarter of a date as written, or None if it is no date: the schema says so with its path."""
    try:
        when = fields.When.model_validate({"value": date.get("value"), "precision": date.get("precision")})
    except pydantic.ValidationError:
        return None
    return shared_rules.coarsen_occurred(when, "quarter").value


def _sub_region(region: str) -> str:
    try:
        return shared_rules.coarsen_region(region, "sub-region")
    except taxonomy_errors.TaxonomyError:
        return region  # not a region: the schema says so with its path
