"""Schemes and their codes: every code carries its scheme and edition, because bare codes change meaning between editions.

    `owasp-llm@2025:LLM03` = scheme `owasp-llm`, edition `2025`, code `LLM03`

Data lie in `data/<scheme>/<edition>.yaml`, are read once through importlib.resources and never change while running.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

import yaml

from tocsin_taxonomy.errors import TaxonomyError

CAICT = "caict-2024@2024-12"
EXT = "tocsin-ext@2026-11"
ISIC = "isic@4"
M49 = "un-m49@2024"
SYSTEM_CLASS = "tocsin-system-class@2026-11"
SEVERITY = "tocsin-sev@1"
OWN_RISK_SCHEMES = ("caict-2024", "tocsin-ext")

# Editions whose entries hang under codes of another scheme; `children` must look there too.
_EXTENSIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({CAICT: (EXT,)})
_COMPACT = re.compile(r"([a-z0-9][a-z0-9-]{1,39})@([A-Za-z0-9][A-Za-z0-9._-]{0,19}):([A-Za-z0-9][A-Za-z0-9._-]{0,95})")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Code:
    """One code with its scheme and edition; `str(code)` is the compact form used everywhere on the wire."""

    scheme: str
    edition: str
    code: str

    def __str__(self) -> str:
        return f"{self.scheme}@{self.edition}:{self.code}"


@dataclass(frozen=True, slots=True)
class Entry:
    """One code's row. `parent` is a code of the same edition or a compact code of another scheme.

    `layer` says which part of the scheme it belongs to: endogenous or derived (CAICT), tactic, technique or mitigation
    (ATLAS), country, sub-region, region or world (UN M49). `selectable` is False where the code may not be a tag.
    """

    code: str
    labels: Mapping[str, str]
    parent: str | None = None
    layer: str | None = None
    selectable: bool = True
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Scheme:
    """One edition of a scheme. `use` is risk, sector, region, system-class or severity; `lists` are its other word lists."""

    scheme: str
    edition: str
    labels: Mapping[str, str]
    codes: Mapping[str, Entry]
    use: str
    source: str
    licence: str
    lists: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.scheme}@{self.edition}"


def parse(text: str) -> Code:
    """Split a compact code; `bare-code` if scheme or edition is missing. Does not ask whether the code exists."""
    found = _COMPACT.fullmatch(text)
    if found is None:
        raise TaxonomyError("bare-code", detail="write scheme@edition:code")
    return Code(*found.groups())


def _data() -> Traversable:
    return resources.files("tocsin_taxonomy").joinpath("data")


@lru_cache(maxsize=1)
def _editions() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for folder in sorted(_data().iterdir(), key=lambda item: item.name):
        if folder.is_dir() and folder.name != "crosswalk":
            names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
            if names:
                found[folder.name] = tuple(name.removesuffix(".yaml") for name in names)
    return MappingProxyType(found)


def all_schemes() -> tuple[str, ...]:
    """Every edition shipped, as `scheme@edition`, sorted."""
    return tuple(f"{scheme}@{edition}" for scheme, editions in _editions().items() for edition in editions)


def editions(scheme: str) -> tuple[str, ...]:
    """The editions of one scheme, sorted; `unknown-scheme` if there is none."""
    if scheme not in _editions():
        raise TaxonomyError("unknown-scheme")
    return _editions()[scheme]


@lru_cache(maxsize=64)
def load(scheme: str, edition: str) -> Scheme:
    """One edition, read once; `unknown-scheme` or `unknown-edition` if it is not shipped."""
    if edition not in editions(scheme):
        raise TaxonomyError("unknown-edition", detail="known editions: " + ", ".join(editions(scheme)))
    text = _data().joinpath(scheme, f"{edition}.yaml").read_text(encoding="utf-8")
    raw: dict[str, Any] = yaml.load(text, Loader=_LOADER)  # noqa: S506 - a safe loader, of our own package data
    codes: dict[str, Entry] = {}
    for code, row in raw["codes"].items():
        english = row["en"]
        labels = MappingProxyType({"en": english, "zh": row.get("zh", english)})
        codes[code] = Entry(
            code, labels, row.get("parent"), row.get("layer"), row.get("selectable", True), row.get("note")
        )
    return Scheme(
        scheme=raw["scheme"],
        edition=raw["edition"],
        labels=MappingProxyType(raw["labels"]),
        codes=MappingProxyType(codes),
        use=raw["use"],
        source=raw["source"],
        licence=raw["licence"],
        lists=MappingProxyType(raw.get("lists", {})),
    )


@lru_cache(maxsize=4096)
def require(code: Code) -> Entry:
    """The entry of a code; `unknown-scheme`, `unknown-edition` or `unknown-code` if it is not there."""
    entry = load(code.scheme, code.edition).codes.get(code.code)
    if entry is None:
        raise TaxonomyError("unknown-code")
    return entry


@lru_cache(maxsize=4096)
def resolve(text: str) -> Code:
    """Parse a compact code and make sure that it exists."""
    code = parse(text)
    require(code)
    return code


@lru_cache(maxsize=4096)
def parent(code: Code) -> Code | None:
    """The code above, selectable or not, also across schemes; None at the top."""
    above = require(code).parent
    if above is None:
        return None
    return parse(above) if ":" in above else Code(code.scheme, code.edition, above)


@lru_cache(maxsize=4096)
def ancestors(code: Code) -> tuple[Code, ...]:
    """The codes above that may be tags, nearest first. Layers are never tags, so they are left out."""
    found: list[Code] = []
    above = parent(code)
    while above is not None:
        if require(above).selectable:
            found.append(above)
        above = parent(above)
    return tuple(found)


@lru_cache(maxsize=1024)
def children(code: Code) -> tuple[Code, ...]:
    """The codes directly below, in the order of the data, followed by those of extending schemes."""
    require(code)
    own = f"{code.scheme}@{code.edition}"
    found = [
        Code(code.scheme, code.edition, e.code)
        for e in load(code.scheme, code.edition).codes.values()
        if e.parent == code.code
    ]
    for extension in _EXTENSIONS.get(own, ()):
        scheme, edition = extension.split("@")
        found += [Code(scheme, edition, e.code) for e in load(scheme, edition).codes.values() if e.parent == str(code)]
    return tuple(found)


def label(code: Code, lang: str = "en") -> str:
    """The name of a code in `zh` or `en`; where a scheme has no Chinese of its own (ATLAS) the English name stands."""
    return require(code).labels["zh" if lang.startswith("zh") else "en"]


def category(code: Code) -> Code | None:
    """The CAICT category of a risk code of ours (itself if it is one); None for codes of other schemes."""
    if code.scheme not in OWN_RISK_SCHEMES or not require(code).selectable:
        return None
    above = ancestors(code)
    return above[-1] if above else code


def categories() -> tuple[Code, ...]:
    """The seven CAICT categories in the report's order."""
    scheme = load(*CAICT.split("@"))
    tops = [Code(scheme.scheme, scheme.edition, e.code) for e in scheme.codes.values() if e.selectable]
    return tuple(code for code in tops if not ancestors(code))
