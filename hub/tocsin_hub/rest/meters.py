"""What the hub counts of itself, for Prometheus: by route, status, kind, mode and outcome; never by organisation or key."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.orm import Session

from tocsin_hub.ledger.entries import Entry

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
ENTRIES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Meters:
    """The counters of one hub, in a registry of their own. Thread-safe."""

    def __init__(self) -> None:
        self._registry = to = CollectorRegistry()
        labels = ["method", "route", "status"]
        self._requests = Counter("tocsin_requests_total", "Requests, by route template.", labels, registry=to)
        self._seconds = Histogram(
            "tocsin_request_seconds", "Seconds until the answer was sent.", ["route"], buckets=SECONDS, registry=to
        )
        labels = ["kind", "mode", "outcome"]
        self._submissions = Counter("tocsin_submissions_total", "Statements handed in.", labels, registry=to)
        self._batches = Histogram("tocsin_batch_entries", "Entries per append.", buckets=ENTRIES, registry=to)
        self._size = Gauge("tocsin_log_size", "Entries in the log.", registry=to)
        self._lag = Gauge("tocsin_reader_lag_entries", "Entries the slowest reader has still to read.", registry=to)
        self._queue = Gauge("tocsin_queue_entries", "Entries that wait for the sequencer.", registry=to)
        self._bytes = Gauge("tocsin_database_bytes", "Size of the database.", registry=to)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request has been answered."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def submission(self, kind: str, mode: str, outcome: str) -> None:
        """One statement was accepted, a replay, or refused with a code; kind and mode are `unknown` before admission."""
        self._submissions.labels(kind, mode, outcome).inc()

    def batch(self, _session: Session, appended: Sequence[Entry]) -> None:
        """Inline that only counts: one append."""
        self._batches.observe(len(appended))

    def text(self, *, size: int, lag: int, queue: int, database_bytes: int) -> bytes:
        """Everything in the text format 0.0.4, with the gauges as they are now."""
        self._size.set(size)
        self._lag.set(lag)
        self._queue.set(queue)
        self._bytes.set(database_bytes)
        return generate_latest(self._registry)
