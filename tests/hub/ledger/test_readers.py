"""Claims about readers: each entry counts once, faults do not lose any, a rebuild gives the same rows, fsck sees through."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session
from sqlmodel import SQLModel

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import check, entries, readers
from tocsin_hub.members import directory
from tocsin_hub.settings import Settings
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import RecordBodyRow


class Bodies:
    """A small reader: one row per entry; blank where the payload is erased."""

    name = "bodies"
    tables: tuple[type[SQLModel] | str, ...] = (RecordBodyRow, "no_such_table")

    def __init__(self) -> None:
        self.fail_at: int | None = None
        self.batches: list[int] = []

    def apply(self, session: Session, batch: Sequence[entries.Entry]) -> None:
        self.batches.append(len(batch))
        session.execute(
            insert(RecordBodyRow),
            [{"rec": e.idx, "body": "" if e.statement is None else e.leaf.digest.hex()} for e in batch],
        )
        if self.fail_at is not None and batch[-1].idx >= self.fail_at:
            raise RuntimeError("a bug in a reader")


class Counter:
    """A second reader with tables of its own: none."""

    name = "counter"
    tables: tuple[type[SQLModel] | str, ...] = ()

    def __init__(self) -> None:
        self.seen: list[int] = []

    def apply(self, session: Session, batch: Sequence[entries.Entry]) -> None:
        self.seen += [entry.idx for entry in batch]


def _count(store: Store) -> int:
    with store.read() as session:
        return int(session.execute(text("SELECT count(*) FROM record_body")).scalar_one())


def _following(log: Any, *parts: Any, **settings: Any) -> readers.Readers:
    fast = {"reader_pause_ms": 0, "reader_coalesce_ms": 0, **settings}
    return readers.Readers(log.store, parts, log.cast.clock, Settings(**fast))


def test_every_reader_sees_every_entry_once_and_in_order(log: Any) -> None:
    bodies, counter = Bodies(), Counter()
    following = _following(log, bodies, counter, reader_backlog_batch=7)
    log.place(*(log.cast.nameless() for _ in range(20)))
    assert following.catch_up() == 20
    log.place(log.cast.nameless())
    assert following.catch_up() == 21
    assert following.catch_up() == 21
    assert counter.seen == list(range(21))
    assert _count(log.store) == 21
    assert bodies.batches == [7, 7, 6, 1]
    with log.store.read() as session:
        assert following.as_of(session) == 21


def test_a_reader_added_later_starts_at_the_beginning(log: Any) -> None:
    log.place(*(log.cast.nameless() for _ in range(5)))
    bodies = Bodies()
    _following(log, bodies).catch_up()
    counter = Counter()
    both = _following(log, bodies, counter)
    with log.store.read() as session:
        assert both.as_of(session) == 0
    both.catch_up()
    assert counter.seen == [0, 1, 2, 3, 4]
    assert _count(log.store) == 5


def test_a_failing_reader_leaves_neither_rows_nor_cursor(log: Any) -> None:
    bodies = Bodies()
    bodies.fail_at = 3
    log.place(*(log.cast.nameless() for _ in range(5)))
    following = _following(log, bodies)
    with pytest.raises(RuntimeError):
        following.catch_up()
    assert _count(log.store) == 0
    bodies.fail_at = None
    assert following.catch_up() == 5
    assert _count(log.store) == 5


def test_two_followers_of_one_cursor_count_each_entry_once(log: Any) -> None:
    log.place(*(log.cast.nameless() for _ in range(200)))
    followers = [_following(log, Bodies(), reader_backlog_batch=8) for _ in range(3)]
    threads = [threading.Thread(target=follower.catch_up) for follower in followers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _count(log.store) == 200


def test_the_thread_follows_and_can_be_waited_for(log: Any) -> None:
    following = _following(log, Bodies())
    following.start()
    try:
        log.place(*(log.cast.nameless() for _ in range(3)))
        following.wake()
        assert following.wait_for(2, timeout_s=10)
        assert not following.wait_for(3, timeout_s=0.01)
        assert following.fault is None
    finally:
        following.stop()
    assert not following.alive
    assert _count(log.store) == 3


def test_what_was_handed_over_is_not_loaded_and_what_was_not_is(log: Any) -> None:
    """Told apart by blanking every kept payload: only what comes from memory still has its statement."""
    items = [log.cast.nameless() for _ in range(6)]
    appended = [entries.entry_of(item, place) for item, place in zip(items, log.place(*items), strict=True)]
    with log.store.write("test") as session:
        session.execute(text("UPDATE blob SET envelope = NULL, erased_unix_s = 1"))
    following = _following(log, Bodies(), reader_backlog_batch=2)
    following.wake(appended[2:4])  # 0 and 1 come from the table, then 2 and 3 from memory, then the table again
    assert following.catch_up() == 6
    with log.store.read() as session:
        bodies = session.execute(text("SELECT body FROM record_body ORDER BY rec")).scalars().all()
    known = [item.digest.hex() for item in items[2:4]]
    assert bodies == ["", "", *known, "", ""]
    following.wake(appended)  # known already: nothing is counted twice
    assert following.catch_up() == 6
    assert _count(log.store) == 6


def test_a_fault_is_shown_and_does_not_end_the_thread(open_log: Any, sqlite_store: Store) -> None:
    log = open_log(sqlite_store)
    bodies = Bodies()
    bodies.fail_at = 0
    log.place(log.cast.nameless())
    following = _following(log, bodies)
    following.start()
    try:
        deadline = time.monotonic() + 5
        while following.fault is None and time.monotonic() < deadline:
            time.sleep(0.01)
        assert following.fault == "RuntimeError"
        assert following.alive
    finally:
        following.stop()


def test_a_rebuild_gives_the_same_rows(log: Any) -> None:
    bodies = Bodies()
    log.place(*(log.cast.nameless() for _ in range(30)))
    _following(log, bodies).catch_up()
    with log.store.read() as session:
        before = check.digest_of(session, RecordBodyRow)
    with log.store.write("test") as session:
        session.execute(delete(RecordBodyRow).where(text("rec > 10")))
    assert readers.rebuild(log.store, [bodies], log.cast.clock) == 30
    with log.store.read() as session:
        assert check.digest_of(session, RecordBodyRow) == before


def test_two_readers_of_one_name_are_refused(sqlite_store: Store) -> None:
    with pytest.raises(ValueError, match="one name"):
        readers.Readers(sqlite_store, [Bodies(), Bodies()], lambda: 0)


# --- fsck ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def filled(open_log: Any, sqlite_store: Store) -> Any:
    return _fill(open_log(sqlite_store))


def _fill(log: Any) -> Any:
    member, other = log.cast.member(), log.cast.member("regulator")
    log.place(log.cast.enrol(member), log.cast.enrol(other), *(log.cast.incident(member) for _ in range(300)))
    log.place(log.cast.suspend(other), log.cast.revoke_key(member, member.key))
    _following(log, Bodies()).catch_up()
    return log


def _fsck(log: Any, *, quick: bool = False) -> list[str]:
    found = check.fsck(
        log.store,
        origin=log.cast.origin,
        anchor=log.anchor_path,
        inlines=(directory.apply,),
        readers=(Bodies(),),
        quick=quick,
    )
    return sorted({finding.what for finding in found})


def test_fsck_finds_nothing_in_a_sound_hub_of_either_engine(log: Any) -> None:
    filled = _fill(log)
    assert _fsck(filled) == []
    assert _fsck(filled, quick=True) == []


PLANTED = {
    "leaf byte": ("UPDATE entry SET data = (SELECT data FROM entry WHERE idx = 8) WHERE idx = 7", "leaf-hash-differs"),
    "leaf hash": ("UPDATE entry SET leaf_hash = :junk WHERE idx = 7", "leaf-hash-differs"),
    "digest": ("UPDATE entry SET digest = :junk WHERE idx = 7", "digest-differs"),
    "lost entry": ("DELETE FROM entry WHERE idx = 7", "index-gap"),
    "lost last entry": ("DELETE FROM entry WHERE idx = 303", "root-differs"),
    "payload of another": ("UPDATE blob SET envelope = (SELECT b.envelope FROM blob b JOIN entry e ON e.digest = b.digest"
                           " WHERE e.idx = 8) WHERE digest = (SELECT digest FROM entry WHERE idx = 7)", "payload-differs"),
    "payload is junk": ("UPDATE blob SET envelope = :junk WHERE digest = (SELECT digest FROM entry WHERE idx = 7)", "payload-differs"),
    "payload gone unmarked": ("UPDATE blob SET envelope = NULL WHERE digest = (SELECT digest FROM entry WHERE idx = 7)", "erasure-mark-differs"),
    "blob row gone": ("DELETE FROM blob WHERE digest = (SELECT digest FROM entry WHERE idx = 7)", "blob-missing"),
    "stray blob": ("INSERT INTO blob (digest, envelope) VALUES (:junk, :junk)", "blob-without-entry"),
    "tile byte": ("UPDATE tile SET data = :long", "tile-differs"),
    "tile root": ("UPDATE tile SET root = :junk", "tile-differs"),
    "lost tile": ("DELETE FROM tile", "tile-missing"),
    "stray tile": ("INSERT INTO tile (level, n, data, root) VALUES (3, 9, :junk, :junk)", "surplus-tiles"),
    "root": ("UPDATE log_state SET root = :junk", "root-differs"),
    "size": ("UPDATE log_state SET size = size - 1", "root-differs"),
    "key given back": ("UPDATE member_key SET revoked_idx = NULL", "rows-differ"),
    "organisation freed": ("UPDATE org SET suspended_idx = NULL", "rows-differ"),
    "derived row": ("UPDATE record_body SET body = 'x' WHERE rec = 5", "rows-differ"),
    "lost derived row": ("DELETE FROM record_body WHERE rec = 5", "rows-differ"),
    "cursor behind": ("UPDATE reader_cursor SET next_idx = 5", "reader-behind"),
}  # fmt: skip


@pytest.mark.parametrize("fault", PLANTED)
def test_fsck_finds_each_planted_fault(filled: Any, fault: str) -> None:
    command, expected = PLANTED[fault]
    values = {
        name: value for name, value in (("junk", b"\x07" * 32), ("long", b"\x07" * 8192)) if f":{name}" in command
    }
    with filled.store.write("test") as session:
        session.execute(text(command), values)
    assert expected in _fsck(filled)


def test_fsck_sees_a_missing_a_foreign_and_an_older_anchor(filled: Any, tmp_path: Path) -> None:
    from tocsin_hub.ledger import anchor

    kept = filled.anchor_path
    filled.anchor_path = tmp_path / "nowhere"
    assert _fsck(filled, quick=True) == ["anchor-missing"]
    anchor.create(filled.anchor_path, "other.example.org/log")
    assert _fsck(filled, quick=True) == ["anchor-mismatch"]
    filled.anchor_path = kept
    with filled.store.write("test") as session:
        session.execute(text("UPDATE log_state SET size = size"))
    assert _fsck(filled, quick=True) == []


def test_an_erased_payload_is_no_fault(filled: Any) -> None:
    with filled.store.write("test") as session:
        target = {"d": session.execute(text("SELECT digest FROM entry WHERE idx = 7")).scalar_one()}
        session.execute(text("UPDATE blob SET envelope = NULL, erased_unix_s = 1 WHERE digest = :d"), target)
        session.execute(text("UPDATE record_body SET body = '' WHERE rec = 7"))
    assert _fsck(filled) == []


def test_an_identity_statement_without_payload_is_a_broken_log(filled: Any) -> None:
    with filled.store.write("test") as session:
        target = {"d": session.execute(text("SELECT digest FROM entry WHERE idx = 0")).scalar_one()}
        session.execute(text("UPDATE blob SET envelope = NULL, erased_unix_s = 1 WHERE digest = :d"), target)
    with pytest.raises(HubError, match="log-corrupt"):
        _fsck(filled)
