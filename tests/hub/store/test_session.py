"""Claims about sessions: one snapshot to read, all or nothing to write, and the sequencer before the readers."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import erase
from tocsin_hub.store.gate import WriteGate
from tocsin_hub.store.session import Store


def _names(store: Store) -> set[str]:
    with store.read() as session:
        return set(session.execute(text("SELECT org FROM org_name")).scalars())


def _put(store: Store, org: str, who: str = "test") -> None:
    with store.write(who) as session:
        session.execute(text("INSERT INTO org_name (org, name) VALUES (:org, 'x')"), {"org": org})


def _fail_after(store: Store, command: str) -> None:
    def work() -> None:
        with store.write("test") as session:
            session.execute(text(command))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        work()


def test_what_a_block_wrote_is_there_when_it_is_left(store: Store) -> None:
    _put(store, "a")
    assert _names(store) == {"a"}


def test_a_block_that_raises_wrote_nothing(store: Store) -> None:
    _fail_after(store, "INSERT INTO org_name (org, name) VALUES ('a', 'x')")
    assert _names(store) == set()


def test_a_reading_session_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match=r"read-?only|storage-failed"), store.read() as session:
        session.execute(text("INSERT INTO org_name (org, name) VALUES ('a', 'x')"))
    _put(store, "b")
    assert _names(store) == {"b"}


def test_a_reading_session_sees_one_snapshot(store: Store) -> None:
    with store.read() as session:
        assert session.execute(text("SELECT count(*) FROM org_name")).scalar_one() == 0
        _put(store, "a")
        assert session.execute(text("SELECT count(*) FROM org_name")).scalar_one() == 0
    assert _names(store) == {"a"}


def test_ddl_rolls_back_with_its_transaction(store: Store) -> None:
    _fail_after(store, "CREATE TABLE half (x INTEGER)")
    with store.write("test") as session:
        session.execute(text("CREATE TABLE half (x INTEGER)"))


def test_eight_threads_of_read_then_write_lose_no_step(sqlite_store: Store) -> None:
    """With deferred transactions nearly half of these fail with a stale snapshot."""
    _put(sqlite_store, "0")
    failures: list[BaseException] = []

    def bump() -> None:
        try:
            for _ in range(25):
                with sqlite_store.write("test") as session:
                    found = int(session.execute(text("SELECT org FROM org_name")).scalar_one())
                    session.execute(text("UPDATE org_name SET org = :org"), {"org": str(found + 1)})
        except HubError as error:
            failures.append(error)

    threads = [threading.Thread(target=bump) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert _names(sqlite_store) == {"200"}


def test_sqlite_is_tuned_on_every_connection(sqlite_store: Store) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 5000}
    with sqlite_store.read() as reading, sqlite_store.write("test") as writing:
        for session, query_only in ((reading, 1), (writing, 0)):
            found = {name: session.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
            assert found == wanted
            assert session.execute(text("PRAGMA query_only")).scalar_one() == query_only


def test_a_lock_held_elsewhere_is_busy(sqlite_url: str) -> None:
    store = Store(sqlite_url, busy_timeout_ms=20)
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(HubError, match="busy"):
        _put(store, "a")
    other.execute("ROLLBACK")
    other.close()
    _put(store, "a")
    store.dispose()


def test_a_full_disk_has_its_own_code(sqlite_store: Store) -> None:
    with sqlite_store.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))
    with pytest.raises(HubError, match="disk-full"):
        _put(sqlite_store, "x" * 100_000)


def test_memory_is_no_database_of_a_hub() -> None:
    with pytest.raises(ValueError, match="file"):
        Store("sqlite://")


def test_the_sequencer_passes_the_gate_before_all_who_wait_longer() -> None:
    gate = WriteGate()
    order: list[str] = []

    def pass_through(name: str, first: bool) -> None:
        with gate.hold(first=first):
            order.append(name)

    with gate.hold(first=False):
        waiting = [threading.Thread(target=pass_through, args=(f"reader-{i}", False)) for i in range(3)]
        for thread in waiting:
            thread.start()
        time.sleep(0.05)
        sequencer = threading.Thread(target=pass_through, args=("sequencer", True))
        sequencer.start()
        time.sleep(0.05)
    for thread in (*waiting, sequencer):
        thread.join()
    assert order[0] == "sequencer"
    assert len(order) == 4


def _bytes_of(url: str) -> bytes:
    path = url.removeprefix("sqlite:///")
    return b"".join(Path(path + suffix).read_bytes() for suffix in ("", "-wal") if Path(path + suffix).exists())


def test_erased_bytes_are_in_no_file_after_a_sweep(sqlite_store: Store, sqlite_url: str) -> None:
    secret = "unsayable" * 3
    with sqlite_store.write("test") as session:
        session.execute(text("INSERT INTO record_body (rec, body) VALUES (1, :s)"), {"s": secret})
        session.execute(text("INSERT INTO record_fts (rowid, tokens) VALUES (1, :s)"), {"s": secret})
    with sqlite_store.write("test") as session:
        session.execute(text("DELETE FROM record_body"))
        session.execute(text("DELETE FROM record_fts WHERE rowid = 1"))
    assert secret.encode() in _bytes_of(sqlite_url)  # the control: a DELETE alone leaves it

    def optimise(session: object, _now: int) -> None:
        session.execute(text("INSERT INTO record_fts (record_fts) VALUES ('optimize')"))  # type: ignore[attr-defined]

    assert erase.sweep(sqlite_store, [optimise], 0)
    assert secret.encode() not in _bytes_of(sqlite_url)


def test_a_reader_in_the_way_makes_a_sweep_say_that_it_is_not_done(sqlite_store: Store) -> None:
    with sqlite_store.read() as session:
        session.execute(text("SELECT count(*) FROM org_name")).scalar_one()
        _put(sqlite_store, "a")
        assert not erase.sweep(sqlite_store, [], 0)
    assert erase.sweep(sqlite_store, [], 0)


def test_the_erase_job_sweeps_at_once_and_stops(sqlite_store: Store) -> None:
    done = threading.Event()
    job = erase.EraseJob(sqlite_store, [lambda _session, _now: done.set()], lambda: 0, interval_s=3600)
    job.start()
    assert done.wait(10)
    job.stop()
