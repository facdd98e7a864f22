"""Attacks on the page, by name: other sites, other programs and people of the machine, and text that wants to be code."""

from __future__ import annotations

import inspect
import json
import re
import socket
from collections.abc import Callable
from typing import Any

import pytest

from tocsin_client import errors
from tocsin_client.ui import guard, server
from tocsin_client.ui.steps import Sitting

HOSTILE = '"><script>alert(1)</script>\u202e\u200b\x1b[31m<img src=x onerror=alert(1)>{{7*7}}'


def _status(page: Any, headers: str, body: bytes = b"") -> int:
    """The status of a request written out by hand."""
    with socket.create_connection(("127.0.0.1", page.server.server_port), timeout=10) as line:
        line.sendall(headers.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body)
        return int(line.recv(65_536).split(b" ")[1])


# --- other sites --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "localhost:{port}", "127.0.0.1", "[::1]:{port}", ""])  # fmt: skip
def test_dns_rebinding_is_refused_by_the_host(page: Any, host: str) -> None:
    named = host.format(port=page.server.server_port)
    for method, path, body in (("GET", "/en", None), ("GET", "/static/app.js", None), ("POST", "/api/state", b"{}")):
        status, said = page.request(method, path, body, Host=named)
        assert (status, said) == (421, b"wrong-host")


def test_a_request_with_two_hosts_or_none_is_refused(page: Any) -> None:
    good = f"Host: {page.server.host}"
    assert _status(page, f"GET /en HTTP/1.1\n{good}\nHost: evil.example") == 421
    assert _status(page, "GET /en HTTP/1.1") == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", "http://localhost:{port}", "https://127.0.0.1:{port}"])  # fmt: skip
def test_a_call_from_another_origin_is_refused_though_it_has_the_token(page: Any, origin: str) -> None:
    named = origin.format(port=page.server.server_port)
    assert page.request("POST", "/api/state", b"{}", Origin=named) == (403, b"wrong-origin")
    assert page.request("GET", "/en", Origin=named) == (403, b"wrong-origin")


