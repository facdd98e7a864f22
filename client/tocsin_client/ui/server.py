"""The page's server: loopback and nothing else, a random port, no log, and it ends by itself when nobody uses it.

Paths: `/`, `/en`, `/zh` and a fixed table of static files need no secret and hold none; `POST /api/…` needs the token.
No path of a request ever becomes a path of this machine.
"""

from __future__ import annotations

import http.server
import ipaddress
import json
import re
import socketserver
import time
from collections.abc import Callable
from importlib import resources
from typing import Any

from tocsin_client import errors, messages
from tocsin_client.ui import guard, page
from tocsin_client.ui.steps import Sitting

ADDRESS = "127.0.0.1"
IDLE_S = 1800.0
_READ_TIMEOUT_S = 20
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
_STATIC = ("app.css", "app.js", "dom.js", "form.js", "icon.svg", "receipt.js", "review.js", "wire.js")


class Server(http.server.ThreadingHTTPServer):
    """One run of the page. `address` opens it, once; `serve` returns when it ended or was idle for `idle_s` seconds."""

    daemon_threads = True
    allow_reuse_address = False  # on Windows it would let another program take the port

    def __init__(
        self,
        sitting: Sitting,
        *,
        lang: str = "en",
        idle_s: float = IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__((ADDRESS, 0), _Handler)
        if not ipaddress.ip_address(str(self.server_address[0])).is_loopback:
            self.server_close()
            raise errors.SetupError("not-loopback", "the page is for this machine only")
        self.timeout = 0.2
        self.door = guard.Door()
        self.sitting = sitting
        self.lang = "zh" if lang == "zh" else "en"
        self.pages = {"/en": page.render("en"), "/zh": page.render("zh")}
        self.pages["/"] = self.pages[f"/{self.lang}"]
        self.files = {f"/static/{name}": _static(name) for name in _STATIC}
        self._idle_s, self._clock = idle_s, clock
        self._used_at = clock()
        self._ended = False

    def server_bind(self) -> None:
        """Bind without the name look-up that http.server makes."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    @property
    def host(self) -> str:
        """The one Host that is answered."""
        return f"{ADDRESS}:{self.server_port}"

    @property
    def address(self) -> str:
        """What a browser opens; the part after # never leaves the browser."""
        return f"http://{self.host}/{self.lang}#{self.door.ticket}"

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Only this machine's own connections."""
        return ipaddress.ip_address(str(client_address[0])).is_loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that went away is no event; nothing is logged."""

    def used(self) -> None:
        """A call with the token: the time to the end begins anew."""
        self._used_at = self._clock()

    def end(self) -> None:
        """End `serve` after the answers under way."""
        self._ended = True

    def serve(self) -> None:
        """Answer until ended or idle."""
        try:
            while not self._ended and self._clock() - self._used_at < self._idle_s:
                self.handle_request()
        finally:
            self.server_close()


def _static(name: str) -> tuple[str, bytes]:
    data = resources.files("tocsin_client.ui").joinpath("static", name).read_bytes()
    return _TYPES[name.rsplit(".", 1)[1]], data


class _Handler(http.server.BaseHTTPRequestHandler):
    """One request; the connection ends with its answer, so what was not read is never taken for another request."""

    server: Server
    timeout = _READ_TIMEOUT_S
    server_version = "tocsin"
    sys_version = ""

    def log_message(self, format: str, *args: Any) -> None:
        """No log: a request line is nobody's business."""

    def do_GET(self) -> None:
        """A page or a static file."""
        try:
            guard.require_ours("GET", self.path, self.headers, host=self.server.host)
        except guard.RefusedRequestError as refused:
            self._refuse(refused)
            return
        if self.path in self.server.pages:
            self._send(200, "text/html; charset=utf-8", self.server.pages[self.path])
        elif self.path in self.server.files:
            self._send(200, *self.server.files[self.path])
        else:
            self._refuse(guard.RefusedRequestError(404, "not-found"))

    def do_POST(self) -> None:
        """A call of the page."""
        try:
            guard.require_ours("POST", self.path, self.headers, host=self.server.host)
            name = self.path.removeprefix("/api/") if self.path.startswith("/api/") else ""
            if name == "open":
                answer: dict[str, Any] = {"ok": True, "token": self.server.door.trade(self.headers)}
            else:
                self.server.door.require_token(self.headers)
                answer = self._called(name, self._given())
        except guard.RefusedRequestError as refused:
            self._refuse(refused)
            return
        self.server.used()
        self._send(200, guard.JSON_TYPE, json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
        if self.path == "/api/end":
            self.server.end()

    def _given(self) -> dict[str, Any]:
        length = guard.body_length(self.headers)
        try:
            given = json.loads(self.rfile.read(length))
        except (ValueError, RecursionError) as exc:
            raise guard.RefusedRequestError(400, "malformed-json") from exc
        if not isinstance(given, dict):
            raise guard.RefusedRequestError(400, "malformed-json")
        return given

    def _called(self, name: str, given: dict[str, Any]) -> dict[str, Any]:
        if name not in self.server.sitting.calls:
            raise guard.RefusedRequestError(404, "not-found")
        lang = "zh" if given.get("lang") == "zh" else "en"
        try:
            return {"ok": True, **self.server.sitting.answer(name, given, lang)}
        except errors.ClientError as exc:
            said = {"message": messages.of_error(exc.code, exc.message, lang)}
            if lang == "zh" and not _CHINESE.search(exc.hint):
                said["hint"] = ""  # a hint in the other language helps nobody here
            return {"ok": False, "error": {**exc.as_dict(), **said}}
        except Exception as exc:  # noqa: BLE001 - edge: a bug of ours, said without any text of the user
            words = messages.text("bug", lang, name=type(exc).__name__)
            return {"ok": False, "error": {"code": "bug", "message": words, "hint": ""}}

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server itself refuses, in our form: nothing of the request comes back."""
        self._refuse(guard.RefusedRequestError(code, "bad-request"))

    def _refuse(self, refused: guard.RefusedRequestError) -> None:
        self._send(refused.status, "text/plain; charset=utf-8", refused.code.encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in guard.SECURITY_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
