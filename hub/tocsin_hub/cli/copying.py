"""A backup of a hub on SQLite: one consistent database file, the hub's identity and policy; no key, no anchor.

The keys are left out because a backup travels and they must not; the anchor, because a restored one could not warn.
"""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tocsin_hub.cli.voice import SETUP, UNVERIFIED, Stop
from tocsin_hub.members import keyring
from tocsin_hub.settings import Settings


def backup(settings: Settings, to: Path) -> dict[str, Any]:
    """Copy into the new directory `to`, check the copy, and say what it holds and what it does not.

    VACUUM INTO reads one snapshot, so a running hub is not disturbed; what was erased is not in the copy.
    """
    keyring.identity(settings)
    try:
        to.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise Stop(SETUP, "file-exists", f"{to} exists.", "Name a new directory.") from None
    source = sqlite3.connect(str(make_url(settings.url()).database), isolation_level=None)
    try:
        source.execute("VACUUM INTO ?", (str(to / "hub.db"),))
    finally:
        source.close()
    (to / "hub.db").chmod(0o600)
    for name in ("hub.json", "policy.json"):
        shutil.copy(settings.dir / name, to / name)
    size = _checked(to / "hub.db")
    keys_apart = sorted(str(path) for path in (settings.dir / "keys").iterdir())
    return {
        "to": str(to),
        "entries": size,
        "keys_apart": keys_apart,
        "not_held": ["keys", "anchor", "root key", "authority key"],
    }


def _checked(copy: Path) -> int:
    """The log size in the copy. Raises Stop if SQLite finds the copy unsound."""
    database = sqlite3.connect(f"file:{copy}?mode=ro", uri=True)
    try:
        (verdict,) = database.execute("PRAGMA integrity_check").fetchone()
        if verdict != "ok":
            raise Stop(UNVERIFIED, "backup-unsound", "The copy is not sound.", "Check the disk and try again.")
        (size,) = database.execute("SELECT size FROM log_state WHERE id = 1").fetchone()
    finally:
        database.close()
    return int(size)
