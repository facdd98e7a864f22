"""The closed lists of the wire: kinds of statement, modes of authorship, and the payload types an envelope may carry."""

from __future__ import annotations

CONTENT_KINDS = ("incident", "finding", "mitigation", "outcome", "sighting", "opinion")
THREAD_KINDS = ("amend", "withdraw")
IDENTITY_KINDS = ("enrol", "suspend", "key-add", "key-revoke", "root-rotate", "recover")
DESK_KINDS = ("moderate",)
KINDS = CONTENT_KINDS + THREAD_KINDS + IDENTITY_KINDS + DESK_KINDS

# Signed documents that are no statements: they never become log entries by themselves.
DOCUMENT_KINDS = ("policy", "certificate", "enrolment-request", "login", "pseudonym-request", "key-proof")

MODES = ("attributed", "pseudonymous", "unlinkable")
NAMELESS_MODES = ("pseudonymous", "unlinkable")


def payload_type(kind: str) -> str:
    """The `payloadType` of an envelope that carries `kind`."""
    return f"application/vnd.tocsin.{kind}+json"


PAYLOAD_TYPES: frozenset[str] = frozenset(payload_type(kind) for kind in KINDS + DOCUMENT_KINDS)
