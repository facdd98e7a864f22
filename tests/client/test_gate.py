"""The gate: detectors propose, a person decides, the approval is bound to the bytes, and every doubt refuses."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tocsin_client import Draft, approve_public_batch, errors, sign
from tocsin_client.redact import approval, detectors, findings, gate, preview
from tocsin_client.redact.approval import Approved
from tocsin_client.redact.dictionary import Dictionary
from tocsin_trust import dsse, keys, statement

TODAY = "2026-11-24"
ORIGIN = "sim.example/log"


def check(draft: Draft, mode: str = "pseudonymous", **kwargs: Any) -> preview.Preview:
    return gate.check(draft, mode, today=TODAY, **kwargs)


# --- finding ------------------------------------------------------------------------------------------------------------

PLANTED = {
    "url": ["https://portal.acme-bank.com/case/77", "见http://10.1.2.3/登录", "s3://acme-models/gpt"],
    "phone": ["+44 20 7946 0958", "(010) 8888 7777", "138 0013 8000", "電話13800138000です", "020-7946-0958"],
    "number": ["order 20240917", "case 4711234"],
    "path": [
        "/home/bob/run.py",
        r"C:\Users\bob\secrets.txt",
        r"\\fileserver\share\x",
        "~/keys/id",
        "../data/clients.csv",
    ],
    "ip-address": ["10.2.3.4", "2001:db8::ff00:42:8329", "地址192.168.0.7上"],
    "host": ["db01.corp", "intranet.acme.internal", "acme.ai"],
    "mac-address": ["00:1A:2B:3C:4D:5E"],
    "handle": ["@bob_the_admin"],
    "secret": ["api_key = Zx9aQ2", "密码：hunter22", "aB3dE5fG7hI9jK1lM3nO5pQ7"],
    "e-mail": ["bob@acme.com", "张三zhangsan@acme.com.cn"],
    "token": ["AKIAIOSFODNN7EXAMPLE", "ghp_" + "a1B2" * 9],
    "national-id": ["11010519491231002X"],
    "card": ["4111 1111 1111 1111"],
}


@pytest.mark.parametrize(("class_", "text"), [(c, t) for c, texts in PLANTED.items() for t in texts])
def test_what_identifies_is_found_also_beside_chinese(draft: Callable[..., Draft], class_: str, text: str) -> None:
    found = check(draft(summary=f"It said {text} and stopped."))
    assert class_ in {s.class_ for s in found.spans}, found.spans
    assert not found.decisions


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("（会议链接 https://meet.example.net/j/7），会上的“负责人”", "https://meet.example.net/j/7"),
        ("见https://a.example.net/x：其中写明", "https://a.example.net/x"),
        ("打开 https://例子.中国/甲 后", "https://例子.中国/甲"),
        ("at https://a.example.net/x?y=(1),2&z=3 it", "https://a.example.net/x?y=(1),2&z=3"),
    ],
)
def test_an_address_ends_where_the_sentence_goes_on(draft: Callable[..., Draft], text: str, url: str) -> None:
    assert [span.text for span in check(draft(summary=text)).spans if span.class_ == "url"] == [url]


@pytest.mark.parametrize("wide", ["１３８００１３８０００", "ｈｔｔｐｓ：／／ａｃｍｅ．ｃｏｍ／ａ"])
def test_full_width_characters_hide_nothing(draft: Callable[..., Draft], wide: str) -> None:
    found = check(draft(summary=f"It said {wide} and stopped."))
    assert found.spans
    assert found.spans[0].text.startswith(wide[:5])


@pytest.mark.parametrize(
    "text",
    [
        "CVE-2024-12345 and CWE-79 were involved.", "In 2023-2024 and on 2024-02-03 it was seen.", "GPT-4o answered 3.5 times faster, 99.9% of it.",
        "A and/or B; see chapter 4.2.1 of the plan.", "Technique AML.T0051 of the matrix.", "事件发生在2024年第一季度，涉及11至100人。",
        "Between 2 and 10 people lost 1,000 yuan each.", "The ratio was 16:9 at 12:30.",
    ],
)  # fmt: skip
def test_ordinary_technical_text_raises_no_flag(draft: Callable[..., Draft], text: str) -> None:
    assert check(draft(summary=text)).spans == ()


def test_all_twenty_planted_secrets_leave_nothing_after_replacement(draft: Callable[..., Draft]) -> None:
    planted = [t for texts in PLANTED.values() for t in texts][:20]
    for text in planted:
        found = check(draft(summary=f"It said {text} and stopped."))
        done = found.decide({s.id: "replace" for s in found.open}).approve(by="a tester")
        left = json.loads(done.body_bytes)["summary"]["text"]
        assert not any(part in left for part in text.split() if any(c.isdigit() for c in part)), left


def test_every_text_of_a_body_is_looked_at(draft: Callable[..., Draft]) -> None:
    body = draft(
        references=[{"title": "call +44 20 7946 0958", "url": "https://acme.com/x"}],
        severity={"scheme": "tocsin-sev", "edition": "1", "actual": 0, "potential": 4, "source": [{"scheme": "in house", "edition": "1", "value": "see 10.2.3.4"}]},
    )  # fmt: skip
    assert {s.path for s in check(body).spans} == {"references.0.title", "references.0.url", "severity.source.0.value"}


@pytest.mark.parametrize(
    "evil",
    ["_" * 8_000, "1-" * 4_000, "a." * 4_000, "/" * 8_000, "+1 (" * 2_000, "车" * 8_000, ":" * 8_000, "a@" * 4_000],
)
def test_the_worst_input_takes_no_time(evil: str) -> None:
    began = time.perf_counter()
    for _, detect in detectors.DETECTORS:
        list(detect(evil))
    assert time.perf_counter() - began < 2


# --- refusing -----------------------------------------------------------------------------------------------------------


def test_a_detector_that_fails_refuses(draft: Callable[..., Draft], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_text: str) -> Any:
        raise RuntimeError("the text was: Cloned voice")

    monkeypatch.setattr(detectors, "DETECTORS", (("broken", broken),))
    with pytest.raises(errors.GateError) as caught:
        check(draft())
    assert caught.value.code == "detector-failed"
    assert "Cloned" not in caught.value.message


def test_a_detector_that_fails_only_on_the_final_text_refuses_too(
    draft: Callable[..., Draft], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = check(draft())

    def broken(_text: str) -> Any:
        raise ValueError

    monkeypatch.setattr(detectors, "DETECTORS", (("broken", broken),))
    with pytest.raises(errors.GateError):
        found.approve(by="a tester")


def test_nothing_is_approved_while_a_span_is_open(draft: Callable[..., Draft]) -> None:
    found = check(draft(summary="Call +44 20 7946 0958 or 10.2.3.4 now."))
    for decisions in ({}, {"s1": "replace"}):
        with pytest.raises(errors.GateError) as caught:
            found.approve(by="a tester", decisions=decisions)
        assert caught.value.code == "undecided"
    assert (
        found.approve(by="a tester", decisions={"s1": "replace", "s2": "drop"}).body["summary"]["text"]
        == "Call <PHONE-1> or now."
    )


def test_keeping_needs_a_reason_and_what_the_hub_refuses_cannot_be_kept(draft: Callable[..., Draft]) -> None:
    found = check(draft(summary="Build 20240917 wrote to bob@acme.com today."))
    number, mail = found.spans
    with pytest.raises(errors.GateError) as caught:
        found.decide({number.id: "keep"})
    assert caught.value.code == "reason-required"
    with pytest.raises(errors.GateError) as caught:
        found.decide({mail.id: "keep: it is public"})
    assert caught.value.code == "identifying-text"
    done = found.approve(by="a tester", decisions={number.id: "keep: public", mail.id: "replace"})
    assert "20240917" in done.body["summary"]["text"]


@pytest.mark.parametrize("decisions", [{"s9": "drop"}, {"s1": "approve"}, {"s1": ""}])
def test_unknown_decisions_are_refused(draft: Callable[..., Draft], decisions: dict[str, str]) -> None:
    with pytest.raises(errors.GateError):
        check(draft(summary="Call +44 20 7946 0958 now.")).decide(decisions)


def test_dropping_that_joins_a_new_number_is_caught(draft: Callable[..., Draft]) -> None:
    found = check(draft(summary="Ref 123@bob_admin456789 in the log."))
    handle = [s for s in found.spans if s.class_ == "handle"]
    if handle:
        with pytest.raises(errors.GateError):
            found.approve(by="a tester", decisions={s.id: "drop" for s in handle})


@pytest.mark.parametrize("hidden", ["\u202e", "\u200b", "\x07", "\u2066"])
def test_hidden_characters_cannot_be_kept(draft: Callable[..., Draft], hidden: str) -> None:
    found = check(draft(summary=f"Some{hidden}thing happened here."))
    (span,) = found.spans
    with pytest.raises(errors.GateError):
        found.decide({span.id: "keep: no"})


@pytest.mark.parametrize(
    ("term", "text", "hit"),
    [
        ("Acme Corp", "then ACME-corp said", True), ("Acme Corp", "then ａｃｍｅｃｏｒｐ said", True), ("Acme Corp", "AcmeCorporation", False),
        ("Ada", "in Canada and Adana", False), ("Ada", "Ada said", True), ("星火银行", "由星火银行部署", True), ("AI Lab", "在AI Lab中", True),
        ("模型X", "使用模型x时", True),
    ],
)  # fmt: skip
def test_the_own_dictionary_blocks_whatever_the_spelling(
    draft: Callable[..., Draft], term: str, text: str, hit: bool
) -> None:
    found = check(draft(summary=text), dictionary=Dictionary.of([term]))
    assert bool(found.blocked) is hit
    if hit:
        for action in ("replace", "drop", "keep: x"):
            with pytest.raises(errors.GateError):
                found.decide({found.blocked[0].id: action})
        with pytest.raises(errors.GateError) as caught:
            found.approve(by="a tester")
        assert caught.value.code == "own-dictionary"


def test_the_dictionary_also_looks_into_coded_fields(draft: Callable[..., Draft]) -> None:
    assert check(draft(), dictionary=Dictionary.of(["speech-or-audio"])).blocked


def test_a_dictionary_that_cannot_be_read_refuses(tmp_path: Path) -> None:
    path = tmp_path / "dictionary.txt"
    for data in (None, b"\xff\xfe\x00", b"a\n"):
        if data is not None:
            path.write_bytes(data)
        with pytest.raises(errors.SetupError):
            Dictionary.load(path)


def test_an_invalid_draft_does_not_enter_the_gate(draft: Callable[..., Draft]) -> None:
    with pytest.raises(errors.InvalidError) as caught:
        check(draft(sector="K"))
    assert (caught.value.where, caught.value.exit_code) == ("sector", 5)
    with pytest.raises(errors.UsageError):
        check(draft(), mode="unlinkable")


# --- coarsening, readers, crowd -------------------------------------------------------------------------------------------


def test_nameless_modes_are_made_coarser_and_it_is_shown(draft: Callable[..., Draft]) -> None:
    fine = draft(occurred="2024-02-03", region="un-m49@2024:156")
    found = check(fine)
    assert [(c.path, c.before, c.after) for c in found.coarsened] == [
        ("occurred", "2024-02-03", "2024-Q1"),
        ("region", "un-m49@2024:156", "un-m49@2024:030"),
    ]
    assert found.body["occurred"] == {"value": "2024-Q1", "precision": "quarter", "basis": "occurred"}
    assert fine.body["region"] == "un-m49@2024:156", "the draft itself stays as it was"
    assert check(fine, mode="attributed").coarsened == ()


def test_the_question_about_readers_changes_the_marking_and_the_bytes(draft: Callable[..., Draft]) -> None:
    found = check(draft())
    readers = lambda p: {r.group for r in p.audience if r.may_read}  # noqa: E731
    assert readers(found) == {"members", "industry-bodies", "author"}
    wider = found.widen(regulators=True, everybody=False)
    assert readers(wider) == {"members", "industry-bodies", "regulators", "author"}
    assert next(r for r in wider.audience if r.group == "regulators").condition == "within-grant"
    public = found.widen(regulators=False, everybody=True)
    assert public.body["marking"] == {"tlp": "clear"}
    assert len({found.sha256, wider.sha256, public.sha256}) == 3
    red = check(draft(marking={"tlp": "red", "recipients": ["org-" + "a" * 26]}))
    with pytest.raises(errors.GateError):
        red.widen(regulators=True, everybody=False)


def test_how_many_members_could_have_written_it_is_counted_here(draft: Callable[..., Draft]) -> None:
    def row(sector: str, region: str, **more: Any) -> dict[str, Any]:
        return {"kind": "member", "sector": sector, "region": region, "suspendedIndex": None, **more}

    directory = [
        row("isic@4:K", "un-m49@2024:156"), row("isic@4:K", "un-m49@2024:030"), row("isic@4:K", "un-m49@2024:840"),
        row("isic@4:J", "un-m49@2024:156"), row("multiple", "un-m49@2024:001"), row("isic@4:K", "un-m49@2024:156", suspendedIndex=3),
        {**row("isic@4:K", "un-m49@2024:156"), "kind": "regulator"},
    ]  # fmt: skip
    found = check(draft(), directory=directory).unusual
    assert (found.fitting, found.total, found.small) == (3, 5, True)
    assert check(draft()).unusual.small, "nobody knows is not enough"


# --- approval and signing -----------------------------------------------------------------------------------------------


@pytest.fixture
def approval_of(draft: Callable[..., Draft]) -> Callable[..., Approved]:
    return lambda mode="pseudonymous", **fields: check(draft(**fields), mode).approve(by="a tester")


def test_one_changed_byte_voids_an_approval(approval_of: Callable[..., Approved]) -> None:
    good = approval_of()
    changed = good.body_bytes.replace(b"Cloned", b"cloned")
    with pytest.raises(errors.GateError):
        dataclasses.replace(good, body_bytes=changed)
    import hashlib

    with pytest.raises(errors.GateError):
        dataclasses.replace(good, body_bytes=changed, sha256=hashlib.sha256(changed).hexdigest())
    with pytest.raises(errors.GateError):
        dataclasses.replace(good, mode="attributed")
    object.__setattr__(good, "body_bytes", changed)  # behind its back
    with pytest.raises(errors.GateError):
        sign.sign(good, keys.SigningKey.generate(), "cred", aud=ORIGIN, now_unix_s=0)


def test_sign_takes_nothing_but_an_approved(approval_of: Callable[..., Approved], draft: Callable[..., Draft]) -> None:
    key = keys.SigningKey.generate()
    for impostor in (draft(), check(draft()), approval_of().body, approval_of().body_bytes, None):
        with pytest.raises(errors.GateError):
            sign.sign(impostor, key, "cred", aud=ORIGIN, now_unix_s=0)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        type("Forged", (Approved,), {})
    with pytest.raises(errors.GateError):
        Approved("incident", "pseudonymous", b"{}", "0" * 64, "me", TODAY)


@pytest.mark.parametrize("mode", ["attributed", "pseudonymous"])
def test_the_statement_holds_the_approved_bytes_and_the_right_time(
    approval_of: Callable[..., Approved], mode: str
) -> None:
    key = keys.SigningKey.generate()
    cred = "org-" + "a" * 26 if mode == "attributed" else "Y2VydA=="
    good = approval_of(mode)
    opened = dsse.unseal(sign.sign(good, key, cred, aud=ORIGIN, now_unix_s=1_795_003_333))
    said = statement.read(opened)
    assert good.body_bytes in opened.payload
    assert said.iat_unix_s == (1_795_003_333 if mode == "attributed" else 1_794_960_000)
    assert (said.kind, said.prev, said.kid) == ("incident", None, key.public.hex)
    later = statement.read(dsse.unseal(sign.sign(good, key, cred, aud=ORIGIN, now_unix_s=1_795_003_333, prev="0" * 64)))
    assert (later.kind, later.prev) == ("amend", "0" * 64)
    assert later.salt != said.salt


@pytest.mark.parametrize("by", ["", "  ", "a\nb", "x" * 201])
def test_an_approval_names_who_gave_it(draft: Callable[..., Draft], by: str) -> None:
    with pytest.raises(errors.GateError):
        check(draft()).approve(by=by)


def test_an_approval_from_a_file_is_checked_again(draft: Callable[..., Draft]) -> None:
    found = check(draft(summary="Build 20240917 was affected."))
    data = found.approve(by="a tester", decisions={"s1": "keep: public"}).to_file()
    again = gate.approval_from_file(data)
    assert again.body["summary"]["text"] == "Build 20240917 was affected."
    raw = json.loads(data)
    for edit in (
        {"body": raw["body"].replace("affected", "Affected")},
        {"decisions": []},
        {"sha256": "0" * 64},
        {"mode": "unlinkable"},
        {"type": "x"},
    ):
        with pytest.raises(errors.ClientError):
            gate.approval_from_file(json.dumps({**raw, **edit}).encode())
    with pytest.raises(errors.GateError):
        gate.approval_from_file(data, dictionary=Dictionary.of(["Build"]))
    import hashlib

    forged = raw["body"].replace("was affected", "called +44 20 7946 0958")
    with pytest.raises(errors.GateError) as caught:
        gate.approval_from_file(
            json.dumps({**raw, "body": forged, "sha256": hashlib.sha256(forged.encode()).hexdigest()}).encode()
        )
    assert caught.value.code == "undecided"


def test_a_batch_approval_cannot_be_used_to_skip_the_decisions(draft: Callable[..., Draft]) -> None:
    import hashlib

    good = check(draft(), mode="attributed").approve(by="a tester")
    body = {**good.body, "provenance": {"source": "x", "licence": "y", "batch_approval": "I said so"}}
    body["summary"] = {"text": "Call +44 20 7946 0958 now.", "language": "en"}
    text = json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    raw = {**json.loads(good.to_file()), "body": text, "sha256": hashlib.sha256(text.encode()).hexdigest()}
    with pytest.raises(errors.GateError) as caught:
        gate.approval_from_file(json.dumps(raw).encode())
    assert caught.value.code == "public-source-rule"


# --- batches ------------------------------------------------------------------------------------------------------------

SAID = "Every text of these records was published by the named source."


@pytest.fixture
def public(draft: Callable[..., Draft]) -> Callable[..., Draft]:
    return lambda **fields: draft(**{
        "evidence_class": "public-source", "tlp": "clear", "references": [{"url": "https://news.example.org/1"}],
        "provenance": {"source": "News", "licence": "CC-BY-4.0"}, "occurred": "2024-02-03", "region": "un-m49@2024:156", **fields,
    })  # fmt: skip


def test_one_statement_approves_a_batch_and_stands_in_each_body(public: Callable[..., Draft]) -> None:
    batch = approve_public_batch([public(), public(title="Another")], SAID, "a curator", today=TODAY)
    assert len(batch) == 2
    for item in batch:
        assert item.mode == "attributed"
        assert item.body["provenance"]["batch_approval"] == {
            "digest": batch.digest,
            "statement": SAID,
            "by": "a curator",
            "at_day": TODAY,
        }
    other = approve_public_batch([public(), public(title="Yet another")], SAID, "a curator", today=TODAY)
    assert other.digest != batch.digest, "the statement is bound to the whole batch"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"evidence_class": "first-hand"}, "0.evidence_class"), ({"tlp": "amber"}, "0.marking.tlp"), ({"references": []}, "0"),
        ({"provenance": None}, "0.provenance.source"), ({"marking": {"tlp": "clear", "audience": ["members"]}, "tlp": None}, "0.marking.audience"),
        ({"summary": "Write to bob@acme.com now."}, "0.summary.text"),
    ],
)  # fmt: skip
def test_a_record_that_is_not_of_a_public_source_keeps_the_batch_from_being_approved(
    public: Callable[..., Draft], fields: dict[str, Any], where: str
) -> None:
    with pytest.raises(errors.GateError) as caught:
        approve_public_batch([public(**fields)], SAID, "a curator", today=TODAY)
    assert str(caught.value.where).startswith(where)


def test_the_own_dictionary_blocks_a_batch_too_and_a_statement_is_wanted(public: Callable[..., Draft]) -> None:
    with pytest.raises(errors.GateError):
        approve_public_batch([public()], SAID, "a curator", dictionary=Dictionary.of(["clerk"]))
    with pytest.raises(errors.GateError):
        approve_public_batch([public()], "ok", "a curator")


def test_spans_of_one_text_never_overlap(draft: Callable[..., Draft]) -> None:
    found = check(
        draft(
            summary="See https://bob:pw123456@10.2.3.4/home/bob/x?token=aB3dE5fG7hI9jK1lM3nO5pQ7 and api_key=aB3dE5fG7hI9jK1lM3nO5pQ7."
        )
    )
    ends = [0]
    for span in found.spans:
        assert span.start >= ends[-1]
        ends.append(span.end)
    assert findings.find(found.decide({s.id: "replace" for s in found.open}).body, Dictionary()) == ()


def test_approvals_know_nothing_of_what_another_process_approved() -> None:
    approval._issued.clear()
    with pytest.raises(errors.GateError):
        Approved("incident", "pseudonymous", b"{}", __import__("hashlib").sha256(b"{}").hexdigest(), "me", TODAY)
