"""Views as files: CSV for people and spreadsheets, JSON for programs. Both say which log entry they reflect.

A cell that a spreadsheet could take for a formula gets an apostrophe before it. A CSV holds every record of the view; should that be
more than 10,000, its last line says `truncated` in the column `status` instead of ending as if that were all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

import orjson

from tocsin_hub.catalogue import search
from tocsin_hub.catalogue.view import RecordView
from tocsin_hub.trends.query import TrendTable
from tocsin_hub.web import shown, words
from tocsin_hub.web.face import Made, Seen
from tocsin_hub.web.query import View

BOM = "\ufeff"
CHUNK = 100
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
COLUMNS = (
    "record_id",
    "kind",
    "record_type",
    "title",
    "language",
    "occurred",
    "precision",
    "sector",
    "region",
    "system_class",
    "primary_category",
    "severity_potential",
    "evidence_class",
    "source",
    "licence",
    "attribution",
    "accepted",
    "log_index",
    "digest",
    "url",
    "status",
    "as_of",
    "checkpoint",
)


def cell(value: object) -> str:
    """One cell of a CSV: hidden characters spelt out, a formula disarmed; None is empty."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return str(value)
    said = shown.plain(value)
    return f"'{said}" if _FORMULA.match(said) else said


def rows(columns: Sequence[str], lines: Iterator[Sequence[object]], *, bom: bool) -> bytes:
    """A CSV (RFC 4180) in UTF-8, with a byte-order mark if a spreadsheet is to open it."""
    text = io.StringIO(BOM if bom else "")
    text.seek(0, io.SEEK_END)
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([cell(value) for value in line] for line in lines)
    return text.getvalue().encode("utf-8", "replace")


def records(seen: Seen, view: View) -> bytes:
    """Every record of a view."""
    return rows(COLUMNS, _lines(seen, view), bom=view.bom)


def _lines(seen: Seen, view: View) -> Iterator[Sequence[object]]:
    after = view.after
    size = seen.checkpoint_size
    for _ in range(search.TOTAL_CAP // CHUNK):
        page = search.page(seen.session, seen.viewer, view.query, CHUNK, after, cursor_key=seen.face.cursor_key)
        for item in page.items:
            yield _line(seen, item, page.as_of, size)
        after = page.next_cursor
        if after is None:
            return
    yield ["truncated" if name == "status" else "" for name in COLUMNS]


def address(seen: Seen, record_id: str, kind: str) -> str:
    """Where a record has its page, in full."""
    return f"{seen.base}/{seen.lang}/{folder_of(kind)}/{record_id}"


def folder_of(kind: str) -> str:
    """The list that records of a kind are in."""
    return "responses" if kind == "mitigation" else "incidents"


def _line(seen: Seen, item: RecordView, as_of: int, size: int) -> Sequence[object]:
    said = item.content
    source = said.provenance
    return (
        item.record_id,
        item.kind,
        item.record_type,
        said.title.text,
        said.title.language,
        None if said.occurred is None else said.occurred.value,
        None if said.occurred is None else said.occurred.precision,
        item.sector,
        item.region,
        item.system_class,
        item.primary_category,
        None if said.severity is None else said.severity.potential,
        item.evidence_class,
        None if source is None else source.source,
        "CC-BY-4.0" if source is None else source.licence,
        None if source is None else source.attribution,
        words.stamp(item.accepted_unix_s),
        item.rec,
        item.digest,
        address(seen, item.record_id, item.kind),
        item.state,
        as_of,
        size,
    )


def record(seen: Seen, item: RecordView) -> dict[str, Any]:
    """One record as JSON: what the hub says of it, and the signed body as it is."""
    return {
        "recordId": item.record_id,
        "kind": item.kind,
        "state": item.state,
        "digest": item.digest,
        "thread": item.thread,
        "logIndex": item.rec,
        "headIndex": item.head_idx,
        "acceptedAt": words.stamp(item.accepted_unix_s),
        "amends": item.amends,
        "mode": item.mode,
        "authorKey": item.author_key,
        "org": item.author_org,
        "tlp": item.tlp,
        "priority": item.priority,
        "url": address(seen, item.record_id, item.kind),
        "body": orjson.Fragment(item.body),
    }


def page_json(seen: Seen, view: View, page: search.Page, path: str) -> Made:
    """One page of a view."""
    return document(
        {
            "v": 1,
            "asOf": page.as_of,
            "checkpoint": seen.checkpoint_size,
            "total": page.total,
            "query": [list(pair) for pair in view.pairs],
            "permalink": seen.base + view.address(path),
            "next": None
            if page.next_cursor is None
            else seen.base + view.address(f"{path}.json", first=str(view.first), after=page.next_cursor),
            "records": [record(seen, item) for item in page.items],
        }
    )


def trend(seen: Seen, table: TrendTable, *, bom: bool) -> bytes:
    """A trend table: one line per cell that is not empty; codes and their names, the count, the author keys."""
    columns = [column for dim in table.dims for column in (dim, f"{dim}_name")]
    size = seen.checkpoint_size
    lines = (
        (
            *(part for key in row.keys for part in (key, words.name(key, seen.lang))),
            row.count,
            row.author_keys,
            "published",
            table.as_of,
            size,
        )
        for row in table.rows
    )
    return rows((*columns, "count", "author_keys", "status", "as_of", "checkpoint"), lines, bom=bom)


def document(value: dict[str, Any]) -> Made:
    """An answer in JSON."""
    return Made(orjson.dumps(value), "application/json")


def attachment(body: bytes, media_type: str, name: str) -> Made:
    """An answer that a browser saves under `name`."""
    return Made(body, media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
