"""Attack 42: kill -9 of a real `tocsin-hub serve` while many submit over HTTP; nothing acknowledged may be lost.

The quick version is for every build; `make soak` does 40 rounds on SQLite and 10 on PostgreSQL.
"""

from __future__ import annotations

import random
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tocsin_hub.ledger import append
from tocsin_hub.members import keyring
from tocsin_hub.store.session import Store
from tocsin_trust import note

EARLY = str(Path(__file__).with_name("early_hub.py"))


@pytest.fixture
def besiege(request: pytest.FixtureRequest, siege: Any, simulators: Any, tmp_path: Path) -> Any:
    """Makes a fresh hub on an engine, with four members: `besiege("sqlite")`."""

    def make(engine: str, **env: str) -> Any:
        url = None if engine == "sqlite" else request.getfixturevalue("postgres_url")
        found = siege.Siege(tmp_path, simulators, url, env)
        with found.serving():
            found.crowd.enrol(f"http://127.0.0.1:{found.port}", 4)
        return found

    return make


@pytest.mark.slow
def test_sigterm_ends_a_hub_after_what_was_begun(besiege: Any) -> None:
    hub = besiege("sqlite")
    fresh: dict[str, int] = {}
    stop = threading.Event()
    with hub.serving() as process:
        flood = threading.Thread(target=hub._flood, args=(iter(hub.crowd.envelopes(0, 400)), fresh, stop, False))
        flood.start()
        while not fresh:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        stop.set()
        flood.join(20)
    assert "Traceback" not in hub.log
    assert hub.fsck(quick=True) == []
    with hub.serving():
        assert hub.lost(fresh) == []


def _survives(hub: Any, rounds: int) -> None:
    chance = random.Random(42)
    for at in range(rounds):
        hub.round(chance)
        if rounds <= 5 or at % 10 == 9:
            assert hub.fsck(quick=True) == []  # root, tiles, leaves, anchor
    with hub.serving():
        assert hub.lost() == []
        assert hub.lost({"0" * 64: 3}) == ["0" * 64]  # the checker can see a loss
        hub.settle()
    assert len(set(hub.acknowledged.values())) == len(hub.acknowledged)  # no index was given twice
    assert hub.forked() == []  # every checkpoint ever shown is a prefix of the log
    forged = note.sign_checkpoint(hub.policy.origin, 3, bytes(32), keyring.read_signing_key(hub.log_key))
    hub.checkpoints.add(forged)
    assert [fork.size for fork in hub.forked()] == [3]  # the checker can see a fork
    assert hub.fsck(quick=False) == []  # and rows are what a replay of the log gives
    store = Store(hub.settings().url())
    with store.read() as session:
        size = append.size(session)[0]
    store.dispose()
    print(
        f"\n{rounds} kills: {len(hub.acknowledged)} acknowledged, {size} in the log, {len(hub.checkpoints) - 1} checkpoints"
    )


@pytest.mark.parametrize(
    ("engine", "rounds"),
    [
        pytest.param("sqlite", 5, marks=pytest.mark.slow),
        pytest.param("postgresql", 3, marks=[pytest.mark.slow, pytest.mark.postgres]),
        pytest.param("sqlite", 40, marks=pytest.mark.soak),
        pytest.param("postgresql", 10, marks=[pytest.mark.soak, pytest.mark.postgres]),
    ],
)
def test_42_what_was_acknowledged_survives_kill_9(besiege: Any, engine: str, rounds: int) -> None:
    _survives(besiege(engine), rounds)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_42_a_hub_that_acknowledges_before_the_commit_is_caught(besiege: Any, engine: str) -> None:
    """The negative control: if this finds nothing lost, the test above proves nothing."""
    hub = besiege(engine)
    chance = random.Random(7)
    for _ in range(8):
        fresh = hub.round(chance, EARLY, bulk_only=True)
        with hub.serving():
            lost = hub.lost(fresh)
        if lost:
            print(f"\n{len(lost)} of {len(fresh)} acknowledged are lost")
            return
    pytest.fail("eight kills of a hub that acknowledges too early lost nothing")
