"""Windows by when they were closed; days of figures merged anew, of what may be told beside their hours."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_DAY, _HOUR = 86_400, 3_600
_FIRST = f"(SELECT MIN(start) FROM tally WHERE span = {_HOUR})"


def upgrade() -> None:
    op.add_column("window", sa.Column("closed_at", sa.BigInteger(), nullable=True))
    op.execute('UPDATE "window" SET closed_at = ended_at')
    op.drop_index("ix_window_ended", "window")
    op.create_index("ix_window_closed", "window", ["closed_at"])
    op.execute(f"DELETE FROM tally WHERE span = {_DAY} AND start >= {_FIRST} - {_FIRST} % {_DAY}")
    op.execute(f"UPDATE tally_until SET until = {_FIRST} - {_FIRST} % {_DAY} WHERE span = {_DAY} AND {_FIRST} < until")


def downgrade() -> None:
    op.drop_index("ix_window_closed", "window")
    op.create_index("ix_window_ended", "window", ["ended_at"])
    op.drop_column("window", "closed_at")
