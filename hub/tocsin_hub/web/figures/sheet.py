"""The CSV of a figure: the numbers of its table, long form, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from tocsin_hub.web.figures.figure import Figure

HEADER = ("row", "row_code", "column", "column_code", "value", "status", "as_of", "checkpoint")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def text(fig: Figure, *, bom: bool = False) -> str:
    """One line per cell, CRLF, UTF-8 with a byte order mark for Excel if asked; a text that begins like a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADER)
    for row in fig.rows:
        for column, cell in zip(fig.columns, row.cells, strict=True):
            status = "provisional" if cell.provisional else "published"
            value = "" if cell.value is None else str(cell.value)
            texts = (row.label, row.code, column.label, column.code)
            writer.writerow([*map(_safe, texts), value, status, fig.as_of, _safe(fig.checkpoint)])
    return ("\ufeff" if bom else "") + out.getvalue()


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
