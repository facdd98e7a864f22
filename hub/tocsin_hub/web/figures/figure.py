"""What a figure is, and how one is made from trend tables: words and cells now, its picture later by `studio`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tocsin_hub.trends import query

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
    """One column's heading; `code` as in Row."""

    label: str
    code: str = ""
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """A mitigation and how many of the incidents chosen name a risk that it addresses."""

    record_id: str
    title: str
    lang: str
    hits: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, in one language. `n` records are drawn; `coverage` says how many of those chosen that is, and why.

    `head` names the first column. `legend` explains the shades (css class, text). `plan` is the plain description from which the
    picture is drawn; `svg` and `narrow` (for 390 px) are None until `studio.draw`, and for tables always.
    """

    kind: Kind
    lang: Lang
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
    permalink: str
    source: str
    checkpoint: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    plan: dict[str, Any] = field(default_factory=dict)
    svg: bytes | None = None
    narrow: bytes | None = None

    @property
    def alt(self) -> str:
        """What the picture shows, for who cannot see it; the table beside it has every number."""
        return f"{self.headline}. {self.measure}"


def needs(kind: Kind, asked: query.TrendQuery) -> tuple[query.TrendQuery, ...]:
    """The tables that a figure of `kind` is made of, over the records that `asked` chooses (its `by` is not looked at)."""
    raise NotImplementedError


def build(
    kind: Kind,
    tables: Sequence[query.TrendTable],
    *,
    lang: Lang,
    now_unix_s: int,
    permalink: str,
    hub: str,
    checkpoint: str = "",
    responses: Sequence[Response] = (),
) -> Figure:
    """A figure from the tables of `needs`; without its picture. `hub` names the source, `checkpoint` is its root hash or note line.

    `now_unix_s` decides which year and quarter are still provisional. `responses` is for that kind alone.
    """
    raise NotImplementedError
