"""Claims about bad days of a running hub: what fails is answered by its name, nothing acknowledged is lost, nobody hangs."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from tocsin_hub import app
from tocsin_hub.errors import HubError
from tocsin_hub.ledger import check, sequencer
from tocsin_trust import merkle, note, receipt

LOCK_MS = 300


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def hasty(request: pytest.FixtureRequest, template: Any, simulators: Any, tmp_path: Path) -> Iterator[Any]:
    """A hub on either engine that waits for a lock no longer than LOCK_MS."""
    url = None if request.param == "sqlite" else request.getfixturevalue("migrated_postgres_url")
    with simulators.World(template, tmp_path, database_url=url, busy_timeout_ms=LOCK_MS) as running:
        yield running


@contextmanager
def _held(world: Any) -> Iterator[None]:
    """Another program holds the write lock of the database: an operator's shell, a backup tool."""
    if world.hub.store.is_sqlite:
        other = sqlite3.connect(world.dir / "hub.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()
        return
    engine = create_engine(world.settings.database_url)
    with engine.connect() as connection:
        connection.execute(text("SELECT * FROM log_state FOR UPDATE"))
        yield
        connection.rollback()
    engine.dispose()


def _sound(world: Any) -> bool:
    found = check.fsck(world.hub.store, origin=world.policy.origin, anchor=world.settings.anchor, quick=True)
    return found == []


def test_a_locked_database_is_answered_busy_and_can_be_read_meanwhile(hasty: Any) -> None:
    member = hasty.member()
    before = hasty.accept(member.seal())
    envelope = member.seal()
    with _held(hasty):
        start = time.monotonic()
        answer = hasty.post(envelope)
        assert time.monotonic() - start < 20 * LOCK_MS / 1_000
        assert (answer.status_code, answer.json()["code"]) == (503, "busy")
        assert int(answer.headers["retry-after"]) > 0
        assert hasty.blob(before).status_code == 200
        assert hasty.http.get("/readyz").status_code == 200
    assert hasty.post(envelope).status_code == 201
    assert _sound(hasty)


def test_a_full_disk_is_answered_by_its_name_and_what_is_there_can_be_read(sqlite_world: Any) -> None:
    world = sqlite_world
    member = world.member()
    before = world.accept(member.seal())
    world.settle()
    with world.hub.store.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))
    refused, acknowledged = None, [before]
    for _ in range(200):
        envelope = member.seal()
        answer = world.post(envelope)
        if answer.status_code != 201:
            refused = (answer, envelope)
            break
        acknowledged.append(answer.headers["tocsin-digest"])
    assert refused is not None
    assert (refused[0].status_code, refused[0].json()["code"]) == (503, "disk-full")
    assert world.blob(before).status_code == 200
    for digest in acknowledged:  # rows may be behind, the log is not
        assert world.http.get("/v1/log/proof", params={"digest": digest}).status_code == 200
    with world.hub.store.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    assert world.post(refused[1]).status_code == 201
    world.settle()
    assert _sound(world)


@pytest.mark.postgres
def test_a_database_that_drops_every_connection_is_found_again(
    template: Any, simulators: Any, migrated_postgres_url: str, postgres_server: str, tmp_path: Path
) -> None:
    acknowledged: dict[str, int] = {}
    codes: set[str] = set()
    with simulators.World(template, tmp_path, database_url=migrated_postgres_url) as world:
        member = world.member()
        stop = threading.Event()

        def send() -> None:
            while not stop.is_set():
                answer = world.post(member.seal())
                if answer.status_code != 201:
                    codes.add(answer.json()["code"])
                else:
                    acknowledged[answer.headers["tocsin-digest"]] = int(answer.headers["tocsin-index"])

        senders = [threading.Thread(target=send) for _ in range(2)]
        for sender in senders:
            sender.start()
        engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
        name = migrated_postgres_url.partition("?")[0].rpartition("/")[2]
        for _ in range(8):
            time.sleep(0.12)
            with engine.connect() as connection:
                kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
                connection.execute(text(kill), {"name": name})
        engine.dispose()
        time.sleep(0.2)
        stop.set()
        for sender in senders:
            sender.join(20)
        assert world.post(member.seal()).status_code == 201
        assert world.hub.sequencer.alive
        assert codes <= {"storage-failed", "busy"}
        for digest, index in acknowledged.items():
            assert world.http.get("/v1/log/proof", params={"digest": digest}).text.splitlines()[1] == f"index {index}"
        world.settle()
        assert _sound(world)


