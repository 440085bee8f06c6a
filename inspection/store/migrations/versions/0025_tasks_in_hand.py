"""Tasks in hand by who holds them: the next unit to review is found without a look at all there ever were."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_IN_HAND = sa.text("closed_at IS NULL AND leased_by IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_task_held", "task", ["leased_by"], sqlite_where=_IN_HAND, postgresql_where=_IN_HAND)


def downgrade() -> None:
    op.drop_index("ix_task_held", "task")
