"""Threads: where each stands and which versions it has.

Revision 0003, after 0002. Never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "head",
        sa.Column("thread", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("author_key", sa.Text(), nullable=False),
        sa.Column("author_org", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("first_idx", sa.BigInteger(), nullable=False),
        sa.Column("head_idx", sa.BigInteger(), nullable=False),
        sa.Column("amends", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("thread", name=op.f("pk_head")),
        sa.UniqueConstraint("digest", name=op.f("uq_head_digest")),
        sa.UniqueConstraint("first_idx", name=op.f("uq_head_first_idx")),
    )
    op.create_index(op.f("ix_head_author_key"), "head", ["author_key"], unique=False)
    op.create_index(op.f("ix_head_author_org"), "head", ["author_org"], unique=False)
    op.create_table(
        "version",
        sa.Column("idx", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("thread", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("idx", name=op.f("pk_version")),
        sa.UniqueConstraint("digest", name=op.f("uq_version_digest")),
    )
    op.create_index(op.f("ix_version_thread"), "version", ["thread"], unique=False)
