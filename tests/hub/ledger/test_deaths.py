"""Claims about dying between any two durable steps: the process ends there, a new one starts, and the log has one history.

test_crash.py lets writes fail and lie; here the process is gone, by os._exit, at each step of a batch.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor, append, check, nodes, publish, seal, sequencer
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_trust import keys, merkle

ORIGIN = "hub.example.org/log"
BEFORE, AFTER = 300, 7  # more than a tile lies there before; the batch in which the process dies

# step: what the next process must find of the batch
STEPS = {
    "before the commit": 0,
    "after the commit": AFTER,
    "in the middle of the anchor's write": AFTER,
    "after the anchor's write, before it is synced": AFTER,
    "after the anchor": AFTER,
    "after the signature, before the answer": AFTER,
}

DYING = """
import os, sys
sys.path.insert(0, {here!r})
import crash_writer as w
from contextlib import contextmanager
from pathlib import Path
step, url, path, seed = sys.argv[1:]

class Store(w.Store):
    @contextmanager
    def write(self, who):
        with super().write(who) as session:
            yield session
            if armed and step == "before the commit":
                os._exit(9)
        if armed and step == "after the commit":
            os._exit(9)

class Anchor(w.anchor.Anchor):
    def advance(self, old, size, root):
        if armed and step == "in the middle of the anchor's write":
            real = os.pwrite
            def torn(descriptor, data, at):
                real(descriptor, data[:100], at)
                os._exit(9)
            os.pwrite = torn
        if armed and step == "after the anchor's write, before it is synced":
            os.fdatasync = lambda descriptor: os._exit(9)
        super().advance(old, size, root)
        if armed and step == "after the anchor":
            os._exit(9)

class Publisher(w.publish.Publisher):
    def publish(self, size, checkpoint):
        if armed and step == "after the signature, before the answer":
            os._exit(9)
        super().publish(size, checkpoint)

armed = False
memo = w.nodes.Memo()
sealer = w.seal.Sealer(Anchor(Path(path), w.ORIGIN), Publisher(memo), w.ORIGIN, w.keys.SigningKey.from_seed(bytes.fromhex(seed)))
running = w.sequencer.Sequencer(Store(url), (), (), sealer, lambda: w.DAY_UNIX_S, w.Settings(), memo=memo)
running.recover()
for count in (256, {before} - 256):
    running.run_batch([w.item() for _ in range(count)])
batch = [w.item() for _ in range({after})]
print(*[item.envelope.hex() for item in batch], flush=True)
armed = True
running.run_batch(batch)
"""


@pytest.mark.slow
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("engine", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def test_a_process_that_dies_between_two_steps_leaves_one_history(
    engine: str, step: str, request: pytest.FixtureRequest, tmp_path: Path, cast: object
) -> None:
    url = str(request.getfixturevalue("sqlite_url" if engine == "sqlite" else "migrated_postgres_url"))
    path, key = tmp_path / "anchor", keys.SigningKey.from_seed(bytes(32))
    anchor.create(path, ORIGIN)
    code = DYING.format(here=str(Path(__file__).parent), before=BEFORE, after=AFTER)
    died = subprocess.run(
        [sys.executable, "-c", code, step, url, str(path), bytes(32).hex()], capture_output=True, text=True, timeout=60
    )
    assert died.returncode == 9, died.stderr
    sent = [cast.admitted(bytes.fromhex(each)) for each in died.stdout.split()]  # type: ignore[attr-defined]
    store, memo = Store(url), nodes.Memo()
    held = anchor.Anchor(path, ORIGIN)
    assert held.mark.size in (BEFORE, BEFORE + STEPS[step])
    running = sequencer.Sequencer(
        store,
        (),
        (),
        seal.Sealer(held, publish.Publisher(memo), ORIGIN, key),
        cast.clock,  # type: ignore[attr-defined]
        Settings(),
        memo=memo,
    )
    assert running.recover().size == BEFORE + STEPS[step]
    again = running.run_batch(sent)  # nobody was answered, so everybody sends the same bytes again
    places = [answer for answer in again if not isinstance(answer, HubError)]
    assert [place.idx for place in places] == list(range(BEFORE, BEFORE + AFTER))
    assert {place.replayed for place in places} == {STEPS[step] == AFTER}
    assert check.fsck(store, origin=ORIGIN, anchor=path, quick=True) == []
    with store.read() as session:
        size, root = append.size(session)
        assert (size, merkle.root(size, nodes.Nodes(session, size, nodes.Memo()))) == (BEFORE + AFTER, root)
        assert session.execute(text("SELECT count(DISTINCT digest) FROM entry")).scalar_one() == size
    held.close()
    store.dispose()
