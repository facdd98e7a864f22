"""What commands print: one JSON envelope each, records and tables as people read them, nothing unclean."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tocsin_client import backup, tables
from tocsin_client.cli import app, record, voice

BODY: dict[str, Any] = {
    "record_type": "near-miss",
    "title": {"text": "Cloned voice asked a clerk for a transfer", "language": "en"},
    "summary": {"text": "A caller with a cloned voice asked for an urgent transfer. " * 4 + "A call back stopped it.", "language": "en"},
    "occurred": {"value": "2024-Q1", "precision": "quarter", "basis": "occurred"},
    "ai_contribution": "yes",
    "ai_role": "tool-of-harm",
    "system_class": "tocsin-system-class@2026-11:speech-or-audio",
    "sector": "isic@4:K",
    "region": "un-m49@2024:030",
    "risk_tags": [
        {"scheme": "caict-2024", "edition": "2024-12", "code": c, "confidence": "known", "assigned_by": "reporter"}
        for c in ("derived.individual-organisation.criminal-use", "endogenous.model")
    ],
    "primary_category": "caict-2024@2024-12:derived.individual-organisation",
    "chain": [{"from": "caict-2024@2024-12:endogenous.model", "to": "caict-2024@2024-12:derived.individual-organisation.criminal-use", "relation": "extends-to"}],
    "severity": {"scheme": "tocsin-sev", "edition": "1", "actual": 0, "potential": 5},
    "evidence_class": "public-source",
    "references": [{"title": "A report", "url": "https://news.example.org/1"}],
    "provenance": {"source": "News of the day", "licence": "CC-BY-4.0"},
    "marking": {"tlp": "amber", "audience": ["members", "regulators"]},
}  # fmt: skip
FOUND: dict[str, Any] = {
    "recordId": "TOC-I-2026-000007", "kind": "incident", "state": "published", "mode": "attributed", "org": "org-" + "a" * 26,
    "digest": "d" * 64, "thread": "d" * 64, "tlp": "amber", "authorKey": "a" * 64, "demo": False, "acceptedAt": "2026-11-18T08:00:00Z",
    "logIndex": 41, "headIndex": 55, "amends": 1, "asOf": 60, "versions": [],
}  # fmt: skip


def shown(lang: str = "en", width: int = 90, **body: Any) -> str:
    said = voice.Voice(lang=lang)
    return "\n".join(record.lines(said, {**FOUND, "body": {**BODY, **body}}, width))


# --- show ---------------------------------------------------------------------------------------------------------------


def test_a_record_is_shown_whole_in_words() -> None:
    text = shown()
    for part in (
        "TOC-I-2026-000007  Cloned voice asked", "Near miss", "What happened", "A call back stopped it.", "2024-Q1 (", "Eastern Asia",
        "Financial", "5/5 Catastrophic", "0/5 Finding only", "Priority", "high", "Algorithm and model → ",
        "[caict-2024@2024-12:derived.individual-organisation.criminal-use; ", "TLP:AMBER: members, regulators", "News of the day",
        "CC-BY-4.0", "A report https://news.example.org/1", "entry 41, newest version 55, 1 amendment(s), accepted 2026-11-18", "d" * 64,
    ):  # fmt: skip
        assert part.casefold() in text.casefold(), part
    assert "{" not in text, "nothing is left as JSON"


def test_a_record_is_shown_in_chinese_with_the_names_of_the_taxonomy() -> None:
    text = shown("zh")
    for part in (
        "经过",
        "时间",
        "东亚",
        "金融",
        "特别重大",
        "优先级",
        "风险链",
        "谁可阅读",
        "监管机构",
        "来源",
        "许可",
        "日志",
    ):
        assert part in text, part


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_record_fits_the_terminal(lang: str) -> None:
    lines = shown(lang, 80).splitlines()
    long = [line for line in lines if tables.width(line) > 80 and "caict-2024@" not in line and "https://" not in line]
    assert long == []


@pytest.mark.parametrize("kind", ["finding", "mitigation"])
def test_findings_and_mitigations_are_shown_too(kind: str, run: Callable[..., Any], tmp_path: Path) -> None:
    from tocsin_client import Draft

    path = tmp_path / "draft.yaml"
    run("new", kind, "-o", str(path))
    body = Draft.load(path).completed().body
    text = "\n".join(record.lines(voice.Voice(), {**FOUND, "kind": kind, "body": body}, 90))
    wanted = ("Tool", "Measured") if kind == "finding" else ("What to do", "Strategy", "Status")
    for part in (*wanted, "Codes", "Who may read"):
        assert part in text, part


def test_what_a_hub_puts_into_a_record_cannot_act_on_the_page() -> None:
    evil = "\x1b[2Ja\u202eb\u200bc\x9b31m\nVERIFIED"
    said = voice.Voice()
    text = shown(title={"text": evil, "language": "en"}, summary={"text": f"x {evil}", "language": "en"})
    printed = "\n".join(voice.clean(line) for line in text.splitlines())
    assert not any(c in printed for c in "\x1b\u202e\u200b\x9b")
    assert not any(line.startswith("VERIFIED") for line in printed.splitlines()), (
        "a line break opens no line of its own"
    )
    broken: Any
    for broken in ({"title": 7}, {"sector": "isic@9:Q"}, [], "text", None):
        lines = record.lines(said, {**FOUND, "body": broken}, 80)
        assert lines, "shown as it was sent"
    assert said.warnings


def test_show_prints_the_record(run: Callable[..., Any], sim: Any, joined: str) -> None:
    sim.answers["Show"] = lambda _v: {"record": {"__typename": "Incident", **FOUND, "body": json.dumps(BODY)}}
    done = run("show", "TOC-I-2026-000007")
    assert done.code == 0, done.err
    assert "Who may read" in done.out
    assert run("show", "TOC-I-2026-000007", "--lang", "zh").out.splitlines()[2].startswith("类型")
    assert run("show", "TOC-I-2026-000007", "--json").data["data"]["body"] == BODY


@pytest.mark.parametrize(
    ("state", "en", "zh"),
    [
        ("withdrawn", "withdrawn by its author (Other). Its text is gone", "已由作者撤回（其他）。文字已从中心删除"),
        (
            "erased",
            "erased by a moderation desk (Other). Its text is gone",
            "已被处置席位清除（其他）。文字已从中心删除",
        ),
        ("hidden", "hidden by a moderation desk (Other). Its text is kept", "已被处置席位隐藏（其他）。文字仍保留"),
    ],
)
def test_a_tombstone_says_whether_the_text_is_gone(
    run: Callable[..., Any], sim: Any, joined: str, state: str, en: str, zh: str
) -> None:
    left = {"__typename": "Tombstone", "recordId": "TOC-I-2026-000007", "state": state, "reason": "other"}
    sim.answers["Show"] = lambda _v: {"record": left}
    assert en in run("show", "TOC-I-2026-000007").out
    assert zh in run("show", "TOC-I-2026-000007", "--lang", "zh").out


# --- the envelope -------------------------------------------------------------------------------------------------------


def commands(group: Any, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command of the tree, by its words."""
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found += commands(command, (*path, name)) if hasattr(command, "commands") else [(*path, name)]
    return found


