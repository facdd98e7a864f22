"""Claims about the operator's commands: a hub is made once, runs once, binds safely, and people are enrolled over HTTP."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tocsin_hub import cli
from tocsin_hub.settings import Settings
from tocsin_trust import keys

RUNNER = CliRunner()


def run(*words: str, **env: str) -> tuple[int, dict[str, Any]]:
    """A command under --json: exit code and envelope."""
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("TOCSIN_")}
    result = RUNNER.invoke(cli.app, [*words, "--json"], env={**clean, **env})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    lines = result.stdout.splitlines()
    assert len(lines) == 1, result.output
    return result.exit_code, json.loads(lines[0])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A fresh hub made by `init`."""
    code, said = run(
        "init",
        *("--dir", str(tmp_path / "hub"), "--anchor", str(tmp_path / "anchor"), "--origin", "hub.example.org/log"),
        *("--root-key", str(tmp_path / "root.key"), "--authority-key", str(tmp_path / "authority.key")),
    )
    assert (code, said["ok"]) == (0, True)
    return tmp_path


def test_help_is_quick() -> None:
    best = 9.0
    for _ in range(3):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "tocsin_hub", "--help"], check=True, capture_output=True)
        best = min(best, time.perf_counter() - began)
    assert best < 0.5  # 0.1 s on a quiet machine


def test_init_makes_a_hub_and_keeps_its_secrets_closed(home: Path) -> None:
    for name in ("root.key", "authority.key", "hub/keys/log.key", "hub/keys/tag.key", "hub/keys/login.key"):
        assert (home / name).stat().st_mode & 0o077 == 0
    assert (home / "hub/keys").stat().st_mode & 0o077 == 0
    assert not (home / "hub" / "root.key").exists()


def test_init_refuses_a_directory_that_holds_a_hub(home: Path) -> None:
    words = ("--dir", str(home / "hub"), "--origin", "other.example/log", "--anchor", str(home / "anchor-2"))
    code, said = run("init", *words, "--root-key", str(home / "r2"), "--authority-key", str(home / "a2"))
    assert (code, said["code"]) == (9, "hub-exists")
    assert not (home / "r2").exists()


def test_init_warns_if_the_anchor_shares_the_volume(tmp_path: Path) -> None:
    words = ("--dir", str(tmp_path / "hub"), "--origin", "hub.example.org/log", "--anchor", str(tmp_path / "anchor"))
    _, said = run("init", *words, "--root-key", str(tmp_path / "r"), "--authority-key", str(tmp_path / "a"))
    assert len(said["warnings"]) == 1
    assert "-".join(said["data"]["fingerprint"].split("-")) == said["data"]["fingerprint"]


def test_init_says_what_lies_where_and_what_to_move(tmp_path: Path) -> None:
    words = ("--dir", str(tmp_path / "hub"), "--origin", "hub.example.org/log", "--anchor", str(tmp_path / "anchor"))
    keys_ = ("--root-key", str(tmp_path / "r"), "--authority-key", str(tmp_path / "a"))
    said = RUNNER.invoke(cli.app, ["init", *words, *keys_]).stdout
    for path in (tmp_path / "anchor", tmp_path / "r", tmp_path / "a"):
        assert f"{path}   " in said
    assert "offline" in said


def test_the_fingerprint_is_printed_again(home: Path) -> None:
    code, said = run("fingerprint", "--dir", str(home / "hub"))
    assert (code, said["data"].keys()) == (0, {"origin", "fingerprint", "fingerprint_hex"})
    assert said["data"]["origin"] == "hub.example.org/log"
    assert len(said["data"]["fingerprint"].split("-")) == 8
    shutil.rmtree(home / "hub" / "keys")  # a place to print from needs no key
    for lang in ("en", "zh"):
        lines = RUNNER.invoke(cli.app, ["fingerprint", "--dir", str(home / "hub"), "--lang", lang]).stdout.splitlines()
        assert [line.split()[-1] for line in lines] == list(said["data"].values())
    assert run("fingerprint", "--dir", str(home / "none"))[1]["code"] == "hub-missing"


