"""Filters over records: what may be asked, checked once, and the same filters as SQL over RecordRow.

Within a field any of the values fits; the fields together must all fit. A tag finds what lies below it, because `record_tag` holds the
ancestors; a region finds everything inside it.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, select
from sqlmodel import col

from tocsin_hub.catalogue import tokens
from tocsin_hub.errors import HubError
from tocsin_hub.store.tables import RecordRow, RecordTagRow
from tocsin_taxonomy import regions, schemes, vocab

STATES = ("published", "hidden")
_CLASS = {"unknown": f"{schemes.SYSTEM_CLASS}:unknown"}  # the word and the code are one
MAX_TEXT_CHARS = 200
MAX_WORDS = 16
MAX_VALUES = 50


@dataclass(frozen=True, slots=True)
class RecordQuery:
    """Which records. Codes are compact (`isic@4:K`); times are unix seconds of acceptance, `since` included, `until` not.

    Raises HubError unknown-filter-value or search-too-long, TaxonomyError bare-code, unknown-scheme, -edition or -code.
    """

    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    since_unix_s: int | None = None
    until_unix_s: int | None = None
    severity_min: int | None = None
    record_types: tuple[str, ...] = ()
    system_classes: tuple[str, ...] = ()
    evidence_classes: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()
    text: str | None = None

    def __post_init__(self) -> None:
        _closed("kinds", self.kinds, vocab.KINDS)
        _closed("states", self.states, STATES)
        _closed("priorities", self.priorities, vocab.PRIORITY)
        _closed("recordTypes", self.record_types, vocab.RECORD_TYPES)
        _closed("evidenceClasses", self.evidence_classes, vocab.EVIDENCE)
        for codes in (self.tags, self.sectors, self.regions, self.system_classes):
            if len(codes) > MAX_VALUES:
                raise HubError("unknown-filter-value")
            for code in codes:
                if code not in vocab.SPECIAL or codes is self.tags:
                    schemes.resolve(code)
        if self.text is not None and (len(self.text) > MAX_TEXT_CHARS or len(tokens.of_query(self.text)) > MAX_WORDS):
            raise HubError("search-too-long", where="text")

    def fingerprint(self) -> bytes:
        """The question as bytes, for a cursor to be bound to."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True).encode()

    def words(self) -> list[str] | None:
        """The tokens to be found, None if no text was asked for; an empty list finds nothing."""
        return None if self.text is None or not self.text.strip() else tokens.of_query(self.text)


def _closed(name: str, values: tuple[str, ...], known: Iterable[str]) -> None:
    if not set(values) <= set(known) or len(values) > MAX_VALUES:
        raise HubError("unknown-filter-value", where=name)


def conditions(query: RecordQuery, *, tags: bool) -> list[ColumnElement[bool]]:
    """The filters over RecordRow; `tags` False leaves the tags to a join of the caller. Text is always the caller's."""
    row = RecordRow
    found: list[ColumnElement[bool]] = []
    for column, values in (
        (row.kind, query.kinds),
        (row.sector, query.sectors),
        (row.region, _inside(query.regions)),
        (row.occurred_year, query.years),
        (row.record_type, query.record_types),
        (row.system_class, tuple(_CLASS.get(value, value) for value in query.system_classes)),
        (row.evidence_class, query.evidence_classes),
        (row.priority, query.priorities),
        (row.state, query.states),
        (row.author_org, query.orgs),
    ):
        if len(values) == 1:
            found.append(col(column) == values[0])
        elif values:
            found.append(col(column).in_(values))
    if query.since_unix_s is not None:
        found.append(col(row.accepted_unix_s) >= query.since_unix_s)
    if query.until_unix_s is not None:
        found.append(col(row.accepted_unix_s) < query.until_unix_s)
    if query.severity_min is not None:
        found.append(col(row.severity_potential) >= query.severity_min)
    if tags and query.tags:
        tag = RecordTagRow
        found.append(col(row.rec).in_(select(col(tag.rec)).where(col(tag.tag).in_(query.tags))))
    return found


@lru_cache(maxsize=256)
def _inside(codes: tuple[str, ...]) -> tuple[str, ...]:
    """The regions asked for and everything inside them; `unknown` and the like stand for themselves."""
    named = [code for code in codes if code not in vocab.SPECIAL]
    inside = (code for code in regions.intersecting(named) if any(regions.covers(own, code) for own in named))
    return tuple(sorted({*codes, *inside}))
