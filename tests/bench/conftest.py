"""Benches are files bench_*.py and run only by `make bench`; they share one hub with 100,000 records."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from rig import figures, hubs

RECORDS = int(os.environ.get("TOCSIN_BENCH_RECORDS", "100000"))


@pytest.fixture(scope="session")
def young(tmp_path_factory: pytest.TempPathFactory) -> hubs.HubDir:
    """A hub with its first 2,000 records. Benches append to it."""
    hub = hubs.HubDir(tmp_path_factory.mktemp("young"))
    hub.fill(2_000, seed=1)
    return hub


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[hubs.HubDir]:
    """A hub with RECORDS records, about 2 % amended and 1 % withdrawn, read by all readers. Benches may append to it."""
    given = os.environ.get("TOCSIN_BENCH_HUB")
    if given:
        yield hubs.HubDir.reopened(Path(given))
        return
    hub = hubs.HubDir(tmp_path_factory.mktemp("hub"))
    seconds = figures.wall_s(lambda: hub.fill(RECORDS))
    figures.note(f"a hub with {hub.records} records: signed, sequenced and read in {seconds:.0f} s")
    yield hub
