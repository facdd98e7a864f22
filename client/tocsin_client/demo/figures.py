"""Trend tables as one member sees them: taken at a moment that is known to be complete, compared, and shown."""

from __future__ import annotations

import time
from typing import Any

from tocsin_client import errors
from tocsin_client.demo.events import Voice
from tocsin_client.hub import Hub
from tocsin_client.trends import Trends, label

SETTLE_TIMEOUT_S = 30
SHOWN_ROWS = 8
TABLES = (("category", "year"), ("sector", "category"))
_POLL_S = 0.05
_WORDS = {"unknown": "未知", "multiple": "多个", "withheld": "隐去"}

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


def show(voice: Voice, taken: Taken, en: str, zh: str, lang: str) -> None:
    """Both tables, their largest rows only, with what they cover."""
    for name, trends in taken.items():
        largest = sorted(trends, key=lambda row: (-row.count, row.keys))[:SHOWN_ROWS]
        rows = [[*(_named(key, lang) for key in row.keys), str(row.count), str(row.author_keys)] for row in largest]
        columns = (
            [*trends.by, "records", "author keys"]
            if lang != "zh"
            else [*(_DIMENSIONS[d] for d in trends.by), "记录", "作者密钥"]
        )
        voice.table(f"{en}: {name}", f"{zh}：{' × '.join(_DIMENSIONS[d] for d in trends.by)}", columns, rows)
        voice.step(
            f"Coverage of {name}: {trends.coverage_line('en')}",
            f"{' × '.join(_DIMENSIONS[d] for d in trends.by)} 的覆盖：{trends.coverage_line('zh')}",
        )


_DIMENSIONS = {"category": "类别", "year": "年份", "sector": "行业"}


def _named(key: str, lang: str) -> str:
    if lang == "zh" and key in _WORDS:
        return _WORDS[key]
    return label(key, lang)
