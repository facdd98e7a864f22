"""Publishing: the newest signed checkpoint, and proofs and receipts under it.

A session may see less than the newest checkpoint covers (it began before the last append), so a few older checkpoints
are kept and the newest that the session can prove is used. Receipts are made from what is stored; nothing here signs.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append, nodes, packing
from tocsin_hub.ledger.entries import Placed
from tocsin_hub.store.tables import BlobRow
from tocsin_trust import dsse, leaf, merkle, receipt, statement

KEPT_CHECKPOINTS = 64


class Publisher:
    """Holds what may be shown. Thread-safe; filled by the sealer only."""

    def __init__(self, memo: nodes.Memo) -> None:
        self._memo = memo
        self._lock = threading.Lock()
        self._day = (-1, 0)  # the day last asked for and its size
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT_CHECKPOINTS)

    def publish(self, size: int, checkpoint: str) -> None:
        """Show `checkpoint` over `size` entries from now on. Called after the append is durable and anchored."""
        with self._lock:
            self._kept.append((size, checkpoint))

    def checkpoint(self) -> str:
        """The newest checkpoint, verbatim. Raises HubError busy before the first."""
        return self._newest(None)[1]

    def proof(self, session: Session, idx: int) -> str:
        """The C2SP tlog-proof text of the entry `idx`, under the newest checkpoint this session can prove.

        Raises HubError unknown-digest if no such entry is covered, log-corrupt if hashes are missing.
        """
        size, checkpoint = self._newest(append.size(session)[0])
        return self._proof(idx, checkpoint, nodes.Nodes(session, size, self._memo))

    def consistency(self, session: Session, old: int, new: int) -> list[bytes]:
        """The RFC 9162 consistency proof between the trees of the first `old` and the first `new` entries.

        Raises HubError size-out-of-range unless 0 < old <= new <= the size of the newest checkpoint.
        """
        size, _ = self._newest(append.size(session)[0])
        if not 0 < old <= new <= size:
            raise HubError("size-out-of-range")
        return merkle.consistency_proof(old, new, nodes.Nodes(session, new, self._memo))

    def day_size(self, session: Session, midnight_unix_s: int) -> int:
        """The size of the log when the day that began at `midnight_unix_s` began: the same all day, so it names nobody."""
        if self._day[0] != midnight_unix_s:
            self._day = (midnight_unix_s, append.size_before(session, midnight_unix_s))
        return self._day[1]

    def find(self, session: Session, digest: bytes) -> Placed | None:
        """Where the statement with this digest lies, or None if it is not in the log."""
        return append.find(session, [digest]).get(digest)

    def receipt(
        self, session: Session, placed: Placed, chain: Sequence[tuple[bytes, int]], *, own: bytes | None = None
    ) -> bytes:
        """The receipt bundle of an entry; `chain` are (envelope, index) of the statements that enrolled its key.

        All proofs are under one checkpoint, as a verifier demands. `own` are the sender's own bytes: of a fresh entry they
        are what is stored, of a replay they are used if the kept ones are erased. Raises HubError unknown-digest, or
        erased if the payload is gone and `own` is not what gave this leaf.
        """
        size, checkpoint = self._newest(append.size(session)[0])
        reach = nodes.Nodes(session, size, self._memo)
        sent = own if own is not None and not placed.replayed else _kept(session, placed, own)
        parts = [(envelope, self._proof(idx, checkpoint, reach)) for envelope, idx in chain]
        return receipt.make(sent, self._proof(placed.idx, checkpoint, reach), parts)

    def _proof(self, idx: int, checkpoint: str, reach: nodes.Nodes) -> str:
        if not 0 <= idx < reach.size:
            raise HubError("unknown-digest")
        return receipt.proof_text(idx, merkle.inclusion_proof(idx, reach.size, reach), checkpoint)

    def _newest(self, at_most: int | None) -> tuple[int, str]:
        with self._lock:
            for size, checkpoint in reversed(self._kept):
                if at_most is None or size <= at_most:
                    return size, checkpoint
        raise HubError("busy")


def _kept(session: Session, placed: Placed, own: bytes | None) -> bytes:
    """The stored envelope, or the sender's own if that is erased and `own` is what gave this very leaf."""
    try:
        return envelope(session, placed.digest)
    except HubError as gone:
        if gone.code != "erased" or own is None:
            raise
        opened = dsse.unseal(own)
        if merkle.leaf_hash(leaf.text(opened, statement.read(opened))) != placed.leaf_hash:
            raise
        return own


def envelope(session: Session, digest: bytes) -> bytes:
    """The envelope with this digest as it was sent. Raises HubError unknown-digest or erased. Checks no reading right."""
    row = session.execute(select(col(BlobRow.envelope)).where(col(BlobRow.digest) == digest)).one_or_none()
    if row is None:
        raise HubError("unknown-digest")
    if row[0] is None:
        raise HubError("erased")
    return packing.unpack(row[0])
