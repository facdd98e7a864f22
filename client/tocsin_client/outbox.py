"""What was approved and not yet proven to be in the log: stored before the first send, removed when the receipt verifies.

    outbox/<digest>.json        one sealed envelope
    outbox/batch-<id>.json      up to 100 envelopes that travel together
    outbox/waiting-<id>.json    an approval that could not be sealed yet (the hub gave no certificate)
    refused/…                   what the hub refused for good, kept until you drop it

Sending the same bytes again gives the same index, so it never matters how far a broken send had come.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tocsin_client import errors, files


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: `envelopes` to send, or an `approval` to seal first; `error` is why it was refused."""

    id: str
    kind: str
    mode: str
    at_unix_s: int
    envelopes: tuple[bytes, ...] = ()
    approval: bytes | None = None
    error: dict[str, Any] | None = None


class Outbox:
    """The outbox of one profile."""

    def __init__(self, profile: Path) -> None:
        self._waiting = profile / "outbox"
        self._refused = profile / "refused"

    def put(self, *, digest: str, envelope: bytes, kind: str, mode: str, at_unix_s: int) -> str:
        """Store one envelope; durable on return. Returns its id."""
        return self._write(Item(digest, kind, mode, at_unix_s, (envelope,)))

    def put_batch(self, *, envelopes: Sequence[bytes], mode: str, at_unix_s: int) -> str:
        """Store envelopes that travel together; durable on return. Returns their id."""
        whole = hashlib.sha256(b"".join(hashlib.sha256(e).digest() for e in envelopes)).hexdigest()
        return self._write(Item(f"batch-{whole[:32]}", "batch", mode, at_unix_s, tuple(envelopes)))

    def put_approval(self, *, sha256: str, approval: bytes, kind: str, mode: str, at_unix_s: int) -> str:
        """Store an approval that could not be sealed yet; durable on return. Returns its id."""
        return self._write(Item(_waiting_id(sha256), kind, mode, at_unix_s, (), approval))

    def forget_approval(self, sha256: str) -> None:
        """Forget an approval that waited, if it is there: its record is in the log now."""
        path = self._path(self._waiting, _waiting_id(sha256))
        if path.exists():
            files.remove(path)

    def remove(self, item_id: str) -> None:
        """Forget an item: its receipt was verified, or a person drops it."""
        files.remove(self._path(self._waiting, item_id))

    def refuse(self, item_id: str, error: errors.ClientError) -> None:
        """Move an item that the hub refused for good out of the way; it stays on disk with the reason."""
        path = self._path(self._waiting, item_id)
        raw = files.read_json(path)
        raw["error"] = error.as_dict()
        files.write_json(self._path(self._refused, item_id), raw)
        files.remove(path)

    def drop(self, item_id: str) -> None:
        """Delete an item, waiting or refused, because a person says so."""
        found = [p for p in (self._path(self._waiting, item_id), self._path(self._refused, item_id)) if p.exists()]
        if not found:
            raise errors.UsageError("not-in-outbox", "no such item in the outbox", hint="`tocsin outbox` lists them.")
        for path in found:
            files.remove(path)

    def waiting(self) -> list[Item]:
        """What still has to be sent, oldest first."""
        return self._read(self._waiting)

    def refused(self) -> list[Item]:
        """What the hub refused for good, oldest first."""
        return self._read(self._refused)

    def _write(self, item: Item) -> str:
        files.write_json(
            self._path(self._waiting, item.id),
            {
                "v": 1,
                "kind": item.kind,
                "mode": item.mode,
                "at_unix_s": item.at_unix_s,
                "envelopes": [base64.b64encode(e).decode() for e in item.envelopes],
                "approval": item.approval.decode("utf-8") if item.approval is not None else None,
            },
        )
        return item.id

    def _read(self, folder: Path) -> list[Item]:
        items = []
        for path in folder.glob("*.json"):
            raw = files.read_json(path)
            items.append(
                Item(
                    id=path.stem,
                    kind=raw["kind"],
                    mode=raw["mode"],
                    at_unix_s=raw["at_unix_s"],
                    envelopes=tuple(base64.b64decode(e) for e in raw["envelopes"]),
                    approval=raw["approval"].encode("utf-8") if raw["approval"] is not None else None,
                    error=raw.get("error"),
                )
            )
        return sorted(items, key=lambda item: (item.at_unix_s, item.id))

    @staticmethod
    def _path(folder: Path, item_id: str) -> Path:
        if not item_id or not all(c.isascii() and (c.isalnum() or c == "-") for c in item_id):
            raise errors.UsageError(
                "not-in-outbox", "an outbox item is named by hex digits", hint="`tocsin outbox` lists them."
            )
        return folder / f"{item_id}.json"


def _waiting_id(sha256: str) -> str:
    return f"waiting-{sha256[:32]}"
