"""Claims about what the operator sees: metrics and log lines count routes and outcomes, and name nobody."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import OperationalError

from tocsin_hub.cli import logbook
from tocsin_hub.settings import Settings
from tocsin_trust import documents, keys

ADDRESS, AGENT, MARKER = "203.0.113.77", "remarkable-agent/7", "peculiar heron"


def value(page: str, name: str) -> float:
    (found,) = re.findall(rf"^{re.escape(name)} (\S+)$", page, flags=re.M)
    return float(found)


# --- metrics ------------------------------------------------------------------------------------------------------------


def test_metrics_count_what_happened(world: Any) -> None:
    member = world.member()
    envelope = member.seal()
    world.accept(envelope)
    world.accept(envelope)
    world.bulk([member.seal(), b"{}"])
    nameless, _ = member.nameless()
    world.accept(nameless)
    world.refuse(world.stranger().seal())
    world.blob("0" * 64)
    world.settle()
    answer = world.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    page = answer.text
    seen = 'tocsin_submissions_total{kind="incident",mode="attributed",outcome="%s"}'
    assert value(page, seen % "accepted") == 2
    assert value(page, seen % "replayed") == 1
    assert value(page, seen % "not-enrolled") == 1
    assert value(page, 'tocsin_submissions_total{kind="incident",mode="pseudonymous",outcome="accepted"}') == 1
    assert value(page, 'tocsin_submissions_total{kind="unknown",mode="unknown",outcome="malformed-envelope"}') == 1
    assert value(page, 'tocsin_requests_total{method="GET",route="/v1/blobs/{digest}",status="404"}') == 1
    assert value(page, 'tocsin_request_seconds_count{route="/v1/blobs/{digest}"}') == 1
    assert value(page, "tocsin_log_size") == 4
    assert value(page, "tocsin_reader_lag_entries") == 0
    assert value(page, "tocsin_queue_entries") == 0
    assert value(page, "tocsin_batch_entries_sum") == 4
    assert value(page, "tocsin_database_bytes") > 100_000


def test_metrics_name_no_organisation_no_key_no_record_and_no_path(world: Any) -> None:
    member = world.member()
    envelope, author = member.nameless()
    digest = world.accept(envelope)
    world.blob(digest)
    world.http.get(f"/v1/directory/{member.org}")
    world.http.get(f"/nowhere/{member.org}", headers={"User-Agent": AGENT})
    world.http.request("PROPFIND", "/nowhere")
    page = world.http.get("/metrics").text
    for secret in (member.org, member.kid, author.public.hex, digest, "nowhere", "PROPFIND", AGENT, "127.0.0.1"):
        assert secret not in page
    assert 'method="OTHER",route="none"' in page
    labels = set(re.findall(r'(\w+)="', page))
    assert labels == {"method", "route", "status", "kind", "mode", "outcome", "le"}


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ({}, True),
        ({"host": "::1"}, True),
        ({"host": "localhost"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"behind_proxy": True}, False),
        ({"host": "0.0.0.0", "metrics": True}, True),
        ({"metrics": False}, False),
    ],
    ids=str,
)
def test_metrics_are_off_on_a_public_bind_unless_asked_for(said: dict[str, Any], on: bool) -> None:
    assert Settings(**said).metrics_on() is on


def test_metrics_that_are_off_are_not_there(template: Any, simulators: Any, tmp_path: Path) -> None:
    with simulators.World(template, tmp_path, behind_proxy=True) as world:
        assert world.http.get("/metrics").json()["code"] == "not-found"


# --- log lines ----------------------------------------------------------------------------------------------------------


def said(form: str, *line: Any, level: int = logging.INFO) -> str:
    """What a logger writes in a form."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logbook.Json() if form == "json" else logbook.KeyValue())
    logger = logging.Logger("tocsin.test")
    logger.addHandler(handler)
    logger.log(level, *line)
    return out.getvalue()


def test_an_event_is_one_line_of_pairs_or_one_object() -> None:
    event = ("event=request request=%s method=%s route=%s status=%d ms=%d", "ab12", "GET", "/v1/blobs/{digest}", 404, 3)
    assert said("key-value", *event).endswith(
        "event=request request=ab12 method=GET route=/v1/blobs/{digest} status=404 ms=3\n"
    )
    found = json.loads(said("json", *event))
    assert found.pop("time").endswith("Z")
    assert found == {
        "level": "info", "logger": "tocsin.test", "event": "request", "request": "ab12", "method": "GET",
        "route": "/v1/blobs/{digest}", "status": 404, "ms": 3,
    }  # fmt: skip


def test_a_fault_and_a_library_stay_one_object_each() -> None:
    found = json.loads(said("json", "event=fault type=%s\n%s", "KeyError", "  File x, line 1", level=logging.ERROR))
    assert (found["event"], found["type"], found["trace"]) == ("fault", "KeyError", "  File x, line 1")
    assert json.loads(said("json", "Started server"))["message"] == "Started server"


