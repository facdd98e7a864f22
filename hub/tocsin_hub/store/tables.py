"""Every table of the hub, in one place: what is kept for ever, what is secret, and what can be dropped and made again.

Long because one place for all tables is the point: who wants to know what a hub keeps reads this file and no other.

Four families, and which one a table is in decides what a backup, `rebuild` and `fsck` do with it:

- KEPT: the log itself and what only it knows (entry, tile, log_state, blob).
- SYNCHRONOUS: moved in the transaction that appends (head, org, member_key); derivable from the log.
- DERIVED: written by readers behind a cursor; dropped and rebuilt at will.
- PRIVATE: in no log, so backed up on its own (pseudonym, token, enrolment_request).

SQLModel `table=True` does not validate: rows are written only from types that were validated before (stack.md, traps).
Constraint names follow NAMING so that Alembic batch mode keeps them.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, Text
from sqlmodel import Field, SQLModel

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: MetaData = SQLModel.metadata
metadata.naming_convention = NAMING


def _bytes(**kw: object) -> Column[bytes]:
    return Column(LargeBinary, **kw)  # type: ignore[arg-type]


def _big(**kw: object) -> Column[int]:
    return Column(BigInteger, **kw)  # type: ignore[arg-type]


def _place() -> Column[int]:
    """A primary key that is given, never drawn. On SQLite INTEGER is the row's own place: no second index, less disk."""
    return Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=False)


def _small(**kw: object) -> Column[int]:
    return Column(SmallInteger, **kw)  # type: ignore[arg-type]


def _text(**kw: object) -> Column[str]:
    return Column(Text, **kw)  # type: ignore[arg-type]


# --- KEPT -----------------------------------------------------------------------------------------------------------


class EntryRow(SQLModel, table=True):
    """One leaf of the log. `data` is the leaf text; the payload lies in `blob`, so that it can be erased."""

    __tablename__ = "entry"
    idx: int = Field(sa_column=_place())
    leaf_hash: bytes = Field(sa_column=_bytes(nullable=False))
    digest: bytes = Field(sa_column=_bytes(nullable=False, unique=True))
    data: bytes = Field(sa_column=_bytes(nullable=False))
    accepted_unix_s: int = Field(sa_column=_big(nullable=False))


class TileRow(SQLModel, table=True):
    """A full tile of 256 hashes (8,192 bytes); partial tiles are slices of the right edge and are never stored.

    `root` is the hash of the tile, one entry of the level above: a restart or a proof reads 32 bytes, not 8,192.
    """

    __tablename__ = "tile"
    level: int = Field(sa_column=_small(primary_key=True, autoincrement=False))
    n: int = Field(sa_column=_big(primary_key=True, autoincrement=False))
    data: bytes = Field(sa_column=_bytes(nullable=False))
    root: bytes = Field(sa_column=_bytes(nullable=False))


class LogStateRow(SQLModel, table=True):
    """The one row (id 1) that every append moves by compare-and-swap on `size`."""

    __tablename__ = "log_state"
    id: int = Field(sa_column=_small(primary_key=True, autoincrement=False))
    size: int = Field(sa_column=_big(nullable=False))
    root: bytes = Field(sa_column=_bytes(nullable=False))


class BlobRow(SQLModel, table=True):
    """An envelope as it was sent (zlib), by digest of its PAE; `envelope` is NULL once erased."""

    __tablename__ = "blob"
    digest: bytes = Field(sa_column=_bytes(primary_key=True))
    envelope: bytes | None = Field(default=None, sa_column=_bytes(nullable=True))
    erased_unix_s: int | None = Field(default=None, sa_column=_big(nullable=True))


# --- SYNCHRONOUS ----------------------------------------------------------------------------------------------------


class HeadRow(SQLModel, table=True):
    """Where a thread stands. `thread` is the digest of its first statement, `digest` that of its newest."""

    __tablename__ = "head"
    thread: bytes = Field(sa_column=_bytes(primary_key=True))
    digest: bytes = Field(sa_column=_bytes(nullable=False))
    author_key: str = Field(sa_column=_text(nullable=False, index=True))
    author_org: str | None = Field(default=None, sa_column=_text(nullable=True))
    kind: str = Field(sa_column=_text(nullable=False))
    mode: str = Field(sa_column=_text(nullable=False))
    first_idx: int = Field(sa_column=_big(nullable=False, unique=True))
    head_idx: int = Field(sa_column=_big(nullable=False))
    amends: int = Field(sa_column=_small(nullable=False))
    state: str = Field(sa_column=_text(nullable=False))  # published | withdrawn | hidden | erased
    reason: str | None = Field(default=None, sa_column=_text(nullable=True))


class VersionRow(SQLModel, table=True):
    """Each statement of a thread in log order: which digests belong together."""

    __tablename__ = "version"
    idx: int = Field(sa_column=_place())
    thread: bytes = Field(sa_column=_bytes(nullable=False, index=True))
    digest: bytes = Field(sa_column=_bytes(nullable=False, unique=True))
    kind: str = Field(sa_column=_text(nullable=False))


