"""What the demo shows on a terminal: plain sentences, bars that end, small tables. All of it on stderr."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from tocsin_hub.cli.voice import Voice, plain


class Stage:
    """Renders events; silent under --json. Use as a context manager."""

    def __init__(self, voice: Voice) -> None:
        self._voice = voice
        self._console = Console(stderr=True, quiet=voice.as_json, highlight=False, soft_wrap=True)
        self._bars = Progress(
            TextColumn("  {task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self._console,
            disable=voice.as_json or not self._console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Stage:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def rest(self) -> None:
        """No more bars."""
        self._bars.stop()

    def step(self, en: str, zh: str) -> None:
        """A plain sentence."""
        self._console.print(f"[bold green]>[/] {escape(plain(self._voice.pick(en, zh)))}")

    def show(self, event: dict[str, Any]) -> None:
        """Render an event of the walk-through; what is unknown is not shown."""
        kind = event.get("event")
        if kind == "step":
            self.step(str(event.get("text_en", "")), str(event.get("text_zh", "")))
        elif kind == "progress":
            self._bar(event)
        elif kind == "table":
            self._table(event)

    def _bar(self, event: dict[str, Any]) -> None:
        name = str(event.get("label_en", ""))
        label = escape(plain(self._voice.pick(name, str(event.get("label_zh", name)))))
        done, total = event.get("done"), event.get("total")
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(label, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)

    def _table(self, event: dict[str, Any]) -> None:
        title = self._voice.pick(str(event.get("title_en", "")), str(event.get("title_zh", "")))
        table = Table(title=escape(plain(title)), title_justify="left")
        for name in event.get("columns", []):
            table.add_column(escape(plain(str(name))))
        for row in event.get("rows", []):
            table.add_row(*(escape(plain(str(cell))) for cell in row))
        self._console.print(table)
