"""What a person has approved, bound to the SHA-256 of the exact bytes: the only thing that `sign` takes.

An `Approved` comes from the gate and from nowhere else. Changing one byte, building one by hand or subclassing it raises.
The reasons for keeping a name are part of it and stay on this machine; only the body leaves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

from tocsin_client import errors

ACTIONS = ("keep", "replace", "drop")
FILE_VERSION = 1

_issued: set[str] = set()  # fingerprints of what the gate gave out in this process


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on one span; `reason` is required for keep and never leaves this machine."""

    span: str
    path: str
    class_: str
    action: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Approved:
    """A body that may be signed: kind, mode, the exact bytes, who approved them, and what was decided."""

    kind: str
    mode: str
    body_bytes: bytes = field(repr=False)
    sha256: str
    by: str
    at_day: str
    decisions: tuple[Decision, ...] = ()
    versions: tuple[str, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.require_intact()

    def __init_subclass__(cls, **kwargs: object) -> NoReturn:
        raise TypeError("Approved is not to be subclassed")

    def require_intact(self) -> None:
        """Raise GateError unless the bytes are those that the gate approved."""
        if hashlib.sha256(self.body_bytes).hexdigest() != self.sha256:
            raise errors.GateError(
                "approval-void",
                "the bytes are not those that were approved",
                hint="Preview and approve the draft again.",
            )
        if _fingerprint(self.kind, self.mode, self.sha256, self.by, self.at_day) not in _issued:
            raise errors.GateError(
                "not-approved", "this approval did not come from the gate", hint="Use preview.approve(by=…)."
            )

    @property
    def body(self) -> dict[str, Any]:
        """The body as a dictionary (a fresh copy)."""
        loaded: dict[str, Any] = json.loads(self.body_bytes)
        return loaded

    def to_file(self) -> bytes:
        """The approval as bytes for `tocsin submit --approved`; holds local reasons, so keep it like the draft."""
        return json.dumps(
            {
                "v": FILE_VERSION,
                "type": "tocsin-approval",
                "kind": self.kind,
                "mode": self.mode,
                "body": self.body_bytes.decode("utf-8"),
                "sha256": self.sha256,
                "by": self.by,
                "at_day": self.at_day,
                "decisions": [[d.span, d.path, d.class_, d.action, d.reason] for d in self.decisions],
                "versions": list(self.versions),
            },
            ensure_ascii=False,
            indent=1,
        ).encode("utf-8")


@dataclass(frozen=True, slots=True)
class ApprovedBatch:
    """Records of public sources approved by one statement; `digest` names them all and stands in each body's provenance."""

    items: tuple[Approved, ...] = field(repr=False)
    digest: str
    statement: str
    by: str

    def __iter__(self) -> Iterator[Approved]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)


def _fingerprint(kind: str, mode: str, sha256: str, by: str, at_day: str) -> str:
    return hashlib.sha256("\n".join((kind, mode, sha256, by, at_day)).encode()).hexdigest()


def issue(
    *,
    kind: str,
    mode: str,
    body_bytes: bytes,
    by: str,
    at_day: str,
    decisions: tuple[Decision, ...],
    versions: tuple[str, ...],
    notes: dict[str, Any] | None = None,
) -> Approved:
    """Make an Approved. For the files of this folder only: the checks must have been done."""
    by = by.strip()
    if not by or len(by) > 200 or "\n" in by:
        raise errors.GateError(
            "approver-missing", "an approval needs the name or role of the person", hint="Give by=…."
        )
    digest = hashlib.sha256(body_bytes).hexdigest()
    _issued.add(_fingerprint(kind, mode, digest, by, at_day))
    return Approved(kind, mode, body_bytes, digest, by, at_day, decisions, versions, dict(notes or {}))
