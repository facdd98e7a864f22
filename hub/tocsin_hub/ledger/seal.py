"""Sealing: what is durable becomes anchored, then signed, then shown. In that order and no other.

Never sign a root that is not committed, never show a checkpoint that the anchor could still forget.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import nodes
from tocsin_hub.ledger.anchor import Anchor
from tocsin_hub.ledger.append import LogState
from tocsin_hub.ledger.publish import Publisher
from tocsin_trust import keys, merkle, note


class Sealer:
    """Holds the anchor and the log key of one origin."""

    def __init__(self, anchor: Anchor, publisher: Publisher, origin: str, log_key: keys.SigningKey) -> None:
        self._anchor = anchor
        self._publisher = publisher
        self._origin = origin
        self._log_key = log_key

    def check(self, session: Session, state: LogState, memo: nodes.Memo) -> None:
        """Refuse a database that is not a continuation of the anchored log.

        Raises HubError anchor-ahead (a restored backup) or anchor-mismatch (another log, or a rewritten one).
        """
        mark = self._anchor.mark
        if mark.size > state.size:
            raise HubError("anchor-ahead", where="anchor")
        if merkle.root(mark.size, nodes.Nodes(session, mark.size, memo)) != mark.root:
            raise HubError("anchor-mismatch", where="anchor")

    def seal(self, state: LogState) -> str:
        """Anchor `state`, sign it and publish the checkpoint; returns its text. `state` must be durable already.

        Raises OSError if the anchor cannot be written: then nothing was signed, and the process must end.
        """
        # If we die here: the database is ahead of the anchor, which is a prefix; the next start carries on from it.
        self._anchor.advance(self._anchor.mark.size, state.size, state.root)
        # If we die here: anchored and unsigned; the next start signs the same size and root (Ed25519 is deterministic).
        checkpoint = note.sign_checkpoint(self._origin, state.size, state.root, self._log_key)
        self._publisher.publish(state.size, checkpoint)
        return checkpoint
