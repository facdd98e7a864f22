"""Rules between fields and between record and mode, asked after each field is well formed.

Each rule is a generator of TaxonomyError, so one walk gives either the first refusal (parse) or all of them (problems).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from tocsin_taxonomy import assess, regions, schemes, vocab
from tocsin_taxonomy.errors import TaxonomyError
from tocsin_taxonomy.fields import MAX_SUMMARY, MAX_SUMMARY_PUBLIC, MAX_TITLE, MAX_TITLE_PUBLIC, Tag, When
from tocsin_taxonomy.incident import Finding, Incident
from tocsin_taxonomy.practice import Mitigation

AnyRecord = Incident | Finding | Mitigation
MAX_DESCRIPTION = 1200
_COARSE_PRECISION = ("year", "quarter")


def refusals(record: AnyRecord, mode: str) -> Iterator[TaxonomyError]:
    """Every rule the record breaks in this mode."""
    public = record.evidence_class == "public-source"
    yield from _texts(record, freer=public and mode == "attributed")
    if public and not record.references:
        yield TaxonomyError("reference-required", "references")
    if isinstance(record, Mitigation):
        yield from _tagged(record.addresses, "addresses")
        return
    yield from _tagged(record.risk_tags, "risk_tags")
    yield from _reported(record)
    if mode in vocab.NAMELESS_MODES:
        yield from _nameless(record)


def _texts(record: AnyRecord, *, freer: bool) -> Iterator[TaxonomyError]:
    if len(record.title.text) > (MAX_TITLE_PUBLIC if freer else MAX_TITLE):
        yield TaxonomyError(
            "text-too-long", "title.text", detail=f"at most {MAX_TITLE_PUBLIC if freer else MAX_TITLE} characters"
        )
    if isinstance(record, Mitigation):
        name, body, usual = "description", record.description, MAX_DESCRIPTION
    elif isinstance(record.summary, str):
        if not freer:
            yield TaxonomyError(
                "public-source-rule", "summary", detail="only an attributed public-source record may leave it unknown"
            )
        return
    else:
        name, body, usual = "summary", record.summary, MAX_SUMMARY
    most = MAX_SUMMARY_PUBLIC if freer else usual
    if len(body.text) > most:
        yield TaxonomyError("text-too-long", f"{name}.text", detail=f"at most {most} characters")


def _tagged(tags: tuple[Tag, ...], where: str) -> Iterator[TaxonomyError]:
    if not any(tag.scheme in schemes.OWN_RISK_SCHEMES for tag in tags):
        yield TaxonomyError("tag-required", where, detail="at least one tag of caict-2024 or tocsin-ext")


@lru_cache(maxsize=1024)
def _category(compact: str) -> str | None:
    found = schemes.category(schemes.parse(compact))
    return None if found is None else str(found)


@lru_cache(maxsize=1)
def _categories() -> frozenset[str]:
    return frozenset(str(code) for code in schemes.categories())


def _reported(record: Incident | Finding) -> Iterator[TaxonomyError]:
    if record.primary_category not in _categories():
        yield TaxonomyError("unknown-code", "primary_category", detail="one of the seven categories of caict-2024")
    elif not any(_category(tag.compact) == record.primary_category for tag in record.risk_tags):
        yield TaxonomyError("tag-required", "primary_category", detail="no risk tag lies in this category")
    if record.chain:
        yield from _chain(record)
    if record.kind == "finding":
        if record.severity.actual:
            yield TaxonomyError("malformed-record", "severity.actual", detail="a finding has not happened: null or 0")
    else:
        yield from _acceptable(record)


def _chain(record: Incident | Finding) -> Iterator[TaxonomyError]:
    own = {tag.compact for tag in record.risk_tags}
    for position, link in enumerate(record.chain or ()):
        for end, code, layer in (("from", link.from_, "endogenous"), ("to", link.to, "derived")):
            if code not in own:
                yield TaxonomyError("chain-invalid", f"chain.{position}.{end}", detail="not a risk tag of this record")
            elif schemes.require(schemes.parse(code)).layer != layer:
                yield TaxonomyError(
                    "chain-invalid", f"chain.{position}.{end}", detail=f"must be a code of the {layer} layer"
                )


def _acceptable(record: Incident | Finding) -> Iterator[TaxonomyError]:
    acceptability = getattr(record, "acceptability", None)
    if acceptability is not None:
        try:
            assess.check_acceptability(acceptability, record.severity)
        except TaxonomyError as error:
            yield error.at("acceptability")


def _nameless(record: Incident | Finding) -> Iterator[TaxonomyError]:
    dates: list[tuple[str, When | None]] = [("occurred" if record.kind == "incident" else "discovered", record.when)]
    others = getattr(record, "dates", None)
    if others is not None:
        dates += [(f"dates.{name}", getattr(others, name)) for name in type(others).model_fields]
    for where, date in dates:
        if date is not None and date.precision not in _COARSE_PRECISION:
            yield TaxonomyError("nameless-too-precise", where, detail="only year or quarter in a nameless mode")
    region = record.region_code
    if region is not None and region not in vocab.SPECIAL and regions.coarseness(region) == "country":
        yield TaxonomyError("nameless-too-precise", "region", detail="only a sub-region or coarser in a nameless mode")
