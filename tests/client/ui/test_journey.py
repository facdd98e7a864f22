"""The five steps against the simulated hub: one gate, one way out, nothing lost, and nothing sent that was not shown."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import Hub, errors
from tocsin_client.ui import form as forms
from tocsin_client.ui import server, words
from tocsin_client.ui.steps import Sitting
from tocsin_taxonomy import report
from tocsin_trust import dsse, receipt, statement

PASSPHRASE = "violet-anchor-41-pepper-sledge"


def body_of(sim: Any, at: int = -1) -> dict[str, Any]:
    return dict(statement.read(dsse.unseal(sim.envelopes[at])).body)


def to_sign(page: Any, form: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Steps 1 to 3 with every span replaced; what `sign` is to be given."""
    seen = page.call("review", form=form, **more)["preview"]
    choices = {span["id"]: ["replace", ""] for span in seen["spans"]}
    seen = page.call("decide", decisions=choices)["preview"]
    assert seen["open"] == 0
    return {"sha256": seen["sha256"], "mode": seen["mode"], "by": "Head of risk", "agreed": True}


# --- the way through ----------------------------------------------------------------------------------------------------
def test_five_steps_end_with_a_verified_receipt(page: Any, sim: Any, form: dict[str, Any], home: Path) -> None:
    assert page.call("check", form=form, step=1)["problems"] == []
    assert page.call("check", form=form, step=2)["problems"] == []
    seen = page.call("review", form=form)["preview"]
    assert [s["class"] for s in seen["spans"]] == ["telephone number"]
    assert {c["where"]: c["after"].partition(" [")[0] for c in seen["coarsened"]} == {"Date": "2024-Q1", "Region": "Eastern Asia"}  # fmt: skip
    assert {r["group"]: r["may"] for r in seen["readers"]}["regulators"] is False
    assert len(sim.envelopes) == 1  # the enrolment; nothing of ours has left
    decided = page.call("decide", decisions={"s1": ["replace", ""]}, regulators=True, everybody=False)["preview"]
    answer = page.call("sign", sha256=decided["sha256"], mode="pseudonymous", by="合规", agreed=True)
    got = answer["receipt"]
    assert (got["index"], got["mode"], got["kind"]) == (1, "pseudonymous", "incident")
    assert json.loads(decided["bytes"]) == body_of(sim)
    assert "<PHONE-1>" in body_of(sim)["summary"]["text"]
    assert body_of(sim)["marking"]["audience"] == ["members", "industry-bodies", "regulators"]
    assert "合规" not in json.dumps(body_of(sim), ensure_ascii=False)
    bundle = page.call("receipt", record=got["thread"])
    assert receipt.verify(bundle["text"].encode(), page.sitting._hub._pinned()).index == 1
    assert Path(got["path"]).read_text() == bundle["text"]
    assert [row["state"] for row in answer["mine"]] == ["accepted"]
    assert not (home / "profiles/default/ui-draft.yaml").exists()


def test_what_is_shown_is_what_the_gate_of_the_command_line_shows(page: Any, member: Hub, form: dict[str, Any]) -> None:
    seen = page.call("review", form=form)["preview"]
    same = member.preview(forms.to_draft({**forms.empty("en"), **form}, None))
    assert (seen["sha256"], seen["bytes"]) == (same.sha256, same.body_bytes.decode())


def test_what_is_missing_is_named_by_its_field_in_both_languages(page: Any, form: dict[str, Any]) -> None:
    for lang, word in (("en", "Choose"), ("zh", "请选择")):
        found = page.call("check", form=forms.empty(lang), step=1, lang=lang)["problems"]
        wanted = {"record_type", "title", "summary", "year", "region", "sector", "system_class", "ai_contribution", "ai_role"}  # fmt: skip
        assert {p["field"] for p in found} == wanted
        assert all(word in p["text"] for p in found)
    both = page.call("check", form={**forms.empty("en"), **form, "risk_tags": [], "actual": ""}, step=2)["problems"]
    assert [p["field"] for p in both] == ["risk_tags", "actual"]
    for field, wrong in (
        ("title", {"title": "x" * 121}),
        ("summary", {"summary": "x" * 601}),
        ("year", {"year": "20x4"}),
        ("actual", {"actual": "5", "potential": "1"}),
        ("reference", {"evidence_class": "public-source"}),
        ("region", {"region": "un-m49@2024:nowhere"}),
    ):
        asked = page.call("check", form={**form, **wrong}, step=2)["problems"]
        assert field in {p["field"] for p in asked}, field


