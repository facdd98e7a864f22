"""The write-ahead log moves into the database beside the writers, and does not grow without end."""

from __future__ import annotations

import time
from pathlib import Path

from sqlalchemy import text

from tocsin_hub.store.checkpoints import Checkpoints
from tocsin_hub.store.session import Store


def _write(store: Store, number: int) -> None:
    with store.write("test") as session:
        session.execute(
            text("INSERT INTO org_name (org, name) VALUES (:org, :name)"), {"org": str(number), "name": "x" * 4_000}
        )


def _wal(store: Store) -> Path:
    return Path(store.url.removeprefix("sqlite:///") + "-wal")


def _held_in_database(store: Store) -> int:
    """Bytes of the database file without its log."""
    return Path(store.url.removeprefix("sqlite:///")).stat().st_size


def test_a_checkpoint_moves_what_was_committed(sqlite_store: Store) -> None:
    before = _held_in_database(sqlite_store)
    for number in range(50):
        _write(sqlite_store, number)
    assert _held_in_database(sqlite_store) == before
    Checkpoints(sqlite_store).once()
    assert _held_in_database(sqlite_store) > before


def test_it_waits_for_no_writer_and_no_reader(sqlite_store: Store) -> None:
    _write(sqlite_store, 1)
    with sqlite_store.read() as session, sqlite_store.write("test") as writing:
        session.execute(text("SELECT count(*) FROM org_name"))
        writing.execute(text("DELETE FROM org_name"))
        begun = time.monotonic()
        Checkpoints(sqlite_store).once()
        assert time.monotonic() - begun < 1


def test_under_steady_writing_the_log_begins_anew(sqlite_store: Store) -> None:
    checkpoints = Checkpoints(sqlite_store, most_bytes=200_000)
    written = 0
    for number in range(400):
        _write(sqlite_store, number)
        written += 4_000
        if number % 20 == 19:
            checkpoints.once()
    assert _wal(sqlite_store).stat().st_size < written / 2  # left alone it holds every page ever written, far more
    with sqlite_store.read() as session:
        assert session.execute(text("SELECT count(*) FROM org_name")).scalar_one() == 400


def test_the_thread_starts_and_ends(sqlite_store: Store) -> None:
    checkpoints = Checkpoints(sqlite_store, interval_s=0.01)
    before = _held_in_database(sqlite_store)
    checkpoints.start()
    try:
        for number in range(50):
            _write(sqlite_store, number)
        give_up = time.monotonic() + 5
        while _held_in_database(sqlite_store) == before and time.monotonic() < give_up:
            time.sleep(0.01)
    finally:
        checkpoints.stop()
    assert _held_in_database(sqlite_store) > before


def test_nothing_is_done_when_nothing_was_written(sqlite_store: Store) -> None:
    checkpoints = Checkpoints(sqlite_store)
    _write(sqlite_store, 1)
    checkpoints.once()
    moved = _held_in_database(sqlite_store)
    checkpoints.once()
    assert _held_in_database(sqlite_store) == moved
