"""An index of the units that people judged, which are few, by line and time: what models and proofs are made from; and
the journal's subjects in byte order, so that its index finds what lies under one."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    judged = sa.text("person_verdict IS NOT NULL")
    columns = ["line_id", "person_verdict", "opened_at"]
    op.create_index("ix_unit_judged", "unit", columns, unique=False, sqlite_where=judged, postgresql_where=judged)
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE journal ALTER COLUMN subject TYPE varchar COLLATE "C"')


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute('ALTER TABLE journal ALTER COLUMN subject TYPE varchar COLLATE "default"')
    op.drop_index("ix_unit_judged", "unit")
