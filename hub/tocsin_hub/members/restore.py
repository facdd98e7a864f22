"""Restoring: a backup becomes a hub under a new origin, whose log begins with the entries that the backup held.

Under the old origin it may not go on: the log had grown since, and a hub that forgot would sign a second history of it. Under
a new one nothing is contradicted, and who held the old checkpoints can check that the new log begins as the old one did.

    kept      every entry and payload of the backup at its index; records and their ids; members, keys, suspensions
    made new  log key, certificate key, login key, anchor, policy (signed by the same root, naming the old log)
    dropped   reading tokens, waiting requests (made for the old origin); and, without the old tag.key, the sealed tags
    lost      what the old log took in after the backup: its senders have the receipts and sign again for the new origin.
              A withdrawal among it is undone by the restore until its author repeats it.

docs/decisions/0009 weighs the other ways; what verifiers make of it is in docs/spec/policy.md.
"""

from __future__ import annotations

import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete, make_url
from sqlalchemy.orm import Session

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import anchor as anchor_room
from tocsin_hub.ledger import append, check, nodes
from tocsin_hub.members import hubfile, keyring
from tocsin_hub.settings import Settings
from tocsin_hub.store import migrate
from tocsin_hub.store.session import Store
from tocsin_hub.store.tables import EnrolmentRequestRow, PseudonymRow, TokenRow
from tocsin_trust import errors as trust_errors
from tocsin_trust import keys, merkle, note, policy

GAP_UNKNOWN = 10_000
"""By how much record numbers move on if nobody knows how many entries were lost."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore made. `lost` is None if it is not known how far the old log had come."""

    dir: Path
    origin: str
    predecessor: str
    entries: int
    lost: int | None
    tags_kept: bool
    anchor: Path
    same_volume: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """The last that is known of the old log."""

    size: int
    root: bytes
    checkpoint: str | None


def restore(
    settings: Settings,
    backup: Path,
    *,
    origin: str,
    root_key: keys.SigningKey,
    now_unix_s: int,
    old_keys: Path | None = None,
    old_anchor: Path | None = None,
    last_checkpoint: str | None = None,
) -> Restored:
    """Make a hub in `settings.dir` out of what `tocsin-hub backup` wrote to `backup`.

    `old_keys` is the old keys directory or a copy (its tag.key is read), `old_anchor` the old anchor file, `last_checkpoint`
    the newest checkpoint that anybody has of the old log; each tells more, none is needed. With PostgreSQL the database at
    `settings.database_url` must have been restored already by its own means.

    Long because the order of the steps is the algorithm. Raises HubError hub-exists, file-exists, backup-unusable, origin-used,
    policy-root-mismatch, key-unreadable, database-damaged or log-corrupt; then delete the directory and begin again.
    """
    home = settings.dir.resolve()
    anchor = (settings.anchor or home.with_name(home.name + ".anchor")).resolve()
    keyring.require_room(home, (anchor,))
    before, old = _read(backup, settings)
    if origin in {before.origin, *(log.origin for log in before.earlier)}:
        raise HubError("origin-used", where="origin")
    if root_key.public != old.root:
        raise HubError("policy-root-mismatch", where="root_key")
    tag_key = None if old_keys is None else _tag_key(old_keys)
    _copy_database(settings, backup, home)
    size, root, last = _take_over(settings, before, old, old_anchor, last_checkpoint, keep_tags=tag_key is not None)
    log_key, certificate_key = keyring.make_keys(home, secrets.token_hex(32) if tag_key is None else tag_key.hex())
    taken = policy.Predecessor(before.origin, size, root)
    keyring.write_policy(home, _policy(old, taken, origin, root_key, log_key, certificate_key, now_unix_s))
    anchor_room.create(anchor, origin)
    earlier = hubfile.Earlier(
        origin=before.origin,
        size=size,
        root=root.hex(),
        last_size=None if last is None else last.size,
        last_root=None if last is None else last.root.hex(),
        last_checkpoint=None if last is None else last.checkpoint,
        gap=GAP_UNKNOWN if last is None else last.size - size,
        policy=old.raw.decode(),
    )
    known = hubfile.Identity(origin, before.prefix, anchor, before.engine, (*before.earlier, earlier))
    # Last, as with init: before this the directory is no hub, and nothing was signed under the new origin.
    hubfile.write(home, known)
    return Restored(
        dir=home,
        origin=origin,
        predecessor=before.origin,
        entries=size,
        lost=None if last is None else last.size - size,
        tags_kept=tag_key is not None,
        anchor=anchor,
        same_volume=anchor.stat().st_dev == home.stat().st_dev,
    )


