"""Fixtures of the reading tests; the harness beside this file is loaded by path, because test folders are no packages."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _harness() -> ModuleType:
    name = "tocsin_reading_harness"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "catalogue" / "harness.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def h() -> ModuleType:
    """The harness: bodies, viewers, the House."""
    return _harness()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Any]:
    """An empty hub on SQLite."""
    found = _harness().sqlite(tmp_path)
    yield found
    found.close()
