"""First contact with a hub: look at its policy, compare the fingerprint, pin the root, make keys, ask to be enrolled.

Until a person has confirmed the fingerprint nothing is written. Later policies must be signed by the pinned root, with a
version that is not lower.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tocsin_client import errors, files
from tocsin_client.transport import Transport
from tocsin_client.vault import Vault
from tocsin_trust import documents, keys, policy
from tocsin_trust import errors as trust_errors

POLICY_PATH = "/.well-known/tocsin/policy.json"
AGREEMENT = "2026-11"
REQUEST_FILE = "enrolment-request.json"
KINDS = ("member", "industry-body", "regulator", "desk")


@dataclass(frozen=True, slots=True)
class FirstContact:
    """What a person compares before the root is pinned: `words` and `fingerprint` are two forms of the same."""

    origin: str
    version: int
    words: str
    fingerprint: str
    url: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A request that waits for the hub's enrolment authority."""

    origin: str
    org: str
    key: str
    request_path: Path
    state: str


Confirm = Callable[[FirstContact], bool]
Passphrase = str | Callable[[], str | None] | None
"""What encrypts the keys; a function is asked only when keys are made, after the root is pinned."""


def fetch_policy(
    transport: Transport, *, pinned_root: keys.PublicKey | None, newer_than: int | None, now: int
) -> policy.Policy:
    """The hub's policy, checked. VerificationError if it is not signed by the pinned root, went back, or has expired."""
    raw = transport.request("GET", POLICY_PATH).body
    try:
        return policy.read(raw, pinned_root=pinned_root, newer_than=newer_than, now_unix_s=now)
    except trust_errors.TrustError as exc:
        raise errors.VerificationError(
            exc.code,
            f"the hub's policy is refused: {exc.code}",
            hint="Do not go on. Ask the operator over another channel.",
        ) from exc


def pinned_policy(vault: Vault) -> policy.Policy:
    """The policy as it was pinned, from disk. SetupError `not-joined` if there is none."""
    raw, pin = vault.policy(), vault.read("pin.json")
    if raw is None or pin is None:
        raise errors.SetupError("not-joined", "no hub is pinned in this profile", hint="tocsin init URL")
    try:
        return policy.read(raw, pinned_root=keys.parse_public(pin["root"]))
    except trust_errors.TrustError as exc:
        raise errors.SetupError(
            "broken-policy", "the pinned policy does not read", hint="Restore your backup."
        ) from exc


def refresh_policy(vault: Vault, transport: Transport, *, now: int) -> policy.Policy:
    """Fetch the newest policy and keep it if it is newer and signed by the pinned root."""
    known = pinned_policy(vault)
    fresh = fetch_policy(transport, pinned_root=known.root, newer_than=known.version, now=now)
    if fresh.version == known.version and fresh.raw != known.raw:
        raise errors.VerificationError(
            "policy-forked",
            "the hub shows two policies with the same version",
            hint="Ask the operator over another channel.",
        )
    # A hub restored from a backup has a new origin; then the root we pinned says that ours was the one before it.
    if fresh.origin != known.origin and known.origin not in {earlier.origin for earlier in fresh.predecessors}:
        raise errors.VerificationError("policy-root-mismatch", "the policy names another origin than the pinned one")
    if fresh.version > known.version:
        vault.keep_policy(fresh.raw)
    return fresh


def policy_for_sending(vault: Vault, transport: Transport, *, now: int) -> policy.Policy:
    """The pinned policy, renewed first if it has run out: an old policy may name keys that were since given up."""
    known = pinned_policy(vault)
    return refresh_policy(vault, transport, now=now) if now >= known.expires_unix_s else known


def newer_policy(vault: Vault, transport: Transport, *, than: int, now: int) -> policy.Policy | None:
    """The hub's policy if its version is above `than` and the pinned root signed it; else None."""
    try:
        fresh = refresh_policy(vault, transport, now=now)
    except errors.ClientError:
        return None
    return fresh if fresh.version > than else None


