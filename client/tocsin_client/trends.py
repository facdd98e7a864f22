"""A trend table as the hub counted it for this reader: rows, what is covered, as of which log entry; for scripts and eyes.

By two dimensions people see a cross table (rows x columns), or with `long` one line a cell. What stands in order (years,
quarters, severity) ascends; everything else comes by size. There are no totals: a record with two categories counts in both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tocsin_client import tables
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import schemes

DIMENSIONS = (
    "category", "leaf", "sector", "region", "year", "quarter", "severity", "record_type", "system_class", "evidence_class", "kind",
)  # fmt: skip
IN_ORDER = frozenset({"year", "quarter", "severity"})
WIDTH = 100
_NAME_WIDTH = 36
_HEAD_WIDTH = 14

_DIMENSIONS_ZH = {
    "category": "类别", "leaf": "子类", "sector": "行业", "region": "地区", "year": "年份", "quarter": "季度", "severity": "潜在严重程度",
    "record_type": "记录类型", "system_class": "系统类别", "evidence_class": "证据类别", "kind": "种类",
}  # fmt: skip
_COUNTED = {"en": ("records", "author keys"), "zh": ("记录", "作者密钥")}
_SHORT_CATEGORIES = (
    ("Data", "数据"), ("Model", "算法模型"), ("Software", "软件"), ("Infrastructure", "基础设施"), ("People & firms", "个人组织"),
    ("State & society", "国家社会"), ("Humanity", "全人类"),
)  # fmt: skip


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

    def in_order(self) -> Trends:
        """The same table with its rows in reading order: years, quarters and severity ascend, the rest comes by size."""
        places = [{key: i for i, key in enumerate(self.keys(d))} for d in range(len(self.by))]
        rows = sorted(self.rows, key=lambda row: [place[key] for place, key in zip(places, row.keys, strict=True)])
        return replace(self, rows=tuple(rows))

    def keys(self, dimension: int) -> list[str]:
        """The keys of a dimension (0 or 1) in reading order; what is not known or not said stands last."""
        sizes = Counter[str]()
        for row in self.rows:
            sizes[row.keys[dimension]] += row.count
        if self.by[dimension] in IN_ORDER:
            return sorted(sizes, key=lambda key: (not key[:1].isdigit(), key))
        scheme = [str(code) for code in schemes.categories()] if self.by[dimension] == "category" and dimension else []
        places = {key: place for place, key in enumerate(scheme)}
        return sorted(sizes, key=lambda key: (places.get(key, len(places)), -sizes[key], key))

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
        """What the table covers, in one sentence that must stand under every figure made from it.

        A dimension of the table that some records do not state is named with the number of those that do.
        """
        known = [(name, self.coverage.get(name, self.total)) for name in self.by]
        stated = [(dimension(name, lang), count) for name, count in known if count < self.total]
        if lang.startswith("zh"):
            parts = "，".join(f"写明{name} {count} 条" for name, count in stated)
            return f"本读者可见的记录 {self.total} 条，截至日志第 {self.as_of} 条" + (
                f"；其中{parts}。" if parts else "。"
            )
        parts = ", ".join(f"{name} stated by {count}" for name, count in stated)
        return f"{self.total} records that this reader may see, as of log entry {self.as_of}" + (
            f"; {parts}." if parts else "."
        )

    def note_line(self, lang: str = "en") -> str:
        """Whose records they are, and whether rows are missing."""
        if lang.startswith("zh"):
            return f"作者密钥 {self.author_keys} 个（不等于机构数）。" + (
                "表格过长，已截断。" if self.truncated else ""
            )
        cut = " The table is too long and was cut." if self.truncated else ""
        return f"Author keys (not organisations): {self.author_keys}.{cut}"

    def table(self, lang: str = "en", *, long: bool = False, width: int = WIDTH) -> str:
        """The table as plain text with names in `lang`, the coverage line, and notes. By two dimensions a cross table."""
        cross = len(self.by) == 2 and not long
        lines, hidden = self._cross(lang, width) if cross else (self._list(lang), "")
        notes = [self.note_line(lang), *([hidden] if hidden else []), *self.notes]
        return "\n".join([
            *lines, *tables.wrapped(self.coverage_line(lang), width),
            *(line for note in notes for line in tables.wrapped(note, width, first="- ")),
        ])  # fmt: skip

    def __str__(self) -> str:
        return self.table()

    def _list(self, lang: str) -> list[str]:
        heads = [dimension(d, lang) for d in self.by] + list(_COUNTED["zh" if lang.startswith("zh") else "en"])
        lines = [(*(self.label(k, lang) for k in row.keys), str(row.count), str(row.author_keys)) for row in self.rows]
        return tables.aligned([heads, *lines], numbers=2)

    def _cross(self, lang: str, width: int) -> tuple[list[str], str]:
        """The lines of the cross table, and a note if columns did not fit: early years are added up, others left out."""
        down, across = self.keys(0), self.keys(1)
        counts = Counter[tuple[str, str]]()
        for row in self.rows:
            counts[row.keys[0], row.keys[1]] += row.count
        names = {key: tables.cut(self.label(key, lang), _NAME_WIDTH) for key in down}
        corner = f"{dimension(self.by[0], lang)} \\ {dimension(self.by[1], lang)}"
        room = width - max([tables.width(corner), *map(tables.width, names.values())])
        heads = {key: _head(self, key, self.by[1], lang) for key in across}
        fitting = _fitting(heads, {k: max(len(str(counts[d, k])) for d in down) for k in across} if down else {}, room)
        hidden = ""
        if fitting < len(across) and self.by[1] == "year":
            early, across = across[: len(across) - fitting + 1], across[len(across) - fitting + 1 :]
            joined = f"≤{early[-1]}"
            for key in down:
                counts[key, joined] = sum(counts[key, year] for year in early)
            across, heads = [joined, *across], {**heads, joined: [joined]}
        elif fitting < len(across):
            left = len(across) - fitting
            across = across[:fitting]
            hidden = f"另有 {left} 列未显示；--long 列出全部。" if lang.startswith("zh") else f"{left} more columns are not shown; --long lists all."  # fmt: skip
        height = max([1, *(len(heads[key]) for key in across)])
        lines = [
            [corner if i == height - 1 else "", *(([""] * height + heads[key])[i - height] for key in across)]
            for i in range(height)
        ]
        lines += [[names[key], *(str(counts[key, head] or ".") for head in across)] for key in down]
        return tables.aligned(lines, numbers=len(across)), hidden


def _head(trends: Trends, key: str, by: str, lang: str) -> list[str]:
    """The name of a column, short, in lines."""
    if by == "category":
        for code, (en, zh) in zip(schemes.categories(), _SHORT_CATEGORIES, strict=True):
            if str(code) == key:
                return tables.wrapped(zh if lang.startswith("zh") else en, _HEAD_WIDTH)
    return [tables.cut(line, _HEAD_WIDTH) for line in tables.wrapped(trends.label(key, lang), _HEAD_WIDTH)][:3]


def _fitting(heads: Mapping[str, Sequence[str]], digits: Mapping[str, int], room: int) -> int:
    """How many of the columns fit into `room`; at least one."""
    used = 0
    for place, (key, lines) in enumerate(heads.items()):
        used += 2 + max([digits.get(key, 1), *map(tables.width, lines)])
        if used > room:
            return max(1, place)
    return len(heads)


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
