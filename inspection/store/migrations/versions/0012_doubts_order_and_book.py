"""Units that somebody was unsure of, when a review is due, and each line's book of references and defects."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("closed_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "doubt",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("saw_ai", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_doubt_unit", "doubt", ["unit_id", "person_id"], unique=False)
    op.create_table(
        "book",
        sa.Column("id", _BIG, autoincrement=True, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("view", sa.String(), nullable=False),
        sa.Column("defect", sa.String(), nullable=False),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"]),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_book_line_id", "book", ["line_id"], unique=False)
    op.create_index("ix_book_unit_id", "book", ["unit_id"], unique=False)
    op.add_column("task", sa.Column("due_at", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE task SET due_at = ready_at")
    # Only the reviews that are still open, however many are done.
    op.create_index("ix_task_due", "task", ["due_at"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_task_line_due", "task", ["line_id", "due_at"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_task_line_opened", "task", ["line_id", "opened_at"])
    op.create_index("ix_task_line_closed", "task", ["line_id", "closed_at"])


def downgrade() -> None:
    for name in ("ix_task_line_closed", "ix_task_line_opened", "ix_task_line_due", "ix_task_due"):
        op.drop_index(name, "task")
    op.drop_column("task", "due_at")
    op.drop_table("book")
    op.drop_table("doubt")
