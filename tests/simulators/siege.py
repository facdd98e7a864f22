"""A real `tocsin-hub serve` in a process of its own, many who submit to it at once, and kill -9 in the middle.

`Siege` keeps what the besieged hub has promised: the index of every digest it acknowledged and every checkpoint it showed.
`lost` and `forked` ask the hub after its restart whether it still keeps those promises.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tocsin_hub import app as hub_app
from tocsin_hub.ledger import check, nodes
from tocsin_hub.members import keyring
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_trust import merkle, note, policy, receipt

DSSE, NDJSON = "application/vnd.dsse+json", "application/x-ndjson"
SERVE = ("-m", "tocsin_hub", "serve")
START_S = 60


def free_port() -> int:
    """A TCP port that nobody has just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _children(pid: int) -> list[int]:
    """The processes that a hub has started; empty where there is no /proc."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(each) for each in path.read_text().split()] if path.exists() else []


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@dataclass
class Siege:
    """A hub in `home`, on SQLite or at `database_url`, and what it has promised."""

    home: Path
    simulators: Any
    database_url: str | None = None
    env: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    acknowledged: dict[str, int] = field(default_factory=dict)
    checkpoints: set[str] = field(default_factory=set)
    crowd: Any = field(init=False)

    def __post_init__(self) -> None:
        made = keyring.init(
            self.settings(),
            origin=self.simulators.ORIGIN,
            root_key=self.home / "root.key",
            authority_key=self.home / "authority.key",
            now_unix_s=int(time.time()),
        )
        self.policy = policy.read((self.home / "hub" / "policy.json").read_bytes())
        self.crowd = self.simulators.Crowd(made, self.policy)

    def settings(self) -> Settings:
        """Of the hub."""
        return Settings(dir=self.home / "hub", anchor=self.home / "anchor", database_url=self.database_url)

    @property
    def log_key(self) -> Path:
        """The file of the key that signs checkpoints."""
        return self.home / "hub" / "keys" / "log.key"

    def client(self) -> httpx.Client:
        """Talks to the hub."""
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=10, trust_env=False)

    @property
    def log(self) -> str:
        """What the hub's processes have written."""
        return (self.home / "serve.log").read_text()

    @contextlib.contextmanager
    def serving(self, *program: str) -> Iterator[subprocess.Popen[bytes]]:
        """The hub, ready; killed at the end if it still runs."""
        command = [sys.executable, *(program or SERVE), "--dir", str(self.home / "hub"), "--port", str(self.port)]
        environment = {**os.environ, "TOCSIN_LOG_LEVEL": "WARNING", **self.env}
        if self.database_url:
            environment["TOCSIN_DATABASE_URL"] = self.database_url
        with (self.home / "serve.log").open("ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            self._wait(process)
            yield process
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        for _ in range(START_S * 20):
            assert process.poll() is None, self.log
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", trust_env=False).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the hub did not get ready")

    # --- attack ---------------------------------------------------------------------------------------------------------

    def round(self, chance: random.Random, *program: str, bulk_only: bool = False) -> dict[str, int]:
        """Serve, flood, kill -9 at a random moment after the first acknowledgement; what was acknowledged in this round.

        Everything is signed before the clock runs, and new: a re-sent envelope would hide that it had been lost.
        """
        heaps = [iter(self.crowd.envelopes(who, 800 if who == 0 or bulk_only else 150)) for who in range(4)]
        fresh: dict[str, int] = {}
        with self.serving(*program) as process:
            stop = threading.Event()
            flood = [
                threading.Thread(target=self._flood, args=(heap, fresh, stop, who == 0 or bulk_only))
                for who, heap in enumerate(heaps)
            ]
            for thread in flood:
                thread.start()
            begun = time.monotonic()
            while not fresh and time.monotonic() - begun < 10:
                time.sleep(0.002)
            time.sleep(chance.uniform(0, 0.6))
            children = _children(process.pid)
            process.send_signal(signal.SIGKILL)
            stop.set()
            for thread in flood:
                thread.join(20)
        deadline = time.monotonic() + 10
        while any(_lives(child) for child in children):
            assert time.monotonic() < deadline, "a process of the hub outlived it"
            time.sleep(0.05)
        assert fresh, "nothing was acknowledged before the kill, so the round shows nothing"
        assert not fresh.keys() & self.acknowledged.keys()
        self.acknowledged |= fresh
        return fresh

    def _flood(self, heap: Iterator[bytes], fresh: dict[str, int], stop: threading.Event, bulk: bool) -> None:
        """Submit until the hub dies; note only what was answered in full."""
        with self.client() as http:
            while not stop.is_set():
                try:
                    if bulk:
                        self._bulk(http, [next(heap) for _ in range(20)], fresh)
                    else:
                        self._single(http, next(heap), fresh)
                except (httpx.HTTPError, StopIteration):
                    return

    def _bulk(self, http: httpx.Client, lines: Sequence[bytes], fresh: dict[str, int]) -> None:
        answer = http.post("/v1/submissions", content=b"\n".join(lines), headers={"Content-Type": NDJSON})
        *said, last = (json.loads(line) for line in answer.text.splitlines())
        for line in said:
            if line["status"] == 201:
                fresh[line["digest"]] = line["index"]
        self.checkpoints.add(last["checkpoint"])

    def _single(self, http: httpx.Client, envelope: bytes, fresh: dict[str, int]) -> None:
        answer = http.post("/v1/submissions", content=envelope, headers={"Content-Type": DSSE})
        if answer.status_code == 201:
            shown = receipt.verify(answer.content, self.policy)
            self.checkpoints.add(shown.checkpoint_text)
            fresh[answer.headers["tocsin-digest"]] = shown.index

    # --- afterwards -----------------------------------------------------------------------------------------------------

    def lost(self, promised: dict[str, int] | None = None) -> list[str]:
        """Digests whose index the running hub does not prove."""
        found = []
        with self.client() as http:
            for digest, index in (self.acknowledged if promised is None else promised).items():
                answer = http.get("/v1/log/proof", params={"digest": digest})
                if answer.status_code != 200 or receipt.parse_proof(answer.text).index != index:
                    found.append(digest)
        return found

    def forked(self) -> list[note.Checkpoint]:
        """Checkpoints that were shown and are no prefix of the log as it is now."""
        (verifier,) = self.policy.log_verifiers
        shown = [note.open_checkpoint(text, verifier) for text in self.checkpoints]
        store = Store(self.settings().url())
        try:
            with store.read() as session:
                size = max((each.size for each in shown), default=0)
                reach = {each.size: nodes.Nodes(session, each.size, nodes.Memo()) for each in shown}
                assert size > 0, "no checkpoint was seen"
                return [each for each in shown if merkle.root(each.size, reach[each.size]) != each.root]
        finally:
            store.dispose()

    def settle(self) -> None:
        """Wait until the running hub's readers have seen the whole log."""
        with self.client() as http:
            while http.get("/readyz").json()["lag"]:
                time.sleep(0.05)

    def fsck(self, *, quick: bool) -> list[check.Finding]:
        """What `tocsin-hub fsck` finds."""
        settings = self.settings()
        known = keyring.identity(settings)
        store = Store(settings.url())
        try:
            return check.fsck(
                store,
                origin=known.origin,
                anchor=known.anchor,
                inlines=hub_app.INLINES,
                readers=hub_app.derived(known.prefix),
                quick=quick,
            )
        finally:
            store.dispose()
