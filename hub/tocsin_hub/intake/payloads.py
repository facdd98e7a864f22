"""Envelopes as they were sent, for those who may read them; for everybody else they do not exist.

A version is readable by whoever may read the thread's newest version (old versions stay readable to who may read the
head). Statements about organisations, keys and moderation are public: receipts carry them. Unknown, not for this reader,
hidden and erased are one answer, so that nobody learns from the difference.
"""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from sqlmodel import col

from tocsin_hub.errors import HubError
from tocsin_hub.ledger import packing
from tocsin_hub.members import access
from tocsin_hub.store import tables
from tocsin_trust import kinds, leaf

PUBLIC_KINDS = frozenset({*kinds.IDENTITY_KINDS, *kinds.DESK_KINDS})


def read(session: Session, viewer: access.Viewer, digest: bytes) -> bytes:
    """The envelope with this digest, byte for byte as sent. Raises HubError not-found."""
    entry, blob = tables.EntryRow, tables.BlobRow
    row = session.execute(
        select(col(entry.data), col(blob.envelope))
        .join(blob, col(blob.digest) == col(entry.digest))
        .where(col(entry.digest) == digest, col(blob.envelope).is_not(None))
    ).one_or_none()
    stored = None if row is None else row[1]
    if row is None or stored is None:
        raise HubError("not-found")
    data = row[0]
    if leaf.parse(data).kind not in PUBLIC_KINDS and not _readable(session, viewer, digest):
        raise HubError("not-found")
    return packing.unpack(stored)


def _readable(session: Session, viewer: access.Viewer, digest: bytes) -> bool:
    version, record = tables.VersionRow, tables.RecordRow
    of_thread = select(col(version.thread)).where(col(version.digest) == digest).scalar_subquery()
    found = exists().where(col(record.thread) == of_thread, access.visible(viewer))
    return bool(session.execute(select(found)).scalar_one())
