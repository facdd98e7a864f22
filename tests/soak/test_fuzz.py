"""Claims about whatever may come in: no bytes make the hub answer 5xx, wait for long or keep memory. By `make soak`.

schemathesis runs as a program of its own against a real `tocsin-hub serve`. TOCSIN_SOAK_S is the time for each face in
seconds (600 if unset); TOCSIN_SCHEMATHESIS names the program if it is not installed beside this Python.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tocsin_hub import app
from tocsin_trust import documents, keys

pytestmark = pytest.mark.soak
BUDGET_S = float(os.environ.get("TOCSIN_SOAK_S", "600"))
WARM_S = min(60.0, BUDGET_S / 3)
GROWTH_KB = 24 * 1024
SLOWEST_S = 5


def _shapes() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tocsin_soak_shapes", Path(__file__).with_name("shapes.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _program() -> str:
    beside = Path(sys.executable).with_name("schemathesis")
    found = os.environ.get("TOCSIN_SCHEMATHESIS") or (str(beside) if beside.exists() else shutil.which("schemathesis"))
    if not found:
        pytest.skip("schemathesis is not installed: pip install 'tocsin[soak]'")
    return found


@pytest.fixture
def hub(siege: Any, simulators: Any, tmp_path: Path) -> Iterator[tuple[Any, subprocess.Popen[bytes]]]:
    """A served hub with four members and forty records; it and its process."""
    found = siege.Siege(tmp_path, simulators)
    with found.serving() as process:
        found.crowd.enrol(f"http://127.0.0.1:{found.port}", 4)
        with found.client() as http:
            for envelope in found.crowd.envelopes(0, 40):
                http.post("/v1/submissions", content=envelope, headers={"Content-Type": siege.DSSE})
        yield found, process


def _document(found: Any, siege: Any, path: Path) -> Path:
    """The REST face as OpenAPI, from an app that is built in a directory of its own and never runs."""
    other = siege.Siege(path, found.simulators)
    built = app.create_app(other.settings())
    document = built.openapi()
    built.state.hub.close()
    ((org, key), *_) = found.crowd.people
    (envelope,) = found.crowd.envelopes(1, 1)
    root = keys.SigningKey.generate()
    asked = documents.enrolment_request(
        aud=found.policy.origin,
        org=org[:-1] + ("a" if org[-1] != "a" else "b"),
        kind="member",
        sector="isic@4:K",
        region="un-m49@2024:030",
        agreement="2026-11",
        key=key,
        root=root,
    )
    knock = {"envelope": base64.b64encode(asked).decode(), "name": "A name", "publishName": False}
    with found.client() as http:
        digest = json.loads(
            http.post("/graphql", json={"query": "{ records(first: 1) { nodes { ... on Reported { digest } } } }"}).text
        )
    nodes = (digest.get("data") or {"records": {"nodes": [{"digest": "0" * 64}]}})["records"]["nodes"]
    to = path / "openapi.json"
    shaped = _shapes().described(document, envelope=envelope, knock=knock, digest=nodes[0]["digest"], org=org)
    to.write_text(json.dumps(shaped))
    return to


def _memory_kb(pid: int) -> int:
    """Resident memory of the hub and its children."""
    total = 0
    for each in [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]:
        total += int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{each}/status").read_text())[1])  # type: ignore[index]
    return total


def _fuzz(found: Any, process: subprocess.Popen[bytes], *target: str) -> None:
    """Run the program until the time is up, with a new seed each time; watch the hub's memory meanwhile."""
    begun = time.monotonic()
    samples: list[tuple[float, int]] = []
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(1.0) and process.poll() is None:
            samples.append((time.monotonic() - begun, _memory_kb(process.pid)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    runs = cases = 0
    output = ""
    try:
        while (left := BUDGET_S - (time.monotonic() - begun)) > 1:
            ran = subprocess.run(
                [
                    *(_program(), "run", *target),
                    *("--checks", "no_fault", "--max-response-time", str(SLOWEST_S)),
                    *(
                        "--phases",
                        "examples,coverage,fuzzing",
                        "--max-examples",
                        "400",
                        "--max-time",
                        str(int(left) + 1),
                    ),
                    *(
                        "--seed",
                        str(1_000 + runs),
                        "--workers",
                        "2",
                        "--continue-on-failure",
                        "--no-color",
                        "--warnings",
                        "off",
                    ),
                ],
                capture_output=True,
                text=True,
                cwd=found.home,
                env={
                    **os.environ,
                    "NO_PROXY": "127.0.0.1",
                    "PYTHONPATH": str(Path(__file__).parent),
                    "SCHEMATHESIS_HOOKS": "hooks",
                },
            )
            runs += 1
            output = ran.stdout
            cases += sum(int(number) for number in re.findall(r"(\d+) generated", output))
            assert ran.returncode == 0, output[-6_000:] + ran.stderr[-2_000:]
    finally:
        stop.set()
        watcher.join()
    assert process.poll() is None, found.log[-4_000:]
    assert "event=sequencer-died" not in found.log
    assert not re.search(r"fault request=", found.log), found.log[-4_000:]
    warm = [memory for at, memory in samples if at >= WARM_S]
    print(json.dumps({"target": target[0], "seconds": round(time.monotonic() - begun), "runs": runs, "cases": cases,
                      "rss_mb": [round(memory / 1024) for memory in (samples[0][1], warm[0], warm[-1])]}))  # fmt: skip
    assert sum(warm[-5:]) / 5 - warm[0] < GROWTH_KB, [memory for _, memory in samples[::10]]
    assert cases > 0, output[-3_000:]
    assert found.fsck(quick=True) == []


def test_no_rest_request_makes_a_fault(hub: Any, siege: Any, tmp_path: Path) -> None:
    found, process = hub
    (tmp_path / "document").mkdir()
    document = _document(found, siege, tmp_path / "document")
    _fuzz(found, process, str(document), "--url", f"http://127.0.0.1:{found.port}")


def test_no_graphql_request_makes_a_fault(hub: Any) -> None:
    found, process = hub
    _fuzz(found, process, f"http://127.0.0.1:{found.port}/graphql")
