"""Who may read what: one table of doors (TLP 2.0 x viewer), told three times: in SQL, in numpy, in plain Python.

A record is open to a viewer if it is published, its embargo is over and one of the viewer's doors fits; or if it is the
viewer's own. Everything unknown (a TLP never heard of, no reader bit, no grant) opens nothing: only the author reads it.
The three forms must agree; tests/hub/members/test_access.py holds them equal on random rows. No other file decides.

A desk reads what the public reads. Operators have no reading role.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlmodel import col

from tocsin_hub.store.tables import RecordRecipientRow, RecordRow
from tocsin_taxonomy import regions, schemes

PUBLIC_BIT = 1
MEMBERS = 2
INDUSTRY = 4
REGULATORS = 8
PEERS = 16
BITS = {
    "public": PUBLIC_BIT,
    "members": MEMBERS,
    "industry-bodies": INDUSTRY,
    "regulators": REGULATORS,
    "peers": PEERS,
}

Kind = Literal["public", "member", "industry-body", "regulator", "desk", "author"]
ALL = "*"
WORLD = "un-m49@2024:001"

# Codes of the numpy form; 0 stands for whatever opens nothing.
TLP_CODES = {"clear": 1, "green": 2, "amber": 3, "amber+strict": 4, "red": 5}
GONE, PUBLISHED, HIDDEN = 0, 1, 2
STATE_CODES = {"published": PUBLISHED, "hidden": HIDDEN}


@dataclass(frozen=True, slots=True)
class Door:
    """A reader bit, the markings under which it counts, and whether a regulator's grant must cover the record."""

    bit: int
    tlps: tuple[str, ...]
    needs_grant: bool = False


_PUBLIC_DOOR = Door(PUBLIC_BIT, ("clear",))
DOORS: dict[Kind, tuple[Door, ...]] = {
    "public": (_PUBLIC_DOOR,),
    "desk": (_PUBLIC_DOOR,),
    "author": (_PUBLIC_DOOR,),
    "member": (_PUBLIC_DOOR, Door(MEMBERS, ("clear", "green", "amber", "amber+strict"))),
    "industry-body": (_PUBLIC_DOOR, Door(INDUSTRY, ("clear", "green", "amber"))),
    "regulator": (
        _PUBLIC_DOOR,
        Door(REGULATORS, ("clear", "green")),
        Door(REGULATORS, ("amber", "amber+strict"), needs_grant=True),
    ),
}
_NAMEABLE: frozenset[Kind] = frozenset(("member", "industry-body", "regulator"))  # who can be a recipient of TLP:RED


@dataclass(frozen=True, slots=True)
class Grant:
    """What a regulator may see of AMBER records that added `regulators`, already widened to every code it covers.

    A record whose sector or region is unknown, multiple, withheld or absent is covered only by the all-sectors or the
    world grant; a region need only intersect.
    """

    all_sectors: bool
    sectors: frozenset[str]
    world: bool
    regions: frozenset[str]

    def covers(self, sector: str | None, region: str | None) -> bool:
        """Whether a record of this sector and region is covered."""
        return (self.all_sectors or sector in self.sectors) and (self.world or region in self.regions)


def grant(sectors: Collection[str], region_codes: Collection[str]) -> Grant:
    """The grant over `sectors` (compact codes or "*") and `region_codes` (compact M49 codes; 001 or "*" = world)."""
    all_sectors = ALL in sectors
    world = ALL in region_codes or WORLD in region_codes
    return Grant(
        all_sectors=all_sectors,
        sectors=frozenset() if all_sectors else _below(frozenset(sectors)),
        world=world,
        regions=frozenset() if world else frozenset(regions.intersecting(sorted(region_codes))),
    )


@functools.lru_cache(maxsize=256)
def _below(codes: frozenset[str]) -> frozenset[str]:
    """The codes and everything under them."""
    found = set(codes)
    for text in codes:
        code = schemes.parse(text)
        for other in schemes.load(code.scheme, code.edition).codes:
            candidate = schemes.Code(code.scheme, code.edition, other)
            if code in schemes.ancestors(candidate):
                found.add(str(candidate))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and when. `org` and `author_key` decide what is the viewer's own; a suspended organisation is `public`
    with its `org` set, so it still sees its own records and nothing else beyond the public's."""

    kind: Kind
    org: str | None
    author_key: str | None
    grant: Grant | None
    now_unix_s: int


def PUBLIC(now_unix_s: int) -> Viewer:  # noqa: N802 - reads as the value that it is at every call site
    """The anonymous public at that time."""
    return Viewer("public", None, None, None, now_unix_s)


def bits(readers: Collection[str]) -> int:
    """The reader bits of `tocsin_taxonomy.marking.readers(marking)`; a name without a bit opens nothing."""
    return functools.reduce(lambda found, name: found | BITS.get(name, 0), readers, 0)


def visible(viewer: Viewer) -> ColumnElement[bool]:
    """The predicate over RecordRow, in SQL."""
    row = RecordRow
    ways = [
        and_(
            col(row.tlp).in_(door.tlps),
            col(row.readers).bitwise_and(door.bit) != 0,
            *((_granted(viewer.grant),) if door.needs_grant else ()),
        )
        for door in DOORS[viewer.kind]
    ]
    if viewer.org is not None and viewer.kind in _NAMEABLE:
        named = select(col(RecordRecipientRow.rec)).where(col(RecordRecipientRow.org) == viewer.org)
        ways.append(and_(col(row.tlp) == "red", col(row.rec).in_(named)))
    over = or_(col(row.embargo_until_unix_s).is_(None), col(row.embargo_until_unix_s) <= viewer.now_unix_s)
    opened = and_(col(row.state) == "published", over, or_(*ways))
    return or_(opened, and_(col(row.state).in_(tuple(STATE_CODES)), _own(viewer)))


