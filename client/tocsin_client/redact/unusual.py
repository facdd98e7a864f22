"""How unusual a record is: how many enrolled members could have written it, counted here from the public directory.

The draft is never sent anywhere for this; the whole directory comes to the draft.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tocsin_taxonomy import regions

CROWD = 5  # members; below this the approving person is told


@dataclass(frozen=True, slots=True)
class Unusual:
    """`fitting` members of `total` share the exposed sector and region; both None if the directory could not be read."""

    fitting: int | None
    total: int | None
    sector: str
    region: str

    @property
    def small(self) -> bool:
        """Whether fewer than five members could have written it, or nobody knows."""
        return self.fitting is None or self.fitting < CROWD


def _sector_fits(exposed: str, member: str) -> bool:
    return (
        exposed in ("multiple", "unknown", "withheld", "") or member in ("multiple", "unknown", "") or exposed == member
    )


def _region_fits(exposed: str, member: str) -> bool:
    if exposed in ("unknown", "withheld", "multiple", "") or member in ("unknown", "withheld", "multiple", ""):
        return True
    return exposed == member or member in regions.intersecting([exposed])


def measure(body: Mapping[str, Any], directory: Sequence[Mapping[str, Any]] | None) -> Unusual:
    """Count the members of the directory (as `GET /v1/directory` lists them) that fit the body's sector and region."""
    sector, region = str(body.get("sector") or ""), str(body.get("region") or "")
    if directory is None:
        return Unusual(None, None, sector, region)
    active = [m for m in directory if m.get("kind") == "member" and m.get("suspendedIndex") is None]
    fitting = sum(_sector_fits(sector, str(m["sector"])) and _region_fits(region, str(m["region"])) for m in active)
    return Unusual(fitting, len(active), sector, region)
