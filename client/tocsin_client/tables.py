"""Plain text in columns for a terminal: Chinese characters take two, long lines wrap, nothing is measured in bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# What is never parted: a run of narrow characters without blanks, or one wide character with the marks that close it.
_PIECES = re.compile(r"\s+|[^\s\u1100-\uffff]+|[\u1100-\uffff][，。；：、！？）》”’…]*")


def width(text: str) -> int:
    """Columns of a terminal that a text takes: Chinese characters take two, combining marks none."""
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if ord(char) < 0x300:
        return 1
    return 0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text, or as much of it as fits before an ellipsis."""
    if width(text) <= columns:
        return text
    kept = ""
    for char in text:
        if width(kept + char) > columns - 1:
            break
        kept += char
    return kept.rstrip() + "…"


def aligned(lines: Sequence[Sequence[str]], *, numbers: int = 0) -> list[str]:
    """Rows in aligned columns; the last `numbers` columns stand at the right, as numbers do."""
    if not lines:
        return []
    columns = [max(width(line[i]) for line in lines) for i in range(len(lines[0]))]
    first_number = len(columns) - numbers
    result = []
    for line in lines:
        cells = []
        for i, cell in enumerate(line):
            gap = " " * (columns[i] - width(cell))
            cells.append(gap + cell if i >= first_number else cell + gap)
        result.append("  ".join(cells).rstrip())
    return result


def wrapped(text: str, columns: int, *, first: str = "", rest: str | None = None) -> list[str]:
    """The text in lines of at most `columns`, the first after `first`, the others after `rest` (default: as wide a blank)."""
    indent = " " * width(first) if rest is None else rest
    lines: list[str] = []
    line = ""
    for paragraph in text.splitlines() or [""]:
        for piece in _PIECES.findall(paragraph):
            room = columns - width(first if not lines else indent)
            if line and width(line) + width(piece.rstrip()) > room:
                lines.append(line.rstrip())
                line = ""
            line += piece if line or not piece.isspace() else ""
        lines.append(line.rstrip())
        line = ""
    return [f"{first if i == 0 else indent}{line}".rstrip() for i, line in enumerate(lines)]