def test_a_call_without_an_origin_is_refused(page: Any) -> None:
    assert page.request("POST", "/api/state", b"{}", drop=("Origin",)) == (403, b"wrong-origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_browser_that_says_another_site_asks_is_refused(page: Any, site: str) -> None:
    assert page.request("GET", "/en", Sec_Fetch_Site=site)[0] == 403
    assert page.request("POST", "/api/state", b"{}", Sec_Fetch_Site=site)[0] == 403
    assert page.request("GET", "/en", Sec_Fetch_Site="none")[0] == 200


def test_no_answer_lets_another_origin_read_it_or_frame_it(page: Any) -> None:
    page.request("GET", "/en")
    page.request("POST", "/api/state", b"{}")
    page.request("GET", "/nothing")
    for _, headers, _ in page.seen:
        assert not [name for name in headers if name.lower().startswith("access-control-")]
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
        for part in ("frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"):  # fmt: skip
            assert part in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Set-Cookie" not in headers
        assert "Python" not in headers["Server"]


def test_a_form_of_another_site_cannot_call(page: Any) -> None:
    """A form can send these three types without asking; none of them is taken."""
    for kind in ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain"):
        assert page.request("POST", "/api/state", b"{}", Content_Type=kind)[0] == 415


# --- the secret ---------------------------------------------------------------------------------------------------------
def test_a_call_without_the_token_is_refused(page: Any) -> None:
    for name in page.sitting.calls:
        assert page.request("POST", f"/api/{name}", b"{}", drop=("Tocsin-Token",)) == (403, b"token-wrong")
        assert page.request("POST", f"/api/{name}", b"{}", Tocsin_Token="x" * 43) == (403, b"token-wrong")


def test_the_ticket_opens_once_and_is_no_token(page: Any) -> None:
    ticket = page.server.door.ticket
    assert page.request("POST", "/api/open", b"{}", Tocsin_Ticket=ticket) == (403, b"ticket-spent")
    assert page.request("POST", "/api/open", b"{}", Tocsin_Ticket="guess") == (403, b"ticket-wrong")
    assert page.request("POST", "/api/state", b"{}", Tocsin_Token=ticket)[0] == 403
    assert page.token != ticket


def test_a_secret_in_a_query_string_is_refused(page: Any) -> None:
    for path in (f"/en?token={page.token}", f"/static/app.js?{page.token}"):
        assert page.request("GET", path) == (400, b"no-query")
    assert page.request("POST", f"/api/state?token={page.token}", b"{}", drop=("Tocsin-Token",)) == (400, b"no-query")
    assert page.request("POST", "/api/state?x=1", b"{}") == (400, b"no-query")


def test_the_secret_is_in_the_fragment_and_in_no_page_and_no_log(page: Any, capfd: pytest.CaptureFixture[str]) -> None:
    before, _, fragment = page.server.address.partition("#")
    assert fragment == page.server.door.ticket
    assert len(fragment) >= 43
    assert "?" not in before
    for path in ("/", "/en", "/zh", *page.server.files):
        body = page.request("GET", path)[1]
        assert page.token.encode() not in body
        assert fragment.encode() not in body
    page.request("GET", "/" + "x" * 300)
    assert capfd.readouterr() == ("", "")


def test_two_runs_have_different_secrets_and_ports(open_page: Callable[..., Any]) -> None:
    one, two = open_page(), open_page()
    assert one.server.server_port != two.server.server_port
    assert one.token != two.token
    assert two.request("POST", "/api/state", b"{}", Tocsin_Token=one.token)[0] == 403


# --- the socket ---------------------------------------------------------------------------------------------------------
def test_there_is_no_way_to_bind_to_anything_but_loopback(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert page.server.server_address[0] == "127.0.0.1"
    assert not {"host", "address", "bind", "port"} & set(inspect.signature(server.Server).parameters)
    monkeypatch.setattr(server, "ADDRESS", "0.0.0.0")
    with pytest.raises(errors.SetupError, match="this machine only"):
        server.Server(page.sitting)


def test_a_connection_from_elsewhere_is_dropped(page: Any) -> None:
    assert page.server.verify_request(None, ("127.0.0.1", 1))
    assert not page.server.verify_request(None, ("192.0.2.7", 1))


@pytest.mark.parametrize(
    "path",
    [
        "/../../etc/passwd", "/static/../server.py", "/static/%2e%2e/server.py", "/static/..%2fserver.py", "/static//app.js",
        "//evil.example/en", "/static/app.js/", "/static/", "/static/app.js%00.css", "\\..\\server.py", "http://evil.example/en",
        "/api/__init__", "/api/../en", "/en/", "/fr",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_table(page: Any, path: str) -> None:
    assert page.request("GET", path) == (404, b"not-found")
    assert page.request("POST", path, b"{}")[0] in (403, 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "CONNECT", "x" * 40])
def test_other_methods_do_nothing(page: Any, method: str) -> None:
    status, said = page.request(method, "/api/state")
    assert status == 501
    assert method.encode() not in said


def test_an_oversized_body_is_refused_before_it_is_read(page: Any) -> None:
    assert page.request("POST", "/api/state", None, Content_Length=str(guard.MAX_BODY_BYTES + 1))[0] == 413
    assert page.request("POST", "/api/state", None, Content_Length="9" * 30)[0] == 413
    assert page.request("POST", "/api/state", None)[0] == 411
    assert page.request("POST", "/api/state", None, Content_Length="-1")[0] == 400
    assert page.request("POST", "/api/state", None, Content_Length="\xb2")[0] in (400, 411)
    assert page.request("POST", "/api/state", None, Transfer_Encoding="chunked")[0] == 411


def test_a_body_that_hides_a_second_request_is_one_request(page: Any) -> None:
    """The connection ends with the first answer, so nothing that follows is ever answered."""
    head = f"POST /api/nothing HTTP/1.1\nHost: {page.server.host}\nContent-Length: 0\nConnection: keep-alive"
    hidden = f"GET /en HTTP/1.1\r\nHost: {page.server.host}\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", page.server.server_port), timeout=10) as line:
        line.sendall(head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + hidden)
        got = b""
        while chunk := line.recv(65_536):
            got += chunk
    assert got.count(b"HTTP/1.0") == 1


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"a":' * 100_000, b'"x"'])
def test_a_body_that_is_no_object_is_refused(page: Any, body: bytes) -> None:
    assert page.request("POST", "/api/state", body)[0] == 400


def test_a_garbled_request_gets_nothing_of_itself_back(page: Any) -> None:
    with socket.create_connection(("127.0.0.1", page.server.server_port), timeout=10) as line:
        line.sendall(b"GET /<script>alert(1)</script> evil HTTP/9.9\r\n\r\n")
        got = b""
        while chunk := line.recv(65_536):
            got += chunk
    assert b"script>" not in got
    assert b"bad-request" in got
    assert page.call("state")


# --- what is written ----------------------------------------------------------------------------------------------------
def test_hostile_text_in_a_draft_comes_back_as_data_and_stands_in_no_page(page: Any, form: dict[str, Any]) -> None:
    text = f"kind: incident\ntitle: {json.dumps(HOSTILE)}\nrecord_type: {json.dumps(HOSTILE)}\n"
    shown = page.call("load", text=text)
    assert shown["form"]["title"] == HOSTILE.strip()
    page.call("review", form={**form, "summary": "A call. " + HOSTILE})
    for status, headers, body in page.seen:
        assert status == 200
        assert headers["Content-Type"].startswith("application/json")
        assert b"alert(1)" not in body or json.loads(body)["ok"]
    for path in ("/en", "/zh"):
        assert b"alert(1)" not in page.request("GET", path)[1]


def test_the_script_has_no_way_to_turn_text_into_mark_up(page: Any) -> None:
    for name, (kind, body) in page.server.files.items():
        if kind.startswith("text/javascript"):
            text = body.decode()
            for way in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "Function(", "srcdoc", "DOMParser"):  # fmt: skip
                assert way not in text, name
            assert not re.search(r"https?://", text), name
    for path in ("/en", "/zh"):
        text = page.request("GET", path)[1].decode()
        assert not re.search(r"\son[a-z]+=|style=|javascript:|https?://", text)
        assert re.findall(r"<script[^>]*>([^<]*)</script>", text) == [""]


