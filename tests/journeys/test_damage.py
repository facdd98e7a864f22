"""Claims about damage: one byte changed in an entry, a payload, a tile or a row is named by fsck; what can be derived again is."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tocsin_hub.app import INLINES, derived
from tocsin_hub.ledger import check, readers
from tocsin_hub.store.session import Store

Change = Callable[[Any, int], tuple[str, str]]  # (session, a place) -> what fsck must find there


def _flip(session: Any, table: str, column: str, key: str, value: Any) -> None:
    """Change one byte in the middle of a stored value."""
    found = session.execute(text(f"SELECT {column} FROM {table} WHERE {key} = :v"), {"v": value}).scalar_one()
    data = bytearray(found)
    data[len(data) // 2] ^= 1
    session.execute(text(f"UPDATE {table} SET {column} = :d WHERE {key} = :v"), {"d": bytes(data), "v": value})


def _entry(session: Any, idx: int) -> tuple[str, str]:
    _flip(session, "entry", "data", "idx", idx)
    return "leaf-hash-differs", f"entry {idx}"


def _leaf_hash(session: Any, idx: int) -> tuple[str, str]:
    _flip(session, "entry", "leaf_hash", "idx", idx)
    return "leaf-hash-differs", f"entry {idx}"


def _payload(session: Any, idx: int) -> tuple[str, str]:
    digest = session.execute(text("SELECT digest FROM entry WHERE idx = :i"), {"i": idx}).scalar_one()
    _flip(session, "blob", "envelope", "digest", digest)
    return "payload-differs", f"entry {idx}"


def _root(session: Any, _idx: int) -> tuple[str, str]:
    _flip(session, "log_state", "root", "id", 1)
    return "root-differs", "log_state at "


def _row(session: Any, _idx: int) -> tuple[str, str]:
    session.execute(
        text("UPDATE record SET sector = 'isic@4:B' WHERE rec = (SELECT max(rec) FROM record WHERE sector IS NOT NULL)")
    )
    return "rows-differ", "record"


def _head(session: Any, _idx: int) -> tuple[str, str]:
    session.execute(text("UPDATE head SET amends = amends + 1 WHERE first_idx = (SELECT max(first_idx) FROM head)"))
    return "rows-differ", "head"


def _tile(session: Any, _idx: int) -> tuple[str, str]:
    session.execute(text("UPDATE tile SET root = :r WHERE level = 0 AND n = 1"), {"r": bytes(32)})
    return "tile-differs", "tile 0/1"


LOG: dict[str, Change] = {"an entry": _entry, "a leaf hash": _leaf_hash, "a payload": _payload, "the root": _root}
ROWS: dict[str, Change] = {"a row": _row, "a thread": _head}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def live(request: pytest.FixtureRequest, template: Any, simulators: Any, tmp_path: Path) -> Iterator[Any]:
    """A stopped hub with a little in it, on either engine; (store, its origin, prefix and anchor)."""
    url = None if request.param == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    with simulators.World(template, tmp_path, database_url=url) as world:
        member = world.member()
        for _ in range(4):
            world.accept(member.seal())
        world.settle()
        prefix = world.hub.keyring.prefix
    store = Store(world.settings.url())
    yield store, world.policy.origin, prefix, world.settings.anchor
    store.dispose()


def _fsck(live: Any) -> list[check.Finding]:
    store, origin, prefix, anchor = live
    return check.fsck(store, origin=origin, anchor=anchor, inlines=INLINES, readers=derived(prefix))


@pytest.mark.parametrize("harmed", [*LOG, *ROWS])
def test_one_changed_byte_is_named(live: Any, harmed: str) -> None:
    assert _fsck(live) == []  # the control
    with live[0].write("test") as session:
        what, where = {**LOG, **ROWS}[harmed](session, 2)
    found = _fsck(live)
    assert any(each.what == what and each.where.startswith(where) for each in found), found
    if harmed == "a row":  # what was derived can be derived again
        readers.rebuild(live[0], derived(live[2]), lambda: 0)
        assert _fsck(live) == []


# --- the demo's hub, by the operator's own commands -----------------------------------------------------------------------


def _hub(*words: str, **env: str) -> tuple[int, dict[str, Any]]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    ran = subprocess.run(
        [sys.executable, "-m", "tocsin_hub", *words, "--json"], capture_output=True, text=True, env={**clean, **env}
    )
    return ran.returncode, json.loads(ran.stdout)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `tocsin-hub demo --once --dir D` leaves: nearly two thousand records of real incidents."""
    if importlib.util.find_spec("genai_incidents") is None:
        pytest.skip("the data packages of tocsin[demo] are not installed")
    home = tmp_path_factory.mktemp("demo") / "hub"
    code, said = _hub("demo", "--once", "--dir", str(home), TMPDIR=str(home.parent), HOME=str(home.parent))
    assert (code, said["ok"]) == (0, True)
    return home


@pytest.mark.slow
def test_fsck_names_what_was_changed_in_the_demos_hub_and_rebuild_gives_identical_rows(demo: Path) -> None:
    where = ("--dir", str(demo / "hub"), "--anchor", str(demo / "anchor"))
    database = demo / "hub" / "hub.db"
    assert _hub("fsck", *where) == (0, {"v": 1, "ok": True, "data": {"findings": []}, "warnings": []})
    kept = demo / "kept.db"
    shutil.copy(database, kept)
    for harmed, change in {**LOG, "a tile": _tile, "a row": _row}.items():
        store = Store(f"sqlite:///{database}")
        with store.write("test") as session:
            what, place = change(session, 777)
        store.truncate_wal()
        store.dispose()
        code, said = _hub("fsck", *where, *(() if harmed in ROWS else ("--quick",)))
        assert (code, said["ok"]) == (7, False), harmed
        found = said["data"]["findings"]
        assert any(each["what"] == what and each["where"].startswith(place) for each in found), (harmed, found)
        if harmed == "a row":
            assert _hub("rebuild", *where)[0] == 0
            assert _hub("fsck", *where)[0] == 0
        shutil.copy(kept, database)
