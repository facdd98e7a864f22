"""Regions as a tree (UN M49): which region lies in which, and how coarse one is. Works on compact code strings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from tocsin_taxonomy import schemes, vocab
from tocsin_taxonomy.errors import TaxonomyError

WORLD = f"{schemes.M49}:001"
COARSENESS = ("country", "sub-region", "region", "world")


@lru_cache(maxsize=1024)
def _above(code: str) -> frozenset[str]:
    parsed = schemes.resolve(code)
    return frozenset((code, *map(str, schemes.ancestors(parsed))))


@lru_cache(maxsize=1024)
def _below(code: str) -> frozenset[str]:
    found = {code}
    for child in schemes.children(schemes.resolve(code)):
        found |= _below(str(child))
    return frozenset(found)


def covers(outer: str, inner: str) -> bool:
    """Whether `inner` is `outer` or lies in it. The words unknown, multiple and withheld lie in the world only."""
    if inner in vocab.SPECIAL:
        return outer in (WORLD, inner)
    return outer in _above(inner)


def intersecting(codes: Iterable[str]) -> frozenset[str]:
    """Every region that shares ground with one of `codes`: themselves, all above and all below.

    If the world is among them the words unknown, multiple and withheld are too, because only a world-wide grant covers them.
    """
    found: set[str] = set()
    for code in codes:
        if code in vocab.SPECIAL:
            found.add(code)
            continue
        found |= _above(code) | _below(code)
        if code == WORLD:
            found |= set(vocab.SPECIAL)
    return frozenset(found)


@lru_cache(maxsize=1024)
def coarseness(code: str) -> str:
    """How coarse a region is: country, sub-region, region or world."""
    layer = schemes.require(schemes.resolve(code)).layer
    assert layer in COARSENESS
    return layer


def coarsen(code: str, to: str) -> str:
    """The nearest region around `code` that is at least as coarse as `to`; a code that already is comes back unchanged."""
    if code in vocab.SPECIAL:
        return code
    least = COARSENESS.index(to)
    for candidate in (code, *map(str, schemes.ancestors(schemes.resolve(code)))):
        if COARSENESS.index(coarseness(candidate)) >= least:
            return candidate
    return WORLD


@lru_cache(maxsize=1)
def _alpha2() -> dict[str, str]:
    countries = schemes.load(*schemes.M49.split("@")).codes.values()
    return {entry.note: f"{schemes.M49}:{entry.code}" for entry in countries if entry.layer == "country" and entry.note}


def by_alpha2(letters: str) -> str:
    """The compact code of a country or area by its two ISO 3166-1 letters; `unknown-code` if there is none."""
    found = _alpha2().get(letters.upper())
    if found is None:
        raise TaxonomyError("unknown-code", detail="no such two letters in ISO 3166-1")
    return found