@pytest.mark.parametrize(
    "form",
    [
        None, [], "x", {"nothing": "x"}, {"title": 7}, {"title": ["x"]}, {"title": "x" * 20_001}, {"risk_tags": "x"},
        {"risk_tags": [1]}, {"risk_tags": ["x"] * 65}, {"title": "\ud800"}, {"risk_tags": ["no code"]},
    ],
)  # fmt: skip
def test_a_form_of_another_shape_is_refused(page: Any, form: Any) -> None:
    answer = page.raw("keep", form=form)
    assert answer["error"]["code"] == "malformed-form"


@pytest.mark.parametrize("text", ["", "[1]", "kind: evil", "!!python/object/apply:os.system [id]", "a: &a [*a]", "{" * 100_000])  # fmt: skip
def test_a_file_that_is_no_draft_is_refused_and_changes_nothing(page: Any, form: dict[str, Any], text: str) -> None:
    page.call("keep", form=form)
    answer = page.raw("load", text=text)
    assert answer["error"]["code"] == "malformed-draft"
    assert page.call("state")["form"]["title"] == form["title"]


def test_a_small_file_that_stands_for_very_much_is_refused(page: Any) -> None:
    levels = "\n".join(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12))
    for bomb in (f"kind: incident\nl0: &l0 [x]\n{levels}\n", "kind: incident\na: &a [*a]\n"):
        assert page.raw("load", text=bomb)["error"]["code"] == "malformed-draft"


def test_a_file_over_one_megabyte_is_refused(page: Any) -> None:
    assert page.raw("load", text="#" * 1_000_001)["error"]["code"] == "oversize"


def test_a_record_is_named_by_a_digest_and_nothing_else(page: Any) -> None:
    for name in ("receipt", "amend", "withdraw"):
        for record in ("../../keys/root", "", "/etc/passwd", "0" * 64):
            assert page.raw(name, record=record, reason="error")["ok"] is False


def test_a_bug_says_no_word_of_the_draft(page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(given: dict[str, Any], lang: str) -> dict[str, Any]:
        raise RuntimeError("the summary said: secret words")

    monkeypatch.setitem(page.sitting.calls, "state", broken)
    answer = page.raw("state")
    assert answer["error"]["code"] == "bug"
    assert "secret words" not in json.dumps(answer)


def test_a_profile_that_has_joined_nothing_opens_no_page(make_hub: Callable[..., Any]) -> None:
    with pytest.raises(errors.SetupError) as caught:
        Sitting(lambda ask: make_hub("stranger", ask_passphrase=ask))
    assert caught.value.code == "not-joined"
