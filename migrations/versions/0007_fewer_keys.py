"""The log keeps no second key for what one key finds: every random key costs a page per record and transaction.

Revision 0007, after 0006. Never edited after a release.
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A leaf holds its digest and a head is the newest version's digest: both are unique where the digest itself is kept.
    op.drop_index(op.f("ix_head_author_org"), table_name="head")
    with op.batch_alter_table("entry") as entry:
        entry.drop_constraint(op.f("uq_entry_leaf_hash"), type_="unique")
    with op.batch_alter_table("head") as head:
        head.drop_constraint(op.f("uq_head_digest"), type_="unique")