def _granted(given: Grant | None) -> ColumnElement[bool]:
    if given is None:
        return false()
    parts: list[ColumnElement[bool]] = []
    if not given.all_sectors:
        parts.append(col(RecordRow.sector).in_(sorted(given.sectors)))
    if not given.world:
        parts.append(col(RecordRow.region).in_(sorted(given.regions)))
    return and_(*parts) if parts else col(RecordRow.rec).is_not(None)


def _own(viewer: Viewer) -> ColumnElement[bool]:
    ways: list[ColumnElement[bool]] = []
    if viewer.org is not None:
        ways.append(col(RecordRow.author_org) == viewer.org)
    if viewer.author_key is not None:
        ways.append(col(RecordRow.author_key) == viewer.author_key)
    return or_(*ways) if ways else false()


def may_read(viewer: Viewer, record: RecordRow, recipients: Collection[str]) -> bool:
    """The predicate over one row and the organisations it names as recipients, in plain Python."""
    if record.state not in STATE_CODES:
        return False
    if viewer.org is not None and record.author_org == viewer.org:
        return True
    if viewer.author_key is not None and record.author_key == viewer.author_key:
        return True
    if record.state != "published":
        return False
    if record.embargo_until_unix_s is not None and record.embargo_until_unix_s > viewer.now_unix_s:
        return False
    if record.tlp == "red":
        return viewer.kind in _NAMEABLE and viewer.org is not None and viewer.org in recipients
    return any(
        record.tlp in door.tlps
        and bool(record.readers & door.bit)
        and (not door.needs_grant or (viewer.grant is not None and viewer.grant.covers(record.sector, record.region)))
        for door in DOORS[viewer.kind]
    )


class Columns(Protocol):
    """The facts of `visible_rows`, one numpy array each, all of one length.

    Texts are interned: `id_of(field, text)` is the number of a text in that column or -1 if it never occurred, and
    `texts(field)` lists them by number ("sector" and "region" are asked); -1 in a column stands for an absent value.
    """

    @property
    def state(self) -> NDArray[np.uint8]:
        """STATE_CODES, or GONE."""

    @property
    def tlp(self) -> NDArray[np.uint8]:
        """TLP_CODES, or 0."""

    @property
    def readers(self) -> NDArray[np.uint8]:
        """Reader bits."""

    @property
    def embargo_until_unix_s(self) -> NDArray[np.int64]:
        """0 = no embargo."""

    @property
    def author_org(self) -> NDArray[np.int32]:
        """Interned organisation, or -1."""

    @property
    def author_key(self) -> NDArray[np.int32]:
        """Interned author key, or -1."""

    @property
    def sector(self) -> NDArray[np.int32]:
        """Interned compact code, or -1."""

    @property
    def region(self) -> NDArray[np.int32]:
        """Interned compact code, or -1."""

    def id_of(self, field: str, text: str) -> int:
        """The number of `text` in the column `field`, or -1."""

    def texts(self, field: str) -> Sequence[str]:
        """The texts of the column `field` by number."""

    def recipient_rows(self, org: str) -> NDArray[np.intp]:
        """The positions of the rows that name `org` as a recipient."""


def visible_rows(viewer: Viewer, columns: Columns) -> NDArray[np.bool_]:
    """The predicate over columns: one bool per row."""
    ways = np.zeros(len(columns.tlp), dtype=np.bool_)
    for door in DOORS[viewer.kind]:
        way = np.isin(columns.tlp, [TLP_CODES[tlp] for tlp in door.tlps])
        way &= (columns.readers & door.bit) != 0
        if door.needs_grant:
            way &= _granted_rows(viewer.grant, columns)
        ways |= way
    if viewer.org is not None and viewer.kind in _NAMEABLE:
        named = np.zeros(len(ways), dtype=np.bool_)
        named[columns.recipient_rows(viewer.org)] = True
        ways |= named & (columns.tlp == TLP_CODES["red"])
    opened = ways & (columns.state == PUBLISHED) & (columns.embargo_until_unix_s <= viewer.now_unix_s)
    rows: NDArray[np.bool_] = opened | ((columns.state != GONE) & _own_rows(viewer, columns))
    return rows


def _granted_rows(given: Grant | None, columns: Columns) -> NDArray[np.bool_]:
    covered = np.full(len(columns.tlp), given is not None, dtype=np.bool_)
    if given is None:
        return covered
    if not given.all_sectors:
        covered &= _among("sector", columns.sector, given.sectors, columns)
    if not given.world:
        covered &= _among("region", columns.region, given.regions, columns)
    return covered


def _among(field: str, ids: NDArray[np.int32], wanted: frozenset[str], columns: Columns) -> NDArray[np.bool_]:
    # The last place answers for -1, an absent value, which only an all-sectors or world grant covers.
    table = np.array([text in wanted for text in columns.texts(field)] + [False], dtype=np.bool_)
    covered: NDArray[np.bool_] = table[ids]
    return covered


def _own_rows(viewer: Viewer, columns: Columns) -> NDArray[np.bool_]:
    own = np.zeros(len(columns.tlp), dtype=np.bool_)
    if viewer.org is not None and (org := columns.id_of("author_org", viewer.org)) >= 0:
        own |= columns.author_org == org
    if viewer.author_key is not None and (key := columns.id_of("author_key", viewer.author_key)) >= 0:
        own |= columns.author_key == key
    return own
