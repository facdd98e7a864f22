"""Claims about who may read what: the three forms of the predicate agree, and each rule of the table holds by itself."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import insert, select
from sqlmodel import col

from tocsin_hub.members import access
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import RecordRecipientRow, RecordRow

NOW = 1_790_000_000
ORGS = ["org-a", "org-b", "org-c"]
KEYS = ["k1", "k2", "k3"]
SECTORS = ["isic@4:K", "isic@4:Q", "multiple", "unknown", "withheld", None]
REGIONS = [
    "un-m49@2024:156",
    "un-m49@2024:250",
    "un-m49@2024:030",
    "un-m49@2024:142",
    "un-m49@2024:001",
    "multiple",
    "unknown",
    None,
]
TLPS = ["clear", "green", "amber", "amber+strict", "red", "white", "", None]
STATES = ["published", "hidden", "withdrawn", "erased", "held"]
GRANTS = [
    None,
    access.grant(["*"], ["un-m49@2024:001"]),
    access.grant(["*"], ["*"]),
    access.grant(["isic@4:K"], ["un-m49@2024:156"]),
    access.grant(["isic@4:K", "isic@4:Q"], ["un-m49@2024:142"]),
    access.grant(["*"], ["un-m49@2024:250"]),
    access.grant(["isic@4:Q"], ["*"]),
]  # fmt: skip


def _row(chance: random.Random, rec: int) -> tuple[RecordRow, frozenset[str]]:
    attributed = chance.random() < 0.5
    row = RecordRow(
        rec=rec,
        thread=rec.to_bytes(32, "big"),
        record_id=f"TOC-I-2026-{rec:06d}",
        kind="incident",
        state=chance.choice(STATES),
        accepted_unix_s=NOW,
        head_idx=rec,
        mode="attributed" if attributed else "pseudonymous",
        author_key=chance.choice(KEYS),
        author_org=chance.choice(ORGS) if attributed else None,
        tlp=chance.choice(TLPS),
        readers=chance.choice([0, 1, 2, 3, 4, 6, 8, 14, 15, 16, 30, 31]),
        embargo_until_unix_s=chance.choice([None, None, NOW - 1, NOW, NOW + 1]),
        sector=chance.choice(SECTORS),
        region=chance.choice(REGIONS),
    )
    return row, frozenset(chance.sample(ORGS, chance.randrange(3)))


class Facts:
    """`access.Columns` over a list of rows."""

    def __init__(self, rows: Sequence[tuple[RecordRow, frozenset[str]]]) -> None:
        self._rows = rows
        self._texts: dict[str, list[str]] = {"author_org": [], "author_key": [], "sector": [], "region": []}
        self.state: NDArray[np.uint8] = np.array(
            [access.STATE_CODES.get(r.state, access.GONE) for r, _ in rows], np.uint8
        )
        self.tlp: NDArray[np.uint8] = np.array([access.TLP_CODES.get(r.tlp or "", 0) for r, _ in rows], np.uint8)
        self.readers: NDArray[np.uint8] = np.array([r.readers for r, _ in rows], np.uint8)
        self.embargo_until_unix_s: NDArray[np.int64] = np.array(
            [r.embargo_until_unix_s or 0 for r, _ in rows], np.int64
        )
        self.author_org, self.author_key, self.sector, self.region = (self._interned(name) for name in self._texts)

    def _interned(self, name: str) -> NDArray[np.int32]:
        known = self._texts[name]
        ids = []
        for row, _ in self._rows:
            value = getattr(row, name)
            if value is not None and value not in known:
                known.append(value)
            ids.append(-1 if value is None else known.index(value))
        return np.array(ids, np.int32)

    def id_of(self, field: str, text: str) -> int:
        return self._texts[field].index(text) if text in self._texts[field] else -1

    def texts(self, field: str) -> Sequence[str]:
        return self._texts[field]

    def recipient_rows(self, org: str) -> NDArray[np.intp]:
        return np.array([at for at, (_, named) in enumerate(self._rows) if org in named], np.intp)


def _viewers() -> list[access.Viewer]:
    found = [access.PUBLIC(NOW)]
    for org in (*ORGS, "org-stranger"):
        kinds: tuple[access.Kind, ...] = ("member", "industry-body", "desk", "public")
        found += [access.Viewer(kind, org, None, None, NOW) for kind in kinds]
        found += [access.Viewer("regulator", org, None, grant, NOW) for grant in GRANTS]
    return found + [access.Viewer("author", None, key, None, NOW) for key in (*KEYS, "k-stranger")]


def test_sql_numpy_and_python_agree_on_random_rows(store: Store) -> None:
    chance = random.Random(2026)
    rows = [_row(chance, rec) for rec in range(1500)]
    with store.write("test") as session:
        session.execute(insert(RecordRow), [row.model_dump() for row, _ in rows])
        session.execute(
            insert(RecordRecipientRow), [{"rec": r.rec, "org": o} for r, named in rows for o in sorted(named)]
        )
    facts = Facts(rows)
    opened = 0
    with store.read() as session:
        for viewer in _viewers():
            by_sql = set(session.execute(select(col(RecordRow.rec)).where(access.visible(viewer))).scalars())
            by_numpy = {int(at) for at in np.flatnonzero(access.visible_rows(viewer, facts))}
            by_python = {row.rec for row, named in rows if access.may_read(viewer, row, named)}
            assert by_sql == by_numpy == by_python, viewer
            opened += len(by_sql)
    assert opened > 1000  # not equal because nobody sees anything


def _record(**fields: Any) -> RecordRow:
    given = {"state": "published", "tlp": "amber", "readers": 0, "sector": "isic@4:K", "region": "un-m49@2024:030"}
    return RecordRow(
        rec=1, thread=b"t", record_id="x", kind="incident", accepted_unix_s=NOW, head_idx=1, **{**given, **fields}
    )


def _sees(viewer: access.Viewer, *named: str, **fields: Any) -> bool:
    return access.may_read(viewer, _record(**fields), named)


def _as(kind: access.Kind, org: str | None = "org-x", **fields: Any) -> access.Viewer:
    return access.Viewer(kind, org, fields.get("author_key"), fields.get("grant"), NOW)


@pytest.mark.parametrize(
    ("tlp", "readers", "seen_by"),
    [
        ("clear", 31, {"public", "member", "industry-body", "regulator", "desk", "author"}),
        ("green", 30, {"member", "industry-body", "regulator"}),
        ("amber", 6, {"member", "industry-body"}),
        ("amber+strict", 2, {"member"}),
        ("red", 31, set()),
        ("clear", 2, {"member"}),
        ("clear", 8, {"regulator"}),
        ("amber", 14, {"member", "industry-body"}),  # a regulator needs a grant
        ("amber", 1, set()),  # a public bit under amber opens nothing
        ("amber+strict", 4, set()),  # nor an industry bit under amber+strict
        ("white", 31, set()),
        (None, 31, set()),
        ("clear", 0, set()),
    ],
)
def test_the_marking_opens_these_doors_and_no_other(tlp: str | None, readers: int, seen_by: set[str]) -> None:
    kinds: tuple[access.Kind, ...] = ("public", "member", "industry-body", "regulator", "desk", "author")
    assert {kind for kind in kinds if _sees(_as(kind), tlp=tlp, readers=readers)} == seen_by


@pytest.mark.parametrize(
    ("sectors", "regions", "sector", "region", "covered"),
    [
        (["*"], ["*"], "unknown", "unknown", True),
        (["*"], ["un-m49@2024:001"], "multiple", "withheld", True),
        (["isic@4:K"], ["*"], "isic@4:K", None, True),
        (["isic@4:K"], ["*"], "isic@4:Q", "un-m49@2024:156", False),
        (["isic@4:K"], ["*"], "unknown", "un-m49@2024:156", False),
        (["isic@4:K"], ["*"], "multiple", "un-m49@2024:156", False),
        (["isic@4:K"], ["*"], None, "un-m49@2024:156", False),
        (["*"], ["un-m49@2024:156"], "isic@4:K", "un-m49@2024:156", True),
        (["*"], ["un-m49@2024:156"], "isic@4:K", "un-m49@2024:030", True),  # a region need only intersect
        (["*"], ["un-m49@2024:156"], "isic@4:K", "un-m49@2024:001", True),
        (["*"], ["un-m49@2024:142"], "isic@4:K", "un-m49@2024:156", True),
        (["*"], ["un-m49@2024:156"], "isic@4:K", "un-m49@2024:392", False),
        (["*"], ["un-m49@2024:156"], "isic@4:K", "un-m49@2024:150", False),
        (["*"], ["un-m49@2024:156"], "isic@4:K", "unknown", False),
        (["*"], ["un-m49@2024:156"], "isic@4:K", None, False),
    ],
)
def test_a_grant_covers_what_it_says(
    sectors: list[str], regions: list[str], sector: str | None, region: str | None, covered: bool
) -> None:
    viewer = _as("regulator", grant=access.grant(sectors, regions))
    assert _sees(viewer, readers=14, sector=sector, region=region) is covered
    assert _sees(viewer, tlp="green", readers=30, sector=sector, region=region)  # no grant needed below amber
    assert not _sees(viewer, readers=6, sector=sector, region=region)  # nor does it open what did not add regulators


def test_red_is_for_the_recipients_named_and_the_author() -> None:
    assert _sees(_as("member"), "org-x", tlp="red")
    assert _sees(_as("regulator"), "org-x", tlp="red")
    assert not _sees(_as("member"), "org-y", tlp="red")
    assert not _sees(_as("desk"), "org-x", tlp="red")
    assert not _sees(_as("public"), "org-x", tlp="red")  # a suspended organisation
    assert not _sees(_as("member"), "org-x", tlp="amber")  # recipients matter under red only


@pytest.mark.parametrize(
    "fields", [{"tlp": None}, {"tlp": "red"}, {"readers": 0}, {"embargo_until_unix_s": NOW + 1}, {"state": "hidden"}]
)
def test_the_author_reads_its_own_whatever_the_marking(fields: dict[str, Any]) -> None:
    for kind, org in itertools.product(("member", "public", "desk", "regulator"), ("org-x", "org-y")):
        viewer = _as(kind, org)  # type: ignore[arg-type]
        assert _sees(viewer, author_org="org-x", **fields) is (org == "org-x")
    assert _sees(_as("author", None, author_key="k"), author_key="k", **fields)
    assert not _sees(_as("author", None, author_key="other"), author_key="k", **fields)


@pytest.mark.parametrize("state", ["withdrawn", "erased", "held", "anything"])
def test_what_is_gone_is_gone_for_everybody(state: str) -> None:
    gone = {"state": state, "tlp": "clear", "readers": 31, "author_org": "org-x", "author_key": "k"}
    assert not _sees(_as("member"), **gone)
    assert not _sees(_as("author", None, author_key="k"), **gone)
    assert not _sees(access.PUBLIC(NOW), **gone)


def test_hidden_is_for_its_author_only() -> None:
    assert not _sees(access.PUBLIC(NOW), state="hidden", tlp="clear", readers=31)
    assert not _sees(_as("desk"), state="hidden", tlp="clear", readers=31)


def test_an_embargo_ends_at_its_second() -> None:
    for until, seen in ((NOW + 1, False), (NOW, True), (NOW - 1, True), (None, True)):
        assert _sees(_as("member"), readers=6, embargo_until_unix_s=until) is seen


def test_bits_of_unknown_readers_open_nothing() -> None:
    assert access.bits(frozenset({"public", "members"})) == 3
    assert access.bits(frozenset({"group:x", "operators"})) == 0
    assert access.bits(frozenset()) == 0
