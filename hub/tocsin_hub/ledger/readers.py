"""The readers: one thread that brings every derived table up to the log, and what a rebuild is.

A step is: read, parse and prepare entries outside the lock, then in one transaction move each reader's cursor by
compare-and-swap and apply its effect, so each entry counts once whatever dies when. Live steps are small and wait a
little for company; in a backlog they are larger with a pause between, so that the sequencer hardly notices.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import CursorResult, Table, delete, func, inspect, select, text, update
from sqlalchemy.orm import Session
from sqlmodel import SQLModel, col

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import append, reading
from tocsin_hub.ledger.entries import Entry, Preparing, Reader
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import CursorRow

log = logging.getLogger("tocsin.readers")
HELD_ENTRIES = 1_024
"""Entries kept for the readers as they were admitted, about 10 KB each; who is further behind loads them."""
_FAULT_PAUSE_S = 1.0
_FAULT_PAUSE_MAX_S = 30.0


class Readers:
    """Drives `readers` over the log of `store`. Thread-safe; several may run, the cursors keep them honest."""

    def __init__(
        self,
        store: Store,
        readers: Sequence[Reader],
        clock: Callable[[], int],
        settings: Settings | None = None,
    ) -> None:
        if len({reader.name for reader in readers}) != len(readers):
            raise ValueError("two readers with one name would share a cursor")
        self._store = store
        self._readers = tuple(readers)
        self._clock = clock
        self._settings = settings or Settings()
        self._step_lock = threading.Lock()
        self._changed = threading.Condition()
        self._woken = False
        self._stopping = False
        self._reached = 0
        self._held: deque[Entry] = deque(maxlen=HELD_ENTRIES)
        self._thread: threading.Thread | None = None
        self.fault: str | None = None

    # --- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Follow the log in a thread until `stop`."""
        self._stopping = False
        self._woken = True
        self._thread = threading.Thread(target=self._run, name="readers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after its step."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @property
    def alive(self) -> bool:
        """Whether the thread runs; `fault` says whether it also gets on."""
        return self._thread is not None and self._thread.is_alive()

    def wake(self, appended: Sequence[Entry] = ()) -> None:
        """There is something new in the log: `appended`, durable, in log order. A reader that keeps up need not load it."""
        with self._changed:
            self._held.extend(appended)
            self._woken = True
            self._changed.notify_all()

    def wait_for(self, idx: int, timeout_s: float) -> bool:
        """Wait until the rows reflect the entry `idx`; False if that took longer than `timeout_s`."""
        with self._changed:
            return self._changed.wait_for(lambda: self._reached > idx, timeout=timeout_s)

    # --- work -------------------------------------------------------------------------------------------------------

    def as_of(self, session: Session) -> int:
        """Entries below this index are reflected in every reader's rows, as this session sees them."""
        if not self._readers:
            return append.size(session)[0]
        rows = session.execute(
            select(func.min(CursorRow.next_idx), func.count()).where(
                col(CursorRow.name).in_([reader.name for reader in self._readers])
            )
        ).one()
        return int(rows[0]) if rows[1] == len(self._readers) else 0

    def catch_up(self) -> int:
        """Bring every reader to the end of the log, in this thread; returns the index reached.

        Durable on return. Raises HubError as the store does, and whatever a reader raises.
        """
        while self._step(self._settings.reader_backlog_batch):
            pass
        return self._reached

    def _run(self) -> None:
        pause_s = _FAULT_PAUSE_S
        while not self._stopping:
            try:
                more = self._step(self._settings.reader_batch)
                while more and not self._stopping:
                    time.sleep(self._settings.reader_pause_ms / 1_000)
                    more = self._step(self._settings.reader_backlog_batch)
                self.fault, pause_s = None, _FAULT_PAUSE_S
            except Exception as error:  # edge of the thread: log, wait, try again
                # Nothing is lost: its transaction did not happen. /readyz shows the fault until a step holds again.
                self.fault = error.code if isinstance(error, HubError) else type(error).__name__
                log.error("event=reader-failed fault=%s", self.fault, exc_info=not isinstance(error, HubError))
                self._sleep(pause_s)
                pause_s = min(2 * pause_s, _FAULT_PAUSE_MAX_S)
                continue
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._stopping)
                self._woken = False
            self._sleep(self._settings.reader_coalesce_ms / 1_000)

    def _sleep(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopping, timeout=seconds)

    def _step(self, count: int) -> bool:
        """Move the readers that are furthest behind by up to `count` entries; whether there is more to do."""
        with self._step_lock:
            with self._store.read() as session:
                cursors = {reader.name: cursor(session, reader.name) for reader in self._readers}
                size = append.size(session)[0]
                behind = min(cursors.values(), default=size)
                wanted = min(count, size - behind)
                batch = self._take(behind, wanted) or reading.load(session, behind, wanted) if behind < size else []
            if batch:
                advance(self._store, self._readers, batch)
                behind += len(batch)
            with self._changed:
                if behind > self._reached:
                    self._reached = behind
                    self._changed.notify_all()
            return behind < size

    def _take(self, begin: int, count: int) -> list[Entry]:
        """Up to `count` held entries from `begin` on without a gap, and none of those before it any more."""
        with self._changed:
            while self._held and self._held[0].idx < begin:
                self._held.popleft()
            found: list[Entry] = []
            while self._held and len(found) < count and self._held[0].idx == begin + len(found):
                found.append(self._held.popleft())
            return found


