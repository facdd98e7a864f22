"""The keys and the identity of a hub: D/hub.json, D/policy.json and D/keys, made once by `init`, loaded by `load`.

    D/hub.json          what this hub is: origin, prefix, where its anchor lies, which engine it was made for, and, if it
                        was restored from a backup (members/restore.py), which earlier logs it begins with
    D/policy.json       whom to believe, signed by the root (which is not here)
    D/keys/             0700: log.key, certificate.key (PKCS #8), tag.key, login.key (32 bytes as hex); each 0600

The root key and the authority's key are written once to the paths given and are never read by a running hub.
"""

from __future__ import annotations

import os
import secrets
import stat
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import inspect, make_url

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor as anchor_room
from tocsin_hub.members import hubfile
from tocsin_hub.members.hubfile import Identity as Identity
from tocsin_hub.settings import Settings
from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store
from tocsin_trust import errors as trust_errors
from tocsin_trust import keys, note, policy

POLICY_DAYS = 397
DAY_S = 86_400
AUTHORITY_ID = "authority-1"
_POLICY_FILE, _KEYS = "policy.json", "keys"


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """The keys of a running hub. It has no repr, so that it cannot end up in a log line."""

    identity: Identity
    policy: policy.Policy
    log_key: keys.SigningKey
    certificate_key: keys.SigningKey
    tag_key: bytes
    login_key: bytes

    @property
    def origin(self) -> str:
        """The log's name."""
        return self.identity.origin

    @property
    def prefix(self) -> str:
        """What record ids begin with."""
        return self.identity.prefix


@dataclass(frozen=True, slots=True)
class Made:
    """What `init` made: where it lies and what to compare at first contact. Holds no secret."""

    dir: Path
    origin: str
    prefix: str
    fingerprint_words: str
    fingerprint_hex: str
    root_key: Path
    authority_key: Path
    authority_id: str
    anchor: Path
    same_volume: bool


def engine_of(settings: Settings) -> str:
    """`sqlite` or `postgresql`."""
    return settings.url().split(":", 1)[0].split("+", 1)[0]


def init(
    settings: Settings,
    *,
    origin: str,
    root_key: Path,
    authority_key: Path,
    now_unix_s: int,
    prefix: str = "TOC",
    authority_id: str = AUTHORITY_ID,
    passphrase: str | None = None,
) -> Made:
    """Make a hub in `settings.dir`: keys, policy version 1, anchor, migrated database.

    `passphrase` encrypts the root and authority keys. The anchor goes to `settings.anchor`, else beside the directory.
    Raises HubError hub-exists or file-exists, before anything is written, and never overwrites a file.
    """
    anchor = (settings.anchor or settings.dir.resolve().with_name(settings.dir.resolve().name + ".anchor")).resolve()
    home = settings.dir.resolve()
    require_room(home, (root_key, authority_key, anchor))
    require_fresh(settings.url())
    root, authority = keys.SigningKey.generate(), keys.SigningKey.generate()
    _make_home(home, origin, now_unix_s, root, {authority_id: authority.public})
    for path, key in ((root_key, root), (authority_key, authority)):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, key.to_pkcs8(passphrase))
    migrate.upgrade(settings.url())
    anchor_room.create(anchor, origin)
    # Last: a directory without hub.json is no hub, so an init that died half way is seen as such.
    hubfile.write(home, Identity(origin, prefix, anchor, engine_of(settings)))
    return Made(
        dir=home,
        origin=origin,
        prefix=prefix,
        fingerprint_words=policy.fingerprint_words(root.public),
        fingerprint_hex=policy.fingerprint_hex(root.public),
        root_key=root_key,
        authority_key=authority_key,
        authority_id=authority_id,
        anchor=anchor,
        same_volume=anchor.stat().st_dev == home.stat().st_dev,
    )


def _make_home(
    home: Path, origin: str, now_unix_s: int, root: keys.SigningKey, authorities: dict[str, keys.PublicKey]
) -> None:
    """The directory with the hub's own keys and a first policy that names them."""
    log_key, certificate_key = make_keys(home, secrets.token_hex(32))
    payload = policy.build(
        origin=origin,
        version=1,
        root=root.public,
        issued_unix_s=now_unix_s,
        expires_unix_s=now_unix_s + POLICY_DAYS * DAY_S,
        log_keys=[note.vkey(origin, log_key)],
        certificate_keys=[certificate_key],
        authorities=authorities,
    )
    write_policy(home, policy.sign(payload, root))