def pin(
    vault: Vault, transport: Transport, *, fingerprint: str | None, confirm: Confirm | None, now: int
) -> policy.Policy:
    """Pin the root after its fingerprint was compared, by a person (`confirm`) or with `fingerprint` (words or hex)."""
    if vault.policy() is not None:
        return refresh_policy(vault, transport, now=now)
    seen = fetch_policy(transport, pinned_root=None, newer_than=None, now=now)
    words, hexed = policy.fingerprint_words(seen.root), policy.fingerprint_hex(seen.root)
    if fingerprint is not None:
        given = fingerprint.strip().lower().replace(" ", "-")
        if given not in (words, hexed):
            raise errors.VerificationError(
                "fingerprint-mismatch",
                "the hub's root key is not the one you named",
                hint="This may be another hub, or somebody in between.",
            )
    elif confirm is None or not confirm(FirstContact(seen.origin, seen.version, words, hexed, transport.url)):
        raise errors.SetupError(
            "not-confirmed",
            "the fingerprint was not confirmed, so nothing is pinned",
            hint="Compare it with the one your hub published.",
        )
    vault.create()
    vault.keep_policy(seen.raw)
    vault.keep("pin.json", {"root": seen.root.hex, "version": seen.version, "at_unix_s": now})
    return seen


def new_org_id() -> str:
    """A random organisation id: 16 bytes, so it says nothing about whose it is."""
    return "org-" + base64.b32encode(secrets.token_bytes(16)).decode().lower().rstrip("=")


def request(
    vault: Vault,
    pinned: policy.Policy,
    *,
    url: str,
    kind: str,
    sector: str,
    region: str,
    agreement: str,
    passphrase: Passphrase,
    lang: str,
    demo: bool,
) -> bytes:
    """Make the keys (or take those that are there) and the signed enrolment request; all durable on return."""
    if kind not in KINDS:
        raise errors.UsageError("unknown-kind", f"an organisation is one of {', '.join(KINDS)}")
    path = vault.path / REQUEST_FILE
    if path.exists():
        return path.read_bytes()
    org = new_org_id() if not vault.exists else str(vault.profile()["org"])
    if callable(passphrase):
        passphrase = None if vault.has_key("root") and vault.has_key("operational") else passphrase()
    vault.keep_profile(
        v=1, url=url, origin=pinned.origin, org=org, kind=kind, sector=sector, region=region, lang=lang, demo=demo,
        key_protection="passphrase" if passphrase else "file",
    )  # fmt: skip
    root = vault.key("root") if vault.has_key("root") else vault.make_key("root", passphrase=passphrase)
    key = (
        vault.key("operational")
        if vault.has_key("operational")
        else vault.make_key("operational", passphrase=passphrase)
    )
    try:
        envelope = documents.enrolment_request(
            aud=pinned.origin,
            org=org,
            kind=kind,
            sector=sector,
            region=region,
            agreement=agreement,
            key=key,
            root=root,
            demo=demo,
        )
    except trust_errors.TrustError as exc:
        raise errors.UsageError(exc.code, f"the request cannot be made: {exc.code}", where=exc.where) from exc
    files.write(path, envelope)
    return envelope


def request_waits(vault: Vault, transport: Transport) -> bool:
    """Whether the request of this profile still waits: not granted, declined, or dropped after too long a time."""
    path = vault.path / REQUEST_FILE
    if not path.exists():
        return False
    asked = documents.read_enrolment_request(path.read_bytes(), str(vault.profile()["origin"]))
    try:
        transport.request("GET", f"/v1/enrolments/{asked.digest.hex()}")
    except errors.RefusedError as exc:
        if exc.code != "request-unknown":
            raise
        return False
    return True


def post_request(
    vault: Vault, transport: Transport, envelope: bytes, *, name: str | None, publish_name: bool
) -> Joined:
    """Hand the request in; the same request again is answered the same."""
    answer = transport.post_json(
        "/v1/enrolments",
        {"envelope": base64.b64encode(envelope).decode(), "name": name, "publishName": publish_name},
    )
    profile = vault.profile()
    return Joined(
        origin=profile["origin"],
        org=profile["org"],
        key=vault.key("operational").public.hex,
        request_path=vault.path / REQUEST_FILE,
        state=str(answer.get("state", "pending")),
    )
