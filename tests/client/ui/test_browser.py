"""The page in a real browser: a whole report in Chinese ends with a receipt; nothing on the console, nothing to another host."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CATEGORY = "caict-2024@2024-12:derived.individual-organisation.criminal-use"
HOSTILE = "<img src=x onerror=alert(1)>"


class Tab:
    """A browser tab that counts what must not happen."""

    def __init__(self, tab: Any, host: str) -> None:
        self.tab, self.wrong = tab, list[str]()
        tab.set_default_timeout(10_000)
        tab.on("console", lambda said: self.wrong.append(f"{said.type}: {said.text}"))
        tab.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        tab.on("request", lambda asked: self._asked(asked.url, host))
        tab.on("dialog", lambda dialog: (self.wrong.append("a dialog"), dialog.dismiss()))

    def _asked(self, url: str, host: str) -> None:
        if not url.startswith((f"http://{host}/", "blob:")) or "?" in url:
            self.wrong.append(f"asked {url}")

    def at(self, step: int) -> None:
        self.tab.wait_for_selector(f"#step-{step}:not([hidden])")

    def require_no_sideways_scroll(self) -> None:
        assert self.tab.evaluate("document.documentElement.scrollWidth <= innerWidth"), self.tab.title()

    def axe(self) -> list[str]:
        """What axe-core finds wrong, with its rule and place; the page's policy must not stand in axe's way."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.tab).response["violations"]
        return [f"{each['id']}: {node['target']}" for each in found for node in each["nodes"]]


