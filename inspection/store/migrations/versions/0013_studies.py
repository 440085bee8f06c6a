"""Attribute-agreement studies."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[int]:
    return sa.Column("id", _BIG, autoincrement=True, nullable=False)


def _to(name: str, target: str) -> tuple[sa.Column[int], sa.ForeignKeyConstraint]:
    return sa.Column(name, sa.BigInteger(), nullable=False), sa.ForeignKeyConstraint([name], [target])


def upgrade() -> None:
    op.create_table(
        "study",
        _id(),
        *_to("line_id", "line.id"),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_study_line_id", "study", ["line_id"], unique=False)
    op.create_table(
        "study_part",
        _id(),
        *_to("study_id", "study.id"),
        *_to("unit_id", "unit.id"),
        sa.Column("truth", sa.String(), nullable=False),
        sa.Column("ai", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_id", "unit_id"),
    )
    op.create_index("ix_study_part_unit_id", "study_part", ["unit_id"], unique=False)
    op.create_table(
        "study_person",
        _id(),
        *_to("study_id", "study.id"),
        *_to("person_id", "person.id"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_id", "person_id"),
    )
    op.create_index("ix_study_person", "study_person", ["person_id"], unique=False)
    op.create_table(
        "study_judgement",
        _id(),
        *_to("study_id", "study.id"),
        *_to("person_id", "person.id"),
        sa.Column("round", sa.Integer(), nullable=False),
        *_to("part_id", "study_part.id"),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("study_id", "person_id", "round", "part_id"),
    )


def downgrade() -> None:
    for table in ("study_judgement", "study_person", "study_part", "study"):
        op.drop_table(table)
