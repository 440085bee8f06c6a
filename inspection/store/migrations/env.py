"""Runs migrations on the connection that was handed in."""

from alembic import context
from sqlmodel import SQLModel

from inspection.store import tables

assert tables.LineRow.__tablename__ == "line"  # the import fills the metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
)
context.run_migrations()
