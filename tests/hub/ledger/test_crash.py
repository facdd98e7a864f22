"""Claims about dying: nothing acknowledged is lost and no index is given twice, wherever a write fails or the process ends."""

from __future__ import annotations

import random
import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor, append, check, nodes, publish, seal, sequencer
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_trust import keys, merkle, note

ORIGIN = "hub.example.org/log"


class LyingStore(Store):
    """A database whose commit fails, or holds although it says that it failed. Tells the truth while `lie` is None."""

    lie: str | None = None

    @contextmanager
    def write(self, who: str) -> Iterator[Session]:
        lie, self.lie = (self.lie, None) if who == "sequencer" else (None, self.lie)
        with super().write(who) as session:
            yield session
            if lie == "fails":
                raise HubError("storage-failed")
        if lie == "fails-but-persisted":
            raise HubError("storage-failed")


class LyingAnchor(anchor.Anchor):
    """An anchor whose disk fails: before the write, in the middle of it, or after it held."""

    lie: str | None = None

    def advance(self, old_size: int, size: int, root: bytes) -> None:
        lie, self.lie = self.lie, None
        if lie == "fails":
            raise OSError("no write")
        counter = self.mark.counter
        super().advance(old_size, size, root)
        if lie == "torn":
            with self.path.open("r+b") as file:
                file.seek((counter + 1) % 2 * anchor.SLOT_BYTES + 30)
                file.write(b"?" * 300)
        if lie is not None:
            raise OSError("the answer was lost")

    path: Path


class Hub:
    """A log over a store and an anchor that may lie; `restart` is what a new process does, with honest parts."""

    def __init__(self, url: str, path: Path, cast: Any) -> None:
        self.url, self.path, self.cast = url, path, cast
        self.key = keys.SigningKey.generate()
        self.checkpoints: list[note.Checkpoint] = []
        anchor.create(path, ORIGIN)
        self.start()

    def start(self) -> None:
        memo = nodes.Memo()
        self.store = LyingStore(self.url, busy_timeout_ms=100)
        self.anchor = LyingAnchor(self.path, ORIGIN)
        self.anchor.path = self.path
        self.publisher = publish.Publisher(memo)
        sealer = seal.Sealer(self.anchor, self.publisher, ORIGIN, self.key)
        self.sequencer = sequencer.Sequencer(self.store, (), (), sealer, self.cast.clock, Settings(), memo=memo)
        self.sequencer.recover()
        self.see()

    def see(self) -> note.Checkpoint:
        """Remember the published checkpoint, as a monitor would."""
        verifier = note.parse_vkey(note.vkey(ORIGIN, self.key.public))
        self.checkpoints.append(note.open_checkpoint(self.publisher.checkpoint(), verifier))
        return self.checkpoints[-1]

    def restart(self) -> None:
        self.anchor.close()
        self.store.dispose()
        self.start()

    def close(self) -> None:
        self.anchor.close()
        self.store.dispose()

    def require_one_history(self) -> None:
        """Every checkpoint ever seen is a prefix of the log as it is now, and the log is sound."""
        with self.store.read() as session:
            for seen in self.checkpoints:
                reach = nodes.Nodes(session, seen.size, nodes.Memo())
                assert merkle.root(seen.size, reach) == seen.root
        assert check.fsck(self.store, origin=ORIGIN, anchor=self.path, quick=True) == []


@pytest.fixture
def hub(sqlite_url: str, tmp_path: Path, cast: Any) -> Iterator[Hub]:
    found = Hub(sqlite_url, tmp_path / "volume" / "anchor", cast)
    yield found
    found.close()


@pytest.mark.parametrize("restart", [False, True], ids=["goes-on", "restarts"])
@pytest.mark.parametrize("lie", ["fails", "fails-but-persisted"])
@pytest.mark.parametrize("filled", [0, 255])
def test_a_failing_commit_is_answered_and_the_same_bytes_find_out(
    hub: Hub, lie: str, restart: bool, filled: int
) -> None:
    """Attack 45: the answer to a commit is lost, with or without its effect."""
    if filled:
        hub.sequencer.run_batch([hub.cast.nameless() for _ in range(filled)])
        hub.see()
    items = [hub.cast.nameless() for _ in range(3)]
    hub.store.lie = lie
    assert [answer.code for answer in hub.sequencer.run_batch(items) if isinstance(answer, HubError)] == [
        "storage-failed"
    ] * 3
    if restart:
        hub.restart()
    again = hub.sequencer.run_batch(items)
    assert [answer.idx for answer in again if not isinstance(answer, HubError)] == [filled, filled + 1, filled + 2]
    assert {answer.replayed for answer in again if not isinstance(answer, HubError)} == {lie == "fails-but-persisted"}
    assert hub.see().size == filled + 3
    hub.require_one_history()


