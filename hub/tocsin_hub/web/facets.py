"""The filters that a list shows: each with its values by name and how many records each would leave.

Counts come from the trend columns, with the other filters in force and this one left out, over the same public records that the list
shows. A view that the columns cannot count (a text search) has the values without numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tocsin_hub.trends import query as trends
from tocsin_hub.web import render, words
from tocsin_hub.web.face import Seen
from tocsin_hub.web.query import View
from tocsin_taxonomy import schemes, vocab

MAX_OPTIONS = 60


@dataclass(frozen=True, slots=True)
class Option:
    """One value of a filter; `count` None: not counted."""

    value: str
    label: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Field:
    """One filter: its parameter, its name, what no choice is called, its options in groups, and what is chosen."""

    name: str
    label: str
    every: str
    groups: tuple[tuple[str, tuple[Option, ...]], ...]
    chosen: tuple[str, ...]


Counts = dict[str, int] | None
_DIMS = {
    "tag": "category",
    "type": "record_type",
    "sector": "sector",
    "region": "region",
    "year": "year",
    "severity": "severity",
    "evidence": "evidence_class",
    "system": "system_class",
}
INCIDENT_FIELDS = ("tag", "type", "sector", "region", "year", "severity", "evidence", "system")
RESPONSE_FIELDS = ("tag",)


def fields(seen: Seen, view: View, names: tuple[str, ...]) -> list[Field]:
    """The filters called `names` over `view`."""
    return [_field(seen, view, name) for name in names]


def chips(seen: Seen, view: View, path: str) -> list[tuple[str, str, str]]:
    """(name of the filter, value, address without it) of each filter in force."""
    said = _labels(seen)
    return [
        (said[name][0], value_name(seen, name, value), view.without(path, name, value)) for name, value in view.pairs
    ]


def value_name(seen: Seen, name: str, value: str) -> str:
    """The value of a filter by its name in the reader's language."""
    lang = seen.lang
    lists = {"type": "record_types", "evidence": "evidence", "kind": "kinds", "priority": "priority"}
    if name in lists:
        return render.brief(words.word(lists[name], value, lang))
    if name == "severity":
        return render.text(seen, "%(n)s or more") % {"n": value}
    return words.name(value, lang) if name in ("tag", "sector", "region", "system") else value


def _labels(seen: Seen) -> dict[str, tuple[str, str]]:
    """parameter -> (its name, what no choice is called)."""

    def _(message: str) -> str:
        return render.text(seen, message)

    return {
        "q": (_("Text"), ""),
        "kind": (_("Kind"), _("All kinds")),
        "tag": (_("Risk"), _("All risks")),
        "type": (_("Type"), _("All types")),
        "sector": (_("Sector"), _("All sectors")),
        "region": (_("Region"), _("All regions")),
        "year": (_("Year"), _("All years")),
        "severity": (_("Potential severity"), _("Any")),
        "evidence": (_("Evidence"), _("Any evidence")),
        "system": (_("System"), _("All systems")),
        "priority": (_("Priority"), _("Any")),
        "org": (_("Author"), _("All authors")),
    }


def _field(seen: Seen, view: View, name: str) -> Field:
    label, every = _labels(seen)[name]
    counts = _counts(seen, view, name)
    chosen = tuple(view.values(name))
    makers: dict[str, Callable[[Seen, Counts, tuple[str, ...]], tuple[tuple[str, tuple[Option, ...]], ...]]] = {
        "tag": _categories,
        "severity": _severities,
        "region": _regions,
    }
    groups = makers[name](seen, counts, chosen) if name in makers else (("", _plain(seen, name, counts, chosen)),)
    return Field(name, label, every, groups, chosen)


def _counts(seen: Seen, view: View, name: str) -> Counts:
    if not view.countable:
        return None
    asked = view.trends((_DIMS[name],), less=name)
    table = trends.table(seen.session, seen.face.parts.columns, seen.viewer, asked)
    return {cell.keys[0]: cell.count for cell in table.rows}


def _count(counts: Counts, value: str) -> int | None:
    return None if counts is None else counts.get(value, 0)


def _categories(seen: Seen, counts: Counts, chosen: tuple[str, ...]) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    groups: dict[str, list[Option]] = {}
    tops = schemes.categories()
    for code in (*map(str, tops), *(extra for extra in chosen if schemes.parse(extra) not in tops)):
        layer = words.layer(code)
        group = words.name(f"{schemes.CAICT}:{layer}", seen.lang) if layer else ""
        number = _count(counts, code) if schemes.parse(code) in tops else None
        groups.setdefault(group, []).append(Option(code, words.name(code, seen.lang), number))
    return tuple((group, tuple(options)) for group, options in groups.items())


def _severities(seen: Seen, counts: Counts, chosen: tuple[str, ...]) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    options = []
    for least in range(1, 6):
        number = None if counts is None else sum(n for level, n in counts.items() if int(level) >= least)
        options.append(Option(str(least), value_name(seen, "severity", str(least)), number))
    return (("", tuple(options)),)


def _regions(seen: Seen, counts: Counts, chosen: tuple[str, ...]) -> tuple[tuple[str, tuple[Option, ...]], ...]:
    """Continents with what lies in them, then the regions that records name, largest first."""
    inside: dict[str, int] = {}
    for code, number in (counts or {}).items():
        if code not in vocab.SPECIAL:
            for above in (code, *map(str, schemes.ancestors(schemes.parse(code)))):
                inside[above] = inside.get(above, 0) + number
    world = schemes.load(*schemes.M49.split("@"))
    continents = [f"{schemes.M49}:{entry.code}" for entry in world.codes.values() if entry.layer == "region"]
    wide = tuple(
        Option(code, words.name(code, seen.lang), None if counts is None else inside.get(code, 0))
        for code in continents
    )
    named = sorted({*(counts or {}), *chosen} - set(continents), key=lambda code: (-(counts or {}).get(code, 0), code))
    near = tuple(
        Option(code, words.name(code, seen.lang), None if counts is None else inside.get(code, counts.get(code, 0)))
        for code in named[:MAX_OPTIONS]
    )
    return (
        (render.text(seen, "Regions of the world"), wide),
        *(((render.text(seen, "As records name them"), near),) if near else ()),
    )


def _plain(seen: Seen, name: str, counts: Counts, chosen: tuple[str, ...]) -> tuple[Option, ...]:
    known = {"type": vocab.RECORD_TYPES, "evidence": vocab.EVIDENCE}.get(name)
    if known is None and counts is None:
        scheme = {"sector": schemes.ISIC, "system": schemes.SYSTEM_CLASS}.get(name)
        if scheme is not None:
            codes = schemes.load(*scheme.split("@")).codes.values()
            known = tuple(f"{scheme}:{entry.code}" for entry in codes if entry.selectable)
    found = {*(known or ()), *(counts or {}), *chosen}
    if name == "year":
        ordered = sorted(found, reverse=True)
    else:
        ordered = sorted(found, key=lambda value: (-(counts or {}).get(value, 0), value))
    return tuple(Option(value, value_name(seen, name, value), _count(counts, value)) for value in ordered[:MAX_OPTIONS])
