"""How large the part was in an image, and how surely it was found; windows by their end."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("part", "found"):
        op.add_column("prediction", sa.Column(name, sa.Float(), nullable=True))
    op.create_index("ix_window_ended", "window", ["ended_at"])


def downgrade() -> None:
    op.drop_index("ix_window_ended", "window")
    for name in ("part", "found"):
        op.drop_column("prediction", name)