@pytest.fixture
def tab(chromium: str, open_page: Callable[..., Any]) -> Iterator[Callable[..., Tab]]:
    """Open the page's address in Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        opened: list[Tab] = []

        def start(lang: str = "zh", *, width: int = 1200, **settings: Any) -> Tab:
            page = open_page(trade=False, lang=lang)
            context = browser.new_context(viewport={"width": width, "height": 800}, bypass_csp=False, **settings)
            made = Tab(context.new_page(), page.server.host)
            made.tab.goto(page.server.address)
            made.at(1)
            opened.append(made)
            return made

        yield start
        for each in opened:
            assert each.wrong == []
        browser.close()


def write_step_1(tab: Any, title: str, summary: str) -> None:
    tab.select_option("#f-record_type", "near-miss")
    tab.fill("#f-title", title)
    tab.fill("#f-summary", summary)
    tab.fill("#f-year", "2024")
    tab.select_option("#f-part", "02")
    tab.select_option("#f-region", "un-m49@2024:156")
    tab.select_option("#f-sector", "isic@4:K")
    tab.select_option("#f-system_class", "tocsin-system-class@2026-11:speech-or-audio")
    tab.select_option("#f-ai_contribution", "yes")
    tab.select_option("#f-ai_role", "tool-of-harm")


def choose_step_2(tab: Any, asked: str) -> None:
    tab.fill("#risk-search", asked)
    tab.check(f'input[value="{CATEGORY}"]')
    tab.check('input[name=actual][value="0"]')
    tab.check('input[name=potential][value="4"]')


def test_a_report_in_chinese_from_the_first_field_to_the_receipt(
    tab: Callable[..., Tab], sim: Any, tmp_path: Path
) -> None:
    opened = tab("zh")
    page = opened.tab
    assert "#" not in page.url
    page.click("#next-1")  # nothing is filled in: a summary leads to each field
    page.wait_for_selector("#errors:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "errors"
    page.click("#errors-list a >> nth=1")
    assert page.evaluate("document.activeElement.id") == "f-title"
    write_step_1(
        page,
        "克隆语音要求紧急转账，回拨后识破",
        f"来电者用克隆的语音，从 13800138000 打来，要求紧急转账；回拨后识破。\u202e{HOSTILE}",
    )
    page.click("#next-1")
    opened.at(2)
    choose_step_2(page, "诈骗")
    page.click("#next-2")
    opened.at(3)
    page.wait_for_selector("#sha-again.good")
    assert page.locator("#texts img").count() == 0
    assert page.locator("#texts .flag").first.inner_text() == "U+202E"
    page.click("#next-3")
    page.wait_for_selector("#errors:not([hidden])")  # two places are undecided
    page.check("#replace-s1")
    page.check("#drop-s2")
    page.wait_for_selector(".tally.done")
    page.check("#may-regulators")
    page.wait_for_selector("#readers tr:nth-child(4) .may")
    shown = page.inner_text("#bytes")
    page.click("#next-3")
    opened.at(4)
    page.click("#sign")
    page.wait_for_selector("#errors:not([hidden])")  # no name, not agreed
    assert len(sim.envelopes) == 1
    page.fill("#f-by", "合规负责人")
    page.check("#f-agreed")
    page.click("#sign")
    opened.at(5)
    assert "回执核验通过" in page.inner_text(".proof")
    assert "<PHONE-1>" in shown
    with page.expect_download() as saved:
        page.click("#receipt-save")
    saved.value.save_as(tmp_path / "receipt.json")
    assert (tmp_path / "receipt.json").read_bytes().startswith(b'{"envelope"')
    page.reload()
    opened.at(5)  # the tab still has its token
    page.click("#end")
    page.wait_for_selector("#at-ended:not([hidden])")


def test_the_other_language_keeps_what_was_written(tab: Callable[..., Tab]) -> None:
    opened = tab("en")
    opened.tab.fill("#f-title", "A cloned voice")
    opened.tab.click("#other")
    opened.tab.wait_for_url("**/zh")
    opened.at(1)
    assert opened.tab.input_value("#f-title") == "A cloned voice"
    assert "发生了什么" in opened.tab.inner_text("#step-1-h")


def test_a_second_tab_and_a_used_address_are_told_so(tab: Callable[..., Tab]) -> None:
    opened = tab("en")
    second = opened.tab.context.new_page()
    second.goto(opened.tab.url)
    second.wait_for_selector("#at-spent:not([hidden])")
    assert second.locator("#steps").is_hidden()


def test_the_keyboard_alone_reaches_and_decides_everything(tab: Callable[..., Tab]) -> None:
    opened = tab("en")
    page = opened.tab
    write_step_1(page, "Cloned voice", "A caller from +44 20 7946 0958 asked for a transfer.")
    page.focus("#f-title")
    page.keyboard.press("Enter")
    opened.at(2)
    assert page.evaluate("document.activeElement.id") == "step-2-h"
    choose_step_2(page, "fraud")
    page.focus("#next-2")
    page.keyboard.press("Enter")
    opened.at(3)
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == "replace-s1":
            break
    page.keyboard.press("Space")
    page.wait_for_selector(".tally.done")
    assert (
        page.evaluate("document.activeElement.id") == "replace-s1"
    )  # the focus is not lost when the page is drawn anew


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "width", "scheme"), [("zh", 320, "light"), ("en", 320, "dark"), ("zh", 1200, "dark"), ("en", 1200, "light")])  # fmt: skip
def test_no_step_has_an_accessibility_fault_or_scrolls_sideways(
    tab: Callable[..., Tab], lang: str, width: int, scheme: str
) -> None:
    opened = tab(lang, width=width, color_scheme=scheme)
    page = opened.tab

    def look() -> None:
        opened.require_no_sideways_scroll()
        assert opened.axe() == []

    page.click("#next-1")
    page.wait_for_selector("#errors:not([hidden])")
    look()
    write_step_1(
        page,
        "Cloned voice " + "x" * 90,
        "A caller from +44 20 7946 0958 asked. " + "https://host.example.net/" + "y" * 300,
    )
    page.click("#next-1")
    opened.at(2)
    choose_step_2(page, "deepfake")
    page.fill("#risk-search", "")
    look()
    page.click("#next-2")
    opened.at(3)
    look()
    for box in page.locator("#spans input[value=replace]").all():
        box.check()
    page.wait_for_selector(".tally.done")
    page.click("#facts >> xpath=.. >> summary")
    look()
    page.click("#next-3")
    opened.at(4)
    look()
    page.fill("#f-by", "x")
    page.check("#f-agreed")
    page.click("#sign")
    opened.at(5)
    look()
    page.click("#receipt-withdraw")
    page.wait_for_selector("dialog[open]")
    look()
