"""Threads: who may put which version after which, and what the newest one is.

    first statement (prev null) -> amend -> amend -> withdraw
                                   prev = digest of the newest; same author, kind and mode; at most `max_amends`

The author of a nameless thread is its key. The author of an attributed thread is the organisation: any of its good keys
may go on (the directory's guard has seen that the key is good), or a revoked key would take its records along.

`advance` is the guard (asks, in three IN queries for the batch, with an overlay for threads that the batch itself moves);
`record` is the inline (writes head and version rows in the append transaction). A withdrawal, and an erasure by a desk,
take the payloads of the whole thread in that same transaction: when the receipt is out, the bytes are out of the table.
The withdrawal's own envelope (a reason code, no text) stays, as do the leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.intake import admit, moderate
from tocsin_hub.ledger import entries, readers
from tocsin_hub.store import bulk, tables
from tocsin_trust.statement import Statement

OPENING = frozenset(admit.RECORD_KINDS)
_MEMBER_KEY = readers.table_of(tables.MemberKeyRow)
_ORG_OF_KEY = select(_MEMBER_KEY.c.key, _MEMBER_KEY.c.org).where(
    _MEMBER_KEY.c.key.in_(bindparam("asked", expanding=True))
)
_HEAD, _VERSION = readers.table_of(tables.HeadRow), readers.table_of(tables.VersionRow)


@dataclass(slots=True)
class Standing:
    """A thread as the guard sees it inside one batch."""

    thread: bytes
    head: bytes
    author_key: str
    author_org: str | None
    kind: str
    mode: str
    amends: int
    state: str

    def belongs_to(self, said: Statement) -> bool:
        """Whether `said` is by the author of this thread."""
        if self.author_org is not None and said.mode == "attributed":
            return said.cred == self.author_org
        return said.kid == self.author_key


class _Board:
    """The threads a batch touches: read once, then moved in memory by each accepted item."""

    def __init__(self, session: Session, items: Sequence[entries.Admitted]) -> None:
        self.thread_of: dict[bytes, bytes] = {}
        self.standing: dict[bytes, Standing] = {}
        prevs = {bytes.fromhex(said.prev) for said in (item.statement for item in items) if said.prev is not None}
        named = {bytes.fromhex(i.statement.body["thread"]) for i in items if i.statement.kind == "moderate"}
        if not prevs | named:
            return
        version = tables.VersionRow
        found = session.execute(
            select(col(version.digest), col(version.thread)).where(col(version.digest).in_(prevs | named)),
        )
        self.thread_of = {row[0]: row[1] for row in found}
        head = tables.HeadRow
        rows = session.execute(
            select(
                col(head.thread),
                col(head.digest),
                col(head.author_key),
                col(head.author_org),
                col(head.kind),
                col(head.mode),
                col(head.amends),
                col(head.state),
            ).where(col(head.thread).in_(set(self.thread_of.values())))
        )
        self.standing = {
            r.thread: Standing(r.thread, r.digest, r.author_key, r.author_org, r.kind, r.mode, r.amends, r.state)
            for r in rows
        }

    def find(self, digest: bytes) -> Standing | None:
        thread = self.thread_of.get(digest)
        return None if thread is None else self.standing.get(thread)

    def open(self, item: entries.Admitted) -> None:
        said = item.statement
        self.thread_of[item.digest] = item.digest
        org = said.cred if said.mode == "attributed" else None
        self.standing[item.digest] = Standing(
            item.digest, item.digest, said.kid, org, said.kind, said.mode, 0, "published"
        )


def guard(max_amends: int) -> entries.Guard:
    """The guard with a cap on the amendments of a thread. Must be the last: what it lets pass moves its overlay."""

    def require(session: Session, items: Sequence[entries.Admitted]) -> list[HubError | None]:
        return advance(session, items, max_amends)

    return require


def advance(session: Session, items: Sequence[entries.Admitted], max_amends: int) -> list[HubError | None]:
    """Refuse what does not follow the newest version of its own thread, and acts of desks on threads that have ended."""
    board = _Board(session, items)
    return [_judge(board, item, max_amends) for item in items]


def _judge(board: _Board, item: entries.Admitted, max_amends: int) -> HubError | None:
    said = item.statement
    if said.kind in OPENING:
        board.open(item)
        return None
    if said.kind == "moderate":
        return _moderated(board, said.body["thread"], said.body["action"])
    if said.prev is None:
        return None  # enrolment, suspension, keys: no thread
    standing = board.find(bytes.fromhex(said.prev))
    if standing is None:
        return HubError("thread-unknown", where="prev")
    refused = _refusal(standing, item, max_amends)
    if refused is None:
        standing.head = item.digest
        board.thread_of[item.digest] = standing.thread
        if said.kind == "withdraw":
            standing.state = "withdrawn"
        else:
            standing.amends += 1
    return refused


def _refusal(standing: Standing, item: entries.Admitted, max_amends: int) -> HubError | None:
    said = item.statement
    if not standing.belongs_to(said):
        return HubError("not-thread-author", where="kid")
    if standing.state in ("withdrawn", "erased"):
        return HubError(f"thread-{standing.state}", where="prev")
    if standing.head.hex() != said.prev:
        return HubError("stale-prev", where="prev")
    if said.mode != standing.mode:
        return HubError("mode-changed", where="mode")
    if said.kind == "amend":
        if admit.kind_of(item) != standing.kind:
            return HubError("kind-changed", where="body")
        if standing.amends >= max_amends:
            return HubError("too-many-amends", where="prev")
    return None


def _moderated(board: _Board, thread: str, action: str) -> HubError | None:
    standing = board.standing.get(bytes.fromhex(thread))
    if standing is None:
        return HubError("thread-unknown", where="body.thread")
    refused = moderate.refusal(standing.state, action)
    if refused is None:
        standing.state = moderate.AFTER[action]
    return refused


# --- the inline -----------------------------------------------------------------------------------------------------


def record(session: Session, appended: Sequence[entries.Entry]) -> None:
    """Inline: write the heads and versions that the new entries make, in log order, in the append transaction.

    Works also on entries whose payload is erased (rebuild): what it needs then is in the leaf and in the key rows.
    """
    for run in _runs(appended):
        if run[0].leaf.kind in OPENING:
            _open(session, run)
        else:
            for entry in run:
                _move(session, entry)


def _runs(appended: Sequence[entries.Entry]) -> Iterable[list[entries.Entry]]:
    """Neighbouring first statements together (one INSERT), everything else alone, order kept."""
    run: list[entries.Entry] = []
    for entry in appended:
        if entry.leaf.kind in OPENING:
            run.append(entry)
            continue
        if run:
            yield run
            run = []
        if entry.leaf.kind in (*admit.THREAD_KINDS, "moderate"):
            yield [entry]
    if run:
        yield run


def _open(session: Session, run: Sequence[entries.Entry]) -> None:
    heads, versions = [], []
    orgs = _orgs(session, [entry for entry in run if entry.leaf.mode == "attributed"])
    for entry in run:
        line = entry.leaf
        heads.append(
            {
                "thread": line.digest,
                "digest": line.digest,
                "author_key": line.author_key,
                "author_org": orgs.get(line.author_key) if line.mode == "attributed" else None,
                "kind": line.kind,
                "mode": line.mode,
                "first_idx": entry.idx,
                "head_idx": entry.idx,
                "amends": 0,
                "state": "published",
                "reason": None,
            }
        )
        versions.append({"idx": entry.idx, "thread": line.digest, "digest": line.digest, "kind": line.kind})
    bulk.insert_rows(session, _HEAD, heads)
    bulk.insert_rows(session, _VERSION, versions)


def _orgs(session: Session, attributed: Sequence[entries.Entry]) -> dict[str, str]:
    """Author key -> organisation, from the key rows: the same answer live and when the payload is gone."""
    if not attributed:
        return {}
    asked = {entry.leaf.author_key for entry in attributed}
    return {row[0]: row[1] for row in session.connection().execute(_ORG_OF_KEY, {"asked": list(asked)})}


def _move(session: Session, entry: entries.Entry) -> None:
    line, head = entry.leaf, tables.HeadRow
    if line.kind == "moderate":
        assert entry.statement is not None  # a desk's statement has no text and is never erased
        body = entry.statement.body
        thread = bytes.fromhex(body["thread"])
        state = moderate.AFTER[body["action"]]
        reason = None if state == "published" else body["reason"]
        session.execute(update(head).where(col(head.thread) == thread).values(state=state, reason=reason))
        if state == "erased":
            _erase(session, thread, entry)
        return
    assert line.prev is not None
    version = tables.VersionRow
    thread = session.execute(select(col(version.thread)).where(col(version.digest) == line.prev)).scalar_one()
    session.execute(insert(version), [{"idx": entry.idx, "thread": thread, "digest": line.digest, "kind": line.kind}])
    moved = update(head).where(col(head.thread) == thread).values(digest=line.digest, head_idx=entry.idx)
    if line.kind == "amend":
        session.execute(moved.values(amends=col(head.amends) + 1))
    else:
        assert entry.statement is not None  # nor is a withdrawal's
        session.execute(moved.values(state="withdrawn", reason=entry.statement.body["reason"]))
        _erase(session, thread, entry)


def _erase(session: Session, thread: bytes, by: entries.Entry) -> None:
    """Take the payloads of every content version. The daily erase job makes the freed pages forget them too."""
    version, blob = tables.VersionRow, tables.BlobRow
    texts = select(col(version.digest)).where(col(version.thread) == thread, col(version.kind) != "withdraw")
    session.execute(
        update(blob)
        .where(col(blob.digest).in_(texts), col(blob.envelope).is_not(None))
        .values(envelope=None, erased_unix_s=by.accepted_unix_s)
    )
