"""What this wing says when it refuses: one tree of errors, each with a stable code and the rule that was broken.

    TrustError
    ├── JsonError               malformed-json · oversize
    ├── KeyRefusedError         key-refused · key-unreadable
    ├── SignatureInvalidError   signature-invalid
    ├── EnvelopeError           malformed-envelope · unknown-payload-type · oversize
    ├── StatementError          malformed-statement · unsupported-version · unknown-mode · kid-mismatch
    │                           iat-not-rounded · wrong-audience · clock-skew
    ├── CertificateError        certificate-invalid · certificate-expired
    ├── DocumentError           malformed-document · wrong-audience
    ├── LeafError               malformed-leaf
    ├── ProofError              malformed-proof · proof-invalid
    ├── NoteError               malformed-note · note-unverified · wrong-origin
    ├── PolicyError             malformed-policy · policy-root-mismatch · policy-rolled-back · policy-expired
    ├── KeyStateError           key-state-invalid
    └── ReceiptError            malformed-receipt · quorum-missing · author-not-proven

Nothing else leaves a public function of this wing, whatever bytes it is given: a bare ValueError is a bug.
Neither `rule` nor `where` ever repeats what was read, because readers of logs may not read records.
"""

from __future__ import annotations

CODES: frozenset[str] = frozenset(
    {
        "malformed-json",
        "oversize",
        "key-refused",
        "key-unreadable",
        "signature-invalid",
        "malformed-envelope",
        "unknown-payload-type",
        "malformed-statement",
        "unsupported-version",
        "unknown-mode",
        "kid-mismatch",
        "iat-not-rounded",
        "wrong-audience",
        "clock-skew",
        "certificate-invalid",
        "certificate-expired",
        "malformed-document",
        "malformed-leaf",
        "malformed-proof",
        "proof-invalid",
        "malformed-note",
        "note-unverified",
        "wrong-origin",
        "malformed-policy",
        "policy-root-mismatch",
        "policy-rolled-back",
        "policy-expired",
        "key-state-invalid",
        "malformed-receipt",
        "quorum-missing",
        "author-not-proven",
    }
)


class TrustError(Exception):
    """A refusal: `code` is stable kebab-case, `rule` says which rule was broken, `where` is the path of the field."""

    def __init__(self, code: str, rule: str = "", *, where: str | None = None) -> None:
        place = f" at {where}" if where else ""
        super().__init__(f"{code}{place}: {rule}" if rule else f"{code}{place}")
        self.code = code
        self.rule = rule
        self.where = where


class JsonError(TrustError):
    """The bytes are not one I-JSON object."""


class KeyRefusedError(TrustError):
    """The key is not one this project will use."""


class SignatureInvalidError(TrustError):
    """The signature does not fit the key and the message."""


class EnvelopeError(TrustError):
    """The bytes are not a DSSE envelope of our profile."""


class StatementError(TrustError):
    """The signed payload is not a statement, or not one for here and now."""


class CertificateError(TrustError):
    """The pseudonym certificate does not vouch for this key."""


class DocumentError(TrustError):
    """The signed document (enrolment request, login, pseudonym request) is not of its form."""


class LeafError(TrustError):
    """The text is not a log entry."""


class ProofError(TrustError):
    """The Merkle proof is malformed or does not lead to the root."""


class NoteError(TrustError):
    """The signed note or checkpoint is malformed or not signed by a known key."""


class PolicyError(TrustError):
    """The policy file is malformed, foreign, older than one already seen, or out of date."""


class KeyStateError(TrustError):
    """A sequence of key events contradicts itself."""


class ReceiptError(TrustError):
    """The receipt bundle is malformed or lacks a link of its chain."""
