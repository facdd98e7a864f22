"""Records as readers list them, and the full-text index of either engine.

Revision 0004, after 0003. Never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "record",
        sa.Column("rec", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("thread", sa.LargeBinary(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("accepted_unix_s", sa.BigInteger(), nullable=False),
        sa.Column("head_idx", sa.BigInteger(), nullable=False),
        sa.Column("head_digest", sa.LargeBinary(), nullable=True),
        sa.Column("amends", sa.SmallInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("author_key", sa.Text(), nullable=True),
        sa.Column("author_org", sa.Text(), nullable=True),
        sa.Column("tlp", sa.Text(), nullable=True),
        sa.Column("readers", sa.SmallInteger(), nullable=False),
        sa.Column("embargo_until_unix_s", sa.BigInteger(), nullable=True),
        sa.Column("record_type", sa.Text(), nullable=True),
        sa.Column("primary_category", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("system_class", sa.Text(), nullable=True),
        sa.Column("evidence_class", sa.Text(), nullable=True),
        sa.Column("occurred_year", sa.SmallInteger(), nullable=True),
        sa.Column("occurred_quarter", sa.SmallInteger(), nullable=True),
        sa.Column("severity_actual", sa.SmallInteger(), nullable=True),
        sa.Column("severity_potential", sa.SmallInteger(), nullable=True),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("rec", name=op.f("pk_record")),
        sa.UniqueConstraint("record_id", name=op.f("uq_record_record_id")),
        sa.UniqueConstraint("thread", name=op.f("uq_record_thread")),
    )
    op.create_index("ix_record_author_key_rec", "record", ["author_key", "rec"], unique=False)
    op.create_index("ix_record_author_org_rec", "record", ["author_org", "rec"], unique=False)
    op.create_index("ix_record_category_rec", "record", ["primary_category", "rec"], unique=False)
    op.create_index("ix_record_kind_rec", "record", ["kind", "rec"], unique=False)
    op.create_index("ix_record_region_rec", "record", ["region", "rec"], unique=False)
    op.create_index("ix_record_sector_rec", "record", ["sector", "rec"], unique=False)
    op.create_index("ix_record_year_rec", "record", ["occurred_year", "rec"], unique=False)
    op.create_table(
        "record_body",
        sa.Column("rec", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rec", name=op.f("pk_record_body")),
    )
    op.create_table(
        "record_tag",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("rec", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("tag", "rec", name=op.f("pk_record_tag")),
    )
    op.create_index("ix_record_tag_rec", "record_tag", ["rec"], unique=False)
    op.create_table(
        "record_recipient",
        sa.Column("rec", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rec", "org", name=op.f("pk_record_recipient")),
    )
    op.create_table(
        "record_counter",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("series", name=op.f("pk_record_counter")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE record_search (rec BIGINT NOT NULL CONSTRAINT pk_record_search PRIMARY KEY, tokens TSVECTOR NOT NULL)"
        )
        op.execute("CREATE INDEX ix_record_search_tokens ON record_search USING GIN (tokens)")
    else:
        # The tokens come finished from catalogue/tokens.py; unicode61 only splits them at the spaces. The text is stored
        # because FTS5 before 3.43 cannot delete from a contentless table.
        op.execute("CREATE VIRTUAL TABLE record_fts USING fts5(tokens, tokenize = 'unicode61 remove_diacritics 0')")