def make_keys(home: Path, tag_key_hex: str) -> tuple[keys.PublicKey, keys.PublicKey]:
    """The directory D with fresh keys in it and this tag key; log key and certificate key as others may see them."""
    log_key, certificate_key = keys.SigningKey.generate(), keys.SigningKey.generate()
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    (home / _KEYS).mkdir(mode=0o700)
    _write(home / _KEYS / "log.key", log_key.to_pkcs8(None))
    _write(home / _KEYS / "certificate.key", certificate_key.to_pkcs8(None))
    _write(home / _KEYS / "tag.key", tag_key_hex.encode() + b"\n")
    _write(home / _KEYS / "login.key", secrets.token_hex(32).encode() + b"\n")
    return log_key.public, certificate_key.public


def write_policy(home: Path, signed: bytes) -> None:
    """Write D/policy.json, a new file."""
    _write(home / _POLICY_FILE, signed, mode=0o644)


def identity(settings: Settings) -> Identity:
    """What the hub in `settings.dir` is. Raises HubError hub-missing, or schema-behind if it was made for another engine."""
    try:
        found = hubfile.read(settings.dir)
    except (FileNotFoundError, NotADirectoryError, ValueError, KeyError, TypeError):
        raise HubError("hub-missing", where="dir") from None
    if found.engine != engine_of(settings):
        raise HubError("hub-missing", where="database_url")
    return found if settings.anchor is None else replace(found, anchor=settings.anchor)


def load(settings: Settings) -> Keyring:
    """The keys of the hub in `settings.dir`.

    Raises HubError hub-missing, key-file-open (a key or its directory is open to others), or key-unreadable.
    """
    known = identity(settings)
    folder = settings.dir / _KEYS
    if not folder.is_dir():
        raise HubError("hub-missing", where=_KEYS)
    _require_closed(folder)
    try:
        trusted = policy.read((settings.dir / _POLICY_FILE).read_bytes())
        ring = Keyring(
            identity=known,
            policy=trusted,
            log_key=keys.SigningKey.from_pkcs8(_read(folder / "log.key"), None),
            certificate_key=keys.SigningKey.from_pkcs8(_read(folder / "certificate.key"), None),
            tag_key=read_secret(folder / "tag.key"),
            login_key=read_secret(folder / "login.key"),
        )
    except FileNotFoundError:
        raise HubError("hub-missing", where=_KEYS) from None
    except trust_errors.TrustError as error:
        raise HubError("key-unreadable", where=error.where) from None
    if trusted.origin != known.origin or ring.log_key.public not in {v.public for v in trusted.log_verifiers}:
        raise HubError("key-unreadable", where=_POLICY_FILE)
    return ring


def read_signing_key(path: Path, passphrase: str | None = None) -> keys.SigningKey:
    """A root or authority key from its file. Raises HubError key-file-open or key-unreadable, FileNotFoundError."""
    try:
        return keys.SigningKey.from_pkcs8(_read(path), passphrase)
    except (FileNotFoundError, trust_errors.TrustError):
        raise HubError("key-unreadable", where=path.name) from None


def require_room(home: Path, files: tuple[Path, ...]) -> None:
    """Refuse a directory that holds a hub, and files that are there already."""
    if (home / hubfile.NAME).exists() or (home / _KEYS).exists() or (home / "hub.db").exists():
        raise HubError("hub-exists", where="dir")
    for path in files:
        if path.exists():
            raise HubError("file-exists", where=path.name)


def require_fresh(database_url: str) -> None:
    """A database that holds a log belongs to a hub already, wherever that hub's directory lies."""
    url = make_url(database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return
    store = Store(database_url)
    try:
        with store.read() as session:
            if inspect(session.connection()).has_table("log_state"):
                raise HubError("hub-exists", where="database_url")
    finally:
        store.dispose()


def _write(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _require_closed(path: Path) -> None:
    # The bits, not whether open() works: root can open anything.
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise HubError("key-file-open", where=path.name)


def _read(path: Path) -> bytes:
    _require_closed(path)
    return path.read_bytes()


def read_secret(path: Path) -> bytes:
    """The 32 bytes of tag.key or login.key. Raises HubError key-file-open or key-unreadable, FileNotFoundError."""
    try:
        found = bytes.fromhex(_read(path).decode("ascii").strip())
    except ValueError:
        raise HubError("key-unreadable", where=path.name) from None
    if len(found) != 32:
        raise HubError("key-unreadable", where=path.name)
    return found
