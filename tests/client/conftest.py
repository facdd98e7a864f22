"""What the client's tests share: the simulated hub, a home directory, drafts that are valid, a member that has joined."""

from __future__ import annotations

import importlib.util
import io
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from tocsin_client import Draft, Hub, cli
from tocsin_client.redact.approval import Approved


def _load(name: str) -> ModuleType:
    """A module of tests/simulators: tests are no package, so it is loaded by its path, once."""
    full = f"tocsin_simulators_{name}"
    if full not in sys.modules:
        path = Path(__file__).resolve().parents[1] / "simulators" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(full, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "TOCSIN_PASSPHRASE",
        "TOCSIN_LANG",
        "TOCSIN_HUB_URL",
        "TOCSIN_PROFILE",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TOCSIN_HOME", str(tmp_path / "home"))


@pytest.fixture
def sim() -> Any:
    """A hub in memory that can be told to lie."""
    return _load("hub").HubSimulator()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def make_hub(sim: Any, home: Path) -> Iterator[Callable[..., Hub]]:
    """A Hub on the simulator, for any profile; closed at the end."""
    opened: list[Hub] = []

    def make(profile: str = "default", **kwargs: Any) -> Hub:
        hub = Hub(
            "http://testserver", profile=profile, home=home, transport=sim.transport(), clock=lambda: sim.now, **kwargs
        )
        hub._named._sleep = hub._nameless._sleep = lambda _s: None  # no test waits for a back-off
        opened.append(hub)
        return hub

    yield make
    for hub in opened:
        hub.close()


@pytest.fixture
def member(sim: Any, make_hub: Callable[..., Hub]) -> Hub:
    """A member that has joined and is enrolled."""
    hub = make_hub()
    hub.join(sector="isic@4:K", region="un-m49@2024:156", fingerprint=sim.fingerprint)
    sim.enrol_all()
    return hub


FIELDS: dict[str, Any] = {
    "title": "Cloned voice asked a clerk for a transfer",
    "summary": "A caller with the cloned voice of a director asked a clerk for an urgent transfer; a call back stopped it.",
    "occurred": "2024-Q1",
    "ai_contribution": "yes",
    "ai_role": "tool-of-harm",
    "system_class": "tocsin-system-class@2026-11:speech-or-audio",
    "sector": "isic@4:K",
    "region": "un-m49@2024:030",
    "risk_tags": ["caict-2024@2024-12:derived.individual-organisation.criminal-use"],
    "severity": (0, 4),
}


@pytest.fixture
def draft() -> Callable[..., Draft]:
    """A valid incident, with fields replaced at will."""

    def make(**fields: Any) -> Draft:
        return Draft.incident(**{**FIELDS, **fields})

    return make


@pytest.fixture
def approved(member: Hub, draft: Callable[..., Draft]) -> Callable[..., Approved]:
    """An approval of a valid incident in a mode."""

    def make(mode: str = "pseudonymous", **fields: Any) -> Approved:
        return member.preview(draft(**fields), mode=mode).approve(by="a tester")

    return make


DRAFT = """\
kind: incident
notes: {ticket: SEC-4711}
record_type: incident
title: {text: Cloned voice asked a clerk for a transfer, language: en}
summary:
  text: A caller with a cloned voice called from +44 20 7946 0958 and asked for an urgent transfer.
  language: en
occurred: {value: 2024-02, precision: month, basis: occurred}
ai_contribution: "yes"
ai_role: tool-of-harm
system_class: tocsin-system-class@2026-11:speech-or-audio
sector: isic@4:K
region: un-m49@2024:156
risk_tags:
  - {scheme: caict-2024, edition: "2024-12", code: derived.individual-organisation.criminal-use, confidence: known, assigned_by: reporter}
severity: {scheme: tocsin-sev, edition: "1", actual: 0, potential: 4}
evidence_class: first-hand
"""


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command line in this process; `answers` are typed by a person, None is no terminal at all."""

    def go(*words: str, answers: list[str] | None = None) -> Ran:
        typed = io.StringIO("") if answers is None else _Terminal("".join(f"{a}\n" for a in answers))
        monkeypatch.setattr(sys, "stdin", typed)
        capsys.readouterr()
        code = cli.main(list(words))
        seen = capsys.readouterr()
        return Ran(code, seen.out, seen.err)

    return go


@pytest.fixture
def url(sim: Any) -> Iterator[str]:
    sim.now = int(time.time())
    sim.policy = sim.make_policy(version=1)
    with sim.serve() as address:
        yield address


@pytest.fixture
def joined(run: Callable[..., Ran], sim: Any, url: str) -> str:
    done = run("init", url, "--fingerprint", sim.fingerprint, "--sector", "K", "--region", "156", "--no-passphrase")
    assert done.code == 0, done.err
    sim.enrol_all()
    return url


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "draft.yaml"
    path.write_text(DRAFT, encoding="utf-8")
    return path


class RealHub:
    """A hub process on a loopback port, made for this test run; `enrol_all` does what its operator does."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._anchor = folder / "anchor"
        said = self.operate(
            "init", "--origin", "hub.example.org/log", "--root-key", str(folder / "root.key"),
            "--authority-key", str(folder / "authority.key"), "--dir", str(folder / "hub"), "--anchor", str(self._anchor), "--json",
        )  # fmt: skip
        self.made = said
        self._serving = subprocess.Popen(
            [
                *_OPERATOR,
                "serve",
                "--dir",
                str(folder / "hub"),
                "--anchor",
                str(self._anchor),
                "--port",
                str(self.port),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._wait()

    def operate(self, *words: str) -> Any:
        done = subprocess.run([*_OPERATOR, *words], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def enrol_all(self) -> None:
        self.operate("enrol", "--all-pending", "--authority-key", str(self.folder / "authority.key"), "--hub", self.url)

    def _wait(self) -> None:
        for _ in range(200):
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self._serving.poll() is None, self._serving.stderr.read().decode() if self._serving.stderr else ""
            time.sleep(0.05)
        raise AssertionError("the hub did not start")

    def stop(self) -> None:
        self._serving.terminate()
        self._serving.wait(20)
        if self._serving.stderr:
            self._serving.stderr.close()


_OPERATOR = [sys.executable, "-m", "tocsin_hub"]


@pytest.fixture(scope="session")
def real_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealHub]:
    pytest.importorskip("tocsin_hub.app", reason="the hub's wing is not installed")
    hub = RealHub(tmp_path_factory.mktemp("real-hub"))
    yield hub
    hub.stop()
