"""What cameras say they were set to, from when on."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "camera_settings",
        sa.Column("id", _ID, nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.Column("settings", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_settings_camera_view", "camera_settings", ["camera_id", "view", "at"])


def downgrade() -> None:
    op.drop_table("camera_settings")