class OrgRow(SQLModel, table=True):
    """One enrolled organisation as the log tells it; `name` only if it wished to be named (never from the log)."""

    __tablename__ = "org"
    org: str = Field(sa_column=_text(primary_key=True))
    kind: str = Field(sa_column=_text(nullable=False))  # member | industry-body | regulator | desk
    sector: str = Field(sa_column=_text(nullable=False))
    region: str = Field(sa_column=_text(nullable=False))
    agreement: str = Field(sa_column=_text(nullable=False))
    grant_json: str | None = Field(default=None, sa_column=_text(nullable=True))
    demo: bool = Field(default=False, nullable=False)
    enrolled_idx: int = Field(sa_column=_big(nullable=False))
    suspended_idx: int | None = Field(default=None, sa_column=_big(nullable=True))


class MemberKeyRow(SQLModel, table=True):
    """A key of an organisation and the log indexes between which it was good (records.md 1, trust.md 1.4)."""

    __tablename__ = "member_key"
    key: str = Field(sa_column=_text(primary_key=True))
    org: str = Field(sa_column=_text(nullable=False, index=True))
    role: str = Field(sa_column=_text(nullable=False))  # root | operational
    added_idx: int = Field(sa_column=_big(nullable=False))
    revoked_idx: int | None = Field(default=None, sa_column=_big(nullable=True))


# --- PRIVATE --------------------------------------------------------------------------------------------------------


class PseudonymRow(SQLModel, table=True):
    """A certified author key and its sealed tag: AES-GCM of HMAC(tag.key, org). Nothing here names an organisation."""

    __tablename__ = "pseudonym"
    author_key: str = Field(sa_column=_text(primary_key=True))
    sealed_tag: bytes = Field(sa_column=_bytes(nullable=False))
    not_after_unix_s: int = Field(sa_column=_big(nullable=False, index=True))


class TokenRow(SQLModel, table=True):
    """A reading token, hashed at rest. `subject` is an org id or an author key, told apart by `subject_kind`."""

    __tablename__ = "token"
    hash: bytes = Field(sa_column=_bytes(primary_key=True))
    subject_kind: str = Field(sa_column=_text(nullable=False))  # org | author
    subject: str = Field(sa_column=_text(nullable=False, index=True))
    expires_unix_s: int = Field(sa_column=_big(nullable=False))
    revoked: bool = Field(default=False, nullable=False)
    label: str | None = Field(default=None, sa_column=_text(nullable=True))  # of a long-lived token; NULL for a login's
    created_unix_s: int | None = Field(default=None, sa_column=_big(nullable=True))


class EnrolmentRequestRow(SQLModel, table=True):
    """A request that waits for an authority; removed when enrolled or after 30 days."""

    __tablename__ = "enrolment_request"
    digest: bytes = Field(sa_column=_bytes(primary_key=True))
    org: str = Field(sa_column=_text(nullable=False, unique=True))
    envelope: bytes = Field(sa_column=_bytes(nullable=False))
    name: str | None = Field(default=None, sa_column=_text(nullable=True))
    publish_name: bool = Field(default=False, nullable=False)
    received_unix_s: int = Field(sa_column=_big(nullable=False))


class OrgNameRow(SQLModel, table=True):
    """The name of an organisation that wished to be named in the directory; erasable, in no log."""

    __tablename__ = "org_name"
    org: str = Field(sa_column=_text(primary_key=True))
    name: str = Field(sa_column=_text(nullable=False))


# --- DERIVED --------------------------------------------------------------------------------------------------------


class CursorRow(SQLModel, table=True):
    """How far each reader has come: entries below `next_idx` are reflected in its rows."""

    __tablename__ = "reader_cursor"
    name: str = Field(sa_column=_text(primary_key=True))
    next_idx: int = Field(sa_column=_big(nullable=False))


class RecordCounterRow(SQLModel, table=True):
    """The last number given per kind and year; moved by the catalogue reader in log order, so a rebuild gives the same."""

    __tablename__ = "record_counter"
    series: str = Field(sa_column=_text(primary_key=True))  # e.g. I-2026
    last: int = Field(sa_column=_big(nullable=False))


