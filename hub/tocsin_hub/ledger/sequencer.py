"""The sequencer: one thread that gives every admitted statement its place in the log, many at a time.

    take what waits -> [ replays, guards, plan, write, inlines ] one transaction -> anchor, sign, publish -> answer

It is the only writer of the log. Whoever gets a `Placed` from it can rely on it: the entry is durable, anchored and under
a published checkpoint. A failing transaction (disk full, locked) answers its items with that refusal and the state is
loaded again from the database, because a lost answer to a commit may hide one that held. Anything unexpected ends the
process: a hub whose sequencer is dead would only let its clients hang.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append, entries, nodes, packing
from tocsin_hub.ledger.append import LogState
from tocsin_hub.ledger.entries import Admitted, Entry, Guard, Inline, Placed
from tocsin_hub.ledger.seal import Sealer
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store

log = logging.getLogger("tocsin.sequencer")
EXIT_DEAD_SEQUENCER = 70

Answer = Placed | HubError


@dataclass(slots=True)
class _Job:
    items: Sequence[Admitted]
    future: Future[list[Answer]]


class Sequencer:
    """Appends in batches. `on_commit` gets what each append has added (it wakes the readers)."""

    def __init__(
        self,
        store: Store,
        guards: Sequence[Guard],
        inlines: Sequence[Inline],
        sealer: Sealer,
        clock: Callable[[], int],
        settings: Settings,
        *,
        memo: nodes.Memo | None = None,
        on_commit: Callable[[Sequence[Entry]], None] = lambda _appended: None,
    ) -> None:
        self._store = store
        self._guards = tuple(guards)
        self._inlines = tuple(inlines)
        self._sealer = sealer
        self._clock = clock
        self._settings = settings
        self._memo = memo or nodes.Memo()
        self._on_commit = on_commit
        self._state: LogState | None = None
        self._wake = threading.Condition()
        self._jobs: deque[_Job] = deque()
        self._waiting = 0
        self._stopping = False
        self._thread: threading.Thread | None = None

    # --- life ---------------------------------------------------------------------------------------------------

    def recover(self) -> LogState:
        """Load the log, check it against its root and the anchor, and seal it as it stands.

        Raises HubError log-corrupt, anchor-ahead or anchor-mismatch: then this hub must not run.
        """
        with self._store.read() as session:
            state = append.load(session, self._memo)
            self._sealer.check(session, state, self._memo)
        self._sealer.seal(state)
        self._state = state
        return state

    def start(self) -> None:
        """Recover, then sequence in a thread until `stop`. Raises what `recover` raises."""
        self.recover()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sequence what waits, then end the thread; later submissions are answered busy."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def waiting(self) -> int:
        """How many entries wait."""
        return self._waiting

    def submit(self, items: Sequence[Admitted]) -> Future[list[Answer]]:
        """Queue `items` (at most `batch_max`, kept together and in order); one answer per item. Thread-safe.

        A full queue or a stopping hub answers each item with HubError busy.
        """
        if len(items) > self._settings.batch_max:
            raise ValueError("more items than fit a batch")
        future: Future[list[Answer]] = Future()
        with self._wake:
            if self._stopping or self._waiting + len(items) > self._settings.queue_max:
                future.set_result([HubError("busy") for _ in items])
                return future
            self._jobs.append(_Job(items, future))
            self._waiting += len(items)
            self._wake.notify()
        return future

    # --- the thread -----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while (jobs := self._take()) is not None:
                answers = self.run_batch([item for job in jobs for item in job.items])
                at = 0
                for job in jobs:
                    job.future.set_result(answers[at : at + len(job.items)])
                    at += len(job.items)
        except BaseException:  # edge of the thread: a hub whose sequencer is dead must not live on
            log.critical("event=sequencer-died", exc_info=True)
            logging.shutdown()
            os._exit(EXIT_DEAD_SEQUENCER)

    def _take(self) -> list[_Job] | None:
        """Whole jobs up to `batch_max` items, after a short pause for company; None when stopping and drained."""
        with self._wake:
            while not self._jobs and not self._stopping:
                self._wake.wait()
            if not self._jobs:
                return None
            waiting, stopping = self._waiting, self._stopping
        if waiting and waiting < self._settings.batch_max and not stopping and self._settings.batch_wait_ms:
            time.sleep(self._settings.batch_wait_ms / 1_000)
        taken: list[_Job] = []
        count = 0
        with self._wake:
            while self._jobs and (not taken or count + len(self._jobs[0].items) <= self._settings.batch_max):
                job = self._jobs.popleft()
                self._waiting -= len(job.items)
                # From here on its asker cannot cancel it: an answer to a cancelled future would end this thread. Who
                # hung up before that is dropped; nothing was promised.
                if job.future.set_running_or_notify_cancel():
                    taken.append(job)
                    count += len(job.items)
        return taken

    # --- one batch --------------------------------------------------------------------------------------------------

    def run_batch(self, items: Sequence[Admitted]) -> list[Answer]:
        """Sequence `items` now, in this thread; one answer per item, in order.

        On return every `Placed` is durable, anchored and covered by the published checkpoint. HubErrors are answers,
        not raised; what is raised (OSError of the anchor, a bug in a guard) means the process must end.
        """
        # Compressing needs no lock, so it is done before the write transaction begins.
        stored = [item.stored or packing.pack(item.envelope) for item in items]
        try:
            state = self._state or self.recover()
            with self._store.write("sequencer") as session:
                append.lock(session, state)
                batch = _Batch(items, stored)
                batch.answer_replays(append.find(session, [item.digest for item in items]))
                for guard in self._guards:
                    alive = batch.alive()
                    if alive:
                        batch.refuse(alive, guard(session, [items[i] for i in alive]))
                alive = batch.alive()
                welcome = [items[i] for i in alive]
                planned = append.plan(state, welcome, [stored[i] for i in alive], self._clock())
                if alive:
                    # Nothing below is durable until the block is left. If we die in here, the batch never was: no
                    # one has been answered, the log, its tiles and state are as before, and clients send again.
                    append.write(session, planned)
                    appended = self._move(session, welcome, planned)
                    batch.place(alive, planned.placed)
            # Durable. If we die here: entries without an answer; the same bytes sent again get this very index.
        except HubError as error:
            log.warning("event=batch-failed code=%s items=%d detail=%s", error.code, len(items), error.detail)
            if error.code in FATAL:
                raise
            self._reload()
            return [HubError(error.code) for _ in items]
        if alive:
            self._sealer.seal(planned.after)
            for place in planned.placed:
                self._memo.learn(0, place.idx, place.leaf_hash)
            for tile in planned.tile_rows:
                self._memo.learn(tile["level"] + 1, tile["n"], tile["root"])
            # Sealed. If we die here: as above, and whoever asks for the checkpoint already sees the batch.
            self._state = planned.after
            self._on_commit(appended)
        return batch.answers()

    def _reload(self) -> None:
        """Find out what the database holds after a transaction that failed, or seemed to; at the latest at the next batch."""
        self._state = None
        try:
            self.recover()
        except HubError as error:
            if error.code in FATAL:
                raise
            log.warning("event=reload-failed code=%s", error.code)

    def _move(self, session: Session, items: Sequence[Admitted], planned: append.Plan) -> Sequence[Entry]:
        appended = [entries.entry_of(item, place) for item, place in zip(items, planned.placed, strict=True)]
        for inline in self._inlines:
            inline(session, appended)
        return appended


FATAL = frozenset({"log-corrupt", "database-damaged", "anchor-ahead", "anchor-mismatch"})
"""Refusals after which going on could fork the log."""


class _Batch:
    """The answers of one batch while they come together."""

    def __init__(self, items: Sequence[Admitted], stored: Sequence[bytes]) -> None:
        self._items = items
        self._answers: list[Answer | None] = [None] * len(items)
        self._twin: dict[int, int] = {}  # place of a duplicate -> place of its first occurrence in the batch
        first: dict[bytes, int] = {}
        for i, item in enumerate(items):
            if (earlier := first.setdefault(item.digest, i)) != i:
                self._twin[i] = earlier

    def answer_replays(self, found: dict[bytes, Placed]) -> None:
        """Statements that are in the log get their old place, whatever has happened to their keys since."""
        for i, item in enumerate(self._items):
            self._answers[i] = found.get(item.digest)

    def alive(self) -> list[int]:
        return [i for i, answer in enumerate(self._answers) if answer is None and i not in self._twin]

    def refuse(self, alive: Sequence[int], verdicts: Sequence[HubError | None]) -> None:
        for i, verdict in zip(alive, verdicts, strict=True):
            self._answers[i] = verdict

    def place(self, alive: Sequence[int], placed: Sequence[Placed]) -> None:
        for i, place in zip(alive, placed, strict=True):
            self._answers[i] = place

    def answers(self) -> list[Answer]:
        """One per item; a duplicate has the answer of its first occurrence, as a replay if that was placed."""
        for i, earlier in self._twin.items():
            answer = self._answers[earlier]
            self._answers[i] = replace(answer, replayed=True) if isinstance(answer, Placed) else answer
        return [answer for answer in self._answers if answer is not None]
