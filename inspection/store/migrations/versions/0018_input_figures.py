"""More figures of images and windows: mean, black share, colour cast, noise, repeated pictures, missing serials."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_FIGURES = ("mean", "black", "red", "blue", "noise")


def upgrade() -> None:
    for table in ("image", "window"):
        for name in _FIGURES:
            op.add_column(table, sa.Column(name, sa.Float(), nullable=True))
    op.add_column("image", sa.Column("picture", sa.BigInteger(), nullable=True))
    op.add_column("window", sa.Column("repeated", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("window", sa.Column("missing", sa.Integer(), nullable=True))


def downgrade() -> None:
    for name in ("repeated", "missing"):
        op.drop_column("window", name)
    op.drop_column("image", "picture")
    for table in ("image", "window"):
        for name in _FIGURES:
            op.drop_column(table, name)
