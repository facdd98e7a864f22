"""A trend table as the hub counted it for this reader: rows, what is covered, as of which log entry; for scripts and eyes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import schemes

DIMENSIONS = (
    "category", "leaf", "sector", "region", "year", "quarter", "severity", "record_type", "system_class", "evidence_class", "kind",
)  # fmt: skip

_DIMENSIONS_ZH = {
    "category": "类别", "leaf": "子类", "sector": "行业", "region": "地区", "year": "年份", "quarter": "季度", "severity": "潜在严重程度",
    "record_type": "记录类型", "system_class": "系统类别", "evidence_class": "证据类别", "kind": "种类",
}  # fmt: skip
_COUNTED = {"en": ("records", "author keys"), "zh": ("记录", "作者密钥")}


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One cell: its keys in the order of `Trends.by`, how many records, and by how many visible author keys."""

    keys: tuple[str, ...]
    count: int
    author_keys: int


@dataclass(frozen=True, slots=True)
class Trends:
    """An exact table over the records this reader may see. `author_keys` count keys, not organisations."""

    by: tuple[str, ...]
    rows: tuple[TrendRow, ...] = field(repr=False)
    total: int
    author_keys: int
    as_of: int
    coverage: Mapping[str, int] = field(repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    truncated: bool = False

    def __iter__(self) -> Iterator[TrendRow]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def to_rows(self, lang: str | None = None) -> list[dict[str, Any]]:
        """One dict per row: a key per dimension, `count`, `author_keys`; with `lang` also `<dimension>_label`."""
        result = []
        for row in self.rows:
            line: dict[str, Any] = dict(zip(self.by, row.keys, strict=True))
            if lang is not None:
                line |= {f"{d}_label": self.label(k, lang) for d, k in zip(self.by, row.keys, strict=True)}
            result.append({**line, "count": row.count, "author_keys": row.author_keys})
        return result

    def label(self, key: str, lang: str = "en") -> str:
        """The name of a key: from the taxonomy on this machine, else as the hub named it."""
        own = label(key, lang)
        return own if own != key else self.labels.get(key, key)

    def coverage_line(self, lang: str = "en") -> str:
        """What the table covers, in one line that must stand under every figure made from it."""
        stated = [f"{dimension(name, lang)} {count}/{self.total}" for name, count in self.coverage.items()]
        if lang.startswith("zh"):
            parts = [
                f"本读者可见的记录：{self.total} 条；作者密钥：{self.author_keys} 个（不等于机构数）；截至日志第 {self.as_of} 条。"
            ]
            parts += [f"写明取值的记录：{'，'.join(stated)}。"] if self.total and stated else []
            parts += ["表格过长，已截断。"] if self.truncated else []
            return "".join(parts)
        parts = [
            f"Records that this reader may see: {self.total}; author keys behind them: {self.author_keys} (not organisations); "
            f"as of log entry {self.as_of}."
        ]
        parts += [f"Records that state a value: {', '.join(stated)}."] if self.total and stated else []
        parts += ["The table is too long and was cut."] if self.truncated else []
        return " ".join(parts)

    def table(self, lang: str = "en") -> str:
        """The table as plain text with names in `lang`, the coverage line, and the hub's notes one a line."""
        heads = [dimension(d, lang) for d in self.by] + list(_COUNTED["zh" if lang.startswith("zh") else "en"])
        lines = [(*(self.label(k, lang) for k in row.keys), str(row.count), str(row.author_keys)) for row in self.rows]
        return "\n".join(
            [*_aligned([heads, *lines], numbers=2), self.coverage_line(lang), *(f"- {n}" for n in self.notes)]
        )

    def __str__(self) -> str:
        return self.table()


def dimension(name: str, lang: str) -> str:
    """What a dimension is called in `lang`."""
    return _DIMENSIONS_ZH.get(name, name) if lang.startswith("zh") else name.replace("_", " ")


def label(key: str, lang: str) -> str:
    """The name of a compact code in `lang`; other keys (years, plain values) as they are."""
    if "@" not in key:
        return key
    try:
        return schemes.label(schemes.parse(key), lang)
    except taxonomy_errors.TaxonomyError:
        return key


def width(text: str) -> int:
    """Columns of a terminal that a text takes: Chinese characters take two."""
    return sum(2 if ord(c) >= 0x1100 and _wide(c) else 1 for c in text)


def _wide(char: str) -> bool:
    import unicodedata

    return unicodedata.east_asian_width(char) in "WF"


def _aligned(lines: Sequence[Sequence[str]], *, numbers: int) -> list[str]:
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
