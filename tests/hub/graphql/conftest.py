"""Fixtures of the reading tests; the harness is loaded by its path, because test folders are no packages."""

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
def house(sqlite_url: str) -> Iterator[Any]:
    """An empty hub on SQLite."""
    found = _harness().House(sqlite_url)
    yield found
    found.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def any_house(request: pytest.FixtureRequest) -> Iterator[Any]:
    """An empty hub, once per engine."""
    url = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "migrated_postgres_url")
    found = _harness().House(url)
    yield found
    found.close()
