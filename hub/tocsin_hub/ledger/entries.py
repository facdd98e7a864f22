"""The stages of an envelope in the log, and the three ways a room takes part: guard, inline, reader.

    bytes -> Admitted (proven by mathematics) -> Placed (has an index, durable) -> Entry (what readers get)

The ledger knows no room above it: app.py hands it guards, inlines and readers. All three take the batch, because item
by item the sequencer costs four times as much.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, runtime_checkable

import orjson

from tocsin_hub.errors import HubError
from tocsin_taxonomy import practice, report
from tocsin_trust import dsse, keys, leaf, statement

if TYPE_CHECKING:  # an admit process imports this file and wants no database
    from sqlalchemy.orm import Session
    from sqlmodel import SQLModel

Record = report.Incident | report.Finding | practice.Mitigation


@dataclass(frozen=True, slots=True)
class Admitted:
    """An envelope that is right as far as mathematics can tell; what only the database knows is still open.

    `digest` SHA-256 of its PAE (32 bytes), `leaf` the leaf text, `leaf_hash` its RFC 6962 hash; `record` is set for
    content and amend, None for every other kind. `stored` is the envelope as it will be kept (packing.pack), made where
    no lock is held; empty = the sequencer packs it.
    """

    digest: bytes
    envelope: bytes
    leaf: bytes
    leaf_hash: bytes
    statement: statement.Statement
    record: Record | None
    stored: bytes = b""


@dataclass(frozen=True, slots=True)
class Placed:
    """An entry with its index. Durable, anchored and under a signed checkpoint when anybody sees this value."""

    idx: int
    digest: bytes
    leaf_hash: bytes
    accepted_unix_s: int
    replayed: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as readers and inlines get it; `statement` and `envelope` are None once the payload is erased."""

    idx: int
    accepted_unix_s: int
    leaf: leaf.Leaf
    statement: statement.Statement | None
    envelope: bytes | None
    prepared: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """By reader, what it has made of this entry alone, before it had the database."""
    _parsed: dict[str, Record] = field(default_factory=dict, repr=False, compare=False)

    def record(self, kind: str) -> Record:
        """The record of a content statement or amendment of a thread of `kind`; parsed once for all readers of a batch."""
        assert self.statement is not None
        if kind not in self._parsed:
            self._parsed[kind] = report.parse(kind, self.statement.body, mode=self.statement.mode)
        return self._parsed[kind]


Guard: TypeAlias = "Callable[[Session, Sequence[Admitted]], list[HubError | None]]"
"""Judges a batch in the append transaction: one answer per item, in order. It gets only items that earlier guards let
pass, and a later item must see the effect of an earlier one by an overlay. It writes nothing."""

Inline: TypeAlias = "Callable[[Session, Sequence[Entry]], None]"
"""Moves synchronous rows in the append transaction, after the entry rows exist."""


class Reader(Protocol):
    """Derives rows from the log. Idempotent over a rebuild: knows only (session, entries)."""

    @property
    def name(self) -> str:
        """Its cursor's name; never changes."""

    @property
    def tables(self) -> tuple[type[SQLModel] | str, ...]:
        """What a rebuild empties: its tables; a string names one outside of the metadata (skipped if it is absent)."""

    def apply(self, session: Session, entries: Sequence[Entry]) -> None:
        """Reflect `entries` (ascending, no gap) in its rows; the cursor moves in the same transaction."""


@runtime_checkable
class Preparing(Protocol):
    """A reader that has work which needs no database; it is done before the write lock is asked for."""

    def prepare(self, entries: Sequence[Entry]) -> None:
        """Make what can be made of each entry alone and leave it in `prepared`; `apply` must also do without."""


def reopen(envelope: bytes, text: leaf.Leaf) -> statement.Statement:
    """The statement of a *stored* envelope, without looking at signature and form again: its digest must be the leaf's.

    The door checked both before the digest entered the log; the digest binds every byte of the payload, and this saves
    two thirds of a reader's parsing. fsck checks the signatures again. Raises HubError log-corrupt.
    """
    outer = orjson.loads(envelope)
    payload_type, payload = outer["payloadType"], base64.b64decode(outer["payload"])
    if dsse.digest(payload_type, payload) != text.digest:
        raise HubError("log-corrupt", detail="a stored envelope does not fit its digest")
    said = orjson.loads(payload)
    return statement.Statement(
        v=said["v"],
        kind=said["kind"],
        aud=said["aud"],
        mode=said["mode"],
        kid=said["kid"],
        cred=said["cred"],
        iat_unix_s=said["iat"],
        salt=base64.b64decode(said["salt"]),
        prev=said["prev"],
        dir=said["dir"],
        body=said["body"],
        digest=text.digest,
        key=keys.parse_public(text.author_key),
    )


def entry_of(admitted: Admitted, placed: Placed) -> Entry:
    """The entry that a freshly placed item becomes. Its leaf is put together from what admission knows, not parsed anew."""
    said = admitted.statement
    line = leaf.Leaf(
        kind=said.kind,
        mode=said.mode,
        digest=admitted.digest,
        author_key=said.kid,
        signature=base64.b64decode(admitted.leaf.split(b"\n")[5]),
        prev=None if said.prev is None else bytes.fromhex(said.prev),
    )
    return Entry(placed.idx, placed.accepted_unix_s, line, said, admitted.envelope)