SERVES = {("ui",)}  # goes on until it is interrupted; it has tests of its own
ALL = [words for words in commands(typer.main.get_command(app.app)) if words not in SERVES]
SEARCHED = {"asOf": 9, "totalCount": 1, "pageInfo": {"hasNextPage": True, "endCursor": "c2"}, "nodes": [{"recordId": "TOC-I-2026-000001"}]}  # fmt: skip
COUNTED = {
    "asOf": 9, "total": 4, "authorKeys": 2, "truncated": False, "coverage": [{"dimension": "year", "records": 4}], "notes": [],
    "cells": [{"keys": [{"value": y, "label": y}], "count": n, "authorKeys": 1} for y, n in (("2024", 1), ("2023", 3))],
}  # fmt: skip
WORDS: dict[str, list[str]] = {
    "init": ["URL", "--sector", "K", "--region", "156", "--no-passphrase"], "new": ["incident"], "validate": ["FILE"], "submit": ["FILE", "--dry-run"], "show": ["TOC-I-2026-000007"],
    "trends": ["--by", "year"], "verify": ["RECEIPT"], "taxonomy": ["isic"], "import": ["atlas", "--drafts", "DRAFTS", "--limit", "1"],
    "keys revoke": ["KEY", "--yes"], "keys move-root": ["ROOT"], "keys backup": ["BACKUP"], "keys restore": ["BACKUP", "--profile", "two"],
    "leave": ["--confirm", "ORG"], "tokens new": ["a label"], "tokens revoke": ["TOKEN"],
    "amend": ["DIGEST", "FILE"], "withdraw": ["DIGEST", "--yes"], "search": ["voice"],
}  # fmt: skip
NEEDS_A_PERSON = {"amend"}


