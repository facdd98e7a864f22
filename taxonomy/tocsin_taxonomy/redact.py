"""What neither side lets through: identifiers with check digits, secrets, e-mail addresses, hidden characters.

Only rules that clean text does not trip: the member's machine shows them before signing, the hub asks them again and
refuses. A hit names its class and place, never the value. Names, places and products are the member's own review.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from tocsin_taxonomy import regions
from tocsin_taxonomy.errors import TaxonomyError
from tocsin_taxonomy.fields import When
from tocsin_taxonomy.record import Record

CLASSES = (
    "national-id",
    "organisation-id",
    "card",
    "iban",
    "private-key",
    "token",
    "e-mail",
    "bidi",
    "invisible",
    "control",
)


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its class and its place in the text, in characters."""

    class_: str
    start: int
    end: int


# Full-width forms fold one to one, so offsets stay true. `\b` would fail beside Chinese, so the borders are spelt out.
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_HAS_WIDE = re.compile("[\uff01-\uff5e]")
_DIGITS = re.compile(r"[0-9][0-9 -]{11,}[0-9Xx]")
_LEFT, _RIGHT = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"

_NATIONAL_ID = re.compile(
    _LEFT
    + r"[1-9][0-9]{5}[ -]?(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[ -]?[0-9]{3}[ -]?[0-9Xx]"
    + _RIGHT
)
_ORGANISATION_ID = re.compile(_LEFT + r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}" + _RIGHT)
_CARD = re.compile(
    r"(?<![0-9A-Za-z/=_.-])(?:4[0-9]|5[1-5]|2[2-7]|3[47]|6[0-9])[0-9](?:[ -]?[0-9]){10,16}(?![0-9A-Za-z/=_-])"
)
_IBAN = re.compile(_LEFT + r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]){11,30}" + _RIGHT)
_SIX_DIGITS = re.compile("[0-9]{6}")
_IBAN_HEAD = re.compile("[A-Z]{2}[0-9]{2}")
_ADDRESS = re.compile(r"https?://\S+")

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]|AGE-SECRET-KEY-1[0-9A-Z]{20}"
)
_TOKEN = re.compile(
    _LEFT + r"(?:"
    r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}"
    r"|gh[oprsu]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,255}|glpat-[A-Za-z0-9_-]{20,64}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,255}|xapp-[0-9]-[A-Za-z0-9-]{10,255}"
    r"|sk-(?=[A-Za-z_-]{0,60}[0-9])[A-Za-z0-9_-]{20,255}|[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}"
    r"|hf_[A-Za-z0-9]{30,64}|AIza[0-9A-Za-z_-]{35}|ya29\.[0-9A-Za-z_-]{20,255}|gsk_[A-Za-z0-9]{40,64}|r8_[A-Za-z0-9]{37}"
    r"|npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{20,255}|dop_v1_[a-f0-9]{64}|shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"
    r"|SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}|LTAI[A-Za-z0-9]{12,24}|AKID[A-Za-z0-9]{32}"
    r"|eyJ[A-Za-z0-9_-]{8,255}\.eyJ[A-Za-z0-9_-]{8,2048}\.[A-Za-z0-9_-]{8,1024}"
    r")(?![0-9A-Za-z])"
)
# One of these must be there before the two patterns above are tried: most text holds none.
_MARK_WORDS = (
    "-----BEGIN PuTTY-User AGE-SECRET AKIA ASIA ABIA ACCA ghp_ gho_ ghr_ ghs_ ghu_ github_pat_ glpat- xox xapp- sk- sk_ "
    "rk_ hf_ AIza ya29. gsk_ r8_ npm_ pypi-AgE dop_v1_ shpat_ shpca_ shppa_ shpss_ SG. LTAI AKID eyJ"
)
_MARK = re.compile("|".join(map(re.escape, _MARK_WORDS.split())))
_E_MAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])"
)
_E_MAIL_WIDE = re.compile(r"[^\W_][\w.%+-]{0,63}@(?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_]{2,24}")
_RESERVED = re.compile(
    r"@(?:.+\.)?(?:example\.(?:com|net|org)|[^.]+\.(?:example|invalid|test|localhost))$", re.IGNORECASE
)

_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Joiners are spelling between Persian or Indic letters, and a zero-width joiner builds emoji: there they hide nothing.
_LETTER = "\u0600-\u06ff\u0750-\u077f\u0900-\u0dff"
_EMOJI = "\u2190-\u27bf\ufe0f\U0001f000-\U0001faff"
_INVISIBLE = re.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\U000e0000-\U000e00ff]"
    f"|(?<![{_LETTER}])\u200c|\u200c(?![{_LETTER}])"
    f"|(?<![{_LETTER}{_EMOJI}])\u200d|\u200d(?![{_LETTER}{_EMOJI}])"
)
# Fillers and selectors that Python counts as printable.
_FILLER = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\U000e0100-\U000e01ef]")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff]")
_TWO_DIGITS = re.compile("[0-9]{2}")

_IBAN_COUNTRIES = {
    15: "NO",
    16: "BE",
    18: "DK FI FO GL NL",
    19: "MK SI",
    20: "AT BA EE KZ LT LU XK",
    21: "CH HR LI LV",
    22: "BG BH CR DE GB GE IE ME RS VA",
    23: "AE GI IL IQ TL",
    24: "AD CZ ES MD PK RO SA SE SK TN VG",
    25: "LY PT ST",
    26: "IS TR",
    27: "FR GR IT MC MR SM",
    28: "AL AZ BY CY DO GT HU LB PL SV",
    29: "BR EG PS QA UA",
    30: "JO KW MU",
    31: "MT SC",
    32: "LC",
}
_IBAN_LENGTH = {country: length for length, countries in _IBAN_COUNTRIES.items() for country in countries.split()}
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ORG_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_CARD_LENGTHS = {"3": (15,), "2": (16,), "5": (16,), "4": (13, 16, 19), "6": (16, 17, 18, 19)}


