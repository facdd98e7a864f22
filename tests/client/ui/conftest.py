"""What the tests of the page share: a page in front of the simulated hub, and a caller that speaks to it as raw HTTP."""

from __future__ import annotations

import http.client
import importlib.util
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tocsin_client import Hub
from tocsin_client.ui.server import Server
from tocsin_client.ui.steps import Sitting

FORM: dict[str, Any] = {
    "record_type": "near-miss",
    "title": "Cloned voice asked a clerk for a transfer",
    "summary": "A caller with a cloned voice called from +44 20 7946 0958 and asked for an urgent transfer.",
    "language": "en",
    "year": "2024",
    "part": "02",
    "region": "un-m49@2024:156",
    "sector": "isic@4:K",
    "system_class": "tocsin-system-class@2026-11:speech-or-audio",
    "ai_contribution": "yes",
    "ai_role": "tool-of-harm",
    "evidence_class": "first-hand",
    "risk_tags": ["caict-2024@2024-12:derived.individual-organisation.criminal-use"],
    "actual": "0",
    "potential": "4",
}


@dataclass
class Page:
    """A running page and its raw caller."""

    server: Server
    sitting: Sitting
    thread: threading.Thread
    token: str = ""
    seen: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)

    def request(
        self, method: str, path: str, body: bytes | None = None, *, drop: tuple[str, ...] = (), **headers: str
    ) -> tuple[int, bytes]:
        """One request with the headers a browser on our own page sends; `drop` leaves some out, keywords replace."""
        sent = {"Host": self.server.host}
        if method == "POST":
            sent |= {"Origin": f"http://{self.server.host}", "Sec-Fetch-Site": "same-origin"}
            sent |= {"Content-Type": "application/json", "Tocsin-Token": self.token}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        line = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=10)
        try:
            line.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if name not in drop:
                    line.putheader(name, value)
            if body is not None and "Content-Length" not in sent:
                line.putheader("Content-Length", str(len(body)))
            line.endheaders(body)
            answer = line.getresponse()
            self.seen.append((answer.status, dict(answer.getheaders()), answer.read()))
        finally:
            line.close()
        return self.seen[-1][0], self.seen[-1][2]

    def open(self) -> str:
        """Trade the ticket."""
        status, said = self.request("POST", "/api/open", b"{}", Tocsin_Ticket=self.server.door.ticket)
        assert status == 200, said
        self.token = json.loads(said)["token"]
        return self.token

    def raw(self, name: str, **given: Any) -> dict[str, Any]:
        """One call of the page's script, error or not."""
        status, said = self.request("POST", f"/api/{name}", json.dumps({"lang": "en", **given}).encode())
        assert status == 200, said
        answer: dict[str, Any] = json.loads(said)
        return answer

    def call(self, name: str, **given: Any) -> dict[str, Any]:
        """One call that must succeed."""
        answer = self.raw(name, **given)
        assert answer["ok"], answer
        return answer


@pytest.fixture
def open_page(sim: Any, make_hub: Callable[..., Hub], member: Hub) -> Iterator[Callable[..., Page]]:
    """Start a page for the member that has joined; ended when the test is over."""
    running: list[Page] = []

    def start(*, trade: bool = True, **settings: Any) -> Page:
        sitting = Sitting(lambda ask: make_hub(ask_passphrase=ask))
        server = Server(sitting, **settings)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        page = Page(server, sitting, thread)
        running.append(page)
        if trade:
            page.open()
        return page

    yield start
    for page in running:
        page.server.end()
        page.thread.join(10)
        assert not page.thread.is_alive(), "the page did not end"
        page.sitting.close()


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    return open_page()


@pytest.fixture
def form() -> dict[str, Any]:
    return dict(FORM)


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> str:
    """The path of a Chromium; without one the test is left out, in CI it fails."""
    absent = next(p.absent for p in request.config.pluginmanager.get_plugins() if hasattr(p, "absent"))
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        absent("Chromium")
    for module in ("playwright", "axe_playwright_python"):
        if importlib.util.find_spec(module) is None:
            absent(module)
    return str(found)