@pytest.mark.parametrize("lie", ["fails", "torn", "persisted"])
@pytest.mark.parametrize("filled", [0, 255])
def test_a_failing_anchor_ends_the_process_and_a_restart_carries_on(hub: Hub, lie: str, filled: int) -> None:
    if filled:
        hub.sequencer.run_batch([hub.cast.nameless() for _ in range(filled)])
    before = hub.see()
    items = [hub.cast.nameless() for _ in range(3)]
    hub.anchor.lie = lie
    with pytest.raises(OSError):  # the thread would end the process here
        hub.sequencer.run_batch(items)
    assert hub.see() == before  # nothing was signed over what is not anchored
    hub.restart()
    assert hub.see().size == filled + 3
    again = hub.sequencer.run_batch(items)
    assert [(a.idx, a.replayed) for a in again if not isinstance(a, HubError)] == [(filled + i, True) for i in range(3)]
    assert anchor.read(hub.path).size == filled + 3
    hub.require_one_history()


def test_a_locked_database_is_busy_and_nothing_is_lost(hub: Hub, sqlite_url: str) -> None:
    items = [hub.cast.nameless()]
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = hub.sequencer.run_batch(items)
    assert [answer.code for answer in refused if isinstance(answer, HubError)] == ["busy"]
    other.execute("ROLLBACK")
    other.close()
    assert not isinstance(hub.sequencer.run_batch(items)[0], HubError)
    hub.require_one_history()


def test_a_full_disk_is_answered_and_the_sequencer_goes_on(hub: Hub) -> None:
    hub.sequencer.run_batch([hub.cast.nameless()])
    with hub.store.engine.connect() as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count = {pages + 4}"))
    placed = 1
    for _ in range(50):
        answers = hub.sequencer.run_batch([hub.cast.nameless(pad=4000) for _ in range(4)])
        if isinstance(answers[0], HubError):
            break
        placed += len(answers)
    assert {answer.code for answer in answers if isinstance(answer, HubError)} == {"disk-full"}
    assert hub.see().size == placed
    with hub.store.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1000000"))
    last = hub.sequencer.run_batch([hub.cast.nameless(pad=4000)])[0]
    assert not isinstance(last, HubError)
    assert last.idx == placed
    hub.require_one_history()


def test_a_dead_sequencer_ends_the_process(sqlite_url: str, tmp_path: Path) -> None:
    """Its clients would hang for ever otherwise."""
    code = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import crash_writer as w
from pathlib import Path
w.anchor.create(Path({str(tmp_path / "anchor")!r}), w.ORIGIN)
def guard(session, items):
    raise RuntimeError("a bug")
memo = w.nodes.Memo()
sealer = w.seal.Sealer(w.anchor.Anchor(Path({str(tmp_path / "anchor")!r}), w.ORIGIN), w.publish.Publisher(memo), w.ORIGIN, w.keys.SigningKey.generate())
s = w.sequencer.Sequencer(w.Store({sqlite_url!r}), [guard], (), sealer, lambda: 0, w.Settings())
s.start()
s.submit([w.item()]).result()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.returncode == sequencer.EXIT_DEAD_SEQUENCER
    assert "sequencer-died" in done.stderr


# --- kill -9 -------------------------------------------------------------------------------------------------------------


def _round(url: str, path: Path, seed: str, when: str, chance: random.Random) -> list[tuple[int, str]]:
    """Let a writer run and kill it at a random moment after its first acknowledgement; what it acknowledged."""
    command = [sys.executable, str(Path(__file__).with_name("crash_writer.py")), url, str(path), seed, when]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        assert first, "the writer died by itself"
        time.sleep(chance.uniform(0.0, 0.25))
        writer.kill()
        lines = [first, *writer.stdout.read().splitlines(keepends=True)]
    whole = [line.split() for line in lines if line.endswith("\n")]
    return [(int(idx), digest) for idx, digest in whole]


def _lost(url: str, acknowledged: list[tuple[int, str]]) -> int:
    store = Store(url)
    with store.read() as session:
        found = {
            digest.hex(): place.idx
            for digest, place in append.find(session, [bytes.fromhex(d) for _, d in acknowledged]).items()
        }
    store.dispose()
    return sum(found.get(digest) != idx for idx, digest in acknowledged)


@pytest.mark.slow
def test_kill_9_loses_nothing_that_was_acknowledged(sqlite_url: str, tmp_path: Path) -> None:
    """Attack 42. No bytes repeat between rounds: a resent envelope would hide that its first copy was lost."""
    path, seed, chance = tmp_path / "anchor", secrets.token_hex(32), random.Random(42)
    anchor.create(path, ORIGIN)
    total: list[tuple[int, str]] = []
    for round_ in range(20):
        total += _round(sqlite_url, path, seed, "acknowledge-after", chance)
        if round_ % 5 == 4:
            assert check.fsck(Store(sqlite_url), origin=ORIGIN, anchor=path, quick=True) == []
    assert len(total) > 500
    assert len({idx for idx, _ in total}) == len(total)
    assert _lost(sqlite_url, total) == 0


@pytest.mark.slow
def test_the_kill_test_catches_a_writer_that_acknowledges_too_early(sqlite_url: str, tmp_path: Path) -> None:
    """The negative control: if this finds nothing lost, the test above proves nothing."""
    path, seed, chance = tmp_path / "anchor", secrets.token_hex(32), random.Random(7)
    anchor.create(path, ORIGIN)
    lost = 0
    for _ in range(20):
        acknowledged = _round(sqlite_url, path, seed, "acknowledge-before", chance)
        lost += _lost(sqlite_url, acknowledged)
    assert lost > 0