def test_a_passphrase_closes_the_keys_that_init_gives_out(tmp_path: Path) -> None:
    words = ("--dir", str(tmp_path / "hub"), "--origin", "hub.example.org/log", "--anchor", str(tmp_path / "anchor"))
    given = ("--root-key", str(tmp_path / "r"), "--authority-key", str(tmp_path / "a"))
    run("init", *words, *given, TOCSIN_KEY_PASSPHRASE="correct horse")
    assert b"ENCRYPTED" in (tmp_path / "a").read_bytes()
    code, said = run("enrolments", "--authority-key", str(tmp_path / "a"))
    assert (code, said["code"]) == (5, "key-unreadable")


def test_settings_tell_value_origin_and_reason() -> None:
    code, said = run("settings", TOCSIN_PORT="9000", TOCSIN_DATABASE_URL="postgresql+psycopg://u:geheim@db/hub")
    rows = {row["name"]: row for row in said["data"]["settings"]}
    assert code == 0
    assert rows.keys() == Settings.model_fields.keys()
    assert (rows["port"]["value"], rows["port"]["origin"], rows["port"]["default"]) == (9000, "env", 8400)
    assert rows["host"]["origin"] == "default"
    assert all(row["reason"] for row in rows.values())
    assert "geheim" not in json.dumps(said)


def test_a_bad_setting_is_a_usage_error_that_names_it() -> None:
    code, said = run("settings", TOCSIN_PORT="many")
    assert (code, said["code"]) == (2, "bad-setting")
    assert "port" in said["message"]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "hub.example.org"])
def test_a_public_bind_in_plain_http_is_refused(home: Path, host: str) -> None:
    result = RUNNER.invoke(cli.app, ["serve", "--dir", str(home / "hub"), "--host", host])
    assert result.exit_code == 3
    assert "--behind-proxy" in result.stderr


def test_bind_rules_know_proxies_tls_and_loopback() -> None:
    from tocsin_hub.cli import serving
    from tocsin_hub.cli.voice import Stop

    for fine in (
        {"host": "127.0.0.1"},
        {"host": "::1"},
        {"host": "localhost"},
        {"host": "0.0.0.0", "behind_proxy": True},
    ):
        serving.require_safe_bind(Settings(**fine))
    serving.require_safe_bind(Settings(host="0.0.0.0", tls_cert=Path("c"), tls_key=Path("k")))
    with pytest.raises(Stop, match="TLS"):
        serving.require_safe_bind(Settings(tls_cert=Path("c")))


def test_serving_where_no_hub_is_says_so(tmp_path: Path) -> None:
    result = RUNNER.invoke(cli.app, ["serve", "--dir", str(tmp_path)])
    assert result.exit_code == 3
    assert "hub-missing" in result.stderr


# --- beside a running hub ------------------------------------------------------------------------------------------------


def words_of(world: Any) -> tuple[str, ...]:
    return ("--dir", str(world.dir), "--anchor", str(world.settings.anchor))


def hub_of(world: Any) -> tuple[str, ...]:
    return ("--hub", f"http://127.0.0.1:{world.port}")


@pytest.mark.parametrize("command", ["rebuild", "migrate", "erase"])
def test_commands_that_write_are_refused_beside_a_running_hub(sqlite_world: Any, command: str) -> None:
    code, said = run(command, *words_of(sqlite_world))
    assert (code, said["code"]) == (9, "hub-running")


def test_a_second_server_is_refused(sqlite_world: Any) -> None:
    result = RUNNER.invoke(cli.app, ["serve", *words_of(sqlite_world), "--port", "0"])
    assert result.exit_code == 3
    assert "anchor-locked" in result.stderr


def test_who_waits_is_listed_and_enrolled_over_http(world: Any) -> None:
    world.clock.now_unix_s = int(time.time())
    people = [world.stranger(), world.stranger("regulator")]
    for person in people:
        envelope = base64.b64encode(world.request(person)).decode()
        body = {"envelope": envelope, "name": "A name", "publishName": False}
        assert world.http.post("/v1/enrolments", json=body).status_code == 202
    key = ("--authority-key", str(world.authority_file))
    code, said = run("enrolments", *key, *hub_of(world))
    assert (code, {row["org"] for row in said["data"]["requests"]}) == (0, {person.org for person in people})
    code, said = run("enrol", "--all-pending", *key, *hub_of(world))
    assert (code, said["code"]) == (8, "grant-needed")  # the regulator needs a grant; the member is in
    assert "--grant-sector" in said["hint"]
    assert "--grant-region" in said["hint"]
    assert {row["org"]: row.get("code") for row in said["data"]} == {people[0].org: None, people[1].org: "grant-needed"}
    assert [row["org"] for row in run("enrolments", *key, *hub_of(world))[1]["data"]["requests"]] == [people[1].org]
    code, said = run("enrol", "--all-pending", *key, *hub_of(world), "--lang", "zh")
    assert (code, said["code"]) == (2, "grant-needed")  # nothing reached the hub
    assert "监管机构" in said["hint"]
    grant = ("--grant-sector", "*", "--grant-region", "un-m49@2024:001")
    code, said = run("enrol", "--all-pending", *grant, *key, *hub_of(world))
    assert (code, said["data"]["enrolled"][0]["org"]) == (0, people[1].org)
    assert run("enrolments", *key, *hub_of(world))[1]["data"]["requests"] == []


