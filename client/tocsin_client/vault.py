"""What a member keeps on its own disk: keys, the pinned policy, receipts, own threads, reading tokens, private notes.

One directory a profile (0700, files 0600); whatever group or world may read is refused. Keys lie as PKCS8, encrypted if a
passphrase was given when they were made (TOCSIN_PASSPHRASE or a prompt). Author keys are the only way to amend or withdraw
a nameless record: back up this directory (`tocsin keys backup`).

    <home>/profiles/<name>/
        profile.json  policy.json  pin.json  seen.json  tokens.json  dictionary.txt  enrolment-request.json
        keys/root.pem (unless it was moved away)  keys/operational.pem  keys/members/<key>.pem  keys/authors/<author key>.pem
        threads/<digest>.json  receipts/<digest>.json  notes/<digest>.json  outbox/  refused/  evidence/
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tocsin_client import errors, files
from tocsin_trust import errors as trust_errors
from tocsin_trust import keys

PASSPHRASE_ENV = "TOCSIN_PASSPHRASE"  # noqa: S105 - the name of a variable
HOME_ENV = "TOCSIN_HOME"
_PROFILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HEX64 = re.compile(r"[0-9a-f]{64}")
_DIRS = ("keys", "keys/authors", "keys/members", "threads", "receipts", "notes", "outbox", "refused", "evidence")


def default_home() -> Path:
    """TOCSIN_HOME, else the XDG data directory."""
    named = os.environ.get(HOME_ENV)
    if named:
        return Path(named)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "tocsin"


def _no_prompt() -> str:
    raise errors.SetupError(
        "passphrase-needed", "the keys are encrypted", hint=f"Set {PASSPHRASE_ENV}, or use a terminal."
    )


class Vault:
    """One profile's directory. `ask_passphrase` is called at most once, and only if an encrypted key must be opened."""

    def __init__(self, home: Path | str, profile: str, *, ask_passphrase: Callable[[], str] | None = None) -> None:
        if not _PROFILE_NAME.fullmatch(profile):
            raise errors.UsageError("bad-profile", "a profile name has letters, digits, dot, dash and underscore only")
        self.path = Path(home) / "profiles" / profile
        self._ask = ask_passphrase or _no_prompt
        self._passphrase: str | None = None
        self._open_keys: dict[str, keys.SigningKey] = {}
        if self.path.exists():
            files.require_private(self.path)

    # --- the profile ------------------------------------------------------------------------------------------------
    @property
    def exists(self) -> bool:
        """Whether this profile was made (a hub's root is pinned)."""
        return (self.path / "profile.json").exists()

    def create(self) -> None:
        """Make the directories."""
        for directory in (self.path.parent.parent, self.path.parent):
            if not directory.exists():
                files.make_private_dir(directory)
        files.make_private_dir(self.path)
        for name in _DIRS:
            files.make_private_dir(self.path / name)

    def profile(self) -> dict[str, Any]:
        """The settings of this profile; SetupError `not-joined` if there are none."""
        try:
            loaded: dict[str, Any] = files.read_json(self.path / "profile.json")
        except FileNotFoundError:
            raise errors.SetupError("not-joined", "this profile has not joined a hub", hint="tocsin init URL") from None
        return loaded

    def keep_profile(self, **changes: Any) -> dict[str, Any]:
        """Merge changes into the settings."""
        current = self.profile() if self.exists else {"v": 1}
        current.update(changes)
        files.write_json(self.path / "profile.json", current)
        return current

    # --- small files ------------------------------------------------------------------------------------------------
    def read(self, name: str, default: Any = None) -> Any:
        """A small JSON file of the profile, or `default`."""
        path = self.path / name
        if not path.exists():
            return default
        files.require_private(path)
        return files.read_json(path)

    def keep(self, name: str, value: Any) -> None:
        """Write a small JSON file of the profile."""
        files.write_json(self.path / name, value)

    def policy(self) -> bytes | None:
        """The pinned policy as it was fetched, or None."""
        path = self.path / "policy.json"
        return path.read_bytes() if path.exists() else None

    def keep_policy(self, raw: bytes) -> None:
        """Keep a policy that was checked."""
        files.write(self.path / "policy.json", raw)

    # --- keys -------------------------------------------------------------------------------------------------------
    def make_key(self, name: str, *, passphrase: str | None) -> keys.SigningKey:
        """Make and store the key `root` or `operational`; SetupError if there is one."""
        path = self._key_path(name)
        if path.exists():
            raise errors.SetupError("key-exists", f"there is already a key {name} in this profile")
        made = keys.SigningKey.generate()
        self._store_key(path, made, passphrase)
        self._open_keys[str(path)] = made
        return made

    def key(self, name: str) -> keys.SigningKey:
        """The key `root`, `operational` (the member key in use), or a member or author key by its 64 hex characters."""
        path = self._key_path(name)
        known = self._open_keys.get(str(path))
        if known is not None:
            return known
        if not path.exists():
            raise errors.SetupError(
                "no-key", "this profile has no such key", hint="tocsin init URL, or restore your backup."
            )
        files.require_private(path)
        opened = self._opened(path.read_bytes(), path)
        self._open_keys[str(path)] = opened
        return opened

    def _opened(self, pem: bytes, path: Path) -> keys.SigningKey:
        secret = self.passphrase() if b"ENCRYPTED" in pem else None
        try:
            return keys.SigningKey.from_pkcs8(pem, secret)
        except (trust_errors.TrustError, ValueError, TypeError) as exc:
            raise errors.SetupError(
                "key-locked", f"the key {path.name} does not open", hint="Is the passphrase right?"
            ) from exc

    def has_key(self, name: str) -> bool:
        """Whether the key is stored here."""
        return self._key_path(name).exists()

    def make_author_key(self) -> keys.SigningKey:
        """A fresh author key, durable before it is used: without it the record could never be withdrawn."""
        made = keys.SigningKey.generate()
        protected = self.profile().get("key_protection") == "passphrase"
        path = self._key_path(made.public.hex)
        self._store_key(path, made, self.passphrase() if protected else None)
        self._open_keys[str(path)] = made
        return made

    def make_member_key(self) -> keys.SigningKey:
        """A fresh member key, durable before the hub hears of it; it is not the one in use until `use_key`."""
        made = keys.SigningKey.generate()
        path = self._member_path(made.public.hex)
        files.make_private_dir(path.parent)
        protected = self.profile().get("key_protection") == "passphrase"
        self._store_key(path, made, self.passphrase() if protected else None)
        self._open_keys[str(path)] = made
        return made

    def forget_member_key(self, key: str) -> None:
        """Remove a member key that the hub refused; SetupError for the one in use."""
        if self.profile().get("operational") == key:
            raise errors.SetupError("key-in-use", "this key is the one in use")
        self._open_keys.pop(str(self._member_path(key)), None)
        files.remove(self._member_path(key))

    def use_key(self, key: str) -> None:
        """Sign with this member key from now on; the one before stays here, for what it signed."""
        if not self._member_path(key).exists():
            raise errors.SetupError("no-key", "this profile has no such member key")
        before = self.key("operational")
        kept = self._member_path(before.public.hex)
        if not kept.exists():
            files.write(kept, self._key_path("operational").read_bytes())
        self.keep_profile(operational=key)

    def member_keys(self) -> frozenset[str]:
        """The member keys stored here by their hex, but for the first until it is replaced."""
        return frozenset(path.stem for path in (self.path / "keys" / "members").glob("*.pem"))

    def take_root(self) -> None:
        """Remove the root key: it was written elsewhere and read back."""
        path = self._key_path("root")
        self._open_keys.pop(str(path), None)
        files.remove(path)

    def open_file(self, path: Path) -> keys.SigningKey:
        """The key in a file that lies elsewhere; an unencrypted one must be readable by its owner only."""
        try:
            pem = path.read_bytes()
        except OSError as exc:
            raise errors.UsageError("unreadable-file", f"cannot read {path}") from exc
        if b"ENCRYPTED" not in pem:
            files.require_private(path)
        return self._opened(pem, path)

    def passphrase(self) -> str:
        """The passphrase from the environment or, once, from a person."""
        if self._passphrase is None:
            self._passphrase = os.environ.get(PASSPHRASE_ENV) or self._ask()
        return self._passphrase

    def _key_path(self, name: str) -> Path:
        if name == "operational" and self.exists and "operational" in self.profile():
            return self._member_path(str(self.profile()["operational"]))
        if name in ("root", "operational"):
            return self.path / "keys" / f"{name}.pem"
        member = self._member_path(name)
        return member if member.exists() else self.path / "keys" / "authors" / f"{name}.pem"

    def _member_path(self, key: str) -> Path:
        if not _HEX64.fullmatch(key):
            raise errors.UsageError("bad-key-name", "a key is root, operational, or 64 hex characters")
        return self.path / "keys" / "members" / f"{key}.pem"

    def _store_key(self, path: Path, key: keys.SigningKey, passphrase: str | None) -> None:
        files.write(path, key.to_pkcs8(passphrase or None))

    # --- receipts, threads, notes -------------------------------------------------------------------------------------
    def keep_receipt(self, digest: str, bundle: bytes) -> Path:
        """Keep a verified receipt."""
        path = self.path / "receipts" / f"{_hex(digest)}.json"
        files.write(path, bundle)
        return path

    def keep_batch(self, name: str, threads: Sequence[dict[str, Any]], receipts: Mapping[str, bytes]) -> None:
        """Keep the threads and verified receipts of one bulk answer, two files instead of two hundred."""
        rows = b"".join(json.dumps(t, ensure_ascii=False).encode() + b"\n" for t in threads)
        files.write(
            self.path / "receipts" / f"{name}.jsonl",
            b"".join(d.encode() + b" " + r + b"\n" for d, r in receipts.items()),
        )
        files.write(self.path / "threads" / f"{name}.jsonl", rows)

    def receipt(self, digest: str) -> bytes | None:
        """The receipt of a statement of ours, or None."""
        path = self.path / "receipts" / f"{_hex(digest)}.json"
        if path.exists():
            return path.read_bytes()
        for batch in (self.path / "receipts").glob("*.jsonl"):
            for line in batch.read_bytes().splitlines():
                if line.startswith(digest.encode() + b" "):
                    return line.split(b" ", 1)[1]
        return None

    def keep_thread(self, thread: dict[str, Any]) -> None:
        """Keep what we know of a thread of ours: thread, author_key, mode, kind, digests in order, title, state."""
        files.write_json(self.path / "threads" / f"{_hex(thread['thread'])}.json", thread)

    def threads(self) -> list[dict[str, Any]]:
        """All threads of ours, oldest first."""
        found: dict[str, dict[str, Any]] = {}
        for batch in (self.path / "threads").glob("*.jsonl"):
            found.update((row["thread"], row) for row in map(json.loads, batch.read_bytes().splitlines()))
        for path in (self.path / "threads").glob("*.json"):
            row = files.read_json(path)
            found[row["thread"]] = row
        return sorted(found.values(), key=lambda t: (t.get("at_unix_s", 0), t["thread"]))

    def thread_of(self, digest: str) -> dict[str, Any]:
        """The thread that holds this digest (any unique start of at least 8 characters), or SetupError `not-mine`."""
        if not re.fullmatch(r"[0-9a-f]{8,64}", digest):
            raise errors.UsageError("bad-digest", "a digest is 64 hex characters (at least the first 8)")
        found = [t for t in self.threads() if any(d.startswith(digest) for d in t["digests"])]
        if len(found) != 1:
            raise errors.SetupError(
                "not-mine" if not found else "ambiguous-digest",
                "no thread of this profile has this digest" if not found else "several threads start like this",
                hint="`tocsin status` lists your own submissions.",
            )
        return found[0]

    def keep_notes(self, digest: str, notes: dict[str, Any]) -> None:
        """Private notes and reasons of a record; they never leave."""
        files.write_json(self.path / "notes" / f"{_hex(digest)}.json", notes)

    def keep_evidence(self, name: str, data: bytes) -> Path:
        """Keep bytes of the hub that did not verify; they are proof against it."""
        safe = re.sub(r"[^a-z0-9-]", "-", name)[:60]
        path = self.path / "evidence" / f"{safe}-{secrets.token_hex(4)}"
        files.write(path, data)
        return path


def _hex(digest: str) -> str:
    if not _HEX64.fullmatch(digest):
        raise errors.UsageError("bad-digest", "a digest is 64 hex characters")
    return digest
