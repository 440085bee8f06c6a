"""How the database came to its present shape, step by step."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.engine import Engine

_ONE_AT_A_TIME = 0x6A69646F6B62  # any number that other programs on the same PostgreSQL do not use


class TooNew(Exception):
    """The database was written by a newer version of Jidoka than this one."""


def upgrade(engine: Engine) -> None:
    """Bring the database up to this version's tables; does nothing when it is there. Raises TooNew."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    script = ScriptDirectory.from_config(_config())
    if current == script.get_current_head():
        return
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise TooNew(f"The database is at revision {current}, which this version does not know: start a newer Jidoka.")
    with engine.connect() as connection, connection.begin():
        if engine.dialect.name == "postgresql":
            # Servers that start together wait for the first, and then find nothing left to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})")
        command.upgrade(_config(connection), "head")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