def test_codes_of_two_categories_need_a_choice(page: Any, form: dict[str, Any]) -> None:
    tags = [*form["risk_tags"], "caict-2024@2024-12:endogenous.model.adversarial-attack"]
    found = page.call("check", form={**form, "risk_tags": tags}, step=2)["problems"]
    assert [p["field"] for p in found] == ["primary_category"]
    chosen = {**form, "risk_tags": tags, "primary_category": "caict-2024@2024-12:endogenous.model"}
    assert page.call("check", form=chosen, step=2)["problems"] == []


# --- only what was shown ------------------------------------------------------------------------------------------------
def test_nothing_is_signed_that_was_not_shown_agreed_to_and_named(page: Any, sim: Any, form: dict[str, Any]) -> None:
    assert page.raw("sign", sha256="0" * 64, mode="pseudonymous", by="x", agreed=True)["error"]["code"] == "approval-void"  # fmt: skip
    seen = page.call("review", form=form)["preview"]
    given = {"sha256": seen["sha256"], "mode": "pseudonymous", "by": "x", "agreed": True}
    assert page.raw("sign", **given)["error"]["code"] == "undecided"
    given = to_sign(page, form)
    for wrong, code in (
        ({"agreed": "yes"}, "not-approved"),
        ({"agreed": False}, "not-approved"),
        ({"by": " "}, "approver-missing"),
        ({"sha256": seen["sha256"]}, "approval-void"),
        ({"mode": "attributed"}, "approval-void"),
    ):
        assert page.raw("sign", **{**given, **wrong})["error"]["code"] == code
    assert len(sim.envelopes) == 1
    assert page.call("sign", **given)["receipt"]
    assert page.raw("sign", **given)["error"]["code"] == "approval-void"  # once


def test_keeping_needs_a_reason_and_what_the_hub_refuses_cannot_be_kept(page: Any, form: dict[str, Any]) -> None:
    text = "A call from +44 20 7946 0958 by bob@corp.acme.com was stopped."
    seen = page.call("review", form={**form, "summary": text})["preview"]
    phone, mail = (s["id"] for s in seen["spans"])
    assert page.call("decide", decisions={phone: ["keep", " "]})["preview"]["open"] == 2
    answer = page.call("decide", decisions={phone: ["keep", "a test number"], mail: ["keep", "why not"]})
    assert answer["preview"]["open"] == 1
    assert answer["refused"] == {mail: "identifying-text"}


def test_a_word_of_the_own_dictionary_blocks(page: Any, form: dict[str, Any], home: Path) -> None:
    (home / "profiles/default/dictionary.txt").write_text("Acme\n", encoding="utf-8")
    seen = page.call("review", form={**form, "summary": "A clerk of Acme was called."})["preview"]
    assert (seen["blocked"], seen["open"]) == (1, 1)
    page.call("decide", decisions={"s1": ["replace", ""]})
    given = {"sha256": seen["sha256"], "mode": "pseudonymous", "by": "x", "agreed": True}
    assert page.raw("sign", **given)["error"]["code"] == "own-dictionary"


def test_decisions_outlive_a_change_elsewhere_and_not_a_change_of_their_place(page: Any, form: dict[str, Any]) -> None:
    to_sign(page, form)
    again = page.call("review", form={**form, "title": "Another title"})
    assert again["changed"] is True
    assert again["preview"]["open"] == 0
    moved = page.call("review", form={**form, "summary": "Once. " + form["summary"]})
    assert moved["preview"]["open"] == 1


def test_another_mode_is_another_preview(page: Any, form: dict[str, Any]) -> None:
    nameless = to_sign(page, form)
    named = page.call("review", form=form, mode="attributed")
    assert named["changed"] is True
    assert named["preview"]["coarsened"] == []
    assert page.raw("sign", **nameless)["error"]["code"] == "approval-void"
    assert page.raw("review", form=form, mode="unlinkable")["error"]["code"] == "unknown-mode"
    given = {**nameless, "sha256": named["preview"]["sha256"], "mode": "attributed"}
    assert page.call("sign", **given)["receipt"]["mode"] == "attributed"


