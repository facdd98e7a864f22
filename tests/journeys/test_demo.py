"""The demo as a newcomer runs it: one command, real incidents, under a minute, nothing left behind."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
LIMIT_S = 60


def test_the_demo_shows_what_it_promises_and_cleans_up(tmp_path: Path) -> None:
    if importlib.util.find_spec("genai_incidents") is None:
        pytest.skip("the data packages of tocsin[demo] are not installed")
    environment = {**os.environ, "TMPDIR": str(tmp_path), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-m", "tocsin_hub", "demo", "--once", "--json"],
        capture_output=True,
        text=True,
        env=environment,
        timeout=3 * LIMIT_S,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == ""
    (line,) = ran.stdout.splitlines()
    said = json.loads(line)
    assert (said["v"], said["ok"]) == (1, True)
    assert "data" not in said  # each figure stands once, at the top
    assert said["records"] >= 1_600
    assert said["mitigations"] > 0
    assert said["receipt_verified"] is True
    assert said["tampered_refused"] is True
    assert said["trend_before"] != said["trend_after"]
    assert said["trend_before"] == said["trend_withdrawn"]
    assert said["seconds"] < LIMIT_S
    assert list(tmp_path.glob("tocsin-demo-*")) == []


def test_a_demo_directory_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    ran = subprocess.run(
        [sys.executable, "-m", "tocsin_hub", "demo", "--once", "--json", "--dir", str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, json.loads(ran.stdout)["code"]) == (3, "file-exists")
