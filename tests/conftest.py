"""What every test stands on: no network beyond loopback, and the two ways a test may be left out."""

from __future__ import annotations

import ipaddress
import os
import sys
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
