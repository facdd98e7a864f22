"""The policy: whom to believe about one hub, in one file signed by a root key that is kept offline.

It names the hub's log keys, certificate keys, enrolment authorities and witnesses. A member pins the root at first
contact by comparing its fingerprint as words; every later policy must be signed by that root and must not be older
than one already seen (the idea of TUF). Our page is docs/spec/policy.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from tocsin_trust import dsse, jsonstrict, keys, kinds, note, wording
from tocsin_trust.errors import NoteError, PolicyError
from tocsin_trust.fields import AUTHORITY_ID, HEX_DIGEST, ORIGIN, Fields

_TYPE = kinds.payload_type("policy")
_NAMES = (
    "v", "version", "origin", "root", "issued", "expires",
    "log_keys", "certificate_keys", "authorities", "witnesses", "quorum", "max_checkpoint_age_s",
    "predecessors",
)  # fmt: skip
_CONSONANTS = "bdfghjklmnprstvz"
_VOWELS = "aiou"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Predecessor:
    """An earlier log of the hub whose first `size` entries, with that root, begin this one (restored from a backup)."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy whose root signature has held; `raw` is the envelope as read."""

    origin: str
    version: int
    root: keys.PublicKey
    issued_unix_s: int
    expires_unix_s: int
    log_verifiers: tuple[note.Verifier, ...]
    certificate_keys: tuple[keys.PublicKey, ...]
    authorities: Mapping[str, keys.PublicKey]
    witnesses: tuple[note.Verifier, ...]
    quorum: int
    max_checkpoint_age_s: int | None
    predecessors: tuple[Predecessor, ...]
    raw: bytes

    def audience_at(self, index: int) -> str:
        """For which log the statement at `index` was made: this one, or the earlier one that it was taken over from."""
        taken = (earlier.origin for earlier in self.predecessors if index < earlier.size)
        return next(taken, self.origin)


def build(
    *,
    origin: str,
    version: int,
    root: keys.PublicKey,
    issued_unix_s: int,
    expires_unix_s: int,
    log_keys: Collection[str],
    certificate_keys: Collection[keys.PublicKey],
    authorities: Mapping[str, keys.PublicKey],
    witnesses: Collection[str] = (),
    quorum: int = 0,
    max_checkpoint_age_s: int | None = None,
    predecessors: Iterable[Predecessor] = (),
) -> bytes:
    """The payload bytes of a policy; `log_keys` and `witnesses` are vkey texts. Raises what `read` would raise."""
    members = {
        "v": 1,
        "version": version,
        "origin": origin,
        "root": root.hex,
        "issued": issued_unix_s,
        "expires": expires_unix_s,
        "log_keys": list(log_keys),
        "certificate_keys": [key.hex for key in certificate_keys],
        "authorities": [{"id": name, "key": key.hex} for name, key in authorities.items()],
        "witnesses": list(witnesses),
        "quorum": quorum,
        "max_checkpoint_age_s": max_checkpoint_age_s,
        "predecessors": [{"origin": one.origin, "size": one.size, "root": one.root.hex()} for one in predecessors],
    }
    payload = jsonstrict.dumps(members)
    _parse(jsonstrict.loads(payload), b"")
    return payload


def sign(payload: bytes, root_key: keys.SigningKey) -> bytes:
    """The policy file: `payload` in an envelope signed by the root that it names."""
    envelope = dsse.seal(_TYPE, payload, root_key)
    read(envelope)
    return envelope


def read(
    data: bytes,
    *,
    pinned_root: keys.PublicKey | None = None,
    newer_than: int | None = None,
    now_unix_s: int | None = None,
) -> Policy:
    """The policy that `data` holds, signed by the root it names.

    `pinned_root` must be that root (else `policy-root-mismatch`); without it the caller decides whether to trust the
    root. The version must be at least `newer_than` (else `policy-rolled-back`), the end after `now_unix_s` (else
    `policy-expired`). Errors of form are PolicyError `malformed-policy` or those of the envelope.
    """
    opened = dsse.unseal(data)
    if opened.payload_type != _TYPE:
        raise _malformed("the document is not a policy", "payloadType")
    found = _parse(jsonstrict.loads(opened.payload), data)
    if found.root != opened.key or (pinned_root is not None and found.root != pinned_root):
        raise PolicyError("policy-root-mismatch", "the policy is not signed by the root that is pinned", where="root")
    if newer_than is not None and found.version < newer_than:
        raise PolicyError("policy-rolled-back", "a newer policy has been seen before", where="version")
    if now_unix_s is not None and now_unix_s >= found.expires_unix_s:
        raise PolicyError("policy-expired", "the policy has expired", where="expires")
    return found


