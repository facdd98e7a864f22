"""Figures of the ledger: appends, restart, proofs; one JSON line each, with its ratio to bare signature checks of this run.

Ratios travel between machines, seconds do not: on a busy one the same code was measured at half its rate.
"""

from __future__ import annotations

import importlib.util
import json
import random
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from tocsin_hub.store import migrate

FILLED = 50_000
SEED = bytes(32)


def _writer() -> ModuleType:
    path = Path(__file__).parents[1] / "hub" / "ledger" / "crash_writer.py"
    spec = importlib.util.spec_from_file_location("crash_writer", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


w = _writer()


def _say(name: str, value: float, unit: str, **more: float) -> None:
    print(
        json.dumps({"bench": name, "value": round(value, 3), "unit": unit, **{k: round(v, 3) for k, v in more.items()}})
    )


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


class Bench:
    """A log in a directory; `reopen` is a cold start."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.url = f"sqlite:///{home / 'hub.db'}"
        migrate.upgrade(self.url)
        w.anchor.create(home / "anchor", w.ORIGIN)
        self.models = [w.item() for _ in range(500)]
        self.open()

    def open(self) -> None:
        memo = w.nodes.Memo()
        self.anchor = w.anchor.Anchor(self.home / "anchor", w.ORIGIN)
        self.publisher = w.publish.Publisher(memo)
        self.store = w.Store(self.url)
        sealer = w.seal.Sealer(self.anchor, self.publisher, w.ORIGIN, w.keys.SigningKey.from_seed(SEED))
        settings = w.Settings(batch_wait_ms=0)
        self.sequencer = w.sequencer.Sequencer(self.store, (), (), sealer, lambda: 0, settings, memo=memo)

    def close(self) -> None:
        self.anchor.close()
        self.store.dispose()

    def items(self, count: int) -> list[object]:
        """Entries that differ in digest and leaf; their envelopes repeat, which the ledger does not look at."""
        found = []
        for at in range(count):
            model = self.models[at % len(self.models)]
            digest = secrets.token_bytes(32)
            line = model.leaf.replace(model.digest.hex().encode(), digest.hex().encode())
            found.append(replace(model, digest=digest, leaf=line, leaf_hash=w.merkle.leaf_hash(line)))
        return found


def test_ledger_figures(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.sequencer.recover()
    checks = _seconds(lambda: [w.dsse.unseal(model.envelope) for model in bench.models])
    verifies_per_s = len(bench.models) / checks
    _say("unseal", verifies_per_s, "envelopes/s")
    for batch, count in ((1, 500), (16, 4_000), (256, 20_480)):
        items = bench.items(count)
        spent = _seconds(lambda: [bench.sequencer.run_batch(items[at : at + batch]) for at in range(0, count, batch)])  # noqa: B023
        _say(f"append, batches of {batch}", count / spent, "entries/s", of_unseal=count / spent / verifies_per_s)
    while (size := bench.sequencer._state.size) < FILLED:
        bench.sequencer.run_batch(bench.items(1_024))
    bench.close()
    bench.open()
    _say(f"restart at {size} entries", _seconds(bench.sequencer.recover) * 1_000, "ms")
    chance = random.Random(1)
    with bench.store.read() as session:
        spent_each = sorted(
            _seconds(lambda: bench.publisher.proof(session, chance.randrange(size))) * 1_000 for _ in range(1_000)
        )
    _say(f"inclusion proof at {size} entries, anywhere", spent_each[500], "ms p50", p99=spent_each[990])
    bench.close()
    assert spent_each[500] < 50
