"""The only file here that opens a socket: one hub, time limits, size limits, retries of what may be repeated, no redirects.

Submissions are named by their digest, so sending the same bytes again is safe; so are all reads. What a hub refuses comes
back as a ClientError with its code and hint; what it does not answer as UnreachableError.
"""

from __future__ import annotations

import email.utils
import functools
import ipaddress
import json
import os
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from tocsin_client import errors

CONNECT_TIMEOUT_S = 5.0
READ_TIMEOUT_S = 40.0
TRIES = 3
BACKOFF_S = 0.25
LONGEST_WAIT_S = 10.0  # what the hub asks beyond that is told to the caller instead
MAX_ANSWER_BYTES = 33_554_432
AGAIN = frozenset({429, 502, 503, 504})
ALLOW_HTTP_ENV = "TOCSIN_ALLOW_HTTP"
_PRODUCT = "tocsin-client/0.1"


@dataclass(frozen=True, slots=True)
class Answer:
    """A success of the hub: status, headers (lower-case names), body bytes."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """The body as an object; UnreachableError `hub-fault` if it is none."""
        try:
            loaded = json.loads(self.body)
        except (ValueError, RecursionError):
            loaded = None
        if not isinstance(loaded, dict):
            raise errors.UnreachableError("hub-fault", "the hub's answer is not what its interface promises")
        return loaded


def checked_url(url: str) -> str:
    """The hub's address without a trailing slash. Plain http only to this machine, or with TOCSIN_ALLOW_HTTP=1."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise errors.UsageError(
            "bad-url", "a hub's address looks like https://hub.example", hint="Give scheme and host."
        )
    if parts.scheme == "http" and not _is_local(parts.hostname) and os.environ.get(ALLOW_HTTP_ENV) != "1":
        raise errors.SetupError(
            "plain-http",
            "plain http would send your token in clear",
            hint=f"Use https, or set {ALLOW_HTTP_ENV}=1 in a closed network.",
        )
    return url.rstrip("/")


def _is_local(host: str) -> bool:
    if host in ("localhost", "testserver"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@functools.cache
def _trusted() -> ssl.SSLContext:
    """The certificate authorities this machine trusts; loading them takes 20 ms, so once a process is enough."""
    return httpx.create_ssl_context()


class Transport:
    """A connection pool to one hub. Nameless and named requests use two of these, so no connection carries both."""

    def __init__(
        self,
        url: str,
        *,
        lang: str = "en",
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = checked_url(url)
        self._sleep = sleep
        self._client = httpx.Client(
            base_url=self.url,
            verify=_trusted(),
            timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
            headers={"Accept-Language": "zh" if lang.startswith("zh") else "en", "User-Agent": _PRODUCT},
            follow_redirects=False,
            transport=transport,
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        content_type: str | None = None,
        accept: str = "application/json",
        token: str | None = None,
    ) -> Answer:
        """Send and return a 2xx answer, or raise the ClientError for what came back. Tries again only on no answer."""
        headers = {"Accept": f"{accept}, application/problem+json"}
        if content_type:
            headers["Content-Type"] = content_type
        if token:
            headers["Authorization"] = f"Bearer {token}"
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._once(method, path, content, headers)
            except (httpx.TransportError, httpx.DecodingError) as exc:
                failure: errors.ClientError = _unreachable(exc)
                wait = BACKOFF_S * 2 ** (attempt - 1)
            else:
                if answer.status < 300:
                    return answer
                failure = _refusal(answer)
                if answer.status not in AGAIN:
                    raise failure
                wait = _retry_after(answer, BACKOFF_S * 2 ** (attempt - 1))
                failure.retry_after_s = wait
            if attempt == TRIES or wait > LONGEST_WAIT_S:
                raise failure
            self._sleep(wait * (1 + random.random() / 4))  # noqa: S311 - jitter, not a secret; never sooner than asked
        raise AssertionError("unreachable")

    def post_json(self, path: str, value: Any, *, token: str | None = None) -> dict[str, Any]:
        """POST an object as JSON, answer an object."""
        body = json.dumps(value, ensure_ascii=False).encode("utf-8")
        return self.request("POST", path, content=body, content_type="application/json", token=token).json()

    def _once(self, method: str, path: str, content: bytes | None, headers: dict[str, str]) -> Answer:
        with self._client.stream(method, path, content=content, headers=headers) as response:
            parts: list[bytes] = []
            size = 0
            for part in response.iter_bytes():
                size += len(part)
                if size > MAX_ANSWER_BYTES:
                    raise errors.UnreachableError("hub-fault", "the hub's answer is too long to be true")
                parts.append(part)
            return Answer(response.status_code, {k.lower(): v for k, v in response.headers.items()}, b"".join(parts))


def _unreachable(exc: httpx.HTTPError) -> errors.UnreachableError:
    slow = isinstance(exc, httpx.TimeoutException)
    return errors.UnreachableError(
        "hub-timeout" if slow else "hub-unreachable",
        "the hub did not answer in time" if slow else f"the hub could not be reached ({type(exc).__name__})",
        hint="Check the address with `tocsin doctor`; what was to be sent is kept in the outbox.",
    )


def _refusal(answer: Answer) -> errors.ClientError:
    """What the hub said: a problem (RFC 9457) or a GraphQL error; anything else is not the hub's word."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith(("application/problem+json", "application/json")):
        try:
            said = json.loads(answer.body)
        except (ValueError, RecursionError):
            said = None
        if isinstance(said, dict) and "code" in said:
            return errors.from_problem(answer.status, said)
        if isinstance(said, dict) and "errors" in said:
            return errors.from_problem(answer.status, graphql_problem(said))
    return errors.from_problem(answer.status, {})


def graphql_problem(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The first GraphQL error in the form of a problem: its code, and the message as the hint."""
    problems = answer.get("errors")
    first = problems[0] if isinstance(problems, list) and problems and isinstance(problems[0], dict) else {}
    extensions = first.get("extensions")
    return {**(extensions if isinstance(extensions, dict) else {}), "hint": first.get("message", "")}


def _retry_after(answer: Answer, default_s: float) -> float:
    """How long the hub asks to wait: whole seconds, or a date (RFC 9110); without either our own back-off."""
    text = answer.headers.get("retry-after", "")
    if text.isascii() and text.isdecimal() and len(text) < 7:
        return float(text)
    try:
        until = email.utils.parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return default_s
    return max(0.0, until - time.time())
