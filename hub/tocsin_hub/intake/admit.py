"""Admission: bytes in, `Admitted` or one named refusal out. Pure: no session, no clock, no log line.

The order is the safe order: size and signature before parse, header before credential, credential before meaning, meaning
before redaction. Whatever needs the database (is this key good now, is this the newest version) is a guard's business.
Imports only the pure wings and the type it returns, so that a spawned worker process can hold it without the server.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tocsin_hub.errors import HubError
from tocsin_hub.intake import bodies, credential
from tocsin_hub.ledger import entries, packing
from tocsin_taxonomy import errors as taxonomy_errors
from tocsin_taxonomy import redact, report
from tocsin_trust import dsse, keys, leaf, merkle, policy, statement
from tocsin_trust import errors as trust_errors

RECORD_KINDS = ("incident", "finding", "mitigation")
THREAD_KINDS = frozenset(statement.THREAD_KINDS)
MODES = frozenset({"attributed", "pseudonymous"})
# In the format's list but without a reader yet: an entry nobody can read would be a promise we do not keep.
NOT_YET = frozenset({"outcome", "sighting", "opinion", "root-rotate", "recover"})


@dataclass(frozen=True, slots=True)
class Anchors:
    """What admission believes without asking anybody: the log's origin, and whose signatures open which door."""

    origin: str
    certificate_keys: frozenset[keys.PublicKey]
    authorities: Mapping[str, keys.PublicKey]
    earlier: frozenset[str] = frozenset()  # origins of logs that this one was restored from

    @classmethod
    def of(cls, trusted: policy.Policy) -> Anchors:
        """The anchors that a verified policy names."""
        earlier = frozenset(log.origin for log in trusted.predecessors)
        return cls(trusted.origin, frozenset(trusted.certificate_keys), dict(trusted.authorities), earlier)


def admit(envelope: bytes, anchors: Anchors, now_unix_s: int, *, max_bytes: int = 262_144) -> entries.Admitted:
    """Check an envelope by mathematics and meaning alone.

    Returns the admitted item; nothing is durable. Raises HubError with the code of the first rule broken; `where` is a
    path into the statement, never its content.
    """
    try:
        return _admit(envelope, anchors, now_unix_s, max_bytes)
    except (trust_errors.TrustError, taxonomy_errors.TaxonomyError) as error:
        raise HubError(error.code, where=getattr(error, "where", None)) from None


def judge(
    envelope: bytes, anchors: Anchors, now_unix_s: int, *, max_bytes: int = 262_144
) -> entries.Admitted | HubError:
    """`admit`, with the refusal as an answer."""
    try:
        return admit(envelope, anchors, now_unix_s, max_bytes=max_bytes)
    except HubError as refusal:
        return refusal


def _admit(envelope: bytes, anchors: Anchors, now_unix_s: int, max_bytes: int) -> entries.Admitted:
    opened = dsse.unseal(envelope, max_bytes=max_bytes)
    said = statement.read(opened)
    if said.aud != anchors.origin:
        raise HubError("wrong-audience", where="aud")
    if said.mode not in MODES:
        raise HubError("unknown-mode", where="mode")
    if said.kind in NOT_YET:
        raise HubError("unsupported-kind", where="kind")
    statement.check_time(said, now_unix_s)
    credential.prove(said, anchors.origin, anchors.certificate_keys, anchors.authorities, anchors.earlier)
    record = _record(said)
    line = leaf.text(opened, said)
    kept = packing.pack(opened.envelope, opened.payload)
    return entries.Admitted(said.digest, opened.envelope, line, merkle.leaf_hash(line), said, record, kept)


def _record(said: statement.Statement) -> entries.Record | None:
    try:
        if said.kind in RECORD_KINDS or said.kind == "amend":
            kind = report.kind_of(said.body) if said.kind == "amend" else said.kind
            record = report.parse(kind, said.body, mode=said.mode)
            redact.check(record)
            return record
    except taxonomy_errors.TaxonomyError as error:
        raise error.at("body") from None
    bodies.check(said)
    return None


def kind_of(admitted: entries.Admitted) -> str:
    """The kind of record that an admitted first statement or amendment carries."""
    said = admitted.statement
    return report.kind_of(said.body) if said.kind == "amend" else said.kind
