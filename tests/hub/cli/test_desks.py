"""Claims about desks and declined requests: an act names what it acts on, says so first, and leaves no more than it must."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tocsin_hub import cli
from tocsin_trust import keys

RUNNER = CliRunner()


@pytest.fixture(autouse=True)
def today(world: Any) -> None:
    """The commands sign with the real clock, so the hub has it too."""
    world.clock.now_unix_s = int(time.time())


def operate(world: Any, *words: str) -> tuple[int, dict[str, Any]]:
    """A command against the world's hub under --json: exit code and envelope."""
    result = aloud(world, *words, "--json")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout)


def aloud(world: Any, *words: str) -> Any:
    """The same as a person sees it."""
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TOCSIN_")}
    return RUNNER.invoke(cli.app, [*words, "--hub", f"http://127.0.0.1:{world.port}"], env=clean)


def test_a_desk_is_made_and_moderates(world: Any, tmp_path: Path) -> None:
    member = world.member()
    thread = world.accept(member.seal())
    key = ("--authority-key", str(world.authority_file))
    code, said = operate(world, "desk", "--key-dir", str(tmp_path / "desk"), *key)
    assert (code, said["ok"]) == (0, True)
    assert (tmp_path / "desk" / "operational.key").stat().st_mode & 0o077 == 0
    act = ("moderate", thread, "--action", "hide", "--reason", "spam", "--desk", str(tmp_path / "desk"))
    assert operate(world, *act)[0] == 0
    code, said = operate(world, *act)
    assert (code, said["code"]) == (9, "moderation-state")


def desk_of(world: Any, path: Path) -> tuple[str, ...]:
    key = ("--authority-key", str(world.authority_file))
    assert operate(world, "desk", "--key-dir", str(path), *key)[0] == 0
    return ("--desk", str(path))


def test_a_desk_names_a_record_by_its_id_or_by_any_digest_and_says_what_it_does(
    world: Any, tmp_path: Path, simulators: Any
) -> None:
    member = world.member()
    private = simulators.incident(marking={"tlp": "amber"}, title={"text": "Zyzzogeton", "language": "en"})
    first = world.accept(member.seal(body=private))
    newest = world.accept(member.seal("amend", body=private, prev=first))
    world.settle()
    desk = desk_of(world, tmp_path / "desk")
    act = ["moderate", "TOC-I-2026-000001", "--action", "hide", "--reason", "spam", *desk]
    shown = aloud(world, *act)
    assert shown.exit_code == 0, shown.output
    assert "TOC-I-2026-000001  incident, attributed, published" in shown.stderr
    assert "About to hide it" in shown.stderr
    assert "Zyzzogeton" not in shown.output  # a desk reads what the public reads
    code, said = operate(world, "moderate", newest, "--action", "restore", "--reason", "other", *desk)
    assert (code, said["data"]["thread"], said["data"]["recordId"]) == (0, first, "TOC-I-2026-000001")
    code, said = operate(world, "moderate", "TOC-I-2026-000099", "--action", "hide", "--reason", "spam", *desk)
    assert (code, said["code"]) == (9, "record-unknown")
    code, said = operate(world, "moderate", first, "--action", "burn", "--reason", "spam", *desk)
    assert (code, said["code"]) == (2, "usage")


def test_a_public_title_is_shown_before_the_act(world: Any, tmp_path: Path) -> None:
    thread = world.accept(world.member().seal())
    world.settle()
    act = ["moderate", thread, "--action", "hide", "--reason", "spam", *desk_of(world, tmp_path / "desk")]
    assert "Cloned voice asked a clerk" in aloud(world, *act).stderr


def test_erasing_wants_a_yes(world: Any, tmp_path: Path) -> None:
    thread = world.accept(world.member().seal())
    desk = desk_of(world, tmp_path / "desk")
    size = world.size()
    act = ("moderate", thread, "--action", "erase", "--reason", "unlawful", *desk)
    code, said = operate(world, *act)
    assert (code, said["code"], world.size()) == (2, "not-confirmed", size)
    assert operate(world, *act, "--yes")[0] == 0
    code, said = operate(world, *act, "--yes")
    assert (code, said["code"]) == (9, "thread-erased")


def test_only_a_desk_asks_how_a_thread_stands(world: Any) -> None:
    member = world.member()
    thread = world.accept(member.seal())
    assert world.http.get(f"/v1/moderation/{thread}").json()["code"] == "login-required"
    assert world.http.get(f"/v1/moderation/{thread}", headers=member.login()).json()["code"] == "desk-required"


def test_a_declined_request_is_gone_and_may_be_made_again(world: Any) -> None:
    person = world.stranger()
    envelope = base64.b64encode(world.request(person)).decode()
    body = {"envelope": envelope, "name": "A name", "publishName": False}
    digest = world.http.post("/v1/enrolments", json=body).json()["digest"]
    waits = f"/v1/enrolments/{digest}"
    assert world.http.get(waits).json() == {"digest": digest, "state": "pending"}
    key = ("--authority-key", str(world.authority_file))
    code, said = operate(world, "decline", digest[:12], "--reason", "because", *key)
    assert (code, said["code"]) == (2, "usage")
    code, said = operate(world, "decline", digest[:12], "--reason", "unknown-organisation", *key)
    assert (code, said["data"]) == (0, {"digest": digest, "org": person.org, "state": "declined"})
    assert world.http.get(waits).json()["code"] == "request-unknown"
    assert world.size() == 0
    assert world.http.post("/v1/enrolments", json=body).status_code == 202
    assert operate(world, "decline", person.org, "--reason", "duplicate", *key)[0] == 0
    assert operate(world, "decline", person.org, "--reason", "duplicate", *key)[1]["code"] == "request-unknown"


def test_only_an_authority_declines(world: Any) -> None:
    body = {"envelope": base64.b64encode(world.request(world.stranger())).decode(), "name": None, "publishName": False}
    digest = world.http.post("/v1/enrolments", json=body).json()["digest"]
    other = world.dir.parent / "other.key"
    other.write_bytes(keys.SigningKey.generate().to_pkcs8(None))
    other.chmod(0o600)
    code, said = operate(world, "decline", digest, "--reason", "other", "--authority-key", str(other))
    assert (code, said["code"]) == (4, "authority-required")
    assert world.http.get(f"/v1/enrolments/{digest}").status_code == 200
