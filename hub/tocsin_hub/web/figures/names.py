"""Short names for figures, out of the labels of the schemes themselves: a label's own words up to its first aside."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from tocsin_taxonomy import schemes
from tocsin_taxonomy.errors import TaxonomyError

# A label says more in an aside: "Infrastructure (compute, ...)", "Trade; repair of ...", "人身安全：致人伤亡...", "Leak through ...".
_BRACKET = re.compile(r"\s*(?:\([^)]*\)|（[^）]*）)")
_ASIDE = re.compile(r"\s*(?:;|；|:|：| — | / | through | from | incl\. ).*")
_RISK = (schemes.CAICT, schemes.EXT)


@lru_cache(maxsize=4096)
def full(code: str, lang: str) -> str:
    """The whole label of a compact code; the text itself if it is none."""
    try:
        return schemes.label(schemes.parse(code), lang)
    except TaxonomyError:
        return code


@lru_cache(maxsize=4096)
def short(code: str, lang: str) -> str:
    """The label without its asides."""
    whole = full(code, lang)
    return _ASIDE.sub("", _BRACKET.sub("", whole)).strip() or whole


def plain(text: str, most: int = 80) -> str:
    """A text that a reporter wrote, for a sentence or a drawing: in one line, without control, bidi and zero-width characters, cut."""
    kept = "".join(
        letter for letter in " ".join(text.split()) if unicodedata.category(letter) not in ("Cc", "Cf", "Cs", "Co")
    )
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + "…"


@lru_cache(maxsize=4096)
def layer_of(code: str) -> str:
    """`endogenous` or `derived` for a risk code, else empty."""
    try:
        found = schemes.parse(code)
        return (schemes.require(found).layer or "") if str(found).startswith(_RISK) else ""
    except TaxonomyError:
        return ""


@lru_cache(maxsize=1)
def categories() -> tuple[str, ...]:
    """The seven categories as compact codes, in the order of the scheme."""
    scheme, edition = schemes.CAICT.split("@")
    return tuple(
        f"{schemes.CAICT}:{code}"
        for code, entry in schemes.load(scheme, edition).codes.items()
        if entry.selectable and entry.parent in ("endogenous", "derived")
    )


@lru_cache(maxsize=2)
def leaves(layer: str) -> tuple[str, ...]:
    """The leaves of a layer as compact codes, those of the extension last under their category."""
    above = [schemes.parse(code) for code in categories() if layer_of(code) == layer]
    return tuple(str(leaf) for code in above for leaf in schemes.children(code))


@lru_cache(maxsize=4096)
def section_of(sector: str) -> str:
    """The ISIC section above a sector code, or itself."""
    code = schemes.parse(sector)
    return str((code, *schemes.ancestors(code))[-1])


@lru_cache(maxsize=4096)
def subregion_of(region: str) -> str:
    """The M49 sub-region around a country; a sub-region, region or the world as it is."""
    code = schemes.parse(region)
    if schemes.require(code).layer != "country":
        return region
    return next((str(up) for up in schemes.ancestors(code) if schemes.require(up).layer == "sub-region"), region)