@pytest.fixture
def places(
    run: Callable[..., Any],
    sim: Any,
    joined: str,
    file: Path,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """What stands for the capital words above: a member with one record in the log, and answers to every question."""
    sim.answers |= {
        "Search": lambda _v: {"records": SEARCHED}, "Trends": lambda _v: {"trends": COUNTED},
        "Show": lambda _v: {"record": {"__typename": "Incident", **FOUND, "body": json.dumps(BODY)}},
    }  # fmt: skip
    made = run("tokens", "new", "for a test", "--json").data["data"]["id"]
    org = next(iter(sim.orgs))
    spare = run("keys", "add", "--json").data["data"]["before"]
    monkeypatch.setenv("TOCSIN_BACKUP_PASSPHRASE", "violet anchor seven lanterns at dusk")
    monkeypatch.setattr(backup, "_COST", (1 << 10, 8, 1))
    monkeypatch.setattr(backup, "_COSTS", ((1 << 10, 8, 1),))
    sent = run("submit", str(file), answers=["r", "n", "n", "me", "yes"])
    digest = sent.out.strip()
    receipt = home / "profiles/default/receipts" / f"{digest}.json"
    return {"URL": joined, "FILE": str(file), "RECEIPT": str(receipt), "DIGEST": digest, "DRAFTS": str(tmp_path / "drafts"),
            "KEY": spare, "ROOT": str(tmp_path / "root.pem"), "BACKUP": str(tmp_path / "backup"), "ORG": org, "TOKEN": made}  # fmt: skip


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_prints_one_envelope(
    words: tuple[str, ...], run: Callable[..., Any], places: dict[str, str]
) -> None:
    if words == ("import",):
        pytest.importorskip("pymispgalaxies", reason="the data packages of the demo extra are not installed")
    rest = [places.get(word, word) for word in WORDS.get(" ".join(words), [])]
    if words == ("keys", "restore"):
        run("keys", "backup", places["BACKUP"])
    done = run(*words, *rest, "--json")
    said = json.loads(done.out)
    assert said["v"] == 1
    assert all(isinstance(one, str) for one in said["warnings"])
    if said["ok"]:
        assert set(said) == {"v", "ok", "data", "warnings"}
        assert isinstance(said["data"], dict)
        assert isinstance(said["data"].get("items", []), list)
        assert not any("_" in key for key in said["data"]), "camelCase"
        assert done.code == 0
    else:
        assert set(said) <= {"v", "ok", "code", "message", "hint", "where", "docs", "warnings", "retryAfterS"}
        assert done.code != 0
        assert " ".join(words) in NEEDS_A_PERSON, said


def test_a_page_is_one_answer_with_what_is_needed_for_the_next(run: Callable[..., Any], places: dict[str, str]) -> None:
    found = run("search", "--json").data["data"]
    assert {"total": 1, "asOf": 9, "next": "c2"}.items() <= found.items()
    assert [item["recordId"] for item in found["items"]] == ["TOC-I-2026-000001"]
    counted = run("trends", "--by", "year", "--json").data["data"]
    assert [(item["keys"], item["count"]) for item in counted["items"]] == [(["2023"], 3), (["2024"], 1)]
    assert {"by": ["year"], "total": 4, "authorKeys": 2, "asOf": 9, "coverage": {"year": 4}}.items() <= counted.items()


def test_every_command_fails_with_one_envelope_too(run: Callable[..., Any]) -> None:
    for words in ALL:
        if words in {("new",), ("version",), ("taxonomy",), ("doctor",)}:
            continue
        rest = ["nowhere" if word.isupper() or word == "atlas" else word for word in WORDS.get(" ".join(words), [])]
        done = run(*words, *rest, "--json")
        assert done.code != 0, words
        assert json.loads(done.out)["ok"] is False
        assert json.loads(done.out)["code"]
