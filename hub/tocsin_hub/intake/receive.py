"""The conductor of a submission: admit in one thread, wait for the sequencer, hand back the receipt.

    bytes -> [admit thread] admit -> [sequencer thread] guards, append, seal -> [read thread] receipt -> bytes

One admit thread, because more are slower (they queue for the interpreter lock at each signature); with admit processes
(workers.py) one more than these, so that they always have work. A bulk request is
admitted in chunks so that single submissions pass between them, and waits for the sequencer once.
A refusal that depends on the time alone (old `iat`, certificate run out) must not hide that these very bytes were accepted
while they were good: then the log is asked, and a replay gets its receipt.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.intake.admit import Anchors, judge
from tocsin_hub.intake.workers import Workers
from tocsin_hub.ledger import entries, publish
from tocsin_hub.ledger.publish import Publisher
from tocsin_hub.ledger.sequencer import Sequencer
from tocsin_hub.members import directory
from tocsin_hub.store.session import Store
from tocsin_trust import dsse

CHUNK_LINES = 16
# Of a log that was restored, the entries taken over are for its earlier name: those bytes too are known.
TIME_CODES = frozenset({"clock-skew", "certificate-expired", "wrong-audience"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the sender gets: where its bytes stand in the log, and (if asked for) the receipt bundle."""

    placed: entries.Placed
    receipt: bytes | None

    @property
    def digest(self) -> str:
        """Hex digest of the statement."""
        return self.placed.digest.hex()


@dataclass(frozen=True, slots=True)
class _Known:
    """An envelope that is too old to be admitted today and was accepted in its day."""

    placed: entries.Placed
    kid: str


class Chains:
    """The statements that gave a key to its organisation, by key: each receipt needs them and they never change."""

    def __init__(self, publisher: Publisher, keep: int = 4_096) -> None:
        self._publisher = publisher
        self._keep = keep
        self._known: dict[str, tuple[tuple[bytes, int], ...]] = {}

    def of(self, session: Session, kid: str) -> tuple[tuple[bytes, int], ...]:
        """(envelope, log index) of each, in log order; empty for a nameless author's key."""
        if kid in self._known:
            return self._known[kid]
        found = [self._publisher.find(session, digest) for digest in directory.proof_chain(session, kid)]
        chain = tuple((publish.envelope(session, each.digest), each.idx) for each in found if each is not None)
        if chain:  # nameless keys come once each: not worth a place
            while len(self._known) >= self._keep:
                self._known.pop(next(iter(self._known)), None)
            self._known[kid] = chain
        return chain


Outcome = entries.Admitted | _Known | HubError


@dataclass(frozen=True, slots=True)
class Door:
    """The one way in. `receive` and `receive_many` are what both faces call; they hold no session."""

    anchors: Anchors
    clock: Callable[[], int]
    store: Store
    sequencer: Sequencer
    publisher: Publisher
    admit_pool: Executor
    read_pool: Executor
    max_body_bytes: int
    chains: Chains
    workers: Workers | None = None
    observe: Callable[[str, str, str], None] = lambda *_: None

    async def receive(self, envelope: bytes) -> Answer:
        """Take one envelope; durable, anchored and provable on return. Raises HubError, and then nothing was stored."""
        answer = (await self.receive_many([envelope], with_receipts=True))[0]
        if isinstance(answer, HubError):
            raise answer
        return answer

    async def receive_many(self, envelopes: Sequence[bytes], *, with_receipts: bool = False) -> list[Answer | HubError]:
        """Take envelopes in order; each is accepted or refused alone, one answer each, in order."""
        loop = asyncio.get_running_loop()
        outcomes: list[Outcome] = []
        for start in range(0, len(envelopes), CHUNK_LINES):
            chunk = envelopes[start : start + CHUNK_LINES]
            outcomes += await loop.run_in_executor(self.admit_pool, self._admit_chunk, chunk)
        waiting = [item for item in outcomes if isinstance(item, entries.Admitted)]
        # One future, so one call_soon_threadsafe, for the whole request. Shielded: a caller that gives up (a deadline, a
        # shutdown) must not cancel what the sequencer is about to answer; its bytes sent again get this very place.
        answered = await asyncio.shield(asyncio.wrap_future(self.sequencer.submit(waiting))) if waiting else []
        sequenced = iter(answered)
        results = [next(sequenced) if isinstance(item, entries.Admitted) else item for item in outcomes]
        placed = [item.placed if isinstance(item, _Known) else item for item in results]
        for outcome, place in zip(outcomes, placed, strict=True):
            self.observe(*_seen(outcome, place))
        if not with_receipts:
            return [item if isinstance(item, HubError) else Answer(item, None) for item in placed]
        work = functools.partial(self._with_receipts, envelopes, outcomes, placed)
        return await loop.run_in_executor(self.read_pool, work)

    def _admit_chunk(self, envelopes: Sequence[bytes]) -> list[Outcome]:
        now_unix_s = self.clock()
        if self.workers is not None:
            judged = self.workers.judge(envelopes, now_unix_s)
        else:
            judged = [
                judge(envelope, self.anchors, now_unix_s, max_bytes=self.max_body_bytes) for envelope in envelopes
            ]
        return [
            self._known(envelope, item) if isinstance(item, HubError) and item.code in TIME_CODES else item
            for envelope, item in zip(envelopes, judged, strict=True)
        ]

    def _known(self, envelope: bytes, refusal: HubError) -> _Known | HubError:
        """The place of an envelope that is only too old to be admitted today; the refusal if it never was."""
        # Signature, key and form held, or the refusal would have another code: the digest is the sender's own.
        opened = dsse.unseal(envelope, max_bytes=self.max_body_bytes)
        with self.store.read() as session:
            placed = self.publisher.find(session, opened.digest)
        return refusal if placed is None else _Known(placed, opened.key.hex)

    def _with_receipts(
        self,
        envelopes: Sequence[bytes],
        outcomes: Sequence[Outcome],
        placed: Sequence[entries.Placed | HubError],
    ) -> list[Answer | HubError]:
        answers: list[Answer | HubError] = []
        with self.store.read() as session:
            for envelope, outcome, place in zip(envelopes, outcomes, placed, strict=True):
                if isinstance(place, HubError):
                    answers.append(place)
                else:
                    nameless = isinstance(outcome, entries.Admitted) and outcome.statement.mode != "attributed"
                    chain = () if nameless else self.chains.of(session, _kid(outcome))
                    answers.append(Answer(place, self.publisher.receipt(session, place, chain, own=envelope)))
        return answers


def _seen(outcome: Outcome, placed: entries.Placed | HubError) -> tuple[str, str, str]:
    """(kind, mode, what became of it) as the operator may count it."""
    result = placed.code if isinstance(placed, HubError) else "replayed" if placed.replayed else "accepted"
    if isinstance(outcome, entries.Admitted):
        return outcome.statement.kind, outcome.statement.mode, result
    return "unknown", "unknown", result


def _kid(outcome: Outcome) -> str:
    assert not isinstance(outcome, HubError)  # a refused envelope is never placed
    return outcome.kid if isinstance(outcome, _Known) else outcome.statement.kid
