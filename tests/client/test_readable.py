"""What a person reads before approving: every value of the body, laid out, named in both languages, nothing left out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tocsin_client.cli import readable
from tocsin_client.draft import Draft
from tocsin_taxonomy import incident, practice, templates

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = sorted((ROOT / "docs/examples").glob("*.yaml"))


def leaves(value: Any) -> Iterator[str]:
    """Every scalar of a body, as text; a tag's code as it is written."""
    if isinstance(value, dict):
        parts = dict(value)
        if {"scheme", "edition", "code"} <= parts.keys():
            yield "{scheme}@{edition}:{code}".format(**{key: parts.pop(key) for key in ("scheme", "edition", "code")})
        for part in parts.values():
            yield from leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def squeezed(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [40, 100])
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.name)
def test_every_value_is_shown_whole(path: Path, lang: str, width: int) -> None:
    body = {**Draft.load(path).body, "a_new_field": {"deep": ["kept", None]}}
    shown = squeezed("".join(readable.lines(body, lang, width)))
    missing = [leaf for leaf in leaves(body) if squeezed(leaf) not in shown]
    assert missing == []


@pytest.mark.parametrize("kind", ["incident", "finding", "mitigation"])
def test_every_field_of_a_template_is_shown(kind: str) -> None:
    body = Draft.parse(templates.template(kind, "en").encode()).body
    shown = squeezed("".join(readable.lines(body, "en", 100)))
    assert [leaf for leaf in leaves(body) if squeezed(leaf) not in shown] == []


def test_every_field_of_a_record_has_a_label_in_both_languages() -> None:
    fields = {*incident.Incident.model_fields, *incident.Finding.model_fields, *practice.Mitigation.model_fields}
    assert sorted(fields ^ set(readable.FIELDS)) == []
    assert all(en.isascii() and not zh.isascii() for en, zh in readable.FIELDS.values())


def test_the_gate_shows_fields_and_only_with_bytes_the_bytes(run: Callable[..., Any], joined: str, file: Path) -> None:
    plain = run("submit", str(file), "--dry-run")
    assert plain.code == 0
    assert "  When:\n    value: 2024-Q1" in plain.err
    assert "--bytes" in plain.err
    assert '"occurred":' not in plain.err + plain.out
    exact = run("submit", str(file), "--dry-run", "--bytes")
    asked = run("submit", str(file), "--dry-run", "--json").data["data"]
    assert asked["sha256"] in exact.err
    assert asked["body"] in exact.err
    assert "  发生时间：\n" in run("submit", str(file), "--dry-run", "--lang", "zh").err
