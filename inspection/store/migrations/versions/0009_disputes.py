"""Disputes about what a unit is; what was said of past units in full; since when a guard counts."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SAID = (
    ("defect_types", sa.Text(), "[]"), ("note", sa.Text(), ""), ("seconds", sa.Float(), "0"),
    ("truth_types", sa.Text(), "[]"),
)  # fmt: skip


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("label_id", sa.BigInteger(), nullable=True),
        sa.Column("claim", sa.String(), nullable=False),
        sa.Column("defect_types", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("truth", sa.String(), nullable=False),
        sa.Column("truth_types", sa.Text(), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_dispute_line_id", "dispute", ["line_id"], unique=False)
    op.create_index("ix_dispute_unit_id", "dispute", ["unit_id"], unique=False)
    op.create_index("ix_dispute_open", "dispute", ["truth", "at"], unique=False)
    for name, kind, default in _SAID:
        op.add_column("showing", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("showing", sa.Column("dispute_id", sa.BigInteger(), nullable=True))
    op.create_index("ix_showing_dispute_id", "showing", ["dispute_id"], unique=False)
    op.add_column("guard", sa.Column("begun_at", sa.BigInteger(), nullable=False, server_default="0"))
    # What a guard has counted before now it has counted since an unknown time: such labels are not looked for in it.
    op.execute("UPDATE guard SET begun_at = at")


def downgrade() -> None:
    op.drop_column("guard", "begun_at")
    op.drop_index("ix_showing_dispute_id", "showing")
    op.drop_column("showing", "dispute_id")
    for name, _, _ in _SAID:
        op.drop_column("showing", name)
    op.drop_table("dispute")