def fingerprint_hex(root: keys.PublicKey) -> str:
    """The first 16 bytes of SHA-256 of the root key, as 32 hex digits."""
    return _fingerprint(root).hex()


def fingerprint_words(root: keys.PublicKey) -> str:
    """The same 16 bytes as eight proquints (arXiv:0901.4016), to be read aloud and compared."""
    data = _fingerprint(root)
    return "-".join(_proquint(int.from_bytes(data[i : i + 2], "big")) for i in range(0, len(data), 2))


def explain(believed: Policy, lang: str = "en") -> str:
    """On whose word a verification under this policy rests, in a plain sentence (`en` or `zh`)."""
    return wording.checked_against(
        lang,
        version=believed.version,
        origin=believed.origin,
        expires_unix_s=believed.expires_unix_s,
        words=fingerprint_words(believed.root),
    )


def _fingerprint(root: keys.PublicKey) -> bytes:
    return hashlib.sha256(root.raw).digest()[:16]


def _proquint(word: int) -> str:
    return (
        _CONSONANTS[word >> 12 & 15]
        + _VOWELS[word >> 10 & 3]
        + _CONSONANTS[word >> 6 & 15]
        + _VOWELS[word >> 4 & 3]
        + _CONSONANTS[word & 15]
    )


def _parse(members: dict[str, Any], raw: bytes) -> Policy:
    fields = Fields(members, _NAMES, _malformed)
    fields.whole("v", least=1, most=1)
    origin = fields.text("origin", ORIGIN)
    log_verifiers = _verifiers(fields, "log_keys", note.ED25519)
    if not log_verifiers or any(verifier.name != origin for verifier in log_verifiers):
        raise fields.error("log_keys", "at least one key of this origin is wanted")
    witnesses = _verifiers(fields, "witnesses", note.COSIGNATURE)
    # One key behind two names would count twice, and a log that witnesses itself proves nothing.
    _distinct(fields, "witnesses", [verifier.public for verifier in log_verifiers + witnesses])
    issued_unix_s = fields.whole("issued")
    age = fields.raw("max_checkpoint_age_s")
    return Policy(
        origin=origin,
        version=fields.whole("version", least=1),
        root=fields.key("root"),
        issued_unix_s=issued_unix_s,
        expires_unix_s=fields.whole("expires", least=issued_unix_s + 1),
        log_verifiers=log_verifiers,
        certificate_keys=_distinct(
            fields, "certificate_keys", map(keys.parse_public, fields.items("certificate_keys"))
        ),
        authorities=_authorities(fields),
        witnesses=witnesses,
        quorum=fields.whole("quorum", most=len(witnesses)),
        max_checkpoint_age_s=None if age is None else fields.whole("max_checkpoint_age_s", least=1),
        predecessors=_predecessors(fields, origin),
        raw=raw,
    )


def _verifiers(fields: Fields, name: str, type: int) -> tuple[note.Verifier, ...]:
    try:
        found = tuple(map(note.parse_vkey, fields.items(name)))
    except NoteError as error:
        raise fields.error(name, "not a list of verifier keys") from error
    if any(verifier.type != type for verifier in found):
        raise fields.error(name, "a verifier key is of the wrong type")
    return found


def _authorities(fields: Fields) -> Mapping[str, keys.PublicKey]:
    found: dict[str, keys.PublicKey] = {}
    for number, item in enumerate(fields.items("authorities")):
        member = Fields(item, ("id", "key"), _malformed, path=f"authorities.{number}")
        name = member.text("id", AUTHORITY_ID)
        if name in found:
            raise member.error("id", "the id occurs twice")
        found[name] = member.key("key")
    _distinct(fields, "authorities", found.values())
    return found


def _predecessors(fields: Fields, origin: str) -> tuple[Predecessor, ...]:
    """Oldest first: each later log took over at least as much, and none has the name of another."""
    found: list[Predecessor] = []
    for number, item in enumerate(fields.items("predecessors")):
        member = Fields(item, ("origin", "size", "root"), _malformed, path=f"predecessors.{number}")
        size = member.whole("size", least=found[-1].size if found else 0)
        found.append(Predecessor(member.text("origin", ORIGIN), size, bytes.fromhex(member.text("root", HEX_DIGEST))))
    _distinct(fields, "predecessors", [origin, *(one.origin for one in found)])
    return tuple(found)


def _distinct(fields: Fields, name: str, values: Iterable[T]) -> tuple[T, ...]:
    found = tuple(values)
    if len(set(found)) != len(found):
        raise fields.error(name, "a key or a name occurs twice")
    return found


def _malformed(rule: str, where: str) -> PolicyError:
    return PolicyError("malformed-policy", rule, where=where)
