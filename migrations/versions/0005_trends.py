"""One narrow row per record version, and the numbers of its tags.

Revision 0005, after 0004. Never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trend_row",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("cancels", sa.BigInteger(), nullable=True),
        sa.Column("rec", sa.BigInteger(), nullable=True),
        sa.Column("author", sa.Text(), nullable=True),
        sa.Column("author_key", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("record_type", sa.Text(), nullable=True),
        sa.Column("readers", sa.SmallInteger(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=True),
        sa.Column("embargo_until_unix_s", sa.BigInteger(), nullable=True),
        sa.Column("recipients", sa.Text(), nullable=True),
        sa.Column("sector", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("system_class", sa.Text(), nullable=True),
        sa.Column("evidence_class", sa.Text(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("quarter", sa.SmallInteger(), nullable=True),
        sa.Column("severity_actual", sa.SmallInteger(), nullable=True),
        sa.Column("severity_potential", sa.SmallInteger(), nullable=True),
        sa.Column("tags", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_trend_row")),
    )
    op.create_index(op.f("ix_trend_row_rec"), "trend_row", ["rec"], unique=False)
    op.create_table(
        "trend_tag",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trend_tag")),
        sa.UniqueConstraint("tag", name=op.f("uq_trend_tag_tag")),
    )
