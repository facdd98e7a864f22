"""Who may talk to the page's server: one origin, one secret, no query strings, small bodies; everything else is refused.

Other programs and other people of this machine can reach a loopback port, and any web site can make a browser try. So
each request must name exactly our host (DNS rebinding changes it), come from our own page (Origin, Sec-Fetch-Site), and
bear the secret in a header that no other site can set. The ticket in the address is spent at its first use: the address
stands in the browser's command line, where other users of the machine may read it, but by then it opens nothing.
"""

from __future__ import annotations

import hmac
import secrets
import threading
from email.message import Message

MAX_BODY_BYTES = 4_000_000  # a draft file of 1 MB whose every character is escaped, and the form beside it
TICKET_HEADER = "Tocsin-Ticket"
TOKEN_HEADER = "Tocsin-Token"  # noqa: S105 - the name of a header
JSON_TYPE = "application/json"
SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; "
        "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class RefusedRequestError(Exception):
    """A request that is not answered: HTTP status and a code; nothing of the request is repeated."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Door:
    """The secrets of one run: a ticket for the address, traded once for the token that every call bears."""

    def __init__(self) -> None:
        self.ticket = secrets.token_urlsafe(32)
        self._token = secrets.token_urlsafe(32)
        self._spent = False
        self._lock = threading.Lock()

    def trade(self, headers: Message) -> str:
        """The token for the ticket, once."""
        with self._lock:
            if not _same(headers.get(TICKET_HEADER), self.ticket):
                raise RefusedRequestError(403, "ticket-wrong")
            if self._spent:
                raise RefusedRequestError(403, "ticket-spent")
            self._spent = True
            return self._token

    def require_token(self, headers: Message) -> None:
        """Refuse a call without the token."""
        if not _same(headers.get(TOKEN_HEADER), self._token):
            raise RefusedRequestError(403, "token-wrong")


def _same(given: str | None, wanted: str) -> bool:
    return given is not None and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def require_ours(method: str, target: str, headers: Message, *, host: str) -> None:
    """Refuse what does not name `host` (address:port), comes from another site, or carries anything in a query string."""
    if headers.get_all("Host") != [host]:
        raise RefusedRequestError(421, "wrong-host")
    origins = headers.get_all("Origin") or []
    if any(origin != f"http://{host}" for origin in origins) or (method == "POST" and len(origins) != 1):
        raise RefusedRequestError(403, "wrong-origin")
    # A browser says where a request comes from; "none" is a person who typed the address or opened it from a program.
    site = headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" and (site != "none" or method == "POST"):
        raise RefusedRequestError(403, "wrong-site")
    if "?" in target or "#" in target:
        raise RefusedRequestError(400, "no-query")


def body_length(headers: Message) -> int:
    """How many bytes to read; refuses other types than JSON, chunked bodies and large ones, before reading."""
    if (headers.get("Content-Type") or "").split(";")[0].strip().lower() != JSON_TYPE:
        raise RefusedRequestError(415, "not-json")
    lengths = headers.get_all("Content-Length") or []
    if headers.get("Transfer-Encoding") is not None or len(lengths) != 1 or not lengths[0].isascii():
        raise RefusedRequestError(411, "no-length")
    if not lengths[0].isdigit():
        raise RefusedRequestError(400, "bad-length")
    if len(lengths[0]) > 9 or int(lengths[0]) > MAX_BODY_BYTES:
        raise RefusedRequestError(413, "oversize")
    return int(lengths[0])
