"""A member's own keys and its leaving: what is signed by which key, and what changes here once the receipt is verified.

The root adds keys and leaves; it may lie outside the profile, and is then given by its path. A member key signs everything
else and may revoke a key. A key that is added is used from the moment its receipt is verified; the one before stays good
until it is revoked. Nothing undoes a revocation or a leaving.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tocsin_client import errors, files, receipts, sign
from tocsin_client.joining import REQUEST_FILE
from tocsin_client.receipts import Receipt
from tocsin_client.vault import Vault
from tocsin_trust import documents, identity, keys, policy

REVOKE_REASONS = ("rotated", "lost", "stolen", "unused", "other")


def enrolled(vault: Vault) -> documents.EnrolmentRequest:
    """The request that this profile was enrolled with: it names the first member key and the root."""
    path = vault.path / REQUEST_FILE
    if not path.exists():
        raise errors.SetupError("not-joined", "this profile has not joined a hub", hint="tocsin init URL")
    return documents.read_enrolment_request(path.read_bytes(), str(vault.profile()["origin"]))


def root_key(vault: Vault, path: Path | None) -> keys.SigningKey:
    """The root of this organisation, from the profile or from `path`; SetupError if it is not there or another key."""
    if path is None and not vault.has_key("root"):
        raise errors.SetupError(
            "root-elsewhere", "the root key is not in this profile", hint="Give its file with --root."
        )
    found = vault.key("root") if path is None else vault.open_file(path)
    if found.public != enrolled(vault).root:
        raise errors.SetupError("wrong-root", "this is not the root key that the organisation was enrolled with")
    return found


def listed(vault: Vault, row: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """The keys of this organisation as the hub lists them (`row`, or the two of the request while it waits), and what is here."""
    asked = enrolled(vault)
    waiting = [{"key": k.hex, "role": role} for k, role in ((asked.key, "operational"), (asked.root, "root"))]
    current = str(vault.profile().get("operational", asked.key.hex))
    stored = vault.member_keys() | ({current} if vault.has_key("operational") else set())
    found = []
    for known in waiting if row is None else row.get("keys", []):
        key, role = str(known["key"]), str(known["role"])
        found.append({
            "key": key, "role": role, "addedIndex": known.get("addedIndex"), "revokedIndex": known.get("revokedIndex"),
            "here": vault.has_key("root") and key == asked.root.hex if role == "root" else key in stored,
            "current": key == current,
        })  # fmt: skip
    return found


def named(known: list[dict[str, Any]], key: str) -> dict[str, Any]:
    """The one listed key that begins with `key` (at least 8 hex characters)."""
    found = [one for one in known if one["key"].startswith(key)] if len(key) >= 8 else []
    if len(found) != 1:
        raise errors.UsageError(
            "unknown-key", "no single key of this organisation begins like this", hint="`tocsin keys list` shows them."
        )
    return found[0]


def addition(vault: Vault, pinned: policy.Policy, fresh: keys.SigningKey, root: keys.SigningKey, *, now: int) -> bytes:
    """The envelope by which the root adds a member key."""
    org = str(vault.profile()["org"])
    body = identity.key_add_body(pinned.origin, org, fresh)
    return sign.sign_identity("key-add", body, root, org, aud=pinned.origin, now_unix_s=now)


def revocation(
    vault: Vault, pinned: policy.Policy, key: str, reason: str, signer: keys.SigningKey, *, now: int
) -> bytes:
    """The envelope by which a key of the organisation ends another, or itself."""
    if reason not in REVOKE_REASONS:
        raise errors.UsageError("unknown-reason", f"reason must be one of {', '.join(REVOKE_REASONS)}")
    org = str(vault.profile()["org"])
    body: dict[str, object] = {"org": org, "key": key, "reason": reason}
    return sign.sign_identity("key-revoke", body, signer, org, aud=pinned.origin, now_unix_s=now)


def leaving(vault: Vault, pinned: policy.Policy, root: keys.SigningKey, *, now: int) -> bytes:
    """The envelope by which the root takes its organisation out of the hub."""
    org = str(vault.profile()["org"])
    body: dict[str, object] = {"org": org, "reason": identity.LEFT}
    return sign.sign_identity("suspend", body, root, org, aud=pinned.origin, now_unix_s=now)


def settle(vault: Vault, envelope: bytes, receipt: Receipt) -> None:
    """What a verified receipt changes here. Safe to repeat: it is done before the envelope leaves the outbox."""
    if receipt.kind == "key-add":
        key = str(receipts.read_envelope(envelope).body["key"])
        if key in vault.member_keys():
            vault.use_key(key)
    elif receipt.kind == "key-revoke":
        ended = [*vault.profile().get("revoked_keys", []), str(receipts.read_envelope(envelope).body["key"])]
        vault.keep_profile(revoked_keys=sorted(set(ended)))
    elif receipt.kind == "suspend":
        vault.keep_profile(left_index=receipt.index)


def signing_key(vault: Vault, thread: Mapping[str, Any]) -> keys.SigningKey:
    """The key that amends or withdraws a thread: the one that began it; for a named thread whose key has gone, ours now."""
    author = str(thread["author_key"])
    gone = author in vault.profile().get("revoked_keys", []) or not vault.has_key(author)
    return vault.key("operational" if gone and thread["mode"] not in sign.NAMELESS else author)


def move_root(vault: Vault, path: Path) -> Path:
    """Write the root key to `path` as it is stored (encrypted if the profile's keys are), read it back, then remove it here."""
    if not vault.has_key("root"):
        raise errors.SetupError("root-elsewhere", "the root key is not in this profile")
    if path.exists():
        raise errors.UsageError("file-exists", f"{path} is already there; nothing was moved")
    pem = (vault.path / "keys" / "root.pem").read_bytes()
    try:
        files.write(path, pem)
    except OSError as exc:
        raise errors.UsageError("unwritable-file", f"cannot write {path}") from exc
    if path.read_bytes() != pem or root_key(vault, path).public != vault.key("root").public:
        raise errors.SetupError("root-not-moved", f"{path} does not hold the root key; it stays in the profile")
    vault.take_root()
    return path