def _bare(text: str) -> str:
    return text.replace(" ", "").replace("-", "")


def _is_national_id(text: str) -> bool:
    bare = _bare(text).upper()
    total = sum(int(digit) * weight for digit, weight in zip(bare[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == bare[17]


def _is_organisation_id(text: str) -> bool:
    values = [_ORG_ALPHABET.find(letter) for letter in text]
    return (
        sum(v * w for v, w in zip(values[:17], _ORG_WEIGHTS, strict=True)) % 31 == (31 - values[17]) % 31
        and not text.isdigit()
    )


def _is_card(text: str) -> bool:
    bare = _bare(text)
    if len(bare) not in _CARD_LENGTHS[bare[0]]:
        return False
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(bare))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0 and len(set(bare)) > 1


def _is_iban(text: str) -> bool:
    bare = text.replace(" ", "")
    if _IBAN_LENGTH.get(bare[:2]) != len(bare):
        return False
    return int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


def _ibans(text: str) -> Iterator[Hit]:
    for found in _IBAN.finditer(text):
        run = found.group()
        want = _IBAN_LENGTH.get(run[:2], 0)
        end = count = 0
        while count < want and end < len(run):  # words in capitals may follow the number
            count += run[end] != " "
            end += 1
        if count == want and _is_iban(run[:end]):
            yield Hit("iban", found.start(), found.start() + end)


def _checked(class_: str, pattern: re.Pattern[str], proves: Callable[[str], bool], text: str) -> Iterator[Hit]:
    for found in pattern.finditer(text):
        if proves(found.group()):
            yield Hit(class_, *found.span())


def _mails(text: str) -> Iterator[Hit]:
    for found in (_E_MAIL if text.isascii() else _E_MAIL_WIDE).finditer(text):
        if not _RESERVED.search(found.group()) and not found.group().startswith("git@"):
            yield Hit("e-mail", *found.span())


def _numbers(text: str) -> Iterator[Hit]:
    if _DIGITS.search(text):
        yield from _checked("national-id", _NATIONAL_ID, _is_national_id, text)
        bare = _ADDRESS.sub(lambda found: "x" * len(found.group()), text)  # page numbers in addresses are no cards
        yield from _checked("card", _CARD, _is_card, bare)
    # What both patterns must begin with or hold, asked first: text that has it is rare, and they look at every letter.
    if _SIX_DIGITS.search(text):
        yield from _checked("organisation-id", _ORGANISATION_ID, _is_organisation_id, text)
    if _IBAN_HEAD.search(text):
        yield from _ibans(text)


def findings(text: str) -> list[Hit]:
    """Everything in one text that must not leave, in order of place; empty for clean text. Offsets are in characters."""
    seen = text
    hits: list[Hit] = []
    if not text.isprintable():
        for class_, pattern in (("control", _CONTROL), ("bidi", _BIDI), ("invisible", _INVISIBLE)):
            hits += [Hit(class_, *found.span()) for found in pattern.finditer(text)]
    if not text.isascii():
        hits += [Hit("invisible", *found.span()) for found in _FILLER.finditer(text)]
        if _HAS_WIDE.search(text):
            seen = text.translate(_WIDE)
    if "@" in seen:
        hits += _mails(seen)
    if _MARK.search(seen):
        hits += [Hit("private-key", *found.span()) for found in _PRIVATE_KEY.finditer(seen)]
        hits += [Hit("token", *found.span()) for found in _TOKEN.finditer(seen)]
    if _TWO_DIGITS.search(seen):
        hits += _numbers(seen)
    return sorted(hits, key=lambda hit: hit.start)


def without_hidden(text: str) -> str:
    """The text without the characters that would be refused as bidi, invisible or control; carriage returns become lines.

    For importers of public text, which often carries them by accident.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for pattern in (_CONTROL, _BIDI, _INVISIBLE, _FILLER):
        text = pattern.sub("", text)
    return text


def check(record: Record) -> None:
    """Refuse a record whose texts hold anything of the kind: `identifying-text`, path and class, never the value."""
    for refusal in refusals(record):
        raise refusal


def refusals(record: Record) -> Iterator[TaxonomyError]:
    """One refusal per hit, in the order of the fields; `detail` is the class."""
    for path, text in record.human_text():
        for hit in findings(text):
            yield TaxonomyError("identifying-text", path, detail=hit.class_)


_FINENESS = ("day", "month", "quarter", "year")
W = TypeVar("W", bound=When)


def coarsen_occurred(occurred: W, to: str) -> W:
    """The same date with precision `to` (month, quarter or year), or unchanged if it is as coarse already."""
    if _FINENESS.index(occurred.precision) >= _FINENESS.index(to):
        return occurred
    value = str(occurred.quarter) if to == "quarter" else occurred.value[: 4 if to == "year" else 7]
    return type(occurred).model_validate({**occurred.model_dump(), "value": value, "precision": to})


def coarsen_region(code: str, to: str) -> str:
    """The region around `code` that is at least as coarse as `to` (sub-region, region or world); see regions.coarsen."""
    return regions.coarsen(code, to)