def test_a_record_for_named_recipients_is_not_widened_and_a_public_one_is_fixed(
    page: Any, form: dict[str, Any]
) -> None:
    for marking, askable, fixed in (("tlp: red\n  recipients: [org-" + "a" * 26 + "]", False, False), ("tlp: clear", True, True)):  # fmt: skip
        page.call("load", text=f"kind: incident\nmarking:\n  {marking}\n")
        answer = page.call("review", form=form)
        assert answer["preview"]["askable"] is askable
        assert answer["fixed"]["everybody"] is fixed
        assert page.call("decide", decisions={}, regulators=True, everybody=True)


# --- drafts -------------------------------------------------------------------------------------------------------------
def test_a_draft_saved_and_loaded_is_the_same_and_keeps_what_the_form_does_not_show(
    page: Any, form: dict[str, Any]
) -> None:
    zh = Path(__file__).parents[3] / "docs/examples/deepfake-fraud.zh.yaml"
    loaded = page.call("load", text=zh.read_text(encoding="utf-8"))
    assert {"harm", "causes", "response", "chain"} <= set(loaded["beside"])
    filed = page.call("file", form=loaded["form"])
    assert filed["name"] == "incident-draft.yaml"
    again = page.call("load", text=filed["text"])
    assert (again["form"], again["beside"]) == (loaded["form"], loaded["beside"])
    bytes_ = json.loads(page.call("review", form=again["form"])["preview"]["bytes"])
    assert bytes_["severity"]["barrier"] == 4
    assert bytes_["response"]["reversibility"] == "irreversible"


@pytest.mark.parametrize("value", ["2024", "2024-Q1", "2024-02", "2024-02-03"])
def test_dates_and_tags_come_back_as_they_were(value: str, draft: Callable[..., Any]) -> None:
    tags = ["caict-2024@2024-12:derived.individual-organisation.criminal-use", "owasp-llm@2025:LLM03"]
    written = draft(occurred=value, risk_tags=tags)
    written.body["risk_tags"][0]["confidence"] = "potential"
    back = forms.to_draft(forms.from_draft(written, "en"), written)
    assert back.body["occurred"] == written.body["occurred"]
    key = lambda tag: tag["code"]  # noqa: E731
    assert sorted(back.body["risk_tags"], key=key) == sorted(written.body["risk_tags"], key=key)
    assert report.problems("incident", back.completed().body, mode="attributed") == []


def test_a_mitigation_from_a_file_goes_through_the_same_gate(page: Any, sim: Any) -> None:
    text = """
kind: mitigation
title: Call back before a transfer
description: Call back on a number from the directory before any transfer that a call asked for.
strategy: mitigate
control_layer: management
lifecycle_stage: [operation]
addresses: [caict-2024@2024-12:derived.individual-organisation.criminal-use]
applicability: {system_classes: [], sectors: [], preconditions: []}
status: in-use
evidence_class: first-hand
"""
    shown = page.call("load", text=text)
    assert shown["kind"] == "mitigation"
    given = to_sign(page, shown["form"])
    assert page.call("sign", **given)["receipt"]["kind"] == "mitigation"
    assert body_of(sim)["strategy"] == "mitigate"


def test_a_draft_under_way_is_there_after_an_end_and_read_by_nobody_else(
    open_page: Callable[..., Any], form: dict[str, Any], home: Path
) -> None:
    first = open_page()
    first.call("keep", form={**form, "year": ""})
    first.call("end")
    first.thread.join(10)
    assert not first.thread.is_alive()
    assert (home / "profiles/default/ui-draft.yaml").stat().st_mode & 0o077 == 0
    second = open_page()
    assert second.call("state")["form"]["title"] == form["title"]
    second.call("anew", discard=True)
    assert second.call("state")["form"]["title"] == ""
    assert not (home / "profiles/default/ui-draft.yaml").exists()


