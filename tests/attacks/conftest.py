"""A whole hub per test; see tests/simulators/world.py."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _load(name: str) -> ModuleType:
    """A module of tests/simulators: tests are no package, so it is loaded by its path, once."""
    full = f"tocsin_simulators_{name}"
    if full not in sys.modules:
        root = next(folder for folder in Path(__file__).resolve().parents if folder.name == "tests")
        spec = importlib.util.spec_from_file_location(full, root / "simulators" / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[full] = module
        spec.loader.exec_module(module)
    return sys.modules[full]


simulated = _load("world")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A hub's directory to copy."""
    return simulated.Template(tmp_path_factory.mktemp("hub-template"))


@pytest.fixture
def world(template: Any, tmp_path: Path) -> Iterator[Any]:
    """A running hub with nobody in it."""
    with simulated.World(template, tmp_path) as running:
        yield running


@pytest.fixture
def simulators() -> Any:
    """The module tests/simulators/world.py."""
    return simulated
