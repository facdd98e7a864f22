"""Claims about `serve`: it speaks once it serves, says plainly when a port is taken, and starts quietly."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from tocsin_hub import cli
from tocsin_hub.cli import logbook

RUNNER = CliRunner()
LINE = re.compile(r"time=\S+Z level=\w+ logger=\S+ (event=|message=\")")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh hub made by `init`."""
    words = ["--dir", str(tmp_path / "hub"), "--anchor", str(tmp_path / "anchor"), "--origin", "hub.example.org/log"]
    keys = ["--root-key", str(tmp_path / "root.key"), "--authority-key", str(tmp_path / "authority.key")]
    assert RUNNER.invoke(cli.app, ["init", *words, *keys]).exit_code == 0
    return tmp_path


def test_the_address_is_said_when_it_answers_and_the_start_is_quiet(home: Path) -> None:
    command = [sys.executable, "-m", "tocsin_hub", "serve", "--dir", str(home / "hub"), "--port", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as serving:
        assert serving.stderr is not None
        before = []
        for line in serving.stderr:
            found = re.match(r"Tocsin hub at (http://127\.0\.0\.1:\d+) ", line)
            if found:
                break
            before.append(line)
        assert httpx.get(f"{found[1] if found else ''}/readyz").status_code == 200
        serving.send_signal(signal.SIGINT)
        after = serving.stderr.read().splitlines()
    assert before == [line for line in before if LINE.match(line)]
    assert [line for line in (*before, *after) if "uvicorn" in line or "alembic" in line] == []
    assert "event=open origin=hub.example.org/log" in before[-1]
    assert serving.returncode in (0, 130)


@pytest.mark.parametrize(("lang", "said"), [("en", "is taken by another program"), ("zh", "已被占用")])
def test_a_taken_port_is_said_and_nothing_else_is(home: Path, lang: str, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = RUNNER.invoke(cli.app, ["serve", "--dir", str(home / "hub"), "--port", port, "--lang", lang])
    assert result.exit_code == 3
    assert port in result.stderr
    assert said in result.stderr
    assert "Tocsin" not in result.stderr
    # The anchor was given up: the next try gets as far as this one.
    assert RUNNER.invoke(cli.app, ["migrate", "--dir", str(home / "hub")]).exit_code == 0


def test_a_line_of_the_log_is_key_value_and_libraries_are_quoted() -> None:
    ours = logging.LogRecord("tocsin.x", logging.INFO, "f", 1, "event=sweep done=%s", (3,), None)
    theirs = logging.LogRecord("uvicorn.error", logging.WARNING, "f", 1, 'a "word"\nand a line', (), None)
    lines = [logbook.KeyValue().format(record) for record in (ours, theirs)]
    assert lines[0].endswith(" level=info logger=tocsin.x event=sweep done=3")
    assert lines[1].endswith(' level=warning logger=uvicorn.error message="a \\"word\\"\\nand a line"')
    assert json.loads(lines[1].split("message=")[1]) == 'a "word"\nand a line'


def test_libraries_speak_with_verbose(monkeypatch: pytest.MonkeyPatch) -> None:
    began: list[Any] = []
    monkeypatch.setattr(logging, "basicConfig", lambda **given: began.append(given["level"]))
    levels = {name: logging.getLogger(name).level for name in logbook.LIBRARIES}
    try:
        logbook.begin("info", verbose=False)
        assert logging.getLogger("alembic").level == logging.WARNING
        logbook.begin("info", verbose=True)
        assert logging.getLogger("alembic").level == logging.INFO
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
    assert began == ["INFO", "INFO"]
