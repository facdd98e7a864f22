"""Claims about the page of features: 73 rows, honest about each, and every test and command it names exists."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/reference/features.md"
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split("|")]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]
EVIDENCE = sorted({name for row in ROWS for name in re.findall(r"`([^`]+)`", row[3])})
TESTS = [name for name in EVIDENCE if "::" in name]
COMMANDS = [name for name in EVIDENCE if "::" not in name]


@functools.cache
def _functions(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


@functools.cache
def _commands(program: str) -> frozenset[str]:
    module = {"tocsin": "tocsin_client", "tocsin-hub": "tocsin_hub"}[program]
    shown = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True, text=True, timeout=60)
    assert shown.returncode == 0, shown.stderr
    return frozenset(re.findall(r"^  ([a-z-]+)  ", shown.stdout.partition("Commands:")[2], flags=re.M))


def test_there_are_73_features_in_order() -> None:
    assert [row[0] for row in ROWS] == [str(number) for number in range(1, 74)]
    assert {len(row) for row in ROWS} == {4}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_feature_is_shown_if_it_is_there_and_only_then(row: list[str]) -> None:
    _, name, state, shown = row
    assert len(name) > 10
    if state == "not yet":
        assert shown == ""
        return
    assert state == "here" or re.match(r"partly: \S.{9,}", state), (
        "a state is here, not yet, or partly with what is missing"
    )
    assert re.fullmatch(r"`[^`]+`(, `[^`]+`)*", shown), "evidence is tests and commands, in code marks"


@pytest.mark.parametrize("name", TESTS)
def test_every_named_test_exists(name: str) -> None:
    path, _, function = name.partition("::")
    assert function.startswith("test_")
    assert function in _functions(ROOT / path)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_named_command_exists(name: str) -> None:
    program, _, command = name.partition(" ")
    assert command in _commands(program)


def test_the_check_of_evidence_would_notice() -> None:
    assert "test_that_nobody_wrote" not in _functions(ROOT / TESTS[0].partition("::")[0])
    assert "fly" not in _commands("tocsin")
    assert {"submit", "verify"} <= _commands("tocsin")
    assert {"serve", "erase"} <= _commands("tocsin-hub")
