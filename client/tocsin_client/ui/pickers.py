"""The choices of the form, made from the taxonomy's data: selects, the tree of risks, and the scale of severity."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tocsin_client.ui.markup import Markup, el
from tocsin_client.ui.words import say
from tocsin_taxonomy import schemes, vocab

SPECIAL = ("unknown", "multiple", "withheld")
_OTHER = {"en": "zh", "zh": "en"}
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")  # fmt: skip
_PARTS_OF_YEAR = {
    "en": {f"Q{n}": f"Q{n} ({_MONTHS[3 * n - 3]} to {_MONTHS[3 * n - 1]})" for n in range(1, 5)}
    | {f"{n:02d}": name for n, name in enumerate(_MONTHS, 1)},
    "zh": {f"Q{n}": f"第 {n} 季度（{3 * n - 2}–{3 * n} 月）" for n in range(1, 5)}
    | {f"{n:02d}": f"{n} 月" for n in range(1, 13)},
}


def field(name: str, lang: str, control: Markup, *, why: bool = True, optional: bool = False) -> Markup:
    """A control with its label, its hint and the place of its error; `control` has the id `f-<name>`."""
    label = el("label", say(name, lang), _optional(lang) if optional else "", for_=f"f-{name}")
    hint = el("p", say(f"{name}.why", lang), class_="hint", id=f"h-{name}") if why else ""
    return el("div", label, hint, el("p", class_="wrong", id=f"e-{name}", hidden=True), control, class_="field")


def _optional(lang: str) -> Markup:
    return el("span", f" ({say('optional', lang)})", class_="mut")


def select(name: str, lang: str, options: Iterable[Markup], *, why: bool = True, choose: bool = True) -> Markup:
    """A select; the first option chooses nothing."""
    first = [el("option", say("choose", lang), value="")] if choose else []
    told = f"h-{name} e-{name}" if why else f"e-{name}"
    return el("select", first, options, id=f"f-{name}", name=name, aria_describedby=told)


def text(name: str, lang: str, most: int) -> Markup:
    """A text with a counter."""
    common = {
        "id": f"f-{name}",
        "name": name,
        "aria_describedby": f"h-{name} e-{name} c-{name}",
        "data_most": str(most),
    }
    box = el("textarea", rows="7", **common) if name == "summary" else el("input", type="text", **common)
    return field(name, lang, Markup(box + el("p", class_="count", id=f"c-{name}")))


def languages(lang: str) -> Markup:
    """The languages a text may be written in."""
    options = [el("option", name, value=value) for value, name in (("zh", "中文"), ("en", "English"))]
    return select("language", lang, options, why=False, choose=False)


def when(lang: str) -> Markup:
    """Year, and quarter or month."""
    year = el(
        "input", type="text", inputmode="numeric", maxlength="4", size="6", id="f-year", name="year", aria_describedby="h-when e-year"
    )  # fmt: skip
    parts = [el("option", say("part.whole", lang), value="")]
    parts += [el("option", name, value=value) for value, name in _PARTS_OF_YEAR[lang].items()]
    row = el(
        "div",
        el("div", el("label", say("year", lang), for_="f-year", class_="sub"), year),
        el("div", el("label", say("part", lang), for_="f-part", class_="sub"), el("select", parts, id="f-part", name="part")),
        class_="pair",
    )  # fmt: skip
    hint = el("p", say("when.why", lang), class_="hint", id="h-when")
    wrong = el("p", class_="wrong", id="e-year", hidden=True)
    return el("fieldset", el("legend", say("when", lang)), hint, wrong, row, class_="field")


def listed(list_name: str, lang: str) -> list[Markup]:
    """The options of a closed list."""
    return [el("option", name, value=value) for value, name in vocab.labels(list_name, lang).items()]


def special(lang: str) -> Markup:
    """The words for what cannot be said."""
    return el(
        "optgroup",
        [el("option", vocab.label("special", word, lang), value=word) for word in SPECIAL],
        label=say("special", lang),
    )


def codes(scheme: str, lang: str) -> list[Markup]:
    """All codes of a flat scheme."""
    found = schemes.load(*scheme.split("@"))
    return [el("option", entry.labels[lang], value=f"{found}:{code}") for code, entry in found.codes.items()]


def regions(lang: str) -> Iterator[Markup]:
    """World and regions, then each sub-region with its countries."""
    m49 = schemes.load(*schemes.M49.split("@"))

    def option(code: str, words: str = "{name}") -> Markup:
        return el("option", words.format(name=m49.codes[code].labels[lang]), value=f"{m49}:{code}")

    def those(layer: str, above: str | None = None) -> list[str]:
        return [c for c, e in m49.codes.items() if e.layer == layer and (above is None or e.parent == above)]

    yield special(lang)
    yield el("optgroup", [option(c) for c in (*those("world"), *those("region"))], label=say("region.wide", lang))
    for sub in sorted(those("sub-region"), key=lambda c: m49.codes[c].labels[lang]):
        countries = sorted(those("country", sub), key=lambda c: m49.codes[c].labels[lang])
        whole = option(sub, say("region.all", lang, name="{name}"))
        yield el("optgroup", whole, [option(c) for c in countries], label=m49.codes[sub].labels[lang])


def risks(lang: str) -> list[Markup]:
    """The two layers, the seven categories, and a box for each code; each in both languages."""
    caict = schemes.load(*schemes.CAICT.split("@"))
    layers: dict[str, list[Markup]] = {}
    for category in schemes.categories():
        entry = schemes.require(category)
        rows = [_box(category, category, lang, say("risk_tags.whole", lang, name=entry.labels[lang]))]
        rows += [_box(code, category, lang) for code in schemes.children(category)]
        head = el("summary", el("strong", entry.labels[lang]), " ", _aside(entry.labels, lang), el("span", class_="n"))
        layers.setdefault(str(entry.layer), []).append(el("details", head, el("div", rows), class_="category"))
    return [
        el("section", el("h3", caict.codes[layer].labels[lang], " ", _aside(caict.codes[layer].labels, lang)), parts, class_=f"layer {layer}")
        for layer, parts in layers.items()
    ]  # fmt: skip


def _box(code: schemes.Code, category: schemes.Code, lang: str, words: str = "") -> Markup:
    labels = schemes.require(code).labels
    ident = f"r-{code.scheme}-{code.code}"
    box = el("input", type="checkbox", id=ident, name="risk_tags", value=str(code), data_category=str(category))
    name = el("span", words or labels[lang], " ", _aside(labels, lang), class_="words")
    return el("label", box, name, class_="box", for_=ident, data_find=f"{labels['en']} {labels['zh']}".casefold())


def _aside(labels: Mapping[str, str], lang: str) -> Markup:
    """The name in the other language, smaller."""
    other = _OTHER[lang]
    return el("span", labels[other], class_="aside", lang=other)


def categories(lang: str) -> list[Markup]:
    """The seven categories as options."""
    return [el("option", schemes.label(code, lang), value=str(code)) for code in schemes.categories()]


def severity(lang: str) -> Markup:
    """A row a step: its name, one example for each of six kinds of harm (one is shown), and two choices."""
    scale = schemes.load(*schemes.SEVERITY.split("@"))
    anchors: Mapping[str, Any] = scale.lists["anchors"]
    rows = [_step(code, f"{code} · {entry.labels[lang]}", [
        el("span", anchors[harm][code][lang], class_="example", data_harm=harm, hidden=at > 0) for at, harm in enumerate(anchors)
    ], lang) for code, entry in scale.codes.items()]  # fmt: skip
    rows.append(_step("none", say("severity.none", lang), [], lang))
    heads = [el("th", say(key, lang), scope="col") for key in ("severity.step", "actual", "potential")]
    return el("table", el("thead", el("tr", heads)), el("tbody", rows), class_="steps-table")


def _step(value: str, name: str, examples: list[Markup], lang: str) -> Markup:
    head = el("th", el("span", name, class_="step"), examples, scope="row", id=f"s-{value}")
    cells = [
        el("td", el("input", type="radio", name=which, value=value, id=f"f-{which}" if value == "0" else f"f-{which}-{value}",
                    aria_label=f"{say(which, lang)}: {name}"), el("span", say(which, lang), class_="short", aria_hidden="true"))
        for which in ("actual", "potential")
    ]  # fmt: skip
    return el("tr", head, cells)


def harms(lang: str) -> list[Markup]:
    """The six kinds of harm as options."""
    return [el("option", vocab.label("dimensions", value, lang), value=value) for value in vocab.DIMENSIONS]
