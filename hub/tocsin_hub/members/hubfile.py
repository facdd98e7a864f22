"""D/hub.json: what a hub is for ever, and, if it was restored from a backup, which earlier logs it begins with.

Public as a whole: no secret, and nothing that the policy does not also say or that a checkpoint would not show.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

NAME = "hub.json"


@dataclass(frozen=True, slots=True)
class Earlier:
    """A log of this hub that a backup was restored from: what was taken over, and the last that is known of it.

    `last_*` are None if nothing beyond the backup is known; `gap` is by how much record numbers were moved on; `policy` is
    the old policy file, against which old receipts verify.
    """

    origin: str
    size: int
    root: str
    last_size: int | None
    last_root: str | None
    last_checkpoint: str | None
    gap: int
    policy: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What a hub is, for ever; `anchor` may be overridden by a setting, the engine may not change."""

    origin: str
    prefix: str
    anchor: Path
    engine: str
    earlier: tuple[Earlier, ...] = ()

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        """(log index, count): from there on, record numbers are higher by so many."""
        return tuple((log.size, log.gap) for log in self.earlier)


def write(home: Path, known: Identity) -> None:
    """Write D/hub.json; durable on return. From then on the directory is a hub."""
    said = {**asdict(known), "v": 1, "anchor": str(known.anchor)}
    descriptor = os.open(home / NAME, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o644)
    with os.fdopen(descriptor, "wb") as file:
        file.write(json.dumps(said, indent=1, sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Identity:
    """What `folder`/hub.json says, of a hub or of a backup. Raises OSError, ValueError, KeyError or TypeError."""
    said = json.loads((folder / NAME).read_bytes())
    earlier = tuple(Earlier(**log) for log in said.get("earlier", ()))
    return Identity(said["origin"], said["prefix"], Path(said["anchor"]), said["engine"], earlier)
