"""Organisations and keys as the log tells them; and what is in no log: pseudonyms, tokens, requests, names.

Revision 0002, after 0001. Never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "org",
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("sector", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("grant_json", sa.Text(), nullable=True),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("enrolled_idx", sa.BigInteger(), nullable=False),
        sa.Column("suspended_idx", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_org")),
    )
    op.create_table(
        "member_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("added_idx", sa.BigInteger(), nullable=False),
        sa.Column("revoked_idx", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_member_key")),
    )
    op.create_index(op.f("ix_member_key_org"), "member_key", ["org"], unique=False)
    op.create_table(
        "pseudonym",
        sa.Column("author_key", sa.Text(), nullable=False),
        sa.Column("sealed_tag", sa.LargeBinary(), nullable=False),
        sa.Column("not_after_unix_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("author_key", name=op.f("pk_pseudonym")),
    )
    op.create_table(
        "token",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("expires_unix_s", sa.BigInteger(), nullable=False),
        sa.Column("revoked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_token")),
    )
    op.create_index(op.f("ix_token_subject"), "token", ["subject"], unique=False)
    op.create_table(
        "enrolment_request",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("publish_name", sa.Boolean(), nullable=False),
        sa.Column("received_unix_s", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_enrolment_request")),
        sa.UniqueConstraint("org", name=op.f("uq_enrolment_request_org")),
    )
    op.create_table(
        "org_name",
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_org_name")),
    )
