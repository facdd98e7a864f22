"""Claims about the edge: what is refused before it is read, what every answer carries, and what the log never holds."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from tocsin_hub.rest import edge

EXPECTED = {
    "content-security-policy": "default-src 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-",
}


def raw(world: Any, request: bytes, *, then: Callable[[socket.socket], None] | None = None) -> bytes:
    """Send bytes over a plain socket; what comes back until the hub closes or falls silent."""
    with socket.create_connection(("127.0.0.1", world.port), timeout=10) as wire:
        wire.sendall(request)
        if then is not None:
            then(wire)
        wire.settimeout(5)
        answer = b""
        try:
            while chunk := wire.recv(65_536):
                answer += chunk
        except TimeoutError:
            pass
        return answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/v1/log/checkpoint"),
        ("GET", "/v1/directory"),
        ("GET", "/.well-known/tocsin/policy.json"),
        ("GET", "/nowhere"),
        ("PUT", "/v1/submissions"),
        ("POST", "/v1/submissions"),
        ("GET", "/v1/submissions/" + "0" * 64),
        ("POST", "/graphql"),
    ],
)
def test_every_answer_carries_the_security_headers(world: Any, method: str, path: str) -> None:
    answer = world.http.request(method, path)
    for name, start in EXPECTED.items():
        assert answer.headers[name].startswith(start), name
    assert len(answer.headers["tocsin-request"]) == 16
    assert "server" not in answer.headers or "uvicorn" in answer.headers["server"]  # serve turns it off
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_refusals_of_the_framework_are_problem_documents_too(world: Any) -> None:
    for method, path, status, code in (
        ("GET", "/nowhere", 404, "not-found"),
        ("PUT", "/v1/submissions", 405, "method-not-allowed"),
        ("GET", "/graphql", 405, "method-not-allowed"),
    ):
        answer = world.http.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["requestId"] == answer.headers["tocsin-request"]
        assert answer.json()["type"] == f"urn:tocsin:error:{code}"


@pytest.mark.parametrize("path", ["/redoc", "/openapi.json", "/docs/oauth2-redirect"])
def test_no_page_of_the_framework_is_served(world: Any, path: str) -> None:
    assert world.http.get(path).status_code == 404


def test_docs_are_ours_and_not_the_framework_s_explorer(world: Any) -> None:
    answer = world.http.get("/docs", follow_redirects=True)
    assert "swagger" not in answer.text.lower()
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("encoding", ["gzip", "br", "zstd", "deflate", "identity, gzip"])
def test_57_a_compressed_body_is_refused_unread(world: Any, encoding: str) -> None:
    answer = world.post(b"\x1f\x8b" + b"\x00" * 100, **{"Content-Encoding": encoding})
    assert (answer.status_code, answer.json()["code"]) == (415, "encoding-refused")


def test_a_declared_length_over_the_limit_is_refused_before_the_body(world: Any) -> None:
    head = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99999999\r\n\r\n"
    answer = raw(world, head)  # no byte of a body is sent
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


def test_an_undeclared_body_is_cut_at_the_limit(world: Any) -> None:
    head = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    sent = 0

    def pour(wire: socket.socket) -> None:
        nonlocal sent
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        try:
            for _ in range(2_000):  # 128 MiB, if the hub took it
                wire.sendall(chunk)
                sent += 65_536
        except OSError:
            return

    answer = raw_or_reset(world, head, pour)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")
    assert sent < 32 * 1024 * 1024


def raw_or_reset(world: Any, head: bytes, pour: Callable[[socket.socket], None]) -> bytes:
    try:
        return raw(world, head, then=pour)
    except ConnectionError:
        return b""


def test_a_client_that_goes_away_leaves_no_trace(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    head = b"POST /v1/submissions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with caplog.at_level(logging.INFO), socket.create_connection(("127.0.0.1", world.port)) as wire:
        wire.sendall(head + b"{")
    assert world.http.get("/healthz").status_code == 200
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_websockets_are_refused(world: Any) -> None:
    upgrade = b"GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    assert not raw(world, upgrade).startswith(b"HTTP/1.1 101")


# --- the edge alone -----------------------------------------------------------------------------------------------------


def call(app: Any, *, body: list[bytes], pause_s: float = 0.0, limits: edge.Limits | None = None) -> tuple[int, bytes]:
    """Send one request through an edge around `app`; status and body."""
    sent: list[Any] = []
    chunks = list(body)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(pause_s)
        if not chunks:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunks.pop(0), "more_body": bool(chunks)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [], "query_string": b""}
    asyncio.run(edge.Edge(app, limits or edge.Limits(100, 1_000, other_bytes=100))(scope, receive, send))
    return sent[0]["status"], sent[1]["body"]


async def echo(scope: Any, receive: Any, send: Any) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(body)(scope, receive, send)


def test_the_edge_lets_a_fitting_body_through() -> None:
    assert call(echo, body=[b"a", b"b"]) == (200, b"ab")


def test_the_edge_stops_at_the_first_byte_beyond_the_limit() -> None:
    status, body = call(echo, body=[b"a" * 60, b"b" * 41, b"c"])
    assert status == 413
    assert b"oversize" in body


def test_a_half_sent_body_times_out() -> None:
    limits = edge.Limits(100, 100, other_bytes=100, body_s=0.05)
    status, body = call(echo, body=[b"a"] * 50, pause_s=0.01, limits=limits)
    assert status == 408
    assert b"body-timeout" in body


def test_a_fault_is_answered_and_logged_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    text = "what the sender wrote"

    async def faulty(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError(text)

    status, body = call(faulty, body=[b""])
    assert (status, b"internal" in body) == (500, True)
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "RuntimeError" in record.getMessage()
    assert "test_edge.py" in record.getMessage()
    assert text not in record.getMessage() + str(body)
