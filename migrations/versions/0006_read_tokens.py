"""Read tokens have a label and a beginning; certificates are counted by the week in which they were made.

Revision 0006, after 0005. Never edited after a release.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Plain additions, so SQLite need not copy the table; both are empty for tokens made before.
    op.add_column("token", sa.Column("label", sa.Text(), nullable=True))
    op.add_column("token", sa.Column("created_unix_s", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_pseudonym_not_after_unix_s"), "pseudonym", ["not_after_unix_s"], unique=False)
