"""The page as HTML, one a language: all five steps, filled with choices and no data; the script shows one step at a time.

It holds nothing of the member, so it may be read without the token; every word of a draft comes later, by the token.
"""

from __future__ import annotations

from tocsin_client.ui import pickers
from tocsin_client.ui.markup import Markup, el
from tocsin_client.ui.words import say

MODES = ("pseudonymous", "attributed")
REASONS = "withdraw_reasons"
_HIDES = {"pseudonymous": ("1", "2"), "attributed": ("1",)}
_HIDES_NOT = {"pseudonymous": ("-1", "-2"), "attributed": ("-1", "-2")}


def render(lang: str) -> bytes:
    """The whole page in zh or en."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width,initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", say("brand", lang)),
        el("link", rel="icon", href="/static/icon.svg", type="image/svg+xml"),
        el("link", rel="stylesheet", href="/static/app.css"),
        el("script", type="module", src="/static/app.js"),
    )
    steps = [_what(lang), _risks(lang), _review(lang), _sign(lang), _receipt(lang)]
    main = el("main", _notices(lang), el("div", steps, id="steps", hidden=True), id="main", class_="wrap")
    foot = el("footer", el("p", say("local", lang), class_="wrap"), class_="foot")
    skip = el("a", say("skip", lang), class_="skip", href="#main")
    body = el("body", skip, _top(lang), main, _withdraw(lang), foot)
    return ("<!doctype html>" + el("html", head, body, lang=lang)).encode()


def _top(lang: str) -> Markup:
    other = "en" if lang == "zh" else "zh"
    mark = el("span", el("span"), el("span"), class_="mark", aria_hidden="true")
    items = [
        el("li", el("button", el("span", str(at), class_="no"), el("span", say(f"step.{at}", lang)), type="button", data_step=str(at), disabled=True))
        for at in range(1, 6)
    ]  # fmt: skip
    end = el(
        "div",
        el("a", say("other", lang), href=f"/{other}", lang=other, hreflang=other, id="other"),
        el("button", say("end", lang), type="button", class_="btn", id="end", hidden=True),
        class_="end",
    )
    bar = el("div", el("span", mark, say("brand", lang), class_="brand"), end, class_="wrap")
    nav = el("nav", el("ol", items, class_="wrap"), aria_label=say("steps", lang), class_="way", id="way", hidden=True)
    return el("header", bar, nav, class_="top")


def _notices(lang: str) -> list[Markup]:
    """What stands above every step, and what is shown when the page cannot be used."""
    return [
        el("noscript", el("p", say("script", lang), class_="note warn")),
        el("p", say("working", lang), id="working", role="status", class_="vh", hidden=True),
        _stopped("ended", lang),
        _stopped("spent", lang),
        el("p", id="amending", class_="note", hidden=True),
        el("p", id="notice", class_="note warn", role="status", hidden=True),
        el(
            "div",
            el("h2", say("errors", lang), id="errors-h"),
            el("ul", id="errors-list"),
            id="errors",
            class_="errors",
            role="alert",
            tabindex="-1",
            aria_labelledby="errors-h",
            hidden=True,
        ),
    ]


def _stopped(name: str, lang: str) -> Markup:
    head = el("h1", say(name, lang), tabindex="-1")
    return el("section", head, el("p", say(f"{name}.why", lang), class_="lede"), id=f"at-{name}", hidden=True)


def _step(at: int, lang: str, *parts: object, why: str = "", buttons: object = ()) -> Markup:
    head = el("h1", say(f"step.{at}", lang), tabindex="-1", id=f"step-{at}-h")
    lede = el("p", say(why, lang), class_="lede") if why else ""
    row = el("div", buttons, class_="acts") if buttons else ""
    body = el("form", parts, row, novalidate=True, autocomplete="off", id=f"form-{at}")
    return el("section", head, lede, body, id=f"step-{at}", aria_labelledby=f"step-{at}-h", hidden=True)


def _button(key: str, lang: str, ident: str, *, main: bool = False) -> Markup:
    return el(
        "button", say(key, lang), type="submit" if main else "button", class_="btn pri" if main else "btn", id=ident
    )


# --- step 1 -----------------------------------------------------------------------------------------------------------
def _what(lang: str) -> Markup:
    def chosen(name: str, list_name: str, *, why: bool = False) -> Markup:
        options = pickers.listed(list_name, lang)
        return pickers.field(name, lang, pickers.select(name, lang, options, why=why), why=why)

    def coded(name: str, scheme: str, *, may_hide: bool = False) -> Markup:
        options = [*pickers.codes(scheme, lang), *([pickers.special(lang)] if may_hide else [])]
        return pickers.field(name, lang, pickers.select(name, lang, options))

    reference = el("input", type="url", id="f-reference", name="reference", aria_describedby="h-reference e-reference")
    place = pickers.select("region", lang, pickers.regions(lang))
    fields = [
        chosen("record_type", "record_types", why=True),
        pickers.text("title", lang, 120),
        pickers.text("summary", lang, 600),
        pickers.field("language", lang, pickers.languages(lang), why=False),
        pickers.when(lang),
        pickers.field("region", lang, place),
        coded("sector", "isic@4", may_hide=True),
        coded("system_class", "tocsin-system-class@2026-11"),
        chosen("ai_contribution", "ai_contribution"),
        chosen("ai_role", "ai_role"),
        chosen("evidence_class", "evidence"),
        el("div", pickers.field("reference", lang, reference), id="reference-row", hidden=True),
    ]
    form = el("div", fields, id="incident-1", class_="fields")
    aside = el("aside", _draft_box(lang), _mine_box(lang))
    return _step(1, lang, el("div", el("div", _beside(), form), aside, class_="cols"), buttons=_button("next", lang, "next-1", main=True))  # fmt: skip


def _beside() -> list[Markup]:
    """Where the page says what of the draft the form does not show."""
    return [el("p", class_="note", id=f"beside-{name}", hidden=True) for name in ("other", "fields")]


def _draft_box(lang: str) -> Markup:
    file = el("input", type="file", id="load", accept=".yaml,.yml,.json,application/json,text/yaml", class_="vh")
    return el(
        "section",
        el("h2", say("draft", lang)),
        el("p", say("draft.why", lang), class_="sm mut"),
        el("div", _button("draft.save", lang, "save"), file, el("label", say("draft.load", lang), for_="load", class_="btn"), _button("draft.new", lang, "anew"), class_="stack"),
        class_="side",
    )  # fmt: skip


def _mine_box(lang: str) -> Markup:
    head = el("summary", el("h2", say("mine", lang)))
    return el("details", head, el("div", id="mine"), class_="side", id="mine-box")


# --- step 2 -----------------------------------------------------------------------------------------------------------
def _risks(lang: str) -> Markup:
    search = el("input", type="search", id="risk-search", aria_controls="risk-tree")
    tree = el(
        "fieldset",
        el("legend", el("h2", say("risk_tags", lang)), id="f-risk_tags", tabindex="-1"),
        el("p", say("risk_tags.why", lang), class_="hint"),
        el("p", class_="wrong", id="e-risk_tags", hidden=True),
        el("label", say("risk_tags.search", lang), for_="risk-search", class_="sub"),
        search,
        el("p", id="risk-count", role="status", class_="sm mut"),
        el("ul", id="risk-chosen", class_="chips"),
        el("div", pickers.risks(lang), id="risk-tree"),
        class_="field",
    )
    primary = pickers.field(
        "primary_category", lang, pickers.select("primary_category", lang, pickers.categories(lang))
    )
    harms = el("select", pickers.harms(lang), id="harm")
    severity = el(
        "fieldset",
        el("legend", el("h2", say("severity", lang))),
        el("p", say("severity.why", lang), class_="hint"),
        el("p", class_="wrong", id="e-actual", hidden=True),
        el("label", say("severity.examples", lang), for_="harm", class_="sub"),
        harms,
        pickers.severity(lang),
        class_="field",
    )
    parts = el(
        "div", tree, el("div", primary, id="primary-row", hidden=True), severity, id="incident-2", class_="fields wide"
    )
    return _step(2, lang, parts, buttons=[_button("back", lang, "back-2"), _button("next", lang, "next-2", main=True)])


# --- steps 3 to 5 -----------------------------------------------------------------------------------------------------
def _review(lang: str) -> Markup:
    def block(key: str, *parts: object, ident: str = "") -> Markup:
        return el("section", el("h2", say(key, lang)), parts, class_="blk", id=ident or f"b-{key}")

    may = [
        el("label", el("input", type="checkbox", id=f"may-{who}", name=who), el("span", say(f"may.{who}", lang), class_="words"), class_="box", for_=f"may-{who}")
        for who in ("regulators", "public")
    ]  # fmt: skip
    heads = el("tr", el("th", say("reader", lang), scope="col"), el("th", say("may", lang), scope="col"))
    readers = el("table", el("thead", heads), el("tbody", id="readers"), class_="plain")
    sha = el(
        "p",
        el("span", id="bytes-count"),
        " ",
        el("code", id="sha256"),
        el("br"),
        el("span", id="sha-again", class_="sm"),
    )
    sides = el("div", block("text", el("div", id="texts")), block("decide", el("div", id="spans")), class_="sides")
    parts = [
        sides,
        block("coarsened", el("ul", id="coarsened", class_="plainlist")),
        block("readers", el("div", may, id="may", class_="boxes"), readers, ident="b-readers"),
        block("unusual", el("div", id="crowd")),
        el("details", el("summary", el("h2", say("codes", lang))), el("dl", id="facts", class_="facts"), class_="blk"),
        block("bytes", sha, el("pre", id="bytes", tabindex="0", aria_label=say("bytes", lang)), el("p", id="beside", class_="sm mut")),
    ]  # fmt: skip
    return _step(3, lang, parts, why="review.why", buttons=[_button("back", lang, "back-3"), _button("next", lang, "next-3", main=True)])  # fmt: skip


def _sign(lang: str) -> Markup:
    def mode(name: str) -> Markup:
        box = el("input", type="radio", name="mode", value=name, id=f"mode-{name}")
        told = [
            el("div", el("h3", say(head, lang)), el("ul", [el("li", say(f"mode.{name}.{at}", lang, org="…"), data_say=f"mode.{name}.{at}") for at in which]))
            for head, which in (("mode.hides", _HIDES[name]), ("mode.hides-not", _HIDES_NOT[name]))
        ]  # fmt: skip
        label = el("label", box, el("strong", say(f"mode.{name}", lang)), for_=f"mode-{name}")
        return el("div", label, el("div", told, class_="told"), class_="mode")

    by = el("input", type="text", id="f-by", name="by", maxlength="200", aria_describedby="h-by e-by")
    secret = el("input", type="password", id="f-passphrase", name="passphrase", autocomplete="off", aria_describedby="h-passphrase e-passphrase")  # fmt: skip
    agreed = el("label", el("input", type="checkbox", id="f-agreed"), el("span", say("agreed", lang), class_="words"), class_="box", for_="f-agreed")  # fmt: skip
    again = el("label", el("input", type="checkbox", id="f-again"), el("span", say("again", lang), class_="words"), class_="box", for_="f-again")  # fmt: skip
    modes = [
        el("legend", el("h2", say("mode", lang))),
        el("p", say("mode.fixed", lang), id="mode-fixed", class_="hint", hidden=True),
    ]
    parts = [
        el("fieldset", modes, [mode(name) for name in MODES], class_="field"),
        pickers.field("by", lang, by),
        el("div", pickers.field("passphrase", lang, secret), id="passphrase-row", hidden=True),
        el("div", el("p", el("span", id="sign-count"), " ", el("code", id="sign-sha")), el("p", class_="wrong", id="e-agreed", hidden=True), agreed, el("div", again, id="again-row", hidden=True), class_="field seal"),
    ]  # fmt: skip
    buttons = [_button("back", lang, "back-4"), _button("sign", lang, "sign", main=True)]
    return _step(4, lang, el("div", parts, class_="fields"), buttons=buttons)


def _receipt(lang: str) -> Markup:
    return _step(5, lang, el("div", id="receipt"))


def _withdraw(lang: str) -> Markup:
    """The question before a withdrawal, in a dialog of its own: it can be asked from the receipt and from the list."""
    reasons = pickers.select("reason", lang, pickers.listed(REASONS, lang), why=False, choose=False)
    secret = el("input", type="password", id="withdraw-passphrase", autocomplete="off")
    asked = el("div", el("label", say("passphrase", lang), for_="withdraw-passphrase", class_="sub"), secret, id="withdraw-secret", hidden=True)  # fmt: skip
    buttons = [_button("withdraw.not", lang, "withdraw-not"), _button("withdraw.sure", lang, "withdraw-sure")]
    form = el(
        "form",
        el("h2", say("withdraw", lang), id="withdraw-h"),
        el("p", id="withdraw-title"),
        el("p", say("withdraw.why", lang), class_="hint"),
        el("label", say("withdraw.reason", lang), for_="f-reason", class_="sub"),
        reasons,
        el("p", class_="wrong", id="e-reason", role="alert", hidden=True),
        asked,
        el("div", buttons, class_="acts"),
        novalidate=True,
        id="withdraw-form",
    )
    return el("dialog", form, id="withdraw-box", aria_labelledby="withdraw-h")
