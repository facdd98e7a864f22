"""Claims about clients that are slow, stalled or many: they cost the hub little and nobody else anything."""

from __future__ import annotations

import logging
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

HEAD = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n\r\n"
STALLED = {
    "nothing": b"",
    "half a request line": b"POST /v1/sub",
    "half a head": HEAD[:60],
    "half a body": HEAD + b"{" * 100,
}


@pytest.fixture
def world(sqlite_world: Any) -> Any:
    """Connections know no database."""
    return sqlite_world


@contextmanager
def _crowd(port: int, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """Clients that connect, say `said` and then nothing."""
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _ in range(count)]
        for wire in crowd:
            wire.sendall(said)
        yield crowd


@pytest.mark.parametrize("said", STALLED)
def test_two_hundred_stalled_clients_keep_nobody_waiting(world: Any, said: str) -> None:
    member = world.member()
    envelopes = [member.seal() for _ in range(20)]
    with _crowd(world.port, 200, STALLED[said]):
        start = time.monotonic()
        assert [world.post(envelope).status_code for envelope in envelopes] == [201] * 20
        assert (time.monotonic() - start) / 20 < 0.25
        assert world.http.get("/readyz").status_code == 200
    assert world.size() == 21


def test_a_client_that_sends_a_byte_at_a_time_is_served_and_holds_up_no_other(world: Any) -> None:
    member = world.member()
    slow, quick = member.seal(), member.seal()
    head = HEAD.replace(b"4000", str(len(slow)).encode()).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with socket.create_connection(("127.0.0.1", world.port), timeout=10) as wire:
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(head), 7):
            wire.sendall(head[at : at + 7])
        for at in range(0, len(slow), 40):
            wire.sendall(slow[at : at + 40])
            if at == 400:
                assert world.post(quick).status_code == 201
            time.sleep(0.001)
        answer = b"".join(iter(lambda: wire.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 201")


def test_a_client_that_reads_nothing_holds_up_no_other_and_is_let_go(world: Any) -> None:
    member = world.member()
    for _ in range(5):
        world.accept(member.seal())
    ask = b"GET /.well-known/tocsin/policy.json HTTP/1.1\r\nHost: x\r\n\r\n" * 400
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        wire.connect(("127.0.0.1", world.port))
        wire.setblocking(False)
        with suppress(BlockingIOError):
            for _ in range(2_000):  # until neither side's buffers take more
                wire.send(ask)
            pytest.fail("the hub took everything, so this client stalled nobody")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.monotonic()
        assert world.http.get("/v1/log/checkpoint").status_code == 200
        assert time.monotonic() - start < 1
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024  # KiB
    assert world.http.get("/healthz").status_code == 200


def test_half_sent_bodies_leave_neither_entry_nor_log_line(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    member = world.member()
    envelope = member.seal()
    before = world.size()
    head = HEAD.replace(b"4000", str(len(envelope)).encode())
    with caplog.at_level(logging.INFO):
        for cut in (1, len(envelope) // 2, len(envelope) - 1):
            with _crowd(world.port, 5, head + envelope[:cut]):
                pass
        bulk = HEAD.replace(b"application/json", b"application/x-ndjson").replace(b"4000", b"400000")
        with _crowd(world.port, 3, bulk + envelope + b"\n" + envelope[:100]):
            pass
        world.http.get("/healthz")
    assert world.size() == before
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    assert world.post(envelope).status_code == 201