# --- afterwards ---------------------------------------------------------------------------------------------------------
def test_a_new_version_and_a_withdrawal_from_the_page(page: Any, sim: Any, form: dict[str, Any]) -> None:
    first = page.call("sign", **to_sign(page, form))["receipt"]
    begun = page.call("amend", record=first["thread"])
    assert begun["amending"] == form["title"]
    assert begun["form"]["part"] == "Q1"
    given = to_sign(page, {**begun["form"], "title": "A better title"}, mode="attributed")
    assert given["mode"] == "pseudonymous"  # a thread keeps its mode
    second = page.call("sign", **given)["receipt"]
    assert (second["kind"], second["thread"]) == ("amend", first["thread"])
    assert body_of(sim)["title"]["text"] == "A better title"
    assert page.call("amend", record=first["thread"])["form"]["title"] == "A better title"
    page.call("anew")
    assert page.raw("withdraw", record=first["thread"], reason="because")["error"]["code"] == "unknown-reason"
    answer = page.call("withdraw", record=first["thread"], reason="privacy")
    assert answer["receipt"]["kind"] == "withdraw"
    assert [row["state"] for row in answer["mine"]] == ["withdrawn"]
    assert page.raw("amend", record=first["thread"])["error"]["code"] == "thread-withdrawn"


def test_a_draft_under_way_outlives_a_withdrawal_of_another_record(page: Any, form: dict[str, Any]) -> None:
    sent = page.call("sign", **to_sign(page, form))["receipt"]
    page.call("anew")
    page.call("keep", form={**form, "title": "The next one"})
    page.call("withdraw", record=sent["thread"], reason="error")
    assert page.call("anew")["form"]["title"] == "The next one"


@pytest.mark.parametrize("lie", ["cut", "busy", "error-500"])
def test_a_hub_that_does_not_answer_loses_nothing(page: Any, sim: Any, form: dict[str, Any], lie: str) -> None:
    given = to_sign(page, form)
    sim.lies.add(lie)
    answer = page.call("sign", **given)
    assert (answer["receipt"], answer["waiting"]) == (None, 1)
    assert page.raw("resend")["ok"] is False or page.call("resend")["receipt"] is None
    sim.lies.clear()
    assert page.call("resend")["receipt"]["index"] == 1
    assert page.call("state")["waiting"] == 0
    assert len(sim.envelopes) == 2


@pytest.mark.parametrize("lie", ["wrong-root", "wrong-leaf", "other-hub", "swapped-receipt", "bad-certificate"])
def test_a_hub_that_lies_gives_no_receipt_to_show(page: Any, sim: Any, form: dict[str, Any], lie: str) -> None:
    given = to_sign(page, form)
    sim.lies.add(lie)
    answer = page.raw("sign", **given)
    assert answer["ok"] is False
    assert "receipt" not in answer
    assert page.call("state")["receipt"] is None


def test_the_same_record_again_must_be_asked_for(page: Any, form: dict[str, Any]) -> None:
    page.call("sign", **to_sign(page, form))
    given = to_sign(page, form)
    assert page.raw("sign", **given)["error"]["code"] == "already-sent"
    assert page.call("sign", **given, again=True)["receipt"]["index"] == 2


# --- the passphrase -----------------------------------------------------------------------------------------------------
def test_the_passphrase_is_asked_once_kept_in_memory_and_a_wrong_one_is_forgotten(
    sim: Any, make_hub: Callable[..., Hub], open_page: Callable[..., Any], form: dict[str, Any], home: Path
) -> None:
    locked = make_hub("locked")
    locked.join(sector="isic@4:K", region="un-m49@2024:156", fingerprint=sim.fingerprint, passphrase=PASSPHRASE)
    sim.enrol_all()
    page = open_page()
    page.sitting._open_hub = lambda ask: make_hub("locked", ask_passphrase=ask)
    page.sitting._hub = make_hub("locked", ask_passphrase=page.sitting._secret)
    assert page.call("state")["asksPassphrase"] is True
    given = to_sign(page, form)
    assert page.raw("sign", **given)["error"]["code"] == "passphrase-needed"
    assert page.raw("sign", **given, passphrase="wrong")["error"]["code"] == "key-locked"
    assert page.call("state")["asksPassphrase"] is True
    assert page.call("sign", **given, passphrase=PASSPHRASE)["receipt"]
    assert page.call("state")["asksPassphrase"] is False
    assert page.call("sign", **to_sign(page, {**form, "title": "Another"}))["receipt"]
    for path in (home / "profiles/locked").rglob("*"):
        assert path.is_dir() or PASSPHRASE.encode() not in path.read_bytes()
    assert not any(PASSPHRASE.encode() in body for _, _, body in page.seen)


