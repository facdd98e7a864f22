"""What a reader sees of a record: its narrow row and the typed parts of its body; or what is left of one that ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from tocsin_hub.catalogue import content


@dataclass(frozen=True, slots=True)
class RecordView:
    """The newest version of a record that the viewer may read. Digests are hex; `body` is its JSON text.

    `rec` is the log index of the first version, `head_idx` that of the newest.
    """

    rec: int
    thread: str
    digest: str
    record_id: str
    kind: str
    state: str
    reason: str | None
    accepted_unix_s: int
    head_idx: int
    amends: int
    mode: str
    tlp: str
    author_key: str
    author_org: str | None
    record_type: str | None
    primary_category: str | None
    sector: str | None
    region: str | None
    system_class: str | None
    evidence_class: str | None
    occurred_year: int | None
    occurred_quarter: int | None
    priority: str | None
    demo: bool
    content: content.Content
    body: str


@dataclass(frozen=True, slots=True)
class Tombstone:
    """What is left of a record that was withdrawn, erased or hidden: which it was, what became of it, the reason code."""

    rec: int
    thread: str
    record_id: str
    kind: str
    state: str
    reason: str | None
    accepted_unix_s: int
    head_idx: int


_AS_STORED = tuple(name for name in RecordView.__slots__ if name not in ("thread", "digest", "content", "body"))


def of_row(row: Any, body: str) -> RecordView:
    """From a row of `record` and its body's JSON text."""
    return RecordView(
        thread=row.thread.hex(),
        digest=row.head_digest.hex(),
        content=content.read(orjson.loads(body)),
        body=body,
        **{name: getattr(row, name) for name in _AS_STORED},
    )


def tombstone(row: Any) -> Tombstone:
    """From a row of `record`."""
    return Tombstone(
        row.rec, row.thread.hex(), row.record_id, row.kind, row.state, row.reason, row.accepted_unix_s, row.head_idx
    )
