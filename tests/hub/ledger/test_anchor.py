"""Claims about the anchor: it survives a torn write, belongs to one hub, and refuses a database that is not its log's."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor
from tocsin_hub.store.session import Store
from tocsin_trust import merkle

ORIGIN = "hub.example.org/log"
ROOT_A, ROOT_B = bytes([1]) * 32, bytes([2]) * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "volume" / "anchor"
    anchor.create(found, ORIGIN)
    return found


def test_a_new_anchor_marks_the_empty_log_and_is_ours_alone(path: Path) -> None:
    assert anchor.read(path) == anchor.Mark(ORIGIN, 0, 0, merkle.EMPTY_ROOT)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(HubError, match="file-exists"):
        anchor.create(path, ORIGIN)


def test_the_mark_is_what_was_advanced_to_after_each_reopening(path: Path) -> None:
    for size in range(1, 6):
        held = anchor.Anchor(path, ORIGIN)
        held.advance(size - 1, size, bytes([size]) * 32)
        held.close()
        assert anchor.read(path) == anchor.Mark(ORIGIN, size, size, bytes([size]) * 32)


def test_the_mark_moves_only_from_where_the_writer_thinks_it_is(path: Path) -> None:
    held = anchor.Anchor(path, ORIGIN)
    held.advance(0, 3, ROOT_A)
    for old, new, root in ((0, 4, ROOT_B), (2, 4, ROOT_B), (3, 2, ROOT_B), (3, 3, ROOT_B)):
        with pytest.raises(HubError, match="anchor-mismatch"):
            held.advance(old, new, root)
    held.advance(3, 3, ROOT_A)
    assert anchor.read(path).counter == 1
    held.close()


@pytest.mark.parametrize("kept_bytes", [0, 1, 40, 100, 150])
def test_a_torn_write_leaves_the_mark_before_it(path: Path, kept_bytes: int) -> None:
    held = anchor.Anchor(path, ORIGIN)
    held.advance(0, 1, ROOT_A)
    held.advance(1, 2, ROOT_B)
    held.close()
    data = bytearray(path.read_bytes())
    newest = 0  # counter 2 went to the first slot
    data[newest + kept_bytes : newest + anchor.SLOT_BYTES] = bytes(anchor.SLOT_BYTES - kept_bytes)
    path.write_bytes(data)
    assert anchor.read(path) == anchor.Mark(ORIGIN, 1, 1, ROOT_A)


def test_two_torn_slots_are_refused(path: Path) -> None:
    path.write_bytes(bytes(2 * anchor.SLOT_BYTES))
    with pytest.raises(HubError, match="anchor-corrupt"):
        anchor.Anchor(path, ORIGIN)


def test_a_second_process_is_refused_while_the_first_lives(path: Path) -> None:
    held = anchor.Anchor(path, ORIGIN)
    with pytest.raises(HubError, match="anchor-locked"):
        anchor.Anchor(path, ORIGIN)
    held.close()
    anchor.Anchor(path, ORIGIN).close()


def test_an_anchor_of_another_log_is_refused(path: Path) -> None:
    with pytest.raises(HubError, match="anchor-mismatch"):
        anchor.Anchor(path, "other.example.org/log")


def test_a_filled_log_without_its_anchor_is_refused(log: Any) -> None:
    log.place(log.cast.nameless())
    log.anchor.close()
    log.anchor_path.unlink()
    with pytest.raises(HubError, match="anchor-missing"):
        log.open()
    anchor.create(log.anchor_path, log.cast.origin)  # put back so that the fixture can close something
    log.open()


def test_a_restored_backup_is_refused(open_log: Any, sqlite_store: Store, sqlite_url: str, tmp_path: Path) -> None:
    """Attack 44: the database goes back in time, the anchor does not."""
    log = open_log(sqlite_store)
    log.place(log.cast.nameless())
    database = Path(sqlite_url.removeprefix("sqlite:///"))
    sqlite_store.truncate_wal()
    shutil.copy(database, tmp_path / "backup.db")
    log.place(log.cast.nameless())
    sqlite_store.dispose()
    for suffix in ("-wal", "-shm"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup.db", database)
    with pytest.raises(HubError, match="anchor-ahead"):
        log.reopen()
    log.anchor = anchor.Anchor(log.anchor_path, log.cast.origin)


def test_another_log_of_the_same_length_is_refused(open_log: Any, sqlite_store: Store, tmp_path: Path) -> None:
    log = open_log(sqlite_store)
    log.place(log.cast.nameless())
    held = log.anchor
    held.close()
    log.anchor_path.unlink()
    anchor.create(log.anchor_path, log.cast.origin)
    other = anchor.Anchor(log.anchor_path, log.cast.origin)
    other.advance(0, 1, ROOT_B)
    other.close()
    with pytest.raises(HubError, match="anchor-mismatch"):
        log.open()
    log.anchor = anchor.Anchor(log.anchor_path, log.cast.origin)


def test_a_log_ahead_of_its_anchor_carries_on(open_log: Any, sqlite_store: Store) -> None:
    """A crash between the append and the anchor: the anchor is a prefix, and the next start moves it."""
    log = open_log(sqlite_store)
    log.place(log.cast.nameless())
    before = log.anchor_path.read_bytes()
    log.place(log.cast.nameless())
    log.anchor.close()
    log.anchor_path.write_bytes(before)
    assert anchor.read(log.anchor_path).size == 1
    log.open()
    assert anchor.read(log.anchor_path).size == 2
    assert "\n2\n" in log.publisher.checkpoint()


def test_the_anchor_is_written_in_place_and_does_not_grow(path: Path) -> None:
    held = anchor.Anchor(path, ORIGIN)
    inode = os.stat(path).st_ino
    for size in range(1, 50):
        held.advance(size - 1, size, ROOT_A)
    held.close()
    assert (os.stat(path).st_ino, path.stat().st_size) == (inode, 2 * anchor.SLOT_BYTES)
