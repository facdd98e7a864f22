"""The anchor: a small file, on another volume than the database, that remembers how far the log had come.

Two slots of 1,024 bytes, each `tocsin-anchor/v1`, origin, counter, size, root (hex) and a SHA-256 over those lines, padded
with newlines. A write goes to the older slot and is followed by fdatasync, so a torn write leaves the other slot whole.
`advance` is a compare-and-swap. The file is locked while a hub runs on it and is never restored from a backup: if it
knows more than the database, the database is a restored backup and would sign a second history of the same log.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from tocsin_hub.errors import HubError
from tocsin_trust import merkle

HEADER = "tocsin-anchor/v1"
SLOT_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Mark:
    """What a slot says: after `counter` writes, the log `origin` had `size` entries under `root`."""

    origin: str
    counter: int
    size: int
    root: bytes


def create(path: Path, origin: str) -> None:
    """Make the anchor of a new, empty log. Durable on return. Raises HubError file-exists: an anchor is never replaced."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        raise HubError("file-exists", where="anchor") from None
    try:
        os.write(descriptor, _slot(Mark(origin, 0, 0, merkle.EMPTY_ROOT)) + bytes(SLOT_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def read(path: Path) -> Mark:
    """The newer readable slot, without the lock (fsck beside a running hub). Raises anchor-missing, anchor-corrupt."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise HubError("anchor-missing", where="anchor") from None
    return _newest(data)


class Anchor:
    """The anchor of a running hub, held under an exclusive lock until `close`."""

    def __init__(self, path: Path, origin: str) -> None:
        """Open and lock. Raises HubError anchor-missing, anchor-locked, anchor-corrupt, anchor-mismatch (other origin)."""
        try:
            self._descriptor = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            raise HubError("anchor-missing", where="anchor") from None
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._mark = _newest(os.pread(self._descriptor, 2 * SLOT_BYTES, 0))
            if self._mark.origin != origin:
                raise HubError("anchor-mismatch", where="origin")
        except BlockingIOError:
            os.close(self._descriptor)
            raise HubError("anchor-locked", where="anchor") from None
        except HubError:
            os.close(self._descriptor)
            raise

    @property
    def mark(self) -> Mark:
        """What is durably anchored."""
        return self._mark

    def advance(self, old_size: int, size: int, root: bytes) -> None:
        """Move the mark from `old_size` to `size`; durable on return.

        Raises HubError anchor-mismatch if the mark is not at `old_size`, or OSError; after an OSError the mark in the
        file is the old or the new one, both of which are prefixes of the log, and the process must end.
        """
        if self._mark.size != old_size or size < old_size or (size == old_size and root != self._mark.root):
            raise HubError("anchor-mismatch", where="size")
        if size == old_size:
            return
        mark = Mark(self._mark.origin, self._mark.counter + 1, size, root)
        # If we die inside this write, this slot's checksum fails and the other slot still holds the mark before it.
        written = os.pwrite(self._descriptor, _slot(mark), (mark.counter % 2) * SLOT_BYTES)
        if written != SLOT_BYTES:
            raise OSError("short write to the anchor")
        os.fdatasync(self._descriptor)
        self._mark = mark

    def close(self) -> None:
        """Give up the lock."""
        os.close(self._descriptor)


def _slot(mark: Mark) -> bytes:
    text = f"{HEADER}\n{mark.origin}\n{mark.counter}\n{mark.size}\n{mark.root.hex()}\n".encode()
    data = text + hashlib.sha256(text).hexdigest().encode() + b"\n"
    if len(data) > SLOT_BYTES:
        raise HubError("anchor-corrupt", where="origin")
    return data.ljust(SLOT_BYTES, b"\n")


def _newest(data: bytes) -> Mark:
    marks = [mark for at in (0, SLOT_BYTES) if (mark := _parse(data[at : at + SLOT_BYTES])) is not None]
    if not marks:
        raise HubError("anchor-corrupt", where="anchor")
    return max(marks, key=lambda mark: mark.counter)


def _parse(slot: bytes) -> Mark | None:
    """The mark of a slot, or None for a torn or unwritten one: with two slots that is a state, not a failure."""
    lines = slot.split(b"\n")
    if len(lines) < 6 or lines[0] != HEADER.encode():
        return None
    text = b"\n".join(lines[:5]) + b"\n"
    if hashlib.sha256(text).hexdigest().encode() != lines[5]:
        return None
    return Mark(lines[1].decode(), int(lines[2]), int(lines[3]), bytes.fromhex(lines[4].decode()))
