"""References of data drift, the looks held against them, and each prediction's feature."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("prediction", sa.Column("feature", sa.LargeBinary(), nullable=True))
    op.create_table(
        "drift_reference",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("recipe_id", sa.Integer(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("after_image_id", sa.BigInteger(), nullable=False),
        sa.Column("images", sa.Integer(), nullable=False),
        sa.Column("score", sa.LargeBinary(), nullable=True),
        sa.Column("novelty", sa.LargeBinary(), nullable=True),
        sa.Column("feature", sa.LargeBinary(), nullable=True),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_drift_reference_camera_view", "drift_reference", ["camera_id", "view", "id"])
    op.create_table(
        "drift_look",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("camera_id", sa.BigInteger(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.Column("reference_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("last_image_id", sa.BigInteger(), nullable=False),
        sa.Column("psi", sa.Float(), nullable=False),
        sa.Column("distance", sa.Float(), nullable=False),
        sa.Column("p", sa.Float(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("far", sa.Text(), nullable=False),
        sa.Column("histogram", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.ForeignKeyConstraint(["camera_id"], ["camera.id"]),
        sa.ForeignKeyConstraint(["reference_id"], ["drift_reference.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_drift_look_reference", "drift_look", ["reference_id", "kind", "id"])
    op.create_index("ix_drift_look_camera_view", "drift_look", ["camera_id", "view", "id"])
    op.create_index("ix_drift_look_line", "drift_look", ["line_id", "at"])


def downgrade() -> None:
    op.drop_table("drift_look")
    op.drop_table("drift_reference")
    op.drop_column("prediction", "feature")