def test_a_request_file_may_travel_instead(world: Any, tmp_path: Path) -> None:
    world.clock.now_unix_s = int(time.time())
    person = world.stranger()
    file = tmp_path / "enrolment-request.json"
    file.write_bytes(world.request(person))
    key = ("--authority-key", str(world.authority_file))
    assert run("enrol", str(file), *key, *hub_of(world))[0] == 0
    code, said = run("enrol", str(file), *key, *hub_of(world))
    assert (code, said["code"]) == (9, "org-taken")
    assert run("enrol", *key, *hub_of(world))[1]["code"] == "nothing-to-do"
    assert run("suspend", person.org, "--reason", "left", *key, *hub_of(world))[0] == 0
    assert world.http.get(f"/v1/directory/{person.org}").json()["suspendedIndex"] == 1


def test_a_key_that_others_can_read_is_not_used(world: Any, tmp_path: Path) -> None:
    path = tmp_path / "open.key"
    path.write_bytes(keys.SigningKey.generate().to_pkcs8(None))
    path.chmod(0o644)
    code, said = run("enrolments", "--authority-key", str(path), *hub_of(world))
    assert (code, said["code"]) == (3, "key-file-open")


def test_no_hub_is_exit_6(world: Any) -> None:
    code, said = run("enrolments", "--authority-key", str(world.authority_file), "--hub", "http://127.0.0.1:9")
    assert (code, said["code"]) == (6, "hub-unreachable")


def test_a_refusal_has_its_hint_in_chinese(world: Any) -> None:
    other = world.dir.parent / "other.key"
    other.write_bytes(keys.SigningKey.generate().to_pkcs8(None))
    other.chmod(0o600)
    code, said = run("enrolments", "--authority-key", str(other), *hub_of(world), "--lang", "zh")
    assert (code, said["code"]) == (4, "authority-required")
    assert not said["hint"].isascii()


def test_an_error_has_the_same_flat_shape_as_that_of_the_member_command(tmp_path: Path) -> None:
    _, said = run("backup", str(tmp_path / "copy"), "--dir", str(tmp_path / "none"))
    assert said.keys() - {"where"} == {"v", "ok", "code", "message", "hint", "docs", "warnings"}
    assert (said["v"], said["ok"], said["code"]) == (1, False, "hub-missing")
    assert (Path(__file__).parents[3] / said["docs"]).is_file()


def test_a_wrong_command_line_is_said_in_the_same_shape() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tocsin_hub", "fsck", "--nonsense", "--json"], capture_output=True, text=True
    )
    said = json.loads(ran.stdout)
    assert (ran.returncode, said["code"]) == (2, "usage")
    assert "--help" in said["hint"]


# --- upkeep -------------------------------------------------------------------------------------------------------------


def test_a_sound_hub_passes_fsck_and_a_changed_one_does_not(sqlite_world: Any) -> None:
    member = sqlite_world.member()
    thread = sqlite_world.accept(member.seal())
    sqlite_world.accept(member.seal("amend", prev=thread))
    sqlite_world.settle()
    assert run("fsck", *words_of(sqlite_world))[0] == 0  # beside the running hub
    sqlite_world.__exit__()
    with sqlite3.connect(sqlite_world.dir / "hub.db") as database:
        database.execute("UPDATE record SET sector = 'isic@4:A'")
    database.close()
    assert run("fsck", "--quick", *words_of(sqlite_world))[0] == 0
    code, said = run("fsck", *words_of(sqlite_world))
    assert (code, said["code"]) == (7, "rows-differ")
    assert "tocsin-hub rebuild" in said["hint"]
    assert said["data"]["findings"]
    assert run("rebuild", *words_of(sqlite_world))[1]["data"]["reached"] == 3
    assert run("fsck", *words_of(sqlite_world))[0] == 0
    with sqlite3.connect(sqlite_world.dir / "hub.db") as database:
        database.execute("UPDATE entry SET data = CAST(replace(data, 'incident', 'incidenT') AS BLOB) WHERE idx = 1")
    database.close()
    code, said = run("fsck", "--quick", *words_of(sqlite_world))
    assert (code, said["code"]) == (7, "log-corrupt")
    assert "tocsin-hub rebuild" not in said["hint"]
    with sqlite3.connect(sqlite_world.dir / "hub.db") as database:
        database.execute("UPDATE entry SET data = CAST(replace(data, 'incidenT', 'incident') AS BLOB) WHERE idx = 1")
    database.close()
    sqlite_world.__enter__()


