"""Sessions: `read()` sees one snapshot and cannot write, `write()` is one transaction; the hub's only commit is here.

The same code for both engines:
- SQLite: WAL, synchronous=FULL, foreign keys, secure_delete; the driver's own BEGIN is off (it would leave SELECT and
  DDL outside of the transaction), reads say BEGIN, writes BEGIN IMMEDIATE (a deferred transaction that reads and then
  writes fails at once with a stale snapshot). Readers get connections with query_only on.
- PostgreSQL: reads are REPEATABLE READ and READ ONLY, writes READ COMMITTED; who moves the log locks its state row; no
  wait for a lock is longer than `busy_timeout_ms`.

Functions elsewhere take a `Session` first and never open or end one. Values bound to statements are hidden from log lines and
error messages: they are what members wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DatabaseError, DBAPIError, InternalError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.store.gate import WriteGate

# PostgreSQL SQLSTATEs: disk full; and what may be tried again (serialization, deadlock, lock, too many connections).
_PG_FULL = {"53100", "53200"}
_PG_BUSY = {"40001", "40P01", "55P03", "53300", "57014"}
_PG_DAMAGED = {"XX001", "XX002"}


def explain(error: DBAPIError) -> HubError:
    """The refusal that a failing database stands for: `disk-full`, `busy`, `database-damaged`, or `storage-failed`."""
    state = getattr(error.orig, "sqlstate", None)
    text = str(error.orig)
    if state in _PG_FULL or "disk is full" in text:
        return HubError("disk-full")
    if state in _PG_BUSY or "is locked" in text:
        return HubError("busy")
    if state in _PG_DAMAGED or "is malformed" in text or "is not a database" in text:
        return HubError("database-damaged")
    return HubError("storage-failed")


# Where no thread does it sooner (checkpoints.py): the log is moved within a commit at 64 MB of pages.
_NET_PAGES = 8_192


class Store:
    """One database of either engine. Thread-safe; make one per process and `dispose()` it at the end."""

    def __init__(self, database_url: str, *, busy_timeout_ms: int = 30_000, read_connections: int = 8) -> None:
        url = make_url(database_url)
        self.url = database_url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._gate = WriteGate()
        self.commits = 0
        self._busy_timeout_ms = busy_timeout_ms
        if self.is_sqlite:
            if not url.database or url.database == ":memory:":
                raise ValueError("a hub's SQLite database is a file")
            self._writes = create_engine(database_url, pool_size=1, max_overflow=4, hide_parameters=True)
            self._reads = create_engine(database_url, pool_size=read_connections, max_overflow=8, hide_parameters=True)
            _tune_sqlite(self._writes, begin="BEGIN IMMEDIATE", busy_timeout_ms=busy_timeout_ms, query_only=False)
            _tune_sqlite(self._reads, begin="BEGIN", busy_timeout_ms=busy_timeout_ms, query_only=True)
        else:
            engine = create_engine(
                database_url, pool_size=read_connections, max_overflow=8, pool_pre_ping=True, hide_parameters=True
            )
            _bound_waits(engine, busy_timeout_ms)
            self._writes = engine
            self._reads = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that cannot write and sees one snapshot, taken at its first query. Raises HubError busy, storage-failed."""
        try:
            with Session(self._reads, expire_on_commit=False, autoflush=False) as session:
                session.connection()
                yield session
        except (OperationalError, InternalError) as error:
            raise explain(error) from error
        except DatabaseError as error:
            if type(error) is not DatabaseError:  # a statement that is wrong is a bug of ours, not of the file
                raise
            raise explain(error) from error
        except PoolTimeout as error:
            raise HubError("busy") from error

    @contextmanager
    def write(self, who: str) -> Iterator[Session]:
        """A session that is durable when the block is left, and did nothing if the block raises.

        `who` names the writer; "sequencer" passes the gate first. Raises HubError busy, disk-full or storage-failed;
        after storage-failed the caller must look whether its rows are there (a lost answer to a commit that held).
        """
        try:
            if self.is_sqlite:
                with self._gate.hold(first=who == "sequencer"), self._transaction() as session:
                    yield session
            else:
                with self._transaction() as session:
                    yield session
        except (OperationalError, InternalError) as error:
            raise explain(error) from error
        except DatabaseError as error:
            if type(error) is not DatabaseError:  # a statement that is wrong is a bug of ours, not of the file
                raise
            raise explain(error) from error
        except PoolTimeout as error:
            raise HubError("busy") from error

    @contextmanager
    def _transaction(self) -> Iterator[Session]:
        with Session(self._writes, expire_on_commit=False) as session:
            session.connection()  # BEGIN IMMEDIATE now: whoever reads here to decide a write holds the lock already
            yield session
            # If the process dies before the next line returns, the transaction may or may not be there; nobody has
            # been answered yet, so both are right, and the same bytes sent again find out.
            session.commit()
            self.commits += 1

    @property
    def engine(self) -> Engine:
        """The writing engine, for migrations and tests; application code uses read() and write()."""
        return self._writes

    def checkpoint(self, *, alone: bool = False) -> int:
        """Move what can be moved of the write-ahead log into the database file, waiting for nobody; its size in bytes.

        With `alone` behind the write gate, so that all of it can be moved and the next writer begins it anew.
        """
        with self._gate.hold(first=False) if alone else nullcontext():
            connection = self._writes.raw_connection()
            try:
                cursor = connection.cursor()
                _, pages, _ = cursor.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                (page_bytes,) = cursor.execute("PRAGMA page_size").fetchone()
                cursor.close()
            finally:
                connection.close()
        return max(0, int(pages)) * int(page_bytes)

    def truncate_wal(self) -> bool:
        """Move the write-ahead log into the database file and empty it; False if a reader was in the way.

        With secure_delete on, bytes deleted before this call are in neither file afterwards. PostgreSQL: nothing to do
        here (VACUUM and WAL recycling are the server's business), answers True.
        """
        if not self.is_sqlite:
            return True
        with self._gate.hold(first=False):
            connection = self._writes.raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(
                    "PRAGMA busy_timeout=500"
                )  # we hold the gate: a long read elsewhere must not hold writers
                row = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                cursor.execute(f"PRAGMA busy_timeout={self._busy_timeout_ms}")
                cursor.close()
            finally:
                connection.close()
        return row is not None and row[0] == 0

    def dispose(self) -> None:
        """Close every connection."""
        self._reads.dispose()
        self._writes.dispose()


def _bound_waits(engine: Engine, lock_timeout_ms: int) -> None:
    """PostgreSQL waits for a lock for ever unless told otherwise: whoever holds one (a shell, a backup) would hang the
    sequencer and every client. Set by a statement, because a pooler in between may refuse start-up options."""

    @event.listens_for(engine, "connect")
    def bound(connection: Any, _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET lock_timeout = {lock_timeout_ms}")
        connection.autocommit = False


def size_bytes(session: Session) -> int:
    """How large the database is; of SQLite the file without its write-ahead log."""
    if session.get_bind().dialect.name == "sqlite":
        pages, page = (session.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("page_count", "page_size"))
        return int(pages) * int(page)
    return int(session.execute(text("SELECT pg_database_size(current_database())")).scalar_one())


def _tune_sqlite(engine: Engine, *, begin: str, busy_timeout_ms: int, query_only: bool) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not say BEGIN; we do, below
        for pragma in (
            f"busy_timeout={busy_timeout_ms}",
            "page_size=8192",  # of a new file: two records a page where 4,096 held one and a hole
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
            "temp_store=MEMORY",
            "cache_size=-8000",
            f"wal_autocheckpoint={_NET_PAGES}",
            f"query_only={int(query_only)}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)
