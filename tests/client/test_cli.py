"""The command line: exit codes, envelopes, the interactive gate, nothing unclean on a terminal, and a quick start."""

from __future__ import annotations

import base64
import json
import statistics
import string
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import messages
from tocsin_client.cli import app


def test_init_asks_and_pins_only_what_a_person_confirms(
    run: Callable[..., Any], sim: Any, url: str, home: Path
) -> None:
    no = run("init", url, "--sector", "K", "--region", "156", "--no-passphrase", answers=["no"])
    assert no.code == 3
    assert not (home / "profiles" / "default").exists()
    yes = run("init", url, "--no-passphrase", "--json", answers=["K", "156", "yes"])
    assert yes.code == 0, yes.err
    assert sim.fingerprint in yes.err
    assert yes.data["data"]["org"].startswith("org-")


def test_init_shows_the_fingerprint_before_it_asks_for_a_passphrase(
    run: Callable[..., Any], url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []  # at each question, whether the root was pinned by then

    def secret(prompt: str, stream: Any = None) -> str:
        seen.append((home / "profiles" / "default" / "pin.json").exists())
        return "correct horse"

    monkeypatch.setattr("getpass.getpass", secret)
    no = run("init", url, "--sector", "K", "--region", "156", answers=["no"])
    assert (no.code, seen) == (3, [])
    assert run("init", url, "--sector", "K", "--region", "156", answers=["yes"]).code == 0
    assert seen == [True, True]


def test_a_wrong_fingerprint_ends_with_seven_and_writes_nothing(run: Callable[..., Any], url: str, home: Path) -> None:
    done = run(
        "init", url, "--fingerprint", "babab-" * 7 + "babab", "--sector", "K", "--region", "156", "--no-passphrase"
    )
    assert done.code == 7
    assert not (home / "profiles" / "default").exists()


def test_doctor_says_that_a_request_was_declined_and_may_be_made_again(
    run: Callable[..., Any], sim: Any, url: str
) -> None:
    init = ("init", url, "--fingerprint", sim.fingerprint, "--sector", "K", "--region", "156", "--no-passphrase")
    assert run(*init).code == 0
    sim.pending.clear()
    said = run("doctor")
    assert said.code == 3
    assert "no request waits at the hub" in said.out
    assert f"Ask again: tocsin init {url}" in said.out
    assert "没有待处理的注册请求" in run("--lang", "zh", "doctor").out
    assert run("init", url, "--no-passphrase").code == 0
    assert "still waiting" in run("doctor").out


def test_doctor_says_what_to_fix_and_then_that_all_is_well(run: Callable[..., Any], sim: Any, url: str) -> None:
    assert run("doctor").code == 3
    run("init", url, "--fingerprint", sim.fingerprint, "--sector", "K", "--region", "156", "--no-passphrase")
    waiting = run("doctor", "--json")
    assert waiting.code == 3
    bad = [c for c in waiting.data["data"]["items"] if not c["ok"]]
    assert [c["check"] for c in bad] == ["enrolled"]
    assert all(c["fix"] for c in bad)
    sim.enrol_all()
    good = run("doctor")
    assert good.code == 0, good.out
    assert "enrolled at index 0" in good.out


def test_new_makes_a_draft_that_is_valid_in_both_languages(run: Callable[..., Any], tmp_path: Path) -> None:
    for kind in ("incident", "finding", "mitigation"):
        for lang in ("en", "zh"):
            path = tmp_path / f"{kind}-{lang}.yaml"
            assert run("new", kind, "-o", str(path), "--lang", lang).code == 0
            done = run("validate", str(path), "--json")
            assert done.code == 0, done.out + path.read_text()
            assert done.data["data"]["kind"] == kind


def test_a_template_that_nobody_filled_in_is_not_submitted(
    run: Callable[..., Any], sim: Any, joined: str, tmp_path: Path
) -> None:
    path = tmp_path / "t.yaml"
    run("new", "incident", "-o", str(path))
    assert "template" in run("validate", str(path)).err
    done = run("submit", str(path), answers=["n", "n", "me", "yes"])
    assert done.code == 5
    assert "placeholder-left" in done.err
    assert len(sim.envelopes) == 1


def test_validate_names_every_problem_and_no_content(run: Callable[..., Any], file: Path) -> None:
    file.write_text(
        file.read_text().replace("ai_role: tool-of-harm", "ai_role: sabotage-by-bob").replace("isic@4:K", "isic@4:ZZ")
    )
    done = run("validate", str(file))
    assert done.code == 5
    assert "ai_role" in done.out
    assert "sector" in done.out
    assert "bob" not in done.out + done.err
    assert run("validate", str(file.with_name("none.yaml"))).code == 2
    file.write_text("- a list\n")
    assert run("validate", str(file)).code == 5


def test_submit_leads_a_person_through_the_gate(run: Callable[..., Any], sim: Any, joined: str, file: Path) -> None:
    done = run("submit", str(file), answers=["r", "y", "n", "the CISO", "yes"])
    assert done.code == 0, done.err
    assert "[-+44 20 7946 0958-]{+<PHONE-1>+}" in done.err
    assert "2024-02 -> 2024-Q1" in done.err
    assert "un-m49@2024:156 -> un-m49@2024:030" in done.err
    assert "regulators" in done.err
    assert "within their grant" in done.err
    assert "1 of 1 enrolled members" in done.err
    digest = done.out.strip()
    assert len(digest) == 64
    sent = json.loads(base64.b64decode(json.loads(sim.envelopes[-1])["payload"]))
    assert sent["body"]["marking"] == {"tlp": "amber", "audience": ["members", "industry-bodies", "regulators"]}
    assert "7946" not in json.dumps(sent)
    assert "SEC-4711" not in json.dumps(sent)


def test_what_is_shown_is_what_is_signed(run: Callable[..., Any], sim: Any, joined: str, file: Path) -> None:
    done = run("submit", str(file), "--bytes", answers=["d", "n", "n", "me", "yes"])
    assert done.code == 0, done.err
    payload = base64.b64decode(json.loads(sim.envelopes[-1])["payload"])
    shown = next(line for line in done.err.splitlines() if line.startswith("{"))
    assert shown.encode() in payload


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_verify_says_what_the_offline_verifier_says(
    run: Callable[..., Any], joined: str, file: Path, home: Path, tmp_path: Path, capsys: Any, lang: str
) -> None:
    from tocsin_trust import __main__ as verifier

    digest = run("submit", str(file), answers=["r", "n", "n", "me", "yes"]).out.strip()
    profile = home / "profiles" / "default"
    receipt, policy = profile / "receipts" / f"{digest}.json", profile / "policy.json"
    broken = tmp_path / "broken.json"
    broken.write_bytes(receipt.read_bytes().replace(b'"v":1', b'"v":2'))
    for bundle, trusted, code in ((receipt, policy, 0), (broken, policy, 7), (receipt, receipt, 7)):
        ours = run("verify", str(bundle), "--policy", str(trusted), "--lang", lang)
        capsys.readouterr()
        assert (ours.code, verifier.main(["verify", str(bundle), "--policy", str(trusted), "--lang", lang])) == (
            code,
        ) * 2
        theirs = capsys.readouterr()
        assert ours.out == theirs.out
        assert theirs.err.strip().rsplit(" [", 1)[0] in ours.err
    assert (
        run("verify", str(receipt), "--lang", lang).out
        == run("verify", str(receipt), "--policy", str(policy), "--lang", lang).out
    )


@pytest.mark.parametrize("last", ["no", "", "y e s", "approve"])
def test_anything_but_yes_is_no(run: Callable[..., Any], sim: Any, joined: str, file: Path, last: str) -> None:
    done = run("submit", str(file), answers=["r", "n", "n", "me", last])
    assert done.code == 5
    assert len(sim.envelopes) == 1


def test_a_pipe_cannot_approve(run: Callable[..., Any], sim: Any, joined: str, file: Path) -> None:
    done = run("submit", str(file))
    assert done.code == 2
    assert "--approved" in done.err
    assert len(sim.envelopes) == 1


def test_no_flag_approves(run: Callable[..., Any]) -> None:
    helped = run("submit", "--help").out
    assert "--yes" not in helped
    assert run("submit", "x.yaml", "--yes").code == 2


def test_a_dry_run_shows_the_bytes_and_sends_nothing(
    run: Callable[..., Any], sim: Any, joined: str, file: Path
) -> None:
    done = run("submit", str(file), "--dry-run", "--json")
    assert done.code == 0, done.err
    data = done.data["data"]
    assert data["open"][0] | {"id": ""} == {"id": "", "path": "summary.text", "class": "phone", "start": 41, "end": 57}
    assert json.loads(data["body"])["occurred"]["value"] == "2024-Q1"
    assert data["readers"] == ["members", "industry-bodies", "author"]
    assert ("POST", "/v1/submissions", False) not in sim.requests


def test_an_approval_made_earlier_is_sent_and_an_edited_one_is_void(
    run: Callable[..., Any], sim: Any, joined: str, file: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "approval.json"
    assert run("submit", str(file), "--approve-only", "-o", str(kept), answers=["r", "n", "n", "me", "yes"]).code == 0
    assert len(sim.envelopes) == 1
    good = kept.read_text()
    kept.write_text(good.replace("urgent transfer", "urgent transfers"))
    assert run("submit", "--approved", str(kept)).code == 5
    kept.write_text(good)
    assert run("submit", "--approved", str(kept)).code == 0
    assert run("submit", "--approved", str(kept)).code == 9
    assert len(sim.envelopes) == 2


def test_a_hit_of_the_own_dictionary_stops_before_anything_is_asked(
    run: Callable[..., Any], joined: str, file: Path, home: Path
) -> None:
    (home / "profiles" / "default" / "dictionary.txt").write_text("clerk\n")
    done = run("submit", str(file), answers=[])
    assert done.code == 5
    assert "own-dictionary" in done.err


def test_a_hub_that_is_down_ends_with_six_and_the_outbox_sends_later(
    run: Callable[..., Any], sim: Any, joined: str, file: Path
) -> None:
    sim.lies = {"error-500"}
    done = run("submit", str(file), answers=["r", "n", "n", "me", "yes"])
    assert done.code == 6
    listed = run("outbox", "--json")
    assert [item["state"] for item in listed.data["data"]["items"]] == ["waits"]
    sim.lies = set()
    assert run("outbox", "--resend").code == 0
    assert run("outbox").out == ""


def test_a_lying_hub_ends_with_seven(run: Callable[..., Any], sim: Any, joined: str, file: Path) -> None:
    sim.lies = {"wrong-root"}
    done = run("submit", str(file), "--json", answers=["r", "n", "n", "me", "yes"])
    assert done.code == 7
    assert done.data["ok"] is False
    assert set(done.data) >= {"v", "ok", "code", "message", "hint", "docs", "warnings"}


def test_status_amend_withdraw_and_verify_make_a_round(
    run: Callable[..., Any], sim: Any, joined: str, file: Path, home: Path, tmp_path: Path
) -> None:
    digest = run("submit", str(file), answers=["r", "n", "n", "me", "yes"]).out.strip()
    listed = run("status", "--json").data["data"]["items"][0]
    assert (listed["thread"], listed["state"], listed["mode"]) == (digest, "accepted", "pseudonymous")
    assert run("status", digest[:10], "--json").data["data"]["state"] == "published"
    receipt = home / "profiles" / "default" / "receipts" / f"{digest}.json"
    sim.lies = {"cut"}  # verify needs no network
    done = run("verify", str(receipt))
    assert done.code == 0
    assert done.out.startswith("The receipt holds.")
    assert run("verify", str(receipt), "--lang", "zh").out.startswith("回执有效")
    broken = tmp_path / "broken.json"
    broken.write_bytes(receipt.read_bytes().replace(b'"v":1', b'"v":2'))
    assert run("verify", str(broken)).code == 7
    assert run("verify", str(receipt), "--profile", "stranger").code == 7
    sim.lies = set()
    file.write_text(file.read_text().replace("Cloned voice asked", "A cloned voice asked"))
    assert run("amend", digest[:8], str(file), answers=["r", "n", "n", "me", "yes"]).code == 0
    assert run("withdraw", digest[:8], answers=["no"]).code == 2
    assert run("withdraw", digest[:8], "--reason", "privacy", answers=["yes"]).code == 0
    assert run("status", "--json").data["data"]["items"][0]["state"] == "withdrawn"


def test_a_passphrase_locks_the_keys(
    run: Callable[..., Any], sim: Any, url: str, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    monkeypatch.setenv("TOCSIN_PASSPHRASE", "a long one")
    assert run("init", url, "--fingerprint", sim.fingerprint, "--sector", "K", "--region", "156").code == 0
    sim.enrol_all()
    assert b"ENCRYPTED" in (home / "profiles/default/keys/operational.pem").read_bytes()
    assert run("login").code == 0
    monkeypatch.setenv("TOCSIN_PASSPHRASE", "another")
    assert run("login").code == 3
    monkeypatch.delenv("TOCSIN_PASSPHRASE")
    assert run("login").code == 2, "without a terminal there is nobody to ask"


def test_taxonomy_works_offline_in_both_languages(run: Callable[..., Any]) -> None:
    assert "caict-2024@2024-12" in run("taxonomy").out
    one = run("taxonomy", "caict-2024@2024-12:derived.individual-organisation.criminal-use", "--lang", "zh").out
    assert "犯罪" in one
    assert run("taxonomy", "tocsin-system-class", "--json").code == 0
    assert run("taxonomy", "nothing@1:x").code == 2


@pytest.mark.parametrize(
    "words",
    [
        ["submit"],
        ["nonsense"],
        ["submit", "--nonsense"],
        ["new", "poem"],
        ["import", "nowhere"],
        ["search", "--first", "x"],
        ["show", "TOC-I-2026-1"],
    ],
)
def test_a_wrong_command_ends_with_two_or_three_and_one_json_object(run: Callable[..., Any], words: list[str]) -> None:
    done = run(*words, "--json")
    assert done.code in (2, 3)
    assert done.data["ok"] is False
    assert done.data["hint"]


def test_a_bug_ends_with_one_and_shows_nothing_of_the_text(
    run: Callable[..., Any], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tocsin_client import draft

    def broken(*_args: object, **_kw: object) -> None:
        raise RuntimeError("text of the draft: Cloned voice")

    monkeypatch.setattr(draft.Draft, "problems", broken)
    done = run("validate", str(file))
    assert done.code == 1
    assert "RuntimeError" in done.err
    assert "Cloned" not in done.err


def test_what_a_hub_sends_cannot_act_on_the_terminal(run: Callable[..., Any], sim: Any, joined: str) -> None:
    evil = "\x1b]0;owned\x07\x1b[2Jtitle\u202e\u200b\x9b31m"
    sim.answers["Search"] = lambda _v: {
        "records": {"asOf": 1, "totalCount": 1, "pageInfo": {"hasNextPage": False, "endCursor": None},
                    "nodes": [{"recordId": "TOC-I-2026-000001", "title": {"text": evil, "language": "en"}}]}
    }  # fmt: skip
    for words in (["search", "voice"], ["search", "voice", "--json"]):
        done = run(*words)
        assert done.code == 0, done.err
        assert "title" in done.out
        assert not any(c in done.out for c in "\x1b\x07\u202e\u200b\x9b")
    assert run("search", "--json").data["data"]["items"][0]["title"]["text"] == evil, "JSON says what was sent, escaped"


def test_shared_options_may_stand_anywhere() -> None:
    assert app.hoisted(["status", "--json", "--lang", "zh", "x", "--", "--json"]) == [
        "--json",
        "--lang",
        "zh",
        "status",
        "x",
        "--",
        "--json",
    ]
    assert app.hoisted(["--profile=a", "new"]) == ["--profile=a", "new"]


def test_every_message_is_in_both_languages() -> None:
    for key in messages.keys():  # noqa: SIM118 - a function
        en, zh = messages._CATALOGUE[key]
        assert en
        assert any("\u4e00" <= c <= "\u9fff" for c in zh) or "{" in zh, key
        fields = [{f[1] for f in string.Formatter().parse(t) if f[1]} for t in (en, zh)]
        assert fields[0] == fields[1], key


def test_the_main_journey_speaks_chinese(run: Callable[..., Any], joined: str, file: Path) -> None:
    done = run("submit", str(file), "--lang", "zh", answers=["r", "是", "n", "合规官", "yes"])
    assert done.code == 0, done.err
    for words in ("化名模式", "监管机构", "将要发出的全部内容", "已写入日志"):
        assert words in done.err


def test_help_starts_fast() -> None:
    """Budget 250 ms; the median of five with a margin for a busy machine, and no heavy package loaded."""
    code = (
        "import sys; from tocsin_client.cli import main; c = main(['--help']);"
        "bad = {'httpx', 'pydantic', 'rich', 'yaml', 'cryptography'} & set(sys.modules); sys.exit(9 if bad else c)"
    )
    took = []
    for _ in range(5):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=20)
        took.append(time.perf_counter() - began)
        assert done.returncode == 0, done.stderr
    assert statistics.median(took) <= 0.25 * 3, took


def test_errors_of_the_main_journey_are_said_in_chinese(run: Callable[..., Any], home: Path) -> None:
    done = run("status", "--lang", "zh")
    assert done.code == 3
    assert "尚未加入任何中心" in done.err
    assert set(messages._ERRORS_ZH) & {"hub-unreachable", "own-dictionary", "not-joined"}


def test_a_corpus_is_imported_as_one_approved_batch(
    run: Callable[..., Any], sim: Any, joined: str, draft: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tocsin_client import importers
    from tocsin_client.importers.rows import Refused

    def read(path: Path | None = None, *, refused: list[Refused] | None = None) -> Iterator[Any]:
        for n in range(103):
            yield draft(
                title=f"Published {n}", evidence_class="public-source", tlp="clear", references=[{"url": "https://news.example.org/1"}],
                provenance={"source": "News", "licence": "CC-BY-4.0"},
            )  # fmt: skip
        assert refused is not None
        refused.append(Refused("77", "no-category"))

    monkeypatch.setattr(importers, "load", lambda _name: type("Fake", (), {"read": staticmethod(read)}))
    said = "Every text was published by the named source."
    assert run("import", "atlas").code == 2, "a person must approve"
    no = run("import", "atlas", answers=[said, "a curator", "no"])
    assert no.code == 5
    assert len(sim.envelopes) == 1
    rows = tmp_path / "refused.ndjson"
    yes = run("import", "atlas", "--refused", str(rows), "--json", answers=[said, "a curator", "yes"])
    assert yes.code == 0, yes.err
    assert yes.data["data"]["accepted"] == 103
    assert json.loads(rows.read_text())["code"] == "no-category"
    assert len(sim.envelopes) == 104
    only = run("import", "atlas", "--drafts", str(tmp_path / "drafts"), "--limit", "2")
    assert only.code == 0
    assert run("validate", str(tmp_path / "drafts" / "00000.yaml"), "--mode", "attributed").code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_real_terminal_can_approve(sim: Any, joined: str, file: Path, home: Path) -> None:
    import os
    import pty

    leader, follower = pty.openpty()
    env = {**os.environ, "TOCSIN_HOME": str(home), "NO_COLOR": "1", "LANG": "C.UTF-8"}
    with subprocess.Popen(
        [sys.executable, "-m", "tocsin_client", "submit", str(file), "--json"],
        stdin=follower, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env,
    ) as running:  # fmt: skip
        os.close(follower)
        os.write(leader, b"r\ny\nn\nthe CISO\nyes\n")
        out, err = running.communicate(timeout=30)
    os.close(leader)
    assert running.returncode == 0, err
    assert json.loads(out)["data"]["index"] == 1
    assert "\x1b" not in err, "NO_COLOR holds"
