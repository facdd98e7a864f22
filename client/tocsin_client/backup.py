"""One encrypted file that holds a profile, and how a lost laptop is made good from it.

Inside: keys (of authors, of the member, the root if it is in the profile), receipts, threads, the pinned policy, the outbox,
notes, dictionary. Not inside: reading tokens. Author keys are the only way to amend or withdraw a nameless record; without
them or a backup of them nobody, not the hub either, can do it for you.

    tocsin-backup/v1\\n  <header: JSON in one line>\\n  <AES-256-GCM of the zlib-compressed files, the header authenticated>

The key comes from the passphrase by scrypt (N 2^17, r 8, p 1: 128 MB and a third of a second a guess). The floor that
`require_strong` sets is an estimate against guessing by lists, no promise.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tocsin_client import errors, files, joining
from tocsin_client.vault import Vault
from tocsin_trust import errors as trust_errors

PASSPHRASE_ENV = "TOCSIN_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
MAGIC = b"tocsin-backup/v1"
MIN_CHARACTERS = 10
MIN_BITS = 60
MAX_BYTES = 1 << 30
_COST = (1 << 17, 8, 1)
_COSTS = (_COST,)  # what a file may ask of this machine; a later cost is added in front
_LEFT_OUT = {"tokens.json"}
_NAME = re.compile(
    r"(?:(?:keys(?:/authors|/members)?|threads|receipts|notes|outbox|refused|evidence)/)?[A-Za-z0-9_-][A-Za-z0-9._-]*"
)


@dataclass(frozen=True, slots=True)
class Restored:
    """What a backup held."""

    origin: str
    org: str
    author_keys: int
    member_keys: int
    root: bool
    receipts: int
    threads: int


def write(vault: Vault, path: Path, passphrase: str) -> Restored:
    """Write the whole profile to `path`, encrypted. UsageError if the file is there or the passphrase is weak."""
    vault.profile()
    require_strong(passphrase)
    if path.exists():
        raise errors.UsageError("file-exists", f"{path} is already there; nothing was written")
    contents = {
        name: base64.b64encode((vault.path / name).read_bytes()).decode()
        for name in sorted(str(p.relative_to(vault.path)) for p in vault.path.rglob("*") if p.is_file())
        if name not in _LEFT_OUT and _NAME.fullmatch(name)
    }
    header = {"v": 1, "kdf": "scrypt", "n": _COST[0], "r": _COST[1], "p": _COST[2], "salt": _b64(os.urandom(16)), "nonce": _b64(os.urandom(12))}  # fmt: skip
    line = json.dumps(header, sort_keys=True).encode()
    plain = zlib.compress(json.dumps(contents).encode(), 6)
    sealed = AESGCM(_key(passphrase, header)).encrypt(base64.b64decode(str(header["nonce"])), plain, line)
    try:
        files.write(path, MAGIC + b"\n" + line + b"\n" + sealed)
    except OSError as exc:
        raise errors.UsageError("unwritable-file", f"cannot write {path}") from exc
    return told(vault)


def restore(path: Path, passphrase: str, vault: Vault) -> Restored:
    """Make an empty profile from a backup: wholly, or not at all. The pinned policy must read, or nothing is kept."""
    if vault.path.exists() and any(vault.path.iterdir()):
        raise errors.SetupError("profile-exists", "this profile is not empty", hint="Choose another with --profile.")
    contents = _opened(path, passphrase)
    base = vault.path.parent
    for directory in (base.parent, base):
        files.make_private_dir(directory)
    scratch = Vault(base.parent, f"restoring-{secrets.token_hex(6)}")
    scratch.create()
    try:
        for name, data in contents.items():
            files.write(scratch.path / name, data)
        joining.pinned_policy(scratch)
        found = told(scratch)
        if vault.path.exists():
            vault.path.rmdir()
        os.rename(scratch.path, vault.path)
    except BaseException:
        _remove(scratch.path)
        raise
    files.sync_dir(base)
    return found


def told(vault: Vault) -> Restored:
    """What a profile holds, counted."""
    keys = vault.path / "keys"
    profile = vault.profile()
    members = list((keys / "members").glob("*.pem")) or list(keys.glob("operational.pem"))
    return Restored(
        origin=str(profile["origin"]),
        org=str(profile["org"]),
        author_keys=len(list((keys / "authors").glob("*.pem"))),
        member_keys=len(members),
        root=vault.has_key("root"),
        receipts=sum(len(p.read_bytes().splitlines()) if p.suffix == ".jsonl" else 1 for p in (vault.path / "receipts").iterdir()),
        threads=len(vault.threads()),
    )  # fmt: skip


def require_strong(passphrase: str) -> None:
    """Raise UsageError `weak-passphrase` for what a list of common passphrases would soon hold. An estimate, not a proof."""
    if len(passphrase) < MIN_CHARACTERS or bits(passphrase) < MIN_BITS:
        raise errors.UsageError(
            "weak-passphrase",
            "this passphrase is too easy to guess",
            hint="Take five or more words that do not belong together, or 14 mixed characters.",
        )


def bits(passphrase: str) -> float:
    """A cautious estimate of the bits of a passphrase: repeats and runs count once, the alphabet is what it uses."""
    unit = re.sub(r"^(.+?)\1+$", r"\1", passphrase, flags=re.DOTALL)
    new = [c for i, c in enumerate(unit) if i == 0 or abs(ord(c) - ord(unit[i - 1])) > 1]
    pools = (
        ("[a-z]", 26),
        ("[A-Z]", 26),
        ("[0-9]", 10),
        (r"[^\x80-\U0010ffffA-Za-z0-9]", 32),
        (r"[\x80-\U0010ffff]", 1000),
    )
    pool = sum(size for form, size in pools if re.search(form, unit))
    distinct = len(set(new))
    return min(len(new), 2 * distinct) * (pool.bit_length() - 1 if pool else 0)


def _opened(path: Path, passphrase: str) -> dict[str, bytes]:
    """The files of a backup by name. SetupError `backup-locked` for a wrong passphrase or a changed byte."""
    try:
        raw = path.read_bytes()
    except OSError as exc:
        raise errors.UsageError("unreadable-file", f"cannot read {path}") from exc
    broken = errors.SetupError("backup-broken", "this file is not a backup of a profile")
    try:
        magic, line, sealed = raw.split(b"\n", 2)
        header = json.loads(line)
        costs = tuple(header[name] for name in ("n", "r", "p"))
        if magic != MAGIC or header["kdf"] != "scrypt" or costs not in _COSTS:
            raise broken
        plain = AESGCM(_key(passphrase, header)).decrypt(base64.b64decode(header["nonce"]), sealed, line)
        unpacked = zlib.decompressobj()
        contents = json.loads(unpacked.decompress(plain, MAX_BYTES))
        found = {str(name): base64.b64decode(data, validate=True) for name, data in contents.items()}
    except InvalidTag as exc:
        raise errors.SetupError(
            "backup-locked", "the backup does not open", hint="Is the passphrase right? Else the file was changed."
        ) from exc
    except (ValueError, KeyError, TypeError, AttributeError, zlib.error, trust_errors.TrustError) as exc:
        raise broken from exc
    if any(not _NAME.fullmatch(name) or name in _LEFT_OUT for name in found):
        raise broken
    return found


def _key(passphrase: str, header: dict[str, Any]) -> bytes:
    kdf = Scrypt(salt=base64.b64decode(header["salt"]), length=32, n=header["n"], r=header["r"], p=header["p"])
    return kdf.derive(passphrase.encode("utf-8"))


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _remove(path: Path) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)
