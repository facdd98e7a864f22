"""What the walk-through says while it goes: one JSON object a line for the parent process, or plain lines for a person.

The events and their keys are those of docs/reference/http.md, "The walk-through's events".
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Sequence
from typing import Any, TextIO


class Voice:
    """Writes events; safe to use from several threads. With `json_lines` off, only steps and tables are shown, in `lang`."""

    def __init__(self, *, json_lines: bool, lang: str = "en", out: TextIO | None = None) -> None:
        self._json_lines = json_lines
        self._zh = lang.startswith("zh")
        self._out = out or sys.stdout
        self._lock = threading.Lock()
        self._steps = 0

    def step(self, en: str, zh: str) -> None:
        """One plain sentence: what happens now, or what just came out."""
        self._steps += 1
        self._say({"event": "step", "n": self._steps, "text_en": en, "text_zh": zh}, zh if self._zh else en)

    def progress(self, en: str, zh: str, done: int, total: int) -> None:
        """A bar named by its English label; `done == total` ends it."""
        self._say({"event": "progress", "label_en": en, "label_zh": zh, "done": done, "total": total}, None)

    def enrolments_ready(self, count: int) -> None:
        """That many requests wait for the enrolment authority."""
        self._say({"event": "enrolments-ready", "count": count}, None)

    def table(self, en: str, zh: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """A table to look at; cells are text."""
        plain = "\n".join("  ".join(cells) for cells in ((zh if self._zh else en,), columns, *rows))
        said = {
            "event": "table",
            "title_en": en,
            "title_zh": zh,
            "columns": list(columns),
            "rows": [list(r) for r in rows],
        }
        self._say(said, plain)

    def result(self, data: dict[str, Any]) -> None:
        """The figures; the last event of a walk-through that went well."""
        self._say({"event": "result", "data": data}, json.dumps(data, ensure_ascii=False, indent=1))

    def error(self, code: str, message: str, hint: str) -> None:
        """The walk-through stopped."""
        said = {"event": "error", "code": code, "message": message, "text": message, "hint": hint}
        self._say(said, f"{code}: {message} {hint}".strip())

    def _say(self, event: dict[str, Any], plain: str | None) -> None:
        line = json.dumps(event, ensure_ascii=False) if self._json_lines else plain
        if line is not None:
            with self._lock:
                self._out.write(line + "\n")
                self._out.flush()