def cursor(session: Session, name: str) -> int:
    """The index that the reader `name` will see next; 0 if it has never run."""
    found = session.execute(select(col(CursorRow.next_idx)).where(col(CursorRow.name) == name)).scalar_one_or_none()
    return 0 if found is None else int(found)


def advance(store: Store, readers: Sequence[Reader], batch: Sequence[Entry]) -> None:
    """Apply to each reader what of `batch` it has not seen, its cursor with it, all in one transaction.

    If we die in here, neither rows nor cursors moved. If another process moved a cursor first, nothing is done for it.
    """
    for reader in readers:
        if isinstance(reader, Preparing):
            reader.prepare(batch)
    end = batch[-1].idx + 1
    with store.write("reader") as session:
        for reader in readers:
            begin = cursor(session, reader.name)
            fresh = [entry for entry in batch if entry.idx >= begin]
            if fresh and fresh[0].idx == begin and _move_cursor(session, reader.name, begin, end):
                reader.apply(session, fresh)


def _move_cursor(session: Session, name: str, begin: int, end: int) -> bool:
    moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(CursorRow).where(col(CursorRow.name) == name, col(CursorRow.next_idx) == begin).values(next_idx=end)
    )
    if moved.rowcount == 1:
        return True
    if begin != 0:
        return False
    # The first step of a new reader. If another process makes the row in this moment, it has the step.
    made: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        text("INSERT INTO reader_cursor (name, next_idx) VALUES (:name, :next_idx) ON CONFLICT DO NOTHING"),
        {"name": name, "next_idx": end},
    )
    return made.rowcount == 1


def rebuild(store: Store, readers: Sequence[Reader], clock: Callable[[], int]) -> int:
    """Empty what the readers derived and derive it again; returns the index reached.

    Run it with the hub stopped. If it dies half way, the cursors say so and the next run or start carries on.
    """
    with store.write("rebuild") as session:
        present = set(inspect(session.connection()).get_table_names())
        for reader in readers:
            for each in reader.tables:
                if not isinstance(each, str):
                    session.execute(delete(each))
                elif each in present:
                    session.execute(text(f'DELETE FROM "{each}"'))  # noqa: S608 - a name from the code, not from outside
            session.execute(delete(CursorRow).where(col(CursorRow.name) == reader.name))
    return Readers(store, readers, clock).catch_up()


def table_of(model: type[SQLModel]) -> Table:
    """The SQLAlchemy table of a model."""
    return model.__table__  # type: ignore[attr-defined, no-any-return]