# --- a real hub -----------------------------------------------------------------------------------------------------------
def test_a_report_from_the_page_is_in_the_log_of_a_real_hub(
    real_hub: Any, home: Path, open_page: Callable[..., Any], form: dict[str, Any]
) -> None:
    hub = Hub(real_hub.url, profile="real", home=home)
    fingerprint = json.loads(real_hub.made)["data"]["fingerprint"]
    hub.join(sector="isic@4:K", region="un-m49@2024:156", fingerprint=fingerprint)
    hub.close()
    real_hub.enrol_all()
    page = open_page()
    page.sitting._hub = Hub(None, profile="real", home=home, ask_passphrase=page.sitting._secret)
    sent = page.call("sign", **to_sign(page, form))["receipt"]
    assert page.sitting._hub.status(sent["digest"])["state"] == "published"
    assert page.call("withdraw", record=sent["thread"], reason="error")["receipt"]["index"] > sent["index"]


# --- the run ------------------------------------------------------------------------------------------------------------
def test_an_idle_page_ends_and_use_keeps_it(
    member: Hub, make_hub: Callable[..., Hub], open_page: Callable[..., Any]
) -> None:
    clock = [0.0]
    page = open_page(idle_s=60, clock=lambda: clock[0])
    clock[0] = 59
    page.call("state")
    clock[0] = 118
    page.request("GET", "/en")  # without the token: no use
    assert page.thread.is_alive()
    clock[0] = 119.5
    page.thread.join(10)
    assert not page.thread.is_alive()
    with pytest.raises(ConnectionError):
        page.request("GET", "/en")


def test_the_command_opens_a_browser_and_ends_with_the_page(
    run: Callable[..., Any], joined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    made: list[server.Server] = []
    serve = server.Server.serve

    def seen(self: server.Server) -> None:
        made.append(self)
        serve(self)

    def browser(address: str) -> bool:
        opened.append(address)
        threading.Timer(0.2, lambda: [page.end() for page in made]).start()
        return True

    monkeypatch.setattr(server.Server, "serve", seen)
    monkeypatch.setattr("webbrowser.open", browser)
    done = run("ui", "--lang", "zh")
    assert done.code == 0
    assert opened == [made[0].address]
    assert "/zh#" in opened[0]
    assert opened[0] not in done.out + done.err
    assert "页面已结束" in done.err
    done = run("ui", "--no-browser", "--profile", "nobody")
    assert done.code == errors.SetupError.exit_code


def test_no_browser_prints_the_address_and_opens_nothing(
    run: Callable[..., Any], joined: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.Server, "serve", server.Server.server_close)
    monkeypatch.setattr("webbrowser.open", lambda _: pytest.fail("a browser was opened"))
    done = run("ui", "--no-browser")
    assert done.code == 0
    assert done.out.startswith("http://127.0.0.1:")


def test_the_profile_of_another_user_is_refused(
    member: Hub, make_hub: Callable[..., Hub], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 4711)
    with pytest.raises(errors.SetupError) as caught:
        Sitting(lambda ask: make_hub(ask_passphrase=ask))
    assert caught.value.code == "not-yours"


def test_every_word_of_the_page_is_there_in_both_languages(open_page: Callable[..., Any]) -> None:
    for key, (en, zh) in words.TABLE.items():
        assert en, key
        assert any("\u4e00" <= c <= "\u9fff" for c in zh) or zh == "English", key
        assert sorted(part.split("}")[0] for part in en.split("{")[1:]) == sorted(
            part.split("}")[0] for part in zh.split("{")[1:]
        ), key
    page = open_page()
    for _, (kind, body) in page.server.files.items():
        if "javascript" in kind:
            for key in re.findall(r'say\("([a-z0-9_.-]+)"', body.decode()):
                assert key in words.TABLE, key


def test_the_pages_are_valid_html(page: Any) -> None:
    html5lib = pytest.importorskip("html5lib")
    for path in ("/en", "/zh"):
        text = page.request("GET", path)[1].decode()
        tree = html5lib.HTMLParser(strict=True).parse(text)
        ids = [node.get("id") for node in tree.iter() if node.get("id")]
        assert len(ids) == len(set(ids))
        targets = [node.get("for") for node in tree.iter() if node.get("for")]
        assert [target for target in targets if target not in ids] == []


def test_a_sitting_forgets_the_passphrase_when_it_closes(member: Hub, make_hub: Callable[..., Hub]) -> None:
    sitting = Sitting(lambda ask: make_hub(ask_passphrase=ask))
    sitting._passphrase = PASSPHRASE
    sitting.close()
    assert sitting._passphrase is None
