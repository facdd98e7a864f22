"""What every test stands on: no network beyond loopback, the ways a test may be left out, databases and hubs.

The fixtures of databases and hubs are in tests/simulators/engines.py.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import sys
from pathlib import Path
from typing import Any

import pytest

_LOCAL_NAMES = {"localhost", "testserver", ""}


def _refuse_outside(event: str, args: tuple[Any, ...]) -> None:
    """Audit hook: a connection to anything but loopback is a bug in the test, whoever opens it."""
    if event != "socket.connect":
        return
    address = args[1]
    if not isinstance(address, tuple):
        return  # a UNIX socket
    host = str(address[0])
    if host in _LOCAL_NAMES:
        return
    try:
        if ipaddress.ip_address(host.split("%")[0]).is_loopback:
            return
    except ValueError:
        pass
    raise AssertionError("a test tried to leave this machine")


sys.addaudithook(_refuse_outside)


def absent(what: str) -> None:
    """Skip because `what` is not on this machine; in CI its absence is a failure, so nothing is left out unseen."""
    if os.environ.get("CI"):
        pytest.fail(f"{what} is missing, and CI must not leave its tests out", pytrace=False)
    pytest.skip(f"{what} is not on this machine")


def pytest_configure(config: pytest.Config) -> None:
    """Make the fixtures of tests/simulators/engines.py everybody's."""
    name = "tocsin_tests_simulators_engines"
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / "simulators" / "engines.py")
    assert spec is not None
    assert spec.loader is not None
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])
    config.pluginmanager.register(sys.modules[name], "tocsin-engines")
