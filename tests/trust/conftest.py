"""What the tests of this wing share: the little world of tests/vectors/make.py, and a way to read vector files."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("tocsin_vectors_make", VECTORS / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def make() -> ModuleType:
    """The module that makes our own vectors."""
    return _load()


@pytest.fixture
def world(make: ModuleType) -> Any:
    """A hub with a log of six entries."""
    return make.filled()


@pytest.fixture(scope="session")
def published() -> Callable[[str], Any]:
    """Read one file of tests/vectors."""
    return lambda name: json.loads((VECTORS / name).read_text(encoding="utf-8"))
