"""Every page in both languages: valid HTML, strict policy, escaped text, links that lead somewhere, refusals that help."""

from __future__ import annotations

import re
import time
from typing import Any
from urllib.parse import urljoin, urlsplit

import html5lib
import pytest

PATHS = (
    "/",
    "/trends",
    "/incidents",
    "/incidents?kind=finding",
    "/incidents?q=voice&sector=isic@4:K&year=2024&severity=3",
    "/responses",
    "/taxonomy",
    "/taxonomy/editions",
    "/taxonomy/crosswalk",
    "/taxonomy/endogenous.model",
    "/taxonomy/endogenous",
    "/taxonomy/mitre-atlas@5.6.0:AML.T0051",
    "/taxonomy/derived.individual-organisation.personal-safety",
    "/verify",
    "/log",
    "/queue",
    "/api",
    "/api?example=cross",
    "/accessibility",
    "/privacy",
    "/agreement",
    "/report",
)
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def records(site: Any) -> list[str]:
    found = [f"/incidents/{site.ids[name]}" for name in ("plain", "chain", "script", "formula", "long", "public")]
    plain = site.ids["plain"]
    return [*found, f"/responses/{site.ids['response']}", f"/verify?record={plain}", f"/report?record={plain}"]


def strictly(page: str) -> Any:
    """The page as a strict HTML parser reads it: any parse error is a failure."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(page)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_is_valid_html_under_the_strict_policy(site: Any, lang: str) -> None:
    for path in (*PATHS, *records(site)):
        answer = site.get(f"/{lang}{path}")
        assert answer.status_code == 200, path
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        tree = strictly(answer.text)
        assert tree.get("lang") == {"en": "en", "zh": "zh-Hans"}[lang]
        assert len(tree.findall(".//h1")) == 1, path
        ids = [found.get("id") for found in tree.iter() if found.get("id")]
        assert len(ids) == len(set(ids)), path


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_page_carries_inline_script_style_or_a_thing_of_another_host(site: Any, lang: str) -> None:
    for path in (*PATHS, *records(site)):
        tree = strictly(site.page(f"/{lang}{path}"))
        for found in tree.iter():
            assert not [name for name in found.attrib if name == "style" or name.startswith("on")], (path, found.tag)
            if found.tag == "script":
                assert found.get("src", "").startswith("/static/")
                assert not (found.text or "").strip()
            assert found.tag not in ("style", "iframe", "object", "embed", "base")
            for name in ("src", "action", "poster", "data"):
                assert found.get(name, "/").startswith("/"), (path, found.tag)
            if found.tag == "link":
                assert found.get("href", "/").startswith("/")


def test_every_link_of_every_page_leads_somewhere(site: Any) -> None:
    seen: set[str] = set()
    todo = [f"/{lang}{path}" for lang in ("en", "zh") for path in (*PATHS[:12], *records(site))]
    followed = 0
    while todo:
        path = todo.pop()
        if path in seen or re.search(r"\.(csv|svg|png)(\?|$)", path) or path.startswith(("/docs/", "mailto:")):
            continue
        seen.add(path)
        answer = site.get(path)
        assert answer.status_code == 200, path
        followed += 1
        if answer.headers["content-type"].startswith("text/html") and len(seen) < 260:
            for found in strictly(answer.text).iter():
                if found.tag not in ("a", "link"):
                    continue
                target = urljoin(path, found.get("href"))
                if urlsplit(target).netloc == "" and not target.startswith("mailto:"):
                    todo.append(target.partition("#")[0])
    assert followed > 150


def test_what_people_wrote_is_shown_and_never_obeyed(site: Any) -> None:
    for path in (f"/en/incidents/{site.ids['script']}", "/en/incidents", "/zh/", "/en/incidents.atom"):
        shown = site.get(path).text
        assert "<script>alert" not in shown
        assert "<img src=x" not in shown
        assert "&lt;script&gt;alert(1)" in shown
        assert "{{7*7}}" in shown or path == "/zh/"


def test_hidden_characters_are_visible_flags() -> None:
    from tocsin_hub.web import shown

    assert str(shown.flagged("a\u202eb\u200bc\x1b[31m")) == (
        'a<span class="flag">U+202E</span>b<span class="flag">U+200B</span>c<span class="flag">U+001B</span>[31m'
    )
    assert str(shown.flagged("<b>\u2066")) == '&lt;b&gt;<span class="flag">U+2066</span>'
    assert shown.plain("a\u202eb") == "a[U+202E]b"
    assert str(shown.flagged("中文，naïve — “ok” 👍")) == "中文，naïve — “ok” 👍"
    assert shown.address("javascript:alert(1)") is None
    assert shown.address("https://a.example/\u202ecod") is None
    assert shown.address("https://a.example/x") == "https://a.example/x"


def test_a_text_keeps_its_language(site: Any) -> None:
    tree = strictly(site.page(f"/en/incidents/{site.ids['chain']}"))
    assert tree.find(".//h1/bdi").get("lang") == "zh"
    assert [found.get("lang") for found in tree.iter("div") if found.get("class") == "prose"] == ["zh"]


def test_an_incident_page_has_chain_steps_help_codes_proof_and_history(site: Any) -> None:
    page = site.page(f"/zh/incidents/{site.ids['chain']}")
    order = ["事件经过", "从技术原因到危害", "攻击过程", "什么办法有用", "分类代码", "已签名并入日志", "历史"]
    places = [page.index(f">{heading}<") if f">{heading}<" in page else page.index(heading) for heading in order]
    assert places == sorted(places)
    assert "Call back on a known number" in page
    assert "AML.T0051" in page
    assert page.count('class="chain"') == 1


def test_a_list_shows_licence_and_attribution_of_each_record(site: Any) -> None:
    page = site.page("/en/incidents")
    assert "CC-BY-SA-4.0" in page
    assert "share-alike" in page
    assert page.count('class="rights"') == page.count('class="sum"') == 6


def test_what_is_not_public_is_on_no_page(site: Any) -> None:
    hidden = site.ids["members only"]
    site.page(f"/en/incidents/{hidden}", status=404)
    for path in ("/en/incidents", "/en/incidents.csv", "/en/incidents.json", "/en/incidents.atom", "/en/"):
        assert hidden not in site.get(path).text
    assert site.page(f"/en/verify?record={hidden}", status=404) == site.page(f"/en/verify?record={hidden}", status=404)


def test_a_withdrawn_record_is_a_tombstone_for_everybody(site: Any) -> None:
    page = site.page(f"/zh/incidents/{site.ids['gone']}", status=410)
    assert "该记录已被撤回" in page
    strictly(page)
    assert site.get(f"/en/verify?record={site.ids['gone']}").status_code == 410
    assert site.get(f"/en/incidents/{site.ids['gone']}.json").status_code == 404


REFUSED = (
    ("/incidents/TOC-I-2099-000001", 404, "There is nothing here", "这里没有内容"),
    ("/incidents/%00%E2%80%AE", 404, "There is nothing here", "这里没有内容"),
    ("/incidents/%22%3E%3Cscript%3E", 404, "There is nothing here", "这里没有内容"),
    ("/taxonomy/no.such.code", 404, "There is nothing here", "这里没有内容"),
    ("/no/such/page", 404, "There is nothing here", "这里没有内容"),
    ("/trends/pie", 404, "There is nothing here", "这里没有内容"),
    ("/incidents?sector=K", 400, "The filter “sector”", "筛选项“sector”"),
    ("/incidents?colour=red", 400, "The filter “colour”", "筛选项“colour”"),
    ("/incidents?year=MMXX", 400, "The filter “year”", "筛选项“year”"),
    ("/incidents?severity=1&severity=2", 400, "The filter “severity”", "筛选项“severity”"),
    ("/trends?q=deepfake", 400, "The filter “q”", "筛选项“q”"),
    ("/incidents?after=AAAA", 400, "Begin again with the newest", "从最新记录重新开始"),
    ("/incidents?first=0", 400, "between 1 and 100", "1 至 100"),
    ("/incidents?q=" + "w" * 201, 400, "200 characters", "200 个字符"),
    ("/privacy?x=1", 400, "a filter that this page does not know", "不认识的筛选项"),
)


@pytest.mark.parametrize(("path", "status", "en", "zh"), REFUSED)
def test_a_refusal_is_a_page_in_the_readers_language(site: Any, path: str, status: int, en: str, zh: str) -> None:
    for lang, words in (("en", en), ("zh", zh)):
        answer = site.get(f"/{lang}{path}")
        assert answer.status_code == status
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"] == CSP
        assert "no-store" in answer.headers["cache-control"]
        strictly(answer.text)
        assert words in answer.text, re.sub(r"<[^>]+>|\s+", " ", answer.text)[:600]
        assert "Traceback" not in answer.text


def test_programs_keep_the_problem_document(site: Any) -> None:
    for path, accept in (
        ("/en/incidents.json?sector=K", "*/*"),
        ("/en/incidents.csv?sector=K", "text/html"),
        ("/zh/incidents?sector=K", "application/json"),
    ):
        answer = site.get(path, Accept=accept)
        assert answer.status_code == 400
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["where"] == "sector"


def test_a_page_takes_no_other_method_and_no_text(site: Any) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = site.world.http.request(method, "/zh/incidents", content=b"x", headers={"Accept": "text/html"})
        assert answer.status_code == 405
        assert "页面只供阅读" in answer.text
    big = site.world.http.post("/en/verify", content=b"x" * 70_000, headers={"Accept": "text/html"})
    assert big.status_code == 413
    assert "<h1>" in big.text
    wrong = site.world.http.post("/en/verify", content=b"{}", headers={"Content-Type": "application/json"})
    assert wrong.status_code == 415


def test_the_first_address_asks_the_reader_for_the_language_once(site: Any) -> None:
    for accept, wanted in (
        ("zh-CN,zh;q=0.9,en;q=0.8", "/zh/"),
        ("de,en;q=0.5,zh;q=0.7", "/zh/"),
        ("fr", "/en/"),
        ("", "/en/"),
        ("zh;q=abc, en", "/en/"),
    ):
        answer = site.get("/", **{"Accept-Language": accept})
        assert answer.status_code == 302
        assert answer.headers["location"] == wanted
        assert answer.headers["vary"] == "Accept-Language"
    assert site.get("/en").headers["location"] == "/en/"


def test_each_page_names_itself_in_the_other_language(site: Any) -> None:
    tree = strictly(site.page("/en/incidents?sector=isic@4:K&q=voice"))
    other = {found.get("hreflang"): found.get("href") for found in tree.iter("link") if found.get("hreflang")}
    assert other["zh"] == "/zh/incidents?sector=isic@4:K&q=voice"
    assert site.get(other["zh"]).status_code == 200


def test_the_queue_counts_and_names_nobody(site: Any) -> None:
    stranger = site.world.stranger()
    import base64

    asked = {
        "envelope": base64.b64encode(site.world.request(stranger)).decode(),
        "name": "Secret GmbH",
        "publishName": True,
    }
    assert site.world.http.post("/v1/enrolments", json=asked).status_code == 202
    page = site.page("/en/queue")
    assert "Requests to join</dt><dd>1</dd>" in page
    assert "Secret" not in page
    assert stranger.org not in page


def test_prose_has_the_same_parts_in_both_languages(site: Any) -> None:
    for name in ("privacy", "agreement", "accessibility"):
        headings = [
            [found.get("id") for found in strictly(site.page(f"/{lang}/{name}")).iter("h2")] for lang in ("en", "zh")
        ]
        assert headings[0] == headings[1]
        assert "desk@hub.example" in site.page(f"/zh/{name}") or name == "agreement"
    assert "2026-11" in site.page("/en/agreement")
    assert "CC BY 4.0" in site.page("/zh/agreement")


def test_the_hub_notes_which_kind_of_page_was_read_and_not_which_record(
    site: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", logger="tocsin_hub.rest"):
        site.page(f"/en/incidents/{site.ids['plain']}")
        site.page("/zh/incidents?q=voice")
        until = time.monotonic() + 5  # the line is written after the answer has left
        while len(caplog.records) < 2 and time.monotonic() < until:
            time.sleep(0.005)
    told = "\n".join(record.getMessage() for record in caplog.records)
    assert "route=/en/incidents/{ref} status=200" in told
    assert "route=/zh/incidents status=200" in told
    assert site.ids["plain"] not in told
    assert "voice" not in told
