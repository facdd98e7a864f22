"""What a profile keeps of its own records, told from the envelopes alone, so that a lost row can be made again."""

from __future__ import annotations

import hashlib
from typing import Any

from tocsin_client import errors, receipts
from tocsin_client.redact.approval import Approved
from tocsin_trust import jsonstrict


def begun_by(envelope: bytes, *, at_unix_s: int) -> dict[str, Any]:
    """What this profile keeps of a new record, read from its own envelope."""
    said = receipts.read_envelope(envelope)
    digest = said.digest.hex()
    title = said.body.get("title")
    return {
        "thread": digest, "digests": [digest], "author_key": said.kid, "cred": said.cred, "mode": said.mode, "kind": said.kind,
        "title": str(title.get("text", "")) if isinstance(title, dict) else "", "at_unix_s": at_unix_s, "state": "sent",
        "body_sha256": hashlib.sha256(jsonstrict.dumps(said.body)).hexdigest(),
    }  # fmt: skip


def state_after(error: errors.ClientError | None) -> str:
    """The state of a record whose line came back with an error."""
    return "sent" if isinstance(error, errors.UnreachableError | errors.TooOftenError) else "refused"


def local_notes(approved: Approved) -> dict[str, Any]:
    """Who approved what and why, and the draft's private notes: kept here, sent nowhere."""
    return {
        "by": approved.by,
        "at_day": approved.at_day,
        "decisions": [[d.span, d.path, d.class_, d.action, d.reason] for d in approved.decisions],
        "versions": list(approved.versions),
        "notes": approved.notes,
    }
