"""Training images with defects."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NEW = {"defect": "", "regions": "[]", "group": ""}


def upgrade() -> None:
    with op.batch_alter_table("sample", schema=None) as batch_op:
        for name, before in _NEW.items():
            batch_op.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=before))


def downgrade() -> None:
    with op.batch_alter_table("sample", schema=None) as batch_op:
        for name in _NEW:
            batch_op.drop_column(name)
