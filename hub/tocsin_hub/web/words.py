"""Two languages: the gettext catalogues, compiled when the hub starts, and the names that come with the data.

The interface's own texts lie in locale/{en,zh}/messages.po. Names of codes and of closed lists come from the taxonomy and are
in no catalogue. What people wrote is in neither: it stays in its language.
"""

from __future__ import annotations

import gettext
import io
from datetime import UTC, datetime
from functools import lru_cache
from importlib import resources

from babel.messages import mofile, pofile

from tocsin_hub.catalogue import content
from tocsin_taxonomy import schemes, vocab
from tocsin_taxonomy.errors import TaxonomyError

LANGS = ("en", "zh")
HTML_LANG = {"en": "en", "zh": "zh-Hans"}


@lru_cache(maxsize=2)
def catalogue(lang: str) -> gettext.NullTranslations:
    """The compiled catalogue of `lang`; made once, in memory."""
    text = resources.files("tocsin_hub.web").joinpath("locale", lang, "messages.po").read_bytes()
    read = pofile.read_po(io.BytesIO(text), locale=lang)
    compiled = io.BytesIO()
    mofile.write_mo(compiled, read)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def preferred(accept_language: str | None) -> str:
    """en or zh: whichever of the reader's languages comes first with the highest weight; English for none of them."""
    best, lang = 0.0, "en"
    for part in (accept_language or "")[:500].split(","):
        tag, _, parameters = part.strip().partition(";")
        weight = _weight(parameters)
        known = tag.strip().lower().split("-")[0]
        if known in LANGS and weight > best:
            best, lang = weight, known
    return lang


def _weight(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(1.0, max(0.0, float(value)))
    except ValueError:
        return 0.0


@lru_cache(maxsize=8192)
def name(code: str | None, lang: str) -> str:
    """The name of a compact code, or of one of the words unknown, multiple, withheld; the code itself if it has none."""
    if code is None:
        return ""
    try:
        if code in vocab.SPECIAL:
            return vocab.label("special", code, lang)
        return schemes.label(schemes.resolve(code), lang)
    except (TaxonomyError, KeyError):
        return code


@lru_cache(maxsize=8192)
def name_lang(code: str | None, lang: str) -> str | None:
    """The language of `name` where it is not that of the page: a scheme without Chinese (ATLAS) is named in English."""
    if lang == "en" or code is None or code in vocab.SPECIAL:
        return None
    shown = name(code, lang)
    return "en" if shown.isascii() and any(char.isalpha() for char in shown) else None


@lru_cache(maxsize=4096)
def layer(code: str) -> str:
    """endogenous, derived, or empty for a code of another scheme."""
    try:
        found = schemes.resolve(code)
        return (schemes.require(found).layer or "") if found.scheme in schemes.OWN_RISK_SCHEMES else ""
    except TaxonomyError:
        return ""


@lru_cache(maxsize=4096)
def word(list_name: str, value: str, lang: str) -> str:
    """The name of a value of a closed list; the value itself if an older hub let another one in."""
    try:
        return vocab.label(list_name, value, lang)
    except KeyError:
        return value


def day(unix_s: int) -> str:
    """The UTC day."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d")


def moment(unix_s: int) -> str:
    """The UTC minute."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%d %H:%M UTC")


def stamp(unix_s: int) -> str:
    """RFC 3339, for feeds and files."""
    return datetime.fromtimestamp(unix_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when(occurred: content.Occurred, lang: str) -> str:
    """The date as it was given, with how precise it is: `2023-09-05 (exact day)`."""
    precision = word("precision", occurred.precision, lang)
    return f"{occurred.value}（{precision}）" if lang == "zh" else f"{occurred.value} ({precision})"


def number(value: int) -> str:
    """With thousands parted by commas, in both languages."""
    return f"{value:,}"
