"""The member's own dictionary: names of itself, its products, staff and customers; it stays local and a hit blocks.

One term a line, `#` starts a comment. Case, width, spaces and hyphens do not matter: "Acme Corp" is also found in
"ACME-CORP" and "ａｃｍｅｃｏｒｐ". A Latin term must stand alone ("Ada" is not in "Canada"); a Chinese one is found anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin_client import errors
from tocsin_client.redact import spans

MAX_TERMS = 100_000
HEADER = (
    "# Terms that may never leave this machine, one a line: your name, products, domains, people, customers.\n"
    "# 不得离开本机的词语，每行一个：贵机构名称、产品、域名、人员、客户。\n"
)


def _squash(text: str) -> tuple[str, list[int], list[bool]]:
    """Letters and digits of the NFKC view in lower case, the original offset of each, and whether it starts a word."""
    seen = spans.view(text)
    chars: list[str] = []
    offsets: list[int] = []
    fresh: list[bool] = []
    gap = True
    for index, char in enumerate(seen.text):
        if not char.isalnum():
            gap = True
            continue
        for low in char.casefold():
            chars.append(low)
            offsets.append(seen.offsets[index])
            fresh.append(gap)
            gap = False
    return "".join(chars), offsets, fresh


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Own terms in squashed form; `version` is the digest that an approval records."""

    terms: tuple[str, ...] = ()

    @classmethod
    def of(cls, terms: Iterable[str]) -> Dictionary:
        """Terms as a person writes them; single characters are refused, since they would block everything."""
        squashed: set[str] = set()
        for term in terms:
            plain = _squash(term)[0]
            if len(plain) < 2:
                raise errors.SetupError(
                    "dictionary-unusable",
                    "the dictionary has a term of fewer than two letters",
                    hint="Lengthen or remove it.",
                )
            squashed.add(plain)
        if len(squashed) > MAX_TERMS:
            raise errors.SetupError("dictionary-unusable", f"the dictionary has more than {MAX_TERMS} terms")
        return cls(tuple(sorted(squashed)))

    @classmethod
    def load(cls, path: Path) -> Dictionary:
        """Read a dictionary file. A file that is named but cannot be read refuses (SetupError), it is never skipped."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as exc:
            raise errors.SetupError(
                "dictionary-unreadable",
                f"the dictionary {path} cannot be read",
                hint="Make it a readable UTF-8 text file.",
            ) from exc
        return cls.of(line for raw in lines if (line := raw.split("#", 1)[0].strip()))

    @property
    def version(self) -> str:
        """Digest of the terms, short; recorded with an approval so that a later question can be answered."""
        return "dictionary-" + hashlib.sha256("\n".join(self.terms).encode()).hexdigest()[:16]

    def find(self, text: str) -> Iterator[spans.Found]:
        """Every term in `text`, with offsets into the original."""
        if not self.terms:
            return
        squashed, offsets, fresh = _squash(text)
        for term in self.terms:
            start = squashed.find(term)
            while start != -1:
                end = start + len(term)
                if self._stands_alone(squashed, fresh, start, end):
                    yield spans.Found("own-dictionary", offsets[start], offsets[end - 1] + 1)
                start = squashed.find(term, start + 1)

    @staticmethod
    def _stands_alone(text: str, fresh: list[bool], start: int, end: int) -> bool:
        """Latin ends of a term need a word border; a border to Chinese text is one."""
        left = fresh[start] or not text[start].isascii() or not text[start - 1].isascii()
        right = end == len(text) or fresh[end] or not text[end].isascii() or not text[end - 1].isascii()
        return left and right
