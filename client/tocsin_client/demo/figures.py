"""Trend tables as one member sees them: taken at a moment that is known to be complete, compared, and shown."""

from __future__ import annotations

import time
from collections import Counter
from typing import Any

from tocsin_client import errors
from tocsin_client.demo.events import Voice
from tocsin_client.hub import Hub
from tocsin_client.trends import Trends, label
from tocsin_taxonomy import schemes

SETTLE_TIMEOUT_S = 30
TABLES = (("category", "year"), ("sector", "category"))
_POLL_S = 0.05
FIRST_YEAR = 2020  # earlier years share a column
SHOWN_ROWS = 8
NAME_WIDTH = 30

Taken = dict[str, Trends]


def take(hub: Hub, index: int) -> Taken:
    """Both tables, once the hub's readers have passed log entry `index`; UnreachableError `hub-behind` if they do not."""
    give_up = time.monotonic() + SETTLE_TIMEOUT_S
    while (as_of := hub.trends(by=["kind"]).as_of) <= index:
        if time.monotonic() > give_up:
            raise errors.UnreachableError(
                "hub-behind",
                f"the hub has read {as_of} log entries, not {index + 1}",
                hint="Look at /readyz of the hub.",
            )
        time.sleep(_POLL_S)
    return {" x ".join(by): hub.trends(by=list(by), kinds=["incident"]) for by in TABLES}


def cells(taken: Taken) -> dict[str, list[dict[str, Any]]]:
    """The tables as plain values, each row once, in an order of its keys: what the result carries and comparisons use."""
    return {
        name: sorted(
            ({"keys": list(row.keys), "count": row.count, "author_keys": row.author_keys} for row in trends),
            key=lambda row: str(row["keys"]),
        )
        for name, trends in taken.items()
    }


def moved(before: Taken, after: Taken) -> list[dict[str, Any]]:
    """Cells whose count differs, with both counts."""
    found = []
    for name in before:
        old = {row.keys: row.count for row in before[name]}
        new = {row.keys: row.count for row in after[name]}
        for keys in sorted(old.keys() | new.keys()):
            if old.get(keys, 0) != new.get(keys, 0):
                found.append({"table": name, "keys": list(keys), "before": old.get(keys, 0), "after": new.get(keys, 0)})
    return found


def show(voice: Voice, taken: Taken, en: str, zh: str, lang: str, *, before: Taken | None = None) -> None:
    """Both tables; a cell that differs from `before` shows by how much, and its row is shown whatever its size."""
    for name, trends in taken.items():
        down, across = trends.by
        old = before[name] if before else trends
        columns, rows, whole = pivot(trends, old, lang)
        part = len(rows) < whole
        cut_en, cut_zh = (f", {len(rows)} of {whole} rows", f"，{whole} 行中的 {len(rows)} 行") if part else ("", "")
        voice.table(f"{en}: {down} x {across}{cut_en}", f"{zh}：{_ZH[down]} × {_ZH[across]}{cut_zh}", columns, rows)


def pivot(trends: Trends, before: Trends, lang: str) -> tuple[list[str], list[list[str]], int]:
    """Heads, the rows with most records (and all that differ from `before`), and how many rows there are in all."""
    down = trends.by[0]
    new, old = _counts(trends), _counts(before)
    keys = new.keys() | old.keys()
    heads = sorted({key[1] for key in keys}, key=_order)
    sizes = Counter[str]()
    for (row, _), count in new.items():
        sizes[row] += count
    changed = {key[0] for key in keys if new[key] != old[key]}
    largest = sorted({key[0] for key in keys}, key=lambda row: (-sizes[row], row))
    shown = [row for place, row in enumerate(largest) if place < SHOWN_ROWS or row in changed]
    lines = [[_name(row, lang), *(_cell(new[(row, head)], old[(row, head)]) for head in heads)] for row in shown]
    return [_ZH[down] if lang == "zh" else down, *(_name(head, lang) for head in heads)], lines, len(largest)


def _counts(trends: Trends) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for row in trends:
        first, second = row.keys
        if trends.by[1] == "year" and second.isdigit() and int(second) < FIRST_YEAR:
            second = f"≤{FIRST_YEAR - 1}"
        found[(first, second)] += row.count
    return found


def _cell(count: int, was: int) -> str:
    change = f" ({count - was:+d})" if count != was else ""
    return f"{count or '.'}{change}"


def _order(key: str) -> tuple[int, str]:
    """Categories in the order of the scheme, everything else by its own letters."""
    if key in _SHORT:
        return list(_SHORT).index(key), ""
    return -1, "" if key.startswith("≤") else key


def _name(key: str, lang: str) -> str:
    """A name that fits into a table of 80 columns."""
    en, zh = _SHORT.get(key) or _WORDS.get(key) or (label(key, "en"), label(key, "zh"))
    name = zh if lang == "zh" else en
    return name if len(name) <= NAME_WIDTH else name[: NAME_WIDTH - 1] + "…"


def named(keys: list[str], lang: str) -> str:
    """The names of a cell's keys, for a sentence."""
    return " / ".join(_name(key, lang) for key in keys)


_ZH = {"category": "类别", "year": "年份", "sector": "行业"}
_WORDS = {"unknown": ("unknown", "未知"), "multiple": ("multiple", "多个"), "withheld": ("withheld", "隐去")}
_SHORT = {
    str(code): short
    for code, short in zip(
        schemes.categories(),
        (
            ("Data", "数据"),
            ("Model", "算法模型"),
            ("Software", "软件"),
            ("Infrastructure", "基础设施"),
            ("People & organisations", "个人组织"),
            ("State & society", "国家社会"),
            ("Humanity", "全人类"),
        ),
        strict=True,
    )
}
