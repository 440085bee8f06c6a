"""Units known to be good or defective, second readings, and when inspectors were shown them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "known",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("defective", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_known_line_id", "known", ["line_id"], unique=False)
    op.create_index("ix_known_unit_id", "known", ["unit_id"], unique=False)
    op.create_table(
        "showing",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("known_id", sa.BigInteger(), nullable=True),
        sa.Column("label_id", sa.BigInteger(), nullable=True),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("instead_of", sa.BigInteger(), nullable=False),
        sa.Column("serial", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("truth", sa.String(), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("task_id"),
    )
    op.create_index("ix_showing_unit_id", "showing", ["unit_id"], unique=False)
    op.create_index("ix_showing_known_id", "showing", ["known_id"], unique=False)
    op.create_index("ix_showing_at", "showing", ["at"], unique=False)  # what guards look for each second
    op.create_index("ix_showing_person", "showing", ["person_id", "instead_of"], unique=False)


def downgrade() -> None:
    op.drop_table("showing")
    op.drop_table("known")
