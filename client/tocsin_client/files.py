"""Files that must not be lost and not be read by others: atomic writes with fsync, and mode bits that are looked at."""

from __future__ import annotations

import json
import os
import secrets
import stat
from pathlib import Path
from typing import Any

from tocsin_client import errors


def make_private_dir(path: Path) -> None:
    """Make a directory (0700) with its parents, or raise SetupError if it is there and others may enter it."""
    if not path.exists():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.chmod(path, 0o700)
    require_private(path)


def require_private(path: Path) -> None:
    """Raise SetupError if group or world has any right on `path`. Looks at the mode bits, so it also holds for root."""
    if os.name == "nt":
        return  # mode bits say nothing there
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise errors.SetupError(
            "readable-by-others",
            f"{path} is open to others (mode {mode:04o})",
            hint=f"chmod {'700' if path.is_dir() else '600'} {path}",
        )


def write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Replace a file atomically. On return the bytes and the name are durable; before, the old file is whole."""
    scratch = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    fd = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(fd, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(scratch, path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    sync_dir(path.parent)


def sync_dir(path: Path) -> None:
    """Make names in a directory durable (rename, unlink)."""
    if os.name == "nt":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def remove(path: Path) -> None:
    """Remove a file if it is there, durably."""
    path.unlink(missing_ok=True)
    sync_dir(path.parent)


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file atomically (0600)."""
    write(path, json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8") + b"\n")


def read_json(path: Path) -> Any:
    """Read a JSON file of ours; SetupError if it is broken, FileNotFoundError if it is not there."""
    try:
        return json.loads(path.read_bytes())
    except ValueError as exc:
        raise errors.SetupError(
            "broken-file", f"{path} is not readable JSON", hint="Restore it from your backup."
        ) from exc
