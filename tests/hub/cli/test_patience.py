"""Claims about waiting for clients: a head or a taken answer is waited for so long and no longer, an honest one is served."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from tocsin_hub.cli import patience

LONG = b"x" * 4_000_000


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers with a few bytes, with many at /long, or after a while at /late."""
    if scope["path"] == "/late":
        await asyncio.sleep(0.5)
    body = LONG if scope["path"] == "/long" else b"ok"
    head = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    await send({"type": "http.response.body", "body": body})


class Hasty(patience.Patient):
    """Waits a fifth of a second."""

    head_s = 0.2
    take_s = 0.2


@pytest.fixture(params=[Hasty, "httptools"], ids=["patient", "control"])
def port(request: pytest.FixtureRequest) -> Iterator[tuple[int, bool]]:
    """A server, and whether it is ours; without our protocol it waits for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, http=request.param, log_config=None, lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield listening.getsockname()[1], request.param is Hasty
    server.force_exit = server.should_exit = True
    thread.join(10)


def _let_go(wire: socket.socket) -> bool:
    """Whether the server ends the connection within 0.7 s of saying nothing."""
    wire.settimeout(0.7)
    try:
        return wire.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize(
    "said", [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "a line", "half a head"]
)
def test_a_head_is_waited_for_so_long_and_no_longer(port: tuple[int, bool], said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port[0])) as wire:
        wire.sendall(said)
        assert _let_go(wire) == port[1]


def test_the_second_head_of_a_connection_is_waited_for_as_long(port: tuple[int, bool]) -> None:
    with socket.create_connection(("127.0.0.1", port[0])) as wire:
        wire.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.1)
        assert wire.recv(1_000).endswith(b"ok")
        wire.sendall(b"GET / HT")
        assert _let_go(wire) == port[1]


def test_an_answer_that_nobody_takes_is_kept_so_long_and_no_longer(port: tuple[int, bool]) -> None:
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        wire.connect(("127.0.0.1", port[0]))
        wire.sendall(b"GET /long HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(0.7)
        wire.settimeout(3)
        taken = 0
        try:
            while piece := wire.recv(1 << 20):
                taken += len(piece)
        except ConnectionError:
            pass
        assert (taken < len(LONG)) == port[1]


def test_who_waits_for_a_late_answer_or_idles_between_two_requests_is_served(port: tuple[int, bool]) -> None:
    with socket.create_connection(("127.0.0.1", port[0]), timeout=3) as wire:
        for pause_s in (0.4, 0.0):
            wire.sendall(b"GET /late HTTP/1.1\r\nHost: x\r\n\r\n")
            assert wire.recv(1_000).startswith(b"HTTP/1.1 200")
            time.sleep(pause_s)
