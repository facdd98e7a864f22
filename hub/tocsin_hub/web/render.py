"""From values to HTML: one Jinja2 environment per language, escaping always on, an unknown name is an error.

Templates hold the words (through gettext) and no rule. Whatever people wrote passes `shown.flagged`.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tocsin_hub.catalogue import content
from tocsin_hub.web import assets, shown, words
from tocsin_hub.web.face import Made, Seen
from tocsin_hub.web.query import encoded
from tocsin_taxonomy import schemes

NAV = (
    ("trends", "/trends"),
    ("incidents", "/incidents"),
    ("responses", "/responses"),
    ("taxonomy", "/taxonomy"),
    ("verify", "/verify"),
    ("api", "/api"),
)
SHARE_ALIKE = "-SA-"


@lru_cache(maxsize=2)
def environment(lang: str) -> Environment:
    """The templates in one language."""
    found = Environment(
        loader=PackageLoader("tocsin_hub.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
        cache_size=200,
    )
    found.install_gettext_translations(words.catalogue(lang), newstyle=True)  # type: ignore[attr-defined]
    found.filters |= {
        "flagged": shown.flagged,
        "clipped": shown.clipped,
        "paragraphs": shown.paragraphs,
        "address": shown.address,
        "host": shown.host,
        "day": words.day,
        "moment": words.moment,
        "number": words.number,
        "quoted": partial(quote, safe=""),
        "written": written,
    }
    found.globals |= {
        "lang": lang,
        "html_lang": words.HTML_LANG[lang],
        "asset": assets.path,
        "name": lambda code: words.name(code, lang),
        "coded": partial(coded, lang=lang),
        "word": lambda list_name, value: words.word(list_name, value, lang),
        "brief": lambda list_name, value: brief(words.word(list_name, value, lang)),
        "when": lambda occurred: words.when(occurred, lang),
        "layer": words.layer,
        "nav": NAV,
        "is_share_alike": share_alike,
        "slug": slug,
    }
    return found


def share_alike(licence: str) -> bool:
    """Whether a licence asks that what is made from it is passed on under the same one."""
    return SHARE_ALIKE in f"-{licence.upper().replace(' ', '-')}-"


def brief(label: str) -> str:
    """The name in a label that explains itself (`Near miss: it was stopped in time`)."""
    return re.split("[:：]", label, maxsplit=1)[0].strip()


def slug(code: str) -> str:
    """Where the taxonomy has its page for a code: codes of the base scheme by their own name, others with scheme and edition."""
    prefix = f"{schemes.CAICT}:"
    return code.removeprefix(prefix) if code.startswith(prefix) else code


def coded(code: str | None, lang: str) -> Markup:
    """The name of a code, marked with its language where that is not the page's."""
    other = words.name_lang(code, lang)
    text = words.name(code, lang)
    return Markup('<span lang="{}">{}</span>').format(other, text) if other else Markup("{}").format(text)


def written(text: content.Text | None, most: int | None = None) -> Markup:
    """What somebody wrote, in its language and apart from the direction of what stands around it."""
    if text is None:
        return Markup("")
    said = text.text if most is None else shown.clipped(text.text, most)
    return Markup('<bdi lang="{}">{}</bdi>').format(language(text.language), shown.flagged(said))


def language(tag: str) -> str:
    """A BCP 47 tag as an attribute; `und` for what cannot be one."""
    return tag if tag.isascii() and all(part.isalnum() for part in tag.split("-")) and len(tag) <= 35 else "und"


def text(seen: Seen, message: str) -> str:
    """A message of the interface in the reader's language."""
    return words.catalogue(seen.lang).gettext(message)


def html(lang: str, template: str, **values: Any) -> str:
    """A template as text."""
    return environment(lang).get_template(template).render(values)


def page(
    seen: Seen,
    template: str,
    *,
    here: str,
    status: int = 200,
    kept: bool = True,
    feed: str | None = None,
    **values: Any,
) -> Made:
    """A whole page. `here` names its place in the navigation, `feed` the address of its Atom feed."""
    body = html(
        seen.lang,
        template,
        **frame(seen.lang, seen.path, seen.pairs, contact=seen.face.parts.settings.contact, feed=feed, here=here),
        size=seen.checkpoint_size,
        as_of=seen.as_of,
        origin=seen.face.parts.keyring.origin,
        **values,
    )
    return Made(body.encode("utf-8", "replace"), status=status, kept=kept)


def frame(
    lang: str,
    path: str,
    pairs: tuple[tuple[str, str], ...],
    *,
    contact: str | None,
    here: str,
    feed: str | None = None,
) -> dict[str, Any]:
    """What every page shows around its matter."""
    rest = quote(path.removeprefix(f"/{lang}") or "/", safe="/:@")
    tail = f"?{encoded(pairs)}" if pairs else ""
    return {
        "root": f"/{lang}",
        "here": here,
        "alternates": {each: f"/{each}{rest}{tail}" for each in words.LANGS},
        "contact": contact,
        "feed": feed,
    }
