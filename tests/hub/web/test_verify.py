"""The verify page says what tocsin_trust says, of a record and of what is pasted, and does not fall over."""

from __future__ import annotations

import json
from typing import Any

import pytest


def paste(site: Any, text: str, lang: str = "en") -> Any:
    return site.world.http.post(f"/{lang}/verify", data={"receipt": text}, headers={"Accept": "text/html"})


def bundle(site: Any) -> str:
    envelope = site.member.seal()
    return str(site.world.post(envelope).text)


def test_a_record_is_checked_by_its_id(site: Any) -> None:
    page = site.page(f"/en/verify?record={site.ids['chain']}")
    assert "The receipt holds." in page
    assert site.member.org in page
    assert "回执有效" in site.page(f"/zh/verify?record={site.ids['response']}")


def test_a_pasted_receipt_holds_and_leads_to_its_record(site: Any) -> None:
    receipt = bundle(site)
    site.world.settle()
    answer = paste(site, receipt)
    assert answer.status_code == 200
    assert "The receipt holds." in answer.text
    assert 'href="/en/incidents/TOC-I-' in answer.text
    assert "no-store" in answer.headers["cache-control"]
    assert "etag" not in answer.headers


def test_a_changed_receipt_is_refused_in_plain_words(site: Any) -> None:
    parts = json.loads(bundle(site))
    parts["proof"] = parts["proof"].replace("index ", "index 1")
    answer = paste(site, json.dumps(parts), "zh")
    assert answer.status_code == 422
    assert "未能证明" in answer.text


@pytest.mark.parametrize(
    "text", ["", "   ", "{}", "[]", "null", "{", "x" * 5_000, "<script>alert(1)</script>", "\x00", '{"a":' * 500]
)
def test_what_is_no_receipt_is_a_page_and_not_a_fault(site: Any, text: str) -> None:
    for lang in ("en", "zh"):
        answer = paste(site, text, lang)
        assert answer.status_code == 422
        assert answer.headers["content-type"].startswith("text/html")
        assert "<script>alert" not in answer.text
        assert "<h1>" in answer.text
