"""The edge: what every request and every answer passes, whatever the route. Plain ASGI, so that bodies stay streams.

In: not too often from one address, no Content-Encoding, never more bytes than the route's limit (refused at the first byte
beyond it), a deadline for the whole body, no websockets. Out: request id, security headers, one log line and one count by
route template: no address, no path, no query. A client that goes away is quiet; a fault is logged by type and place, never
with its message, which may hold payload.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect

from tocsin_hub.errors import HubError
from tocsin_hub.members.rates import Buckets, address_key, require
from tocsin_hub.rest import problems

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Observe = Callable[[str, str, int, float], None]
"""(method, route template, status, seconds)."""

log = logging.getLogger("tocsin_hub.rest")
NDJSON = "application/x-ndjson"
UNCOUNTED = frozenset({"/healthz", "/readyz", "/metrics"})
TOKEN_PATHS = ("/v1/blobs/", "/v1/submissions/", "/v1/tokens", "/graphql")  # a token shown here is always looked at
UNPAID = frozenset({401, 408, 413, 415})
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
GONE = 499  # the client went away before an answer; never sent, only noted
BULK_COST = 10  # requests that one of a hundred lines counts for
SECURITY = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "interest-cohort=()",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes per kind of body and seconds for a whole body."""

    envelope_bytes: int
    bulk_bytes: int
    other_bytes: int = 65_536
    body_s: float = 30.0

    def for_request(self, path: str, content_type: str) -> int:
        """The most bytes that this request may carry."""
        if path == "/v1/submissions":
            return self.bulk_bytes if content_type.startswith(NDJSON) else self.envelope_bytes
        if path == "/graphql":
            return self.other_bytes + self.envelope_bytes * 4 // 3  # a query and one envelope in base64
        return self.other_bytes


@dataclass(frozen=True, slots=True)
class Turnstile:
    """Counts requests by address. Who shows a token where one is always looked at pays there, and here only if it is bad."""

    buckets: Buckets
    behind_proxy: bool = False

    def enter(self, scope: Scope, headers: Headers) -> str | None:
        """Let a request pass, or raise HubError rate-limited; the address to `charge` if its token turns out bad."""
        client = scope.get("client")
        key = address_key(client[0] if client else "", behind_proxy=self.behind_proxy)
        if key is None or scope["path"] in UNCOUNTED:
            return None
        if "authorization" in headers and _looks_at_tokens(scope["path"]):
            require(self.buckets.wait_s(key), "rate-limited")
            return key
        cost = BULK_COST if _media_type(headers) == NDJSON else 1
        require(self.buckets.take(key, cost), "rate-limited")
        return None

    def charge(self, key: str | None, status: int) -> None:
        """Make an address pay for a request whose token opened nothing, or that never came to look at it."""
        if key is not None and status in UNPAID:
            self.buckets.take(key)


def _looks_at_tokens(path: str) -> bool:
    return path.startswith(TOKEN_PATHS) and not path.startswith("/v1/tokens/revoke")


class Edge:
    """Outermost middleware: `Edge(app, limits)` is an ASGI app; without a `turnstile` nobody is counted."""

    def __init__(
        self, app: App, limits: Limits, turnstile: Turnstile | None = None, observe: Observe = lambda *_: None
    ) -> None:
        self.app = app
        self.limits = limits
        self.observe = observe
        self.turnstile = turnstile or Turnstile(Buckets(0, 1))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":  # there is nothing to subscribe to; closing before accept answers 403
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        await self._http(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        headers = Headers(scope=scope)
        started = False
        status = GONE
        began = time.perf_counter()
        address: str | None = None

        async def answer(message: Message) -> None:
            nonlocal started, status
            if message["type"] == "http.response.start":
                started = True
                status = message["status"]
                self.turnstile.charge(address, message["status"])
                _dress(MutableHeaders(scope=message), request_id)
            await send(message)

        try:
            address = self.turnstile.enter(scope, headers)
            guarded = _guard(
                receive, headers, self.limits.for_request(scope["path"], _media_type(headers)), self.limits.body_s
            )
            await self.app(scope, guarded, answer)
        except ClientDisconnect:
            log.debug("event=client-gone request=%s", request_id)
        except HubError as error:
            if not started:
                await _refuse(error, headers, request_id, scope, receive, answer)
        except Exception as fault:  # noqa: BLE001  the edge: answer 500, tell the operator where, never what was sent
            place = "".join(traceback.format_tb(fault.__traceback__)[-6:])
            kind = type(fault).__name__
            log.error("event=fault request=%s route=%s type=%s\n%s", request_id, _route(scope), kind, place)
            if not started:
                await _refuse(HubError("internal"), headers, request_id, scope, receive, answer)
        finally:
            self._note(scope, request_id, status, time.perf_counter() - began)

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method, route = scope["method"] if scope["method"] in METHODS else "OTHER", _route(scope)
        self.observe(method, route, status, seconds)
        log.info(
            "event=request request=%s method=%s route=%s status=%d ms=%d",
            request_id, method, route, status, seconds * 1_000,
        )  # fmt: skip


def _route(scope: Scope) -> str:
    """The template that the request came to, `/v1/blobs/{digest}`: a path would say whose record somebody reads."""
    return str(getattr(scope.get("route"), "path", "none"))


def _media_type(headers: Headers) -> str:
    return headers.get("content-type", "").split(";")[0].strip().lower()


def _dress(headers: MutableHeaders, request_id: str) -> None:
    headers["Tocsin-Request"] = request_id
    for name, value in SECURITY.items():
        headers.setdefault(name, value)
    headers.setdefault("Cache-Control", "no-store")


async def _refuse(
    error: HubError, headers: Headers, request_id: str, scope: Scope, receive: Receive, send: Send
) -> None:
    lang = problems.language(headers.get("accept-language"))
    await problems.response(error, request_id=request_id, lang=lang)(scope, receive, send)


def _guard(receive: Receive, headers: Headers, max_bytes: int, body_s: float) -> Receive:
    """A `receive` that counts, and stops at the limit or the deadline. Raises HubError at once for what headers tell."""
    if headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise HubError("encoding-refused")
    declared = headers.get("content-length", "0")
    if not declared.isascii() or not declared.isdigit() or int(declared[:20]) > max_bytes:
        raise HubError("oversize")
    seen = 0
    whole = False
    deadline: float | None = None

    async def counted() -> Message:
        nonlocal seen, whole, deadline
        if whole:  # the body is here: what may follow is only the disconnect, which may take its time
            return await receive()
        now = asyncio.get_running_loop().time()
        deadline = now + body_s if deadline is None else deadline
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HubError("body-timeout") from None
        seen += len(message.get("body", b""))
        if seen > max_bytes:
            raise HubError("oversize")
        whole = not message.get("more_body", False)
        return message

    return counted
