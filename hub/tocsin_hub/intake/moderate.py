"""What a desk may do to a thread: hide it, show it again, erase it. Each is an entry of its own with a reason code.

Hide is reversible and keeps the bytes; erase is a second, separate act and takes the bytes of the whole thread. A desk is
enrolled like any other organisation and has no reading role; it decides on what somebody reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import entries
from tocsin_hub.store import tables

AFTER = {"hide": "hidden", "restore": "published", "erase": "erased"}
MAY = {"published": ("hide", "erase"), "hidden": ("restore", "erase")}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a thread stands, as a desk must know it before it acts; `record_id` is None until the catalogue has read it."""

    thread: bytes
    record_id: str | None
    kind: str
    mode: str
    state: str
    reason: str | None
    head_idx: int


def find(session: Session, ref: str) -> Standing:
    """The thread of a record id (`TOC-I-2026-000042`) or of any digest (64 hex) of it. Raises HubError record-unknown."""
    head, version, record = tables.HeadRow, tables.VersionRow, tables.RecordRow
    if len(ref) == 64 and set(ref) <= set("0123456789abcdef"):
        thread = select(col(version.thread)).where(col(version.digest) == bytes.fromhex(ref))
    else:
        thread = select(col(record.thread)).where(col(record.record_id) == ref)
    row = session.execute(
        select(head, col(record.record_id))
        .join(record, col(record.thread) == col(head.thread), isouter=True)
        .where(col(head.thread) == thread.scalar_subquery())
    ).one_or_none()
    if row is None:
        raise HubError("record-unknown")
    stands, record_id = row
    return Standing(stands.thread, record_id, stands.kind, stands.mode, stands.state, stands.reason, stands.head_idx)


def require_desk(session: Session, items: Sequence[entries.Admitted]) -> list[HubError | None]:
    """Guard: a `moderate` statement must come from an enrolled desk. One query for the batch."""
    asked = {item.statement.cred for item in items if item.statement.kind == "moderate"}
    if not asked:
        return [None] * len(items)
    kind, org = col(tables.OrgRow.kind), col(tables.OrgRow.org)
    desks = set(session.execute(select(org).where(org.in_(asked), kind == "desk")).scalars())
    answers: list[HubError | None] = []
    for item in items:
        said = item.statement
        if said.kind == "enrol" and said.body["kind"] == "desk":  # enrolled a moment ago, in this batch
            desks.add(said.body["org"])
        refused = said.kind == "moderate" and said.cred not in desks
        answers.append(HubError("desk-required", where="cred") if refused else None)
    return answers


def refusal(state: str, action: str) -> HubError | None:
    """Why a thread in `state` does not take `action`, or None if it does."""
    if state in ("withdrawn", "erased"):
        return HubError(f"thread-{state}", where="body.thread")
    return None if action in MAY[state] else HubError("moderation-state", where="body.action")