def test_a_backup_holds_the_log_and_no_key(sqlite_world: Any, tmp_path: Path) -> None:
    member = sqlite_world.member()
    sqlite_world.accept(member.seal())
    code, said = run("backup", str(tmp_path / "copy"), *words_of(sqlite_world))
    assert (code, said["data"]["entries"]) == (0, 2)
    assert sorted(path.name for path in (tmp_path / "copy").iterdir()) == ["hub.db", "hub.json", "policy.json"]
    assert any(path.endswith("log.key") for path in said["data"]["keys_apart"])
    assert run("backup", str(tmp_path / "copy"), *words_of(sqlite_world))[1]["code"] == "file-exists"


def test_44_a_restored_backup_is_noticed_by_the_anchor(sqlite_world: Any, tmp_path: Path) -> None:
    member = sqlite_world.member()
    run("backup", str(tmp_path / "copy"), *words_of(sqlite_world))
    sqlite_world.accept(member.seal())  # acknowledged after the backup
    sqlite_world.__exit__()
    shutil.copy(sqlite_world.dir / "hub.db", tmp_path / "newest.db")
    shutil.copy(tmp_path / "copy" / "hub.db", sqlite_world.dir / "hub.db")
    result = RUNNER.invoke(cli.app, ["serve", *words_of(sqlite_world), "--port", "0"])
    assert result.exit_code == 3
    assert "anchor-ahead" in result.stderr
    code, said = run("fsck", *words_of(sqlite_world))
    assert (code, said["code"]) == (7, "anchor-ahead")
    assert "tocsin-hub restore" in said["hint"]
    assert "tocsin-hub restore" in run("fsck", "--lang", "zh", *words_of(sqlite_world))[1]["hint"]
    shutil.copy(tmp_path / "newest.db", sqlite_world.dir / "hub.db")
    sqlite_world.__enter__()
    assert sqlite_world.size() == 2


def test_erased_text_is_in_no_file_after_the_erase_command(sqlite_world: Any, simulators: Any) -> None:
    member = sqlite_world.member()
    marker = "zyzzogeton"
    body = simulators.incident(title={"text": f"About a {marker}", "language": "en"})
    thread = sqlite_world.accept(member.seal(body=body))
    sqlite_world.settle()
    sqlite_world.accept(member.seal("withdraw", {"reason": "privacy"}, prev=thread))
    sqlite_world.settle()
    sqlite_world.__exit__()
    assert run("erase", *words_of(sqlite_world))[0] == 0
    held = b"".join(path.read_bytes() for path in sqlite_world.dir.glob("hub.db*"))
    assert marker.encode() not in held
    assert b"isic" in held  # control: the files are not empty
    sqlite_world.__enter__()


def test_members_are_listed_and_their_tokens_ended(world: Any) -> None:
    world.clock.now_unix_s = int(time.time())
    member, gone = world.member(), world.member()
    world.accept(gone.seal("suspend", {"org": gone.org, "reason": "left"}, key=gone.root))
    code, said = run("members", *hub_of(world))
    assert [(row["org"], row["suspendedIndex"]) for row in said["data"]["members"]] == [
        (member.org, None),
        (gone.org, 2),
    ]
    session = member.login()
    key = ("--authority-key", str(world.authority_file))
    code, said = run("tokens", "revoke", "--org", member.org, *key, *hub_of(world))
    assert (code, said["data"]) == (0, {"revoked": 1})
    assert world.http.get("/v1/tokens", headers=session).json()["code"] == "token-invalid"
    code, said = run("tokens", "revoke", "--org", world.stranger().org, *key, *hub_of(world))
    assert (code, said["code"]) == (9, "org-unknown")
