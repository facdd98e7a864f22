"""One query object: what an address asks of a list or of the trends, and the address that asks it.

The page, its CSV, its JSON, its feed and its permalink all come from one `View`, so they cannot disagree. A parameter that is
not known is refused: an answer that silently leaves a filter out is a wrong answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from tocsin_hub.catalogue.filters import RecordQuery
from tocsin_hub.errors import HubError
from tocsin_hub.trends.query import TrendQuery
from tocsin_taxonomy import schemes
from tocsin_taxonomy.errors import TaxonomyError

# parameter -> field of RecordQuery, in the order that a permalink has
FIELDS = {
    "q": "text",
    "kind": "kinds",
    "tag": "tags",
    "type": "record_types",
    "sector": "sectors",
    "region": "regions",
    "year": "years",
    "severity": "severity_min",
    "system": "system_classes",
    "evidence": "evidence_classes",
    "priority": "priorities",
    "org": "orgs",
}
ONE_ONLY = ("q", "severity", "after", "first", "bom")
STEERING = ("after", "first", "bom", "by")
NO_TRENDS = ("q", "priority", "org")  # what the trend columns do not hold
LISTED = ("incident", "finding")
PAGE = 25
MAX_PAIRS = 200
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class View:
    """What an address asks: the filters as the catalogue takes them, and as `pairs` for links."""

    query: RecordQuery
    pairs: Pairs
    first: int = PAGE
    after: str | None = None
    bom: bool = False
    by: tuple[str, ...] = ()

    def values(self, name: str) -> list[str]:
        """The values of one parameter."""
        return [value for key, value in self.pairs if key == name]

    def address(self, path: str, **changes: str | Sequence[str] | None) -> str:
        """The address of this view at `path`, with parameters replaced (None takes one away)."""
        kept = [(key, value) for key, value in self.pairs if key not in changes]
        for key, change in changes.items():
            kept += [(key, value) for value in ([change] if isinstance(change, str) else change or ())]
        return path + (f"?{encoded(_ordered(kept))}" if kept else "")

    def without(self, path: str, name: str, value: str) -> str:
        """The address of this view less one value of one filter."""
        kept = [pair for pair in self.pairs if pair != (name, value)]
        return path + (f"?{encoded(kept)}" if kept else "")

    def trends(self, by: Sequence[str], *, less: str | None = None) -> TrendQuery:
        """The same filters for a trend table; `less` leaves the filter of one parameter out (to count its other values).

        Raises HubError unknown-filter-value for a filter that trends do not have: a wider answer would be a wrong one.
        """
        for name in NO_TRENDS:
            if self.values(name) and name != less:
                raise HubError("unknown-filter-value", where=name)
        asked = self.query

        def unless(name: str, values: tuple[str, ...]) -> tuple[str, ...]:
            return () if name == less else values

        try:
            return TrendQuery(
                by=tuple(by),
                kinds=asked.kinds or None,
                tags=unless("tag", asked.tags),
                sectors=unless("sector", asked.sectors),
                regions=unless("region", asked.regions),
                years=() if less == "year" else asked.years,
                severity_min=None if less == "severity" else asked.severity_min,
                record_types=unless("type", asked.record_types),
                system_classes=unless("system", asked.system_classes),
                evidence_classes=unless("evidence", asked.evidence_classes),
                include_exercise=True,
            )
        except TaxonomyError as error:
            raise HubError("unknown-filter-value", where=error.where or "filter") from None

    @property
    def countable(self) -> bool:
        """Whether the trend columns can count this view."""
        return not any(self.values(name) for name in NO_TRENDS)

    @property
    def filtered(self) -> bool:
        """Whether any filter is set."""
        return any(key not in STEERING and key != "kind" for key, _ in self.pairs)


def encoded(pairs: Iterable[tuple[str, str]]) -> str:
    """Query string; `:` and `@` stay readable."""
    return urlencode(list(pairs), safe=":@", quote_via=quote)


def _ordered(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    order = [*FIELDS, *STEERING]
    return sorted(pairs, key=lambda pair: order.index(pair[0]))


def read(given: Sequence[tuple[str, str]], *, kinds: tuple[str, ...], may: Iterable[str] = FIELDS) -> View:
    """The view that the parameters of an address ask for; empty ones, as a form sends them, ask for nothing.

    `kinds` is asked for if the address names none. Raises HubError unknown-filter-value with the parameter's name,
    search-too-long, first-out-of-range.
    """
    allowed = {*may, *STEERING}
    pairs: list[tuple[str, str]] = []
    if len(given) > MAX_PAIRS:
        raise HubError("unknown-filter-value")
    for name, value in given:
        if name not in allowed:
            raise HubError("unknown-filter-value", where=name if name.isascii() and name.isidentifier() else None)
        if value.strip() and (name, value) not in pairs:
            pairs.append((name, value.strip() if name != "by" else value))
    for name in ONE_ONLY:
        if sum(key == name for key, _ in pairs) > 1:
            raise HubError("unknown-filter-value", where=name)
    ordered = _ordered(pairs)
    filters = tuple(pair for pair in ordered if pair[0] not in STEERING)
    one = {key: value for key, value in ordered if key in ONE_ONLY}
    return View(
        query=_record_query(filters, kinds),
        pairs=filters,
        first=_whole("first", one.get("first", str(PAGE)), 1, 100, "first-out-of-range"),
        after=one.get("after"),
        bom=one.get("bom") == "1",
        by=tuple(value for key, value in ordered if key == "by"),
    )


def _record_query(pairs: Pairs, kinds: tuple[str, ...]) -> RecordQuery:
    said: dict[str, list[str]] = {}
    for name, value in pairs:
        said.setdefault(name, []).append(value)
    for name in ("tag", "sector", "region", "system"):
        for value in said.get(name, ()):
            _known(name, value)
    asked = tuple(said.get("kind", ()))
    if not set(asked) <= set(kinds) | (set(LISTED) if set(kinds) <= set(LISTED) else set()):
        raise HubError("unknown-filter-value", where="kind")
    return RecordQuery(
        kinds=asked or kinds,
        tags=tuple(said.get("tag", ())),
        sectors=tuple(said.get("sector", ())),
        regions=tuple(said.get("region", ())),
        years=tuple(_whole("year", year, 1900, 2199) for year in said.get("year", ())),
        severity_min=_whole("severity", said["severity"][0], 0, 5) if "severity" in said else None,
        record_types=tuple(said.get("type", ())),
        system_classes=tuple(said.get("system", ())),
        evidence_classes=tuple(said.get("evidence", ())),
        priorities=tuple(said.get("priority", ())),
        orgs=tuple(said.get("org", ())),
        text=said["q"][0] if "q" in said else None,
    )


def _known(name: str, value: str) -> None:
    if value in ("unknown", "multiple", "withheld") and name != "tag":
        return
    try:
        schemes.resolve(value)
    except TaxonomyError:
        raise HubError("unknown-filter-value", where=name) from None


def _whole(name: str, text: str, least: int, most: int, code: str = "unknown-filter-value") -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and least <= int(text) <= most):
        raise HubError(code, where=name)
    return int(text)
