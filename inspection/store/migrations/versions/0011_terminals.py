"""Shared terminals: each person's language and PIN, and which browser a session belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("language", sa.Text(), nullable=False, server_default=""))
    op.add_column("person", sa.Column("pin_hash", sa.Text(), nullable=False, server_default=""))
    op.add_column("session", sa.Column("terminal_sha256", sa.Text(), nullable=False, server_default=""))
    op.create_index("ix_session_terminal_sha256", "session", ["terminal_sha256"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_session_terminal_sha256", "session")
    op.drop_column("session", "terminal_sha256")
    op.drop_column("person", "pin_hash")
    op.drop_column("person", "language")