@pytest.mark.parametrize("skew_s", [3_600, -3_600, -86_400 * 3])
def test_54_a_hub_whose_clock_jumps_goes_on_and_refuses_only_what_is_ahead_of_it(world: Any, skew_s: int) -> None:
    member = world.member()
    true = world.clock()
    world.accept(member.seal())
    world.clock.now_unix_s = true + skew_s
    honest = member.seal(iat=true)
    if skew_s > 0:
        world.accept(honest)
    else:
        assert world.refuse(honest) == (400, "clock-skew")
    world.accept(member.seal(iat=true + skew_s))
    world.clock.now_unix_s = true
    world.accept(member.seal())
    world.settle()
    assert _sound(world)


@pytest.mark.postgres
def test_44_a_used_anchor_refuses_an_emptied_database(
    template: Any, simulators: Any, migrated_postgres_url: str, sqlite_url: str, tmp_path: Path
) -> None:
    """The wrong dump was restored; for SQLite and a real backup see test_anchor.py and test_operator.py."""
    for engine, url in (("postgresql", migrated_postgres_url), ("sqlite", None)):
        home = tmp_path / engine
        home.mkdir()
        with simulators.World(template, home, database_url=url) as world:
            world.accept(world.member().seal())
        if url is None:
            (world.dir / "hub.db").write_bytes(Path(sqlite_url.removeprefix("sqlite:///")).read_bytes())
        else:
            engine_ = create_engine(url)
            with engine_.begin() as connection:
                connection.execute(text("TRUNCATE entry, blob, tile, head, version, org, member_key, record CASCADE"))
                connection.execute(text("UPDATE log_state SET size = 0, root = :root"), {"root": merkle.EMPTY_ROOT})
            engine_.dispose()
        hub = app.build(world.settings, world.clock)
        with pytest.raises(HubError, match="anchor-ahead"):
            hub.open()
        hub.close()


def test_44_a_database_and_its_anchor_rolled_back_together_are_seen_by_whoever_kept_a_checkpoint(
    sqlite_world: Any, tmp_path: Path
) -> None:
    """The one rollback that no hub can notice by itself, and why the anchor belongs on another volume."""
    world = sqlite_world
    member = world.member()
    world.__exit__()
    kept = tmp_path / "snapshot"
    shutil.copytree(world.dir, kept)
    shutil.copy(world.settings.anchor, tmp_path / "snapshot.anchor")
    world.__enter__()
    shown = receipt.verify(world.post(member.seal()).content, world.policy)
    world.__exit__()
    shutil.rmtree(world.dir)
    shutil.copytree(kept, world.dir)
    shutil.copy(tmp_path / "snapshot.anchor", world.settings.anchor)
    world.__enter__()  # the control: nothing here notices
    world.accept(member.seal())
    (verifier,) = world.policy.log_verifiers
    was = note.open_checkpoint(shown.checkpoint_text, verifier)
    now = note.open_checkpoint(world.http.get("/v1/log/checkpoint").text, verifier)
    assert was.size == now.size
    assert was.root != now.root  # two signed heads of one size: evidence that anybody can check


# --- an end that is meant -------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_log_changed_under_a_running_hub_ends_it_with_code_70_and_it_does_not_start_again(
    siege: Any, simulators: Any, tmp_path: Path
) -> None:
    """Going on could sign a second history; a supervisor sees the code and the operator the line in the log."""
    hub = siege.Siege(tmp_path, simulators)
    with hub.serving() as process, hub.client() as http:
        hub.crowd.enrol(f"http://127.0.0.1:{hub.port}", 1)
        with sqlite3.connect(tmp_path / "hub" / "hub.db") as other:
            other.execute("UPDATE entry SET leaf_hash = zeroblob(32) WHERE idx = 0")
            other.execute("UPDATE log_state SET root = zeroblob(32)")
        other.close()
        (envelope,) = hub.crowd.envelopes(0, 1)
        begun = time.monotonic()
        with pytest.raises(httpx.HTTPError):  # the connection ends; nobody is left waiting
            http.post("/v1/submissions", content=envelope, headers={"Content-Type": siege.DSSE})
        assert time.monotonic() - begun < 5
        assert process.wait(10) == sequencer.EXIT_DEAD_SEQUENCER
    assert "event=sequencer-died" in hub.log
    assert b"payload" not in hub.log.encode()
    again = subprocess.run(
        [sys.executable, *siege.SERVE, "--dir", str(tmp_path / "hub"), "--port", str(hub.port)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert again.returncode == 3
    assert "anchor-mismatch" in again.stderr
