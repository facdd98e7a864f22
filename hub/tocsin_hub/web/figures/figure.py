"""What a figure is: words, a table and small drawings, all computed from the same numbers, in one language."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["trends", "heat", "matrix", "responses", "regions", "sectors"]
Lang = Literal["en", "zh"]
Theme = Literal["light", "dark"]
KINDS: tuple[Kind, ...] = ("trends", "heat", "matrix", "responses", "regions", "sectors")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a figure's table. `css` is `q0` to `q5` in a shaded table, else empty; `value` is what the CSV holds."""

    text: str
    value: int | float | None = None
    css: str = ""
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row. `code` is the compact code, quarter, year or record id behind `label`; `layer` is endogenous, derived or empty.

    `lang` is the language of `label` where it is not that of the page.
    """

    label: str
    cells: tuple[Cell, ...]
    code: str = ""
    layer: str = ""
    lang: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One column's heading; `code` and `layer` as in Row; `full` is the whole label where `label` is shortened."""

    label: str
    code: str = ""
    layer: str = ""
    full: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: a category's line, or the dot of one row. `text` is its number, `note` what else to say; `svg` by `gallery`.

    `plan` is the plain description from which it is drawn.
    """

    label: str
    code: str = ""
    layer: str = ""
    text: str = ""
    note: str = ""
    lang: str | None = None
    plan: dict[str, Any] = field(default_factory=dict)
    svg: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A mitigation and how many of the incidents chosen name a risk that it addresses."""

    record_id: str
    title: str
    lang: str
    hits: int


@dataclass(frozen=True, slots=True)
class Setting:
    """What a figure says of where it comes from. `now_unix_s` decides which year and quarter are still provisional."""

    lang: Lang
    hub: str
    permalink: str
    checkpoint: str
    now_unix_s: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, in one language. `n` records are drawn; `coverage` says how many of those chosen that is, and why not all.

    `title` says what is shown, `headline` what was found. `head` names the first column. `legend`: (css class, text) per shade or
    line. `ticks` is the axis of a dot plot.
    """

    kind: Kind
    title: str
    headline: str
    measure: str
    n: int
    coverage: str
    method: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    as_of: int
    setting: Setting
    source: str
    legend: tuple[tuple[str, str], ...] = ()
    ticks: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()

    @property
    def lang(self) -> Lang:
        return self.setting.lang

    @property
    def permalink(self) -> str:
        return self.setting.permalink

    @property
    def checkpoint(self) -> str:
        return self.setting.checkpoint

    @property
    def alt(self) -> str:
        """What the figure shows, for who cannot see it; the table beside it has every number."""
        return f"{self.headline}. {self.measure}"