def _read(backup: Path, settings: Settings) -> tuple[hubfile.Identity, policy.Policy]:
    try:
        before = hubfile.read(backup)
        old = policy.read((backup / "policy.json").read_bytes())
    except (OSError, ValueError, KeyError, TypeError, trust_errors.TrustError):
        raise HubError("backup-unusable", where="backup") from None
    if before.engine != keyring.engine_of(settings) or old.origin != before.origin:
        raise HubError("backup-unusable", where="database_url" if old.origin == before.origin else "policy.json")
    return before, old


def _tag_key(old_keys: Path) -> bytes:
    try:
        return keyring.read_secret(old_keys / "tag.key")
    except FileNotFoundError:
        raise HubError("key-unreadable", where="tag.key") from None


def _copy_database(settings: Settings, backup: Path, home: Path) -> None:
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if keyring.engine_of(settings) == "sqlite":
        path = Path(make_url(settings.url()).database or "")
        if path.exists():
            raise HubError("hub-exists", where="database_url")
        try:
            shutil.copy(backup / "hub.db", path)
        except OSError:
            raise HubError("backup-unusable", where="hub.db") from None
        os.chmod(path, 0o600)
    migrate.upgrade(settings.url())


def _take_over(
    settings: Settings,
    before: hubfile.Identity,
    old: policy.Policy,
    old_anchor: Path | None,
    last_checkpoint: str | None,
    *,
    keep_tags: bool,
) -> tuple[int, bytes, _Known | None]:
    """Check the log that the backup holds, drop what was for the old origin; (size, root, the last that is known)."""
    store = Store(settings.url(), busy_timeout_ms=settings.busy_timeout_ms)
    try:
        with store.read() as session:
            if check.log(session):
                raise HubError("log-corrupt", detail="the backup's log does not fit its own hashes")
            size, root = append.size(session)
            last = _last(session, size, root, before, old, old_anchor, last_checkpoint)
        with store.write("restore") as session:
            session.execute(delete(TokenRow))
            session.execute(delete(EnrolmentRequestRow))
            if not keep_tags:
                session.execute(delete(PseudonymRow))
    finally:
        store.dispose()
    return size, root, last


def _last(
    session: Session,
    size: int,
    root: bytes,
    before: hubfile.Identity,
    old: policy.Policy,
    old_anchor: Path | None,
    last_checkpoint: str | None,
) -> _Known | None:
    """The furthest that the old log is known to have come; every witness of it must agree with what the backup holds."""
    found: list[_Known] = []
    if old_anchor is not None:
        mark = anchor_room.read(old_anchor)
        if mark.origin != before.origin:
            raise HubError("anchor-mismatch", where="old_anchor")
        found.append(_Known(mark.size, mark.root, None))
    if last_checkpoint is not None:
        try:
            head = note.open_checkpoint(last_checkpoint, *old.log_verifiers)
        except trust_errors.TrustError as error:
            raise HubError(error.code, where="last_checkpoint") from None
        found.append(_Known(head.size, head.root, last_checkpoint))
    for known in found:
        if known.size <= size and merkle.root(known.size, nodes.Nodes(session, known.size, nodes.Memo())) != known.root:
            raise HubError("log-corrupt", detail="the backup is not a beginning of the old log")
    if not found:
        return None
    furthest = max(found, key=lambda known: (known.size, known.checkpoint is not None))
    if furthest.size >= size:
        return furthest
    # An anchor is the end of the log but for a batch that was never answered; a checkpoint may be from any time before.
    return None if old_anchor is None else _Known(size, root, None)


def _policy(
    old: policy.Policy,
    taken: policy.Predecessor,
    origin: str,
    root_key: keys.SigningKey,
    log_key: keys.PublicKey,
    certificate_key: keys.PublicKey,
    now_unix_s: int,
) -> bytes:
    """The next policy of the same root: new keys, old authorities, and the log that was taken over.

    Old certificate keys stay listed, or threads that began under them could not go on. No quorum: the witnesses have not
    seen the new origin yet.
    """
    payload = policy.build(
        origin=origin,
        version=old.version + 1,
        root=root_key.public,
        issued_unix_s=now_unix_s,
        expires_unix_s=now_unix_s + keyring.POLICY_DAYS * keyring.DAY_S,
        log_keys=[note.vkey(origin, log_key)],
        certificate_keys=[certificate_key, *old.certificate_keys],
        authorities=old.authorities,
        predecessors=[*old.predecessors, taken],
    )
    return policy.sign(payload, root_key)
