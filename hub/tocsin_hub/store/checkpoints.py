"""Checkpoints beside the writers: the write-ahead log goes into the database file in a thread of its own.

SQLite would do it in the commit that makes the log long, and every writer behind the gate would wait for that I/O; at 100,000
records it was half of each commit. A passive checkpoint waits for nobody and nobody for it. Under steady writing it never
comes to the very end, and only then can the log begin anew, so above MOST_BYTES its short rest is done behind the gate.
"""

from __future__ import annotations

import logging
import sqlite3
import threading

from tocsin_hub.store.session import Store

log = logging.getLogger("tocsin.checkpoints")
INTERVAL_S = 0.5
MOST_BYTES = 64 * 1024 * 1024


class Checkpoints:
    """Runs between `start` and `stop`; nothing to do on PostgreSQL."""

    def __init__(self, store: Store, *, interval_s: float = INTERVAL_S, most_bytes: int = MOST_BYTES) -> None:
        self._store = store
        self._interval_s = interval_s
        self._most_bytes = most_bytes
        self._done = -1
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Checkpoint in a thread until `stop`."""
        if self._store.is_sqlite:
            self._stop.clear()
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End after the running checkpoint."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def once(self) -> None:
        """Checkpoint if anything was written since the last one."""
        written = self._store.commits
        if written == self._done:
            return
        if self._store.checkpoint() > self._most_bytes:
            self._store.checkpoint(alone=True)
        self._done = written

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            try:
                self.once()
            except sqlite3.Error as error:
                # The log only grows meanwhile; what fails here (a full disk) fails the writers, who say so to everybody.
                log.warning("event=checkpoint-failed fault=%s", type(error).__name__)
