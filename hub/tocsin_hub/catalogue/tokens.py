"""The one tokenizer: what is a word, for the index and for the query, in Chinese and English, on SQLite and PostgreSQL.

Both engines get finished tokens and are never asked to split text, because they split it differently (`gpt-4o`, `3.5`,
`AI诈骗案`). Rules:

- NFKC, casefold; accents fall off Latin, Greek and Cyrillic letters, so `naïve` is found by `naive`.
- A run ends where the script ends: `AI诈骗案` is `ai` and `诈骗案`.
- A run of ideographs, kana or hangul gives its single characters and its bigrams; a query takes the bigrams (the
  character itself if the run is one long).
- Other runs are words. Neighbours joined by one of `-._` without a space also give the pair (`gpt-4o`); a query asks for the
  pairs alone, so that `gpt-4o` finds `gpt-4o-mini` but not every text with both halves.

A token holds only a-z, 0-9 and ideographs; anything else is written as `x` and the hex of its UTF-8. So no character of a
query can be an operator of either engine's search language, and FTS5's own tokenizer finds nothing left to split or fold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from operator import add

MAX_TOKEN_CHARS = 64
_HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA_HANGUL = "\u3041-\u3096\u3099-\u309f\u30a1-\u30fa\u30fc-\u30ff\uac00-\ud7a3"
_DENSE = re.compile(f"[{_HAN}{_KANA_HANGUL}]+")
_PLAIN = re.compile("[a-z0-9\u3400-\u4dbf\u4e00-\u9fa5]+")  # what FTS5 of any SQLite knows to be letters
# Characters that no accent can fall off and that are no accents: almost every text has no others, and then one C pass does.
_EASY = re.compile("[\x00-\x7f\u2000-\u206f\u3000-\u3029\u3030-\u3098\u309b-\u9fff\uac00-\ud7a3\uff01-\uff65]*")
_WORD = f"[^\\W_{_HAN}{_KANA_HANGUL}]+"
_GROUPS = re.compile(f"([{_HAN}{_KANA_HANGUL}]+)|{_WORD}(?:[-._]{_WORD})*")
_PARTS = re.compile("([-._])")
_JOINER = frozenset("-._")
_FOLDED_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC")


def _fold(text: str) -> str:
    """NFKC and casefold, without the accents of the alphabets whose readers type them or not."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if _EASY.fullmatch(text):
        return text
    out: list[str] = []
    folding = False  # whether the last letter was of an alphabet whose accents fall off
    for char in text:
        if unicodedata.combining(char):
            if not folding:
                out.append(char)
            continue
        base = unicodedata.normalize("NFD", char)[0]
        folding = unicodedata.name(base, "").startswith(_FOLDED_SCRIPTS)
        out.append(base if folding else char)
    return "".join(out)


def _script(char: str) -> str:
    """The class that decides where a run ends: dense (no spaces between words), word, or nothing."""
    if _DENSE.match(char):
        return "dense"
    return "word" if char.isalnum() or unicodedata.category(char) in ("Mn", "Mc") else ""


def _safe(token: str) -> str:
    """The token in letters that neither engine can read as anything but a letter."""
    token = token[:MAX_TOKEN_CHARS]
    return token if _PLAIN.fullmatch(token) else "x" + token.encode().hex()


def _runs(text: str) -> Iterator[tuple[str, str, int, int]]:
    """(script, run, start, end) of every run of the folded text, in order."""
    start, script = 0, ""
    for at, char in enumerate(text):
        here = _script(char)
        if here == script:
            continue
        if script:
            yield script, text[start:at], start, at
        start, script = at, here
    if script:
        yield script, text[start:], start, len(text)


def _compounds(text: str) -> Iterator[list[str]]:
    """Runs in groups: a group of more than one is a compound whose words were joined by a single `-`, `.` or `_`."""
    if _EASY.fullmatch(text):
        for found in _GROUPS.finditer(text):
            yield [found[0]] if found[1] else _PARTS.split(found[0])
        return
    group: list[str] = []
    last_end = -1
    for script, run, start, end in _runs(text):
        joined = bool(group) and script != "dense" and start == last_end + 1 and text[last_end] in _JOINER
        if not joined:
            if group:
                yield group
            group = []
        else:
            group.append(text[last_end])
        group.append(run)
        last_end = end
        if script == "dense":
            yield group
            group = []
    if group:
        yield group


def _pairs(group: list[str]) -> list[str]:
    """`gpt-4o` and `4o-mini` of the compound `gpt-4o-mini`."""
    return [_safe("".join(group[at : at + 3])) for at in range(0, len(group) - 2, 2)]


def of_texts(texts: Iterable[str]) -> list[str]:
    """All tokens of a record's texts, each once, in order of first appearance: what the index holds."""
    found: dict[str, None] = {}
    for text in texts:
        for group in _compounds(_fold(text)):
            run = group[0]
            if len(group) == 1 and run.isascii():
                found[run[:MAX_TOKEN_CHARS]] = None
            elif _DENSE.match(run):
                safe = str if _PLAIN.fullmatch(run) else _safe
                for char, pair in zip(run, map(add, run, run[1:]), strict=False):
                    found[safe(char)] = None
                    found[safe(pair)] = None
                found[safe(run[-1])] = None
            else:
                for word in group[::2]:
                    found[_safe(word)] = None
                found.update((pair, None) for pair in _pairs(group))
    return list(found)


def of_query(text: str) -> list[str]:
    """The tokens that a record must all hold to be found by `text`; empty if the text holds no word."""
    found: dict[str, None] = {}
    for group in _compounds(_fold(text)):
        run = group[0]
        if _DENSE.fullmatch(run) and len(run) > 1:
            found.update((_safe(run[at : at + 2]), None) for at in range(len(run) - 1))
        else:
            found.update((token, None) for token in (_pairs(group) if len(group) > 1 else [_safe(run)]))
    return list(found)
