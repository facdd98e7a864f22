"""Claims about admit processes: they answer what the door itself would answer, and their death is nobody's loss."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tocsin_hub.errors import HubError
from tocsin_hub.intake import admit
from tocsin_hub.intake.workers import Workers


@pytest.fixture
def workers(world: Any) -> Iterator[Workers]:
    found = Workers(1, world.hub.door.anchors, 262_144)
    yield found
    found.stop()


def test_a_worker_says_what_the_door_itself_would_say(world: Any, workers: Workers) -> None:
    member = world.member()
    nameless, _ = member.nameless()
    envelopes = [
        member.seal(),
        nameless,
        member.seal(aud="other.example/log"),
        member.seal(body={"title": 1}),
        b"{",
        member.seal()[:-3] + b'"}]',
    ]
    for envelope, answer in zip(envelopes, workers.judge(envelopes, world.clock()), strict=True):
        own = admit.judge(envelope, world.hub.door.anchors, world.clock())
        if isinstance(own, HubError):
            assert isinstance(answer, HubError)
            assert (answer.code, answer.where) == (own.code, own.where)
        else:
            assert answer == dataclasses.replace(own, record=None)


def test_a_worker_that_dies_costs_no_envelope_and_is_replaced(world: Any, workers: Workers) -> None:
    envelope = world.member().seal()
    first = workers._all[0].pid
    os.kill(first, signal.SIGKILL)
    for _ in range(2):
        answer = workers.judge([envelope], world.clock())[0]
        assert not isinstance(answer, HubError)
        assert answer.envelope == envelope
    assert workers._all[0].pid != first
    assert workers._all[0].poll() is None


def test_a_worker_ends_with_its_hub(world: Any, workers: Workers) -> None:
    child = workers._all[0]
    assert child.stdin is not None
    child.stdin.close()  # what the kernel does when the hub is gone
    assert child.wait(10) == 0


def test_a_worker_holds_neither_database_nor_server() -> None:
    probe = "import sys, tocsin_hub.intake.workers; print([m for m in {names} if m in sys.modules])"
    names = ["sqlalchemy", "sqlmodel", "fastapi", "strawberry", "uvicorn", "numpy", "httpx"]
    ran = subprocess.run([sys.executable, "-c", probe.format(names=names)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_a_hub_with_an_admit_process_accepts_and_refuses_as_without(
    template: Any, simulators: Any, tmp_path: Any
) -> None:
    with simulators.World(template, tmp_path, admit_processes=1) as world:
        member = world.member()
        assert world.accept(member.seal())
        assert world.post(member.seal(aud="other.example/log")).json()["code"] == "wrong-audience"
        begun = time.monotonic()
    assert time.monotonic() - begun < 5
