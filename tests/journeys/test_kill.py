"""Attack 42: kill -9 of a real `tocsin-hub serve` while many submit over HTTP; nothing acknowledged may be lost."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tocsin_hub import app as hub_app
from tocsin_hub.ledger import check
from tocsin_hub.members import keyring
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_trust import policy, receipt

ROUNDS = 5
DSSE, NDJSON = "application/vnd.dsse+json", "application/x-ndjson"
pytestmark = pytest.mark.slow


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _serving(home: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tocsin_hub", "serve", "--dir", str(home / "hub"), "--port", str(port)]
    environment = {**os.environ, "TOCSIN_LOG_LEVEL": "WARNING"}
    with (home / "serve.log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        for _ in range(600):
            assert process.poll() is None, (home / "serve.log").read_text()
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200:
                    break
            time.sleep(0.05)
        else:
            pytest.fail("the hub did not get ready")
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(10)


def _flood(
    port: int, envelopes: Iterator[bytes], acknowledged: dict[str, int], stop: threading.Event, bulk: bool
) -> None:
    """Submit until the hub dies; note only what was answered in full."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
        while not stop.is_set():
            try:
                if bulk:
                    lines = b"\n".join([next(envelopes) for _ in range(20)])
                    answer = http.post("/v1/submissions", content=lines, headers={"Content-Type": NDJSON})
                    for said in map(_json, answer.text.splitlines()[:-1]):
                        if said["status"] == 201:
                            acknowledged[said["digest"]] = said["index"]
                else:
                    answer = http.post("/v1/submissions", content=next(envelopes), headers={"Content-Type": DSSE})
                    if answer.status_code == 201:
                        acknowledged[answer.headers["tocsin-digest"]] = int(answer.headers["tocsin-index"])
            except (httpx.HTTPError, StopIteration):
                return


def _json(line: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(line)
    return found


def _lost(port: int, acknowledged: dict[str, int]) -> list[str]:
    """Digests whose index the restarted hub does not prove."""
    lost = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
        for digest, index in acknowledged.items():
            answer = http.get("/v1/log/proof", params={"digest": digest})
            if answer.status_code != 200 or receipt.parse_proof(answer.text).index != index:
                lost.append(digest)
    return lost


def _fsck(home: Path, *, quick: bool) -> list[check.Finding]:
    settings = Settings(dir=home / "hub")
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


def _new_hub(simulators: Any, home: Path) -> Any:
    """A fresh hub in `home` and the crowd that will use it."""
    made = keyring.init(
        Settings(dir=home / "hub", anchor=home / "anchor"),
        origin=simulators.ORIGIN,
        root_key=home / "root.key",
        authority_key=home / "authority.key",
        now_unix_s=int(time.time()),
    )
    return simulators.Crowd(made, policy.read((home / "hub" / "policy.json").read_bytes()))


def test_sigterm_ends_a_hub_after_what_was_begun(simulators: Any, tmp_path: Path) -> None:
    crowd = _new_hub(simulators, tmp_path)
    port = _free_port()
    acknowledged: dict[str, int] = {}
    with _serving(tmp_path, port) as process:
        crowd.enrol(f"http://127.0.0.1:{port}", 1)
        stop = threading.Event()
        flood = threading.Thread(target=_flood, args=(port, iter(crowd.envelopes(0, 400)), acknowledged, stop, False))
        flood.start()
        while not acknowledged:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
        stop.set()
        flood.join(20)
    assert "Traceback" not in (tmp_path / "serve.log").read_text()
    assert _fsck(tmp_path, quick=True) == []
    with _serving(tmp_path, port):
        assert _lost(port, acknowledged) == []


def test_42_what_was_acknowledged_survives_kill_9(simulators: Any, tmp_path: Path) -> None:
    crowd = _new_hub(simulators, tmp_path)
    port = _free_port()
    with _serving(tmp_path, port):
        crowd.enrol(f"http://127.0.0.1:{port}", 4)
    acknowledged: dict[str, int] = {}
    for round_ in range(ROUNDS):
        fresh: dict[str, int] = {}
        # Signed before the clock runs, and new in every round: a re-sent envelope would hide that it had been lost.
        heaps = [iter(crowd.envelopes(member, 600 if member == 0 else 150)) for member in range(4)]
        with _serving(tmp_path, port) as process:
            stop = threading.Event()
            flood = [
                threading.Thread(target=_flood, args=(port, heap, fresh, stop, n == 0)) for n, heap in enumerate(heaps)
            ]
            for thread in flood:
                thread.start()
            begun = time.monotonic()
            while not fresh and time.monotonic() - begun < 10:
                time.sleep(0.005)
            time.sleep(0.05 + 0.13 * round_)
            process.send_signal(signal.SIGKILL)
            stop.set()
            for thread in flood:
                thread.join(20)
        assert fresh, "nothing was acknowledged before the kill, so the round shows nothing"
        assert not fresh.keys() & acknowledged.keys()
        acknowledged |= fresh
        assert _fsck(tmp_path, quick=True) == []
    with _serving(tmp_path, port):
        assert _lost(port, acknowledged) == []
        assert _lost(port, {"0" * 64: 3}) == ["0" * 64]  # the checker can see a loss
        while httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).json()["lag"]:
            time.sleep(0.05)
    assert _fsck(tmp_path, quick=False) == []  # rows equal to a replay of the log
    assert len(set(acknowledged.values())) == len(acknowledged)
