"""Crosswalks between schemes: reviewed SSSOM tables, read both ways, and the tags of ours that follow from them.

    data/crosswalk/*.tsv: subject_id predicate_id object_id mapping_justification author_label mapping_date comment

`broadMatch` means that the object is broader than the subject. Severity and harm types are never mapped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from tocsin_taxonomy import schemes
from tocsin_taxonomy.errors import TaxonomyError

COLUMNS = (
    "subject_id",
    "predicate_id",
    "object_id",
    "mapping_justification",
    "author_label",
    "mapping_date",
    "comment",
)
NO_MAPPING = "sssom:NoMapping"
NO_TERM = "sssom:NoTermFound"
# From the surest to the weakest. What follows from one of the last two is only a potential tag.
STRENGTH = ("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch")
SURE = frozenset(STRENGTH[:3])
_INVERSE = {"skos:broadMatch": "skos:narrowMatch", "skos:narrowMatch": "skos:broadMatch"}
_INHERITED = {
    "skos:exactMatch": "skos:broadMatch",
    "skos:closeMatch": "skos:broadMatch",
    "skos:narrowMatch": "skos:relatedMatch",
}


@dataclass(frozen=True, slots=True)
class Mapping:
    """One row; subject and object are compact codes, `reason` is the author's, `date` the day of the judgement."""

    subject: str
    predicate: str
    object: str
    author: str
    reason: str
    date: str


@lru_cache(maxsize=1)
def tables() -> dict[str, tuple[Mapping, ...]]:
    """Every crosswalk shipped: file name without ending -> its rows in the author's order."""
    found: dict[str, tuple[Mapping, ...]] = {}
    folder = resources.files("tocsin_taxonomy").joinpath("data/crosswalk")
    for item in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if item.name.endswith(".tsv"):
            lines = [
                line for line in item.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
            ]
            rows = [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in lines[1:]]
            found[item.name.removesuffix(".tsv")] = tuple(
                Mapping(
                    r["subject_id"],
                    r["predicate_id"],
                    r["object_id"],
                    r["author_label"],
                    r["comment"],
                    r["mapping_date"],
                )
                for r in rows
            )
    return found


@lru_cache(maxsize=1)
def _index() -> MappingProxyType[str, tuple[Mapping, ...]]:
    found: dict[str, list[Mapping]] = {}
    for rows in tables().values():
        for row in rows:
            found.setdefault(row.subject, []).append(row)
            if row.predicate != NO_MAPPING:
                back = replace(
                    row, subject=row.object, object=row.subject, predicate=_INVERSE.get(row.predicate, row.predicate)
                )
                found.setdefault(back.subject, []).append(back)
    ordered = {code: tuple(sorted(rows, key=_weakness)) for code, rows in found.items()}
    return MappingProxyType(ordered)


def _weakness(row: Mapping) -> int:
    """Narrow and related count the same, so that among weak rows the author's order decides."""
    if row.predicate in SURE:
        return STRENGTH.index(row.predicate)
    return len(STRENGTH) + (row.predicate == NO_MAPPING)


def translate(code: str, to_scheme: str) -> list[Mapping]:
    """What a compact code means in `to_scheme` (with or without `@edition`), surest first; empty if nothing is known.

    A row `sssom:NoMapping` says that somebody looked and found nothing; it is returned only when it is all there is.
    A code without rows of its own takes those of the nearest code above, weakened, because it is narrower.
    """
    start = f"{to_scheme}:" if "@" in to_scheme else f"{to_scheme}@"
    ours = to_scheme.split("@")[0] in schemes.OWN_RISK_SCHEMES
    return _nearest(code, lambda row: row.object.startswith(start) or (ours and row.predicate == NO_MAPPING))


def _to_ours(row: Mapping) -> bool:
    return row.predicate == NO_MAPPING or row.object.startswith(
        tuple(f"{scheme}@" for scheme in schemes.OWN_RISK_SCHEMES)
    )


def _nearest(code: str, wanted: Callable[[Mapping], bool]) -> list[Mapping]:
    parsed = schemes.resolve(code)
    for distance, candidate in enumerate((parsed, *schemes.ancestors(parsed))):
        rows = [row for row in _index().get(str(candidate), ()) if wanted(row)]
        real = [row for row in rows if row.predicate != NO_MAPPING]
        if distance:
            real = [replace(row, subject=code, predicate=_INHERITED.get(row.predicate, row.predicate)) for row in real]
        if rows:
            return real or ([] if distance else rows)
    return []


def derive(codes: Iterable[str]) -> list[dict[str, Any]]:
    """Tags of caict-2024 and tocsin-ext that follow from compact codes of other schemes, surest first.

    Each is a tag dict with `assigned_by: rule`, the predicate, and `via` = the code it follows from. Exact, close and
    broad matches give known tags; a code that has only narrow or related ones gives its first, as a potential tag.
    """
    found: dict[str, dict[str, Any]] = {}
    for code in codes:
        if schemes.parse(code).scheme in schemes.OWN_RISK_SCHEMES:
            continue
        rows = [row for row in _nearest(code, _to_ours) if row.predicate != NO_MAPPING]
        for row in [row for row in rows if row.predicate in SURE] or rows[:1]:
            target = schemes.parse(row.object)
            tag = {
                "scheme": target.scheme,
                "edition": target.edition,
                "code": target.code,
                "confidence": "known" if row.predicate in SURE else "potential",
                "assigned_by": "rule",
                "predicate": row.predicate,
                "via": code,
            }
            old = found.get(row.object)
            if old is None or STRENGTH.index(row.predicate) < STRENGTH.index(old["predicate"]):
                found[row.object] = tag
    return sorted(found.values(), key=lambda tag: STRENGTH.index(tag["predicate"]))


def primary_category(tags: Iterable[dict[str, Any]]) -> str | None:
    """The one CAICT category tag dicts agree on, as a compact code; None where a person must choose.

    What people and importers assigned comes before what followed by rule, and sure tags before potential ones.
    """
    ranks: dict[int, set[str]] = {}
    for tag in tags:
        try:
            category = schemes.category(schemes.Code(tag["scheme"], tag["edition"], tag["code"]))
        except TaxonomyError:
            continue  # the record itself will be refused for it
        if category is not None:
            rank = (2 if tag["assigned_by"] in ("rule", "model") else 0) + (tag["confidence"] == "potential")
            ranks.setdefault(rank, set()).add(str(category))
    best = ranks[min(ranks)] if ranks else set()
    return next(iter(best)) if len(best) == 1 else None
