"""States of alarms, their rules, the figures that these ask for, and what alarms ask people to do."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_OPEN = sa.text("cleared_at IS NULL")
_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_STANDS = (
    "UPDATE alarm SET since = COALESCE(cleared_at, acked_at, opened_at), group_id = id, state = CASE "
    "WHEN cleared_at IS NOT NULL THEN 'resolved' WHEN acked_at IS NOT NULL THEN 'acknowledged' ELSE 'firing' END"
)


def _columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("severity", sa.String(), nullable=False, server_default="critical"),
        sa.Column("state", sa.String(), nullable=False, server_default="firing"),
        sa.Column("since", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("by_hand", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("rule_id", sa.BigInteger(), nullable=True),
        sa.Column("group_id", sa.BigInteger(), nullable=True),
        sa.Column("shelved_by", sa.String(), nullable=True),
        sa.Column("shelved_until", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False, server_default=""),
        sa.Column("cleared_by", sa.String(), nullable=True),
    ]


def upgrade() -> None:
    for column in _columns():
        op.add_column("alarm", column)
    op.execute(_STANDS)
    op.create_index("ix_alarm_standing", "alarm", ["line_id"], sqlite_where=_OPEN, postgresql_where=_OPEN)
    op.create_index("ix_alarm_kind", "alarm", ["kind", "opened_at"])
    op.create_index("ix_alarm_rule_id", "alarm", ["rule_id"])
    op.create_index("ix_alarm_group_id", "alarm", ["group_id"])
    op.create_index("ix_doubt_at", "doubt", ["at"])
    _rules()
    _readings()
    _requests()


def _rules() -> None:
    op.create_table(
        "alarm_rule",
        sa.Column("id", _ID, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("comparison", sa.String(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("hysteresis", sa.Float(), nullable=False),
        sa.Column("hold_s", sa.Float(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("actions", sa.Text(), nullable=False),
        sa.Column("by_hand", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("last_value", sa.Float(), nullable=True),
        sa.Column("last_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_alarm_rule_line_id", "alarm_rule", ["line_id"])


def _readings() -> None:
    op.create_table(
        "reading",
        sa.Column("id", _ID, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("figure", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_reading_figure", "reading", ["line_id", "figure", "at"])
    op.create_index("ix_reading_at", "reading", ["at"])


def _requests() -> None:
    op.create_table(
        "request",
        sa.Column("id", _ID, nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("alarm_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("done_by", sa.String(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["line_id"], ["line.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_request_line_id", "request", ["line_id"])


def downgrade() -> None:
    for table in ("request", "reading", "alarm_rule"):
        op.drop_table(table)
    op.drop_index("ix_doubt_at", "doubt")
    for index in ("ix_alarm_group_id", "ix_alarm_rule_id", "ix_alarm_kind", "ix_alarm_standing"):
        op.drop_index(index, "alarm")
    for column in reversed(_columns()):
        op.drop_column("alarm", column.name)