def test_a_request_is_logged_by_its_route_and_never_by_its_path(world: Any, caplog: pytest.LogCaptureFixture) -> None:
    member = world.member()
    with caplog.at_level(logging.DEBUG, logger="tocsin_hub"):
        answer = world.blob("0" * 64, **member.login())
        world.http.get("/nowhere/%0Aevent=forged")
    lines = [record.getMessage() for record in caplog.records if record.name == "tocsin_hub.rest"]
    (line,) = [each for each in lines if answer.headers["tocsin-request"] in each]
    assert re.fullmatch(
        r"event=request request=[0-9a-f]{16} method=GET route=/v1/blobs/\{digest\} status=404 ms=\d+", line
    )
    assert not [each for each in lines if "forged" in each or "\n" in each or "tok-" in each or member.org in each]


# --- the whole process --------------------------------------------------------------------------------------------------


def _serve(template: Any, home: Path, port: int) -> subprocess.Popen[bytes]:
    """`tocsin-hub serve` as an operator behind a proxy runs it, as talkative as it gets."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}
    command = [
        sys.executable,
        "-m",
        "tocsin_hub",
        "serve",
        "--dir",
        str(home / "hub"),
        "--anchor",
        str(home / "anchor"),
    ]
    return subprocess.Popen(
        [*command, "--port", str(port), "--behind-proxy", "--verbose"],
        env={**clean, "TOCSIN_LOG_LEVEL": "DEBUG", "TOCSIN_ADMIT_PROCESSES": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def test_50_a_nameless_submission_leaves_no_address_and_no_agent_behind(
    template: Any, simulators: Any, tmp_path: Path
) -> None:
    world = simulators.World(template, tmp_path)
    world.clock.now_unix_s = int(time.time())
    member = world.stranger()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = _serve(template, tmp_path, port)
    shown = {"X-Forwarded-For": ADDRESS, "User-Agent": AGENT, "Content-Type": "application/vnd.dsse+json"}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=shown, trust_env=False) as http:
        for _ in range(200):
            try:
                assert http.get("/healthz").status_code == 200
                break
            except httpx.TransportError:
                assert process.poll() is None
                time.sleep(0.05)
        assert http.post("/v1/submissions", content=world.enrolment(member)).status_code == 201
        author = keys.SigningKey.generate()
        asked = documents.pseudonym_request(
            aud=world.policy.origin, org=member.org, author_key=author, iat_unix_s=int(time.time()), key=member.key
        )
        cred = http.post("/v1/pseudonyms", content=asked).json()["certificate"]
        title = {"text": MARKER, "language": "en"}
        envelope = member.seal(body=simulators.incident(title=title), mode="pseudonymous", key=author, cred=cred)
        answer = http.post("/v1/submissions", content=envelope)
        assert answer.status_code == 201
        assert http.get("/v1/blobs/" + answer.headers["tocsin-digest"]).status_code in (200, 404)
    process.terminate()
    log = process.communicate(timeout=30)[0].decode()
    assert "route=/v1/pseudonyms status=201" in log  # control: it was logged
    assert "route=/v1/submissions status=201" in log
    for trace in (
        ADDRESS,
        AGENT,
        MARKER,
        author.public.hex,
        cred,
        member.org,
        "127.0.0.1:5",
        answer.headers["tocsin-digest"],
    ):
        assert trace not in log, trace
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert ADDRESS.encode() not in held
    assert AGENT.encode() not in held
    assert MARKER.encode() in held  # control: what may be kept is found that way
    rows = _rows(tmp_path)
    (sealed,) = rows["pseudonym"]
    assert member.org not in str(sealed)
    assert {
        name for name, found in rows.items() if author.public.hex in str(found) and member.org in str(found)
    } == set()


def _rows(home: Path) -> dict[str, list[Any]]:
    from tocsin_hub.store.session import Store

    store = Store(f"sqlite:///{home / 'hub' / 'hub.db'}")
    try:
        with store.read() as session:
            names = inspect(session.connection()).get_table_names()
            return {n: [tuple(r) for r in session.execute(text(f'SELECT * FROM "{n}"'))] for n in names}
    finally:
        store.dispose()


def test_the_proof_above_could_fail(tmp_path: Path) -> None:
    """Negative control: a line with an address is found by the same means."""
    assert ADDRESS in said("key-value", f"event=request address={ADDRESS}")


def test_an_error_of_the_database_repeats_no_value(sqlite_store: Any) -> None:
    with sqlite_store.read() as session, pytest.raises(OperationalError) as caught:
        session.execute(text("INSERT INTO org_name (org, name) VALUES (:org, :name)"), {"org": "o", "name": MARKER})
    assert "INSERT INTO org_name" in str(caught.value)
    assert MARKER not in str(caught.value)
