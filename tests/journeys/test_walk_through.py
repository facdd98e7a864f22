"""The walk-through: its texts are valid and pass the gate, and its parts do what they say; test_demo.py runs the whole."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import pytest

from tocsin_client.demo import corpus, drafts, fraud, organisations, walk
from tocsin_client.demo.events import Voice
from tocsin_client.draft import Draft
from tocsin_client.redact import gate
from tocsin_taxonomy import report, schemes

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
TODAY = "2026-11-20"


# --- texts -------------------------------------------------------------------------------------------------------------
def test_sixty_invented_organisations_say_that_they_are_demo() -> None:
    listed = organisations.listed()
    assert [org.kind for org in listed].count("member") == 60
    assert {org.kind for org in listed} == {"member", "industry-body", "regulator"}
    assert len({org.en for org in listed}) == len({org.zh for org in listed}) == 62
    for org in listed:
        assert org.en.endswith("(demo)")
        assert org.zh.endswith("（演示）")
        schemes.resolve(org.region)
        if org.sector != "multiple":
            schemes.resolve(org.sector)


def test_twelve_first_person_drafts_half_chinese_half_english_pass_the_gate_without_a_question() -> None:
    every = drafts.listed()
    assert [d.body["title"]["language"] for d in every].count("zh") == 6
    assert len(every) == 12
    for draft in every:
        mode = str(draft.notes["mode"])
        assert draft.problems(mode) == []
        assert draft.body["demo"] is True
        assert draft.body["evidence_class"] == "first-hand"
        assert gate.check(draft, mode, today=TODAY).open == ()


def test_each_draft_is_sent_by_an_organisation_of_its_sector_and_region() -> None:
    by_rank = {org.rank: org for org in organisations.listed()}
    for draft in drafts.listed():
        author = by_rank[draft.notes["author"]]
        above = {str(code) for code in schemes.ancestors(schemes.resolve(author.region))}
        assert draft.body["sector"] == author.sector
        assert draft.body["region"] in above


def test_the_drafts_cover_near_misses_incidents_and_hazards_and_seven_sectors() -> None:
    every = drafts.listed()
    assert {d.body["record_type"] for d in every} == {"incident", "near-miss", "hazard"}
    assert len({d.body["sector"] for d in every}) >= 7


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_of_the_docs_is_valid(path: Path) -> None:
    assert Draft.load(path).problems("pseudonymous") == []


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_packaged_report_is_the_example_of_the_docs(lang: str) -> None:
    name = f"deepfake-fraud.{lang}.yaml"
    assert drafts.folder("report").joinpath(name).read_bytes() == (EXAMPLES / name).read_bytes()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_fraud_report_gives_only_what_a_nameless_report_may(lang: str) -> None:
    body = fraud.draft(lang).body
    assert body["occurred"] == {"value": "2024-Q1", "precision": "quarter", "basis": "occurred"}
    assert (body["region"], body["sector"]) == ("un-m49@2024:030", "isic@4:M")
    assert body["harm"][0]["money_band"] == "10M-100M"
    text = body["summary"]["text"] + body["title"]["text"]
    assert not any(word in text for word in ("Hong Kong", "香港", "200 million", "两亿", "2 亿"))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_fraud_report_fits_five_members_the_reporter_among_them(lang: str) -> None:
    members = [org for org in organisations.listed() if org.kind == "member"]
    listed = [{"sector": o.sector, "region": o.region, "suspendedIndex": None, "kind": o.kind} for o in members]
    found = gate.check(fraud.draft(lang), "pseudonymous", today=TODAY, directory=listed).unusual
    assert found.fitting is not None
    assert found.fitting >= 5
    assert not found.small
    (reporter,) = (org for org in members if org.profile == walk.REPORTER)
    assert reporter.sector == fraud.draft(lang).body["sector"]
    above = {str(code) for code in schemes.ancestors(schemes.resolve(reporter.region))}
    assert fraud.draft(lang).body["region"] in above


def test_the_fraud_report_says_the_same_in_both_languages() -> None:
    one, other = (fraud.draft(lang).body for lang in ("en", "zh"))
    texts = {"title", "summary", "response"}
    assert {k: v for k, v in one.items() if k not in texts} == {k: v for k, v in other.items() if k not in texts}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_gate_asks_about_the_meeting_address_and_it_does_not_leave(lang: str) -> None:
    preview = gate.check(fraud.draft(lang), "pseudonymous", today=TODAY)
    assert [span.class_ for span in preview.spans] == ["url"]
    approved = fraud.decided(preview, Voice(json_lines=True, out=io.StringIO()), lang).approve(by="test")
    assert b"meet.example" not in approved.body_bytes


# --- parts -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("total", "parts"), [(1892, 60), (60, 60), (61, 60), (5, 60), (0, 3)])
def test_shares_are_uneven_and_lose_nothing(total: int, parts: int) -> None:
    split = corpus.shares(total, parts)
    assert sum(split) == total
    assert split == sorted(split, reverse=True)
    if total > 10 * parts:
        assert split[0] > 5 * split[9]


def test_records_are_shared_out_the_same_way_each_time() -> None:
    made = [Draft("incident", {"provenance": {"row_id": f"INC-{n}"}}) for n in range(50)]
    first, second = corpus.shared_out(made, 7), corpus.shared_out(list(reversed(made)), 7)
    assert first == second
    assert sum(len(pile) for pile in first) == 50


def test_events_are_one_object_a_line_in_both_languages() -> None:
    out = io.StringIO()
    voice = Voice(json_lines=True, out=out)
    voice.step("One.", "一。")
    voice.progress("x", "某", 1, 2)
    voice.enrolments_ready(62)
    voice.table("t", "表", ["a"], [["1"]])
    voice.result({"records": 1})
    voice.error("code", "words", "hint")
    events = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [event["event"] for event in events] == ["step", "progress", "enrolments-ready", "table", "result", "error"]
    assert events[0]["text_zh"] == "一。"
    assert events[4]["data"] == {"records": 1}


def test_the_tampered_copy_differs_in_one_word_of_the_report_only() -> None:
    payload = base64.b64encode(b'{"body":{"severity":{"actual":3}},"kid":"x"}').decode()
    envelope = base64.b64encode(json.dumps({"payload": payload, "signatures": []}).encode()).decode()
    forged = json.loads(fraud.tampered(json.dumps({"envelope": envelope, "proof": "p"}).encode()))
    inner = json.loads(base64.b64decode(json.loads(base64.b64decode(forged["envelope"]))["payload"]))
    assert inner == {"body": {"severity": {"actual": 0}}, "kid": "x"}
    assert forged["proof"] == "p"


def test_the_report_model_knows_every_field_that_the_examples_use() -> None:
    assert report.parse("incident", fraud.draft("en").completed().body, mode="pseudonymous").demo is True
