"""What searches of units are answered by: times over all lines, judgements that differ, and serials in byte order."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_PARTS = {
    "ix_unit_overturned": "ai_verdict != person_verdict",
    "ix_unit_rejected": "person_verdict = 'reject'",
}


def upgrade() -> None:
    op.create_index("ix_unit_opened", "unit", ["opened_at"], unique=False)
    for name, which in _PARTS.items():
        part = sa.text(which)
        op.create_index(name, "unit", ["opened_at"], unique=False, sqlite_where=part, postgresql_where=part)
    if op.get_bind().dialect.name == "postgresql":  # so that its index finds beginnings, as SQLite's does
        op.execute('ALTER TABLE unit ALTER COLUMN serial TYPE varchar COLLATE "C"')


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE unit ALTER COLUMN serial TYPE varchar COLLATE "default"')
    for name in (*_PARTS, "ix_unit_opened"):
        op.drop_index(name, "unit")
