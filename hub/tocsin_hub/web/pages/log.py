"""The log: whose it is, how long it is, what its newest checkpoint says, and how to check it without believing this page."""

from __future__ import annotations

from tocsin_hub.members import directory
from tocsin_hub.web import render
from tocsin_hub.web.face import Made, Seen
from tocsin_trust import policy


def page(seen: Seen) -> Made:
    """/log."""
    trusted = seen.face.parts.keyring.policy
    return render.page(
        seen,
        "log.html",
        here="log",
        checkpoint=seen.face.parts.publisher.checkpoint(),
        trusted=trusted,
        words=policy.fingerprint_words(trusted.root),
        hex=policy.fingerprint_hex(trusted.root),
        members=directory.public_directory(seen.session),
        base=seen.base,
    )
