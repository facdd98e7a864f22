"""Where the optional folder of real data lies, if it is there at all; users do not have it, and tests skip without it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_ROOT = Path(os.environ.get("TOCSIN_SHARED_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


def path(relative: str) -> Path:
    """The path of one file of the optional data, or a skip that names it."""
    found = _ROOT / relative
    if not found.exists():
        pytest.skip(f"optional data {relative} is not here")
    return found
