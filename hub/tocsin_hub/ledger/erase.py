"""Erasing: the job after which withdrawn bytes are gone from the files, not only from the tables.

A withdrawal empties its blob rows in the append transaction and the readers blank theirs; with secure_delete SQLite
overwrites freed pages. What is left is in full-text segments and in the write-ahead log, and that is what this job takes:
chores given by the app (merge the segments, drop expired tokens and requests), then a checkpoint that truncates the log.

Not in our hands and said so in the operators' guide: copies in backups, and on PostgreSQL dead rows until VACUUM and WAL
until it is recycled.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.store.session import Store

log = logging.getLogger("tocsin.erase")

Chore = Callable[[Session, int], object]
"""(session, now_unix_s); each runs in a transaction of its own."""


def sweep(store: Store, chores: Sequence[Chore], now_unix_s: int) -> bool:
    """Run the chores and truncate the write-ahead log; False if a reader kept it from being truncated this time.

    True: what was withdrawn or deleted before the call is in no file of the database any more.
    """
    for chore in chores:
        with store.write("erase") as session:
            chore(session, now_unix_s)
    return store.truncate_wal()


class EraseJob:
    """Sweeps every `interval_s` in a thread; a sweep that was hindered is tried again after a minute."""

    def __init__(self, store: Store, chores: Sequence[Chore], clock: Callable[[], int], interval_s: int) -> None:
        self._store = store
        self._chores = tuple(chores)
        self._clock = clock
        self._interval_s = interval_s
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Sweep at once and then every interval."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, name="erase", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the running sweep."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        done = self._once()
        while not self._stop.wait(self._interval_s if done else min(60, self._interval_s)):
            done = self._once()

    def _once(self) -> bool:
        try:
            done = sweep(self._store, self._chores, self._clock())
        except HubError as error:
            log.warning("event=sweep-failed code=%s", error.code)
            return False
        log.info("event=sweep done=%s", done)
        return done