class RecordRow(SQLModel, table=True):
    """The narrow list row of a thread: all that filters, orders and decides who may read. `rec` = first log index.

    A withdrawn or erased thread keeps rec, thread, record_id, kind, state, reason, head_idx and accepted_unix_s; all
    else is blanked to the fixed tombstone form, the same in a live hub and after a rebuild.
    """

    __tablename__ = "record"
    rec: int = Field(sa_column=_place())
    thread: bytes = Field(sa_column=_bytes(nullable=False, unique=True))
    record_id: str = Field(sa_column=_text(nullable=False, unique=True))
    kind: str = Field(sa_column=_text(nullable=False))
    state: str = Field(sa_column=_text(nullable=False))
    reason: str | None = Field(default=None, sa_column=_text(nullable=True))
    accepted_unix_s: int = Field(sa_column=_big(nullable=False))
    head_idx: int = Field(sa_column=_big(nullable=False))
    head_digest: bytes | None = Field(default=None, sa_column=_bytes(nullable=True))
    amends: int = Field(default=0, sa_column=_small(nullable=False))
    mode: str | None = Field(default=None, sa_column=_text(nullable=True))
    author_key: str | None = Field(default=None, sa_column=_text(nullable=True))
    author_org: str | None = Field(default=None, sa_column=_text(nullable=True))
    tlp: str | None = Field(default=None, sa_column=_text(nullable=True))
    readers: int = Field(default=0, sa_column=_small(nullable=False))
    embargo_until_unix_s: int | None = Field(default=None, sa_column=_big(nullable=True))
    record_type: str | None = Field(default=None, sa_column=_text(nullable=True))
    primary_category: str | None = Field(default=None, sa_column=_text(nullable=True))
    sector: str | None = Field(default=None, sa_column=_text(nullable=True))
    region: str | None = Field(default=None, sa_column=_text(nullable=True))
    system_class: str | None = Field(default=None, sa_column=_text(nullable=True))
    evidence_class: str | None = Field(default=None, sa_column=_text(nullable=True))
    occurred_year: int | None = Field(default=None, sa_column=_small(nullable=True))
    occurred_quarter: int | None = Field(default=None, sa_column=_small(nullable=True))
    severity_actual: int | None = Field(default=None, sa_column=_small(nullable=True))
    severity_potential: int | None = Field(default=None, sa_column=_small(nullable=True))
    priority: str | None = Field(default=None, sa_column=_text(nullable=True))
    demo: bool = Field(default=False, nullable=False)

    __table_args__ = (
        Index("ix_record_kind_rec", "kind", "rec"),
        Index("ix_record_sector_rec", "sector", "rec"),
        Index("ix_record_region_rec", "region", "rec"),
        Index("ix_record_category_rec", "primary_category", "rec"),
        Index("ix_record_year_rec", "occurred_year", "rec"),
        Index("ix_record_author_org_rec", "author_org", "rec"),
        Index("ix_record_author_key_rec", "author_key", "rec"),
    )


class RecordBodyRow(SQLModel, table=True):
    """The body of a record's newest version as JSON text, apart from the narrow row so that scans stay cheap."""

    __tablename__ = "record_body"
    rec: int = Field(sa_column=_place())
    body: str = Field(sa_column=_text(nullable=False))


class RecordTagRow(SQLModel, table=True):
    """The tags of a record and all their ancestors as `scheme@edition:code`, so a filter by category finds its leaves."""

    __tablename__ = "record_tag"
    tag: str = Field(sa_column=_text(primary_key=True))
    rec: int = Field(sa_column=_place())
    own: bool = Field(nullable=False)  # False: an ancestor of a tag

    __table_args__ = (Index("ix_record_tag_rec", "rec"),)


class RecordRecipientRow(SQLModel, table=True):
    """Who else may read a TLP:RED record, by organisation."""

    __tablename__ = "record_recipient"
    rec: int = Field(sa_column=_big(primary_key=True, autoincrement=False))
    org: str = Field(sa_column=_text(primary_key=True))


class TrendRow(SQLModel, table=True):
    """One narrow row per record version. `seq` = 2*idx for a retraction, 2*idx+1 for an addition; append-only.

    A withdrawn thread's rows are blanked to (seq, cancels) only.
    """

    __tablename__ = "trend_row"
    seq: int = Field(sa_column=_place())
    cancels: int | None = Field(default=None, sa_column=_big(nullable=True))
    rec: int | None = Field(default=None, sa_column=_big(nullable=True, index=True))
    author: str | None = Field(default=None, sa_column=_text(nullable=True))  # org id or author key, as readers see it
    author_key: str | None = Field(default=None, sa_column=_text(nullable=True))
    kind: str | None = Field(default=None, sa_column=_text(nullable=True))
    record_type: str | None = Field(default=None, sa_column=_text(nullable=True))
    readers: int = Field(default=0, sa_column=_small(nullable=False))
    tlp: str | None = Field(default=None, sa_column=_text(nullable=True))
    embargo_until_unix_s: int | None = Field(default=None, sa_column=_big(nullable=True))
    recipients: str | None = Field(default=None, sa_column=_text(nullable=True))  # space-separated org ids
    sector: str | None = Field(default=None, sa_column=_text(nullable=True))
    region: str | None = Field(default=None, sa_column=_text(nullable=True))
    system_class: str | None = Field(default=None, sa_column=_text(nullable=True))
    evidence_class: str | None = Field(default=None, sa_column=_text(nullable=True))
    year: int | None = Field(default=None, sa_column=_small(nullable=True))
    quarter: int | None = Field(default=None, sa_column=_small(nullable=True))
    severity_actual: int | None = Field(default=None, sa_column=_small(nullable=True))
    severity_potential: int | None = Field(default=None, sa_column=_small(nullable=True))
    tags: bytes | None = Field(default=None, sa_column=_bytes(nullable=True))  # u16 little-endian ids of trend_tag


class TrendTagRow(SQLModel, table=True):
    """The number of each tag in `trend_row.tags`, given in log order."""

    __tablename__ = "trend_tag"
    id: int = Field(sa_column=_small(primary_key=True, autoincrement=False))
    tag: str = Field(sa_column=_text(nullable=False, unique=True))
