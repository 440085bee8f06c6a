"""Every database comes to exactly this version's tables, however it starts."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from inspection.store.database import Database
from inspection.store.migrations import TooNew, upgrade


def test_the_migrations_make_the_tables_that_the_code_has(any_db: Database) -> None:
    with any_db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_second_upgrade_does_nothing(any_db: Database) -> None:
    upgrade(any_db.engine)
    upgrade(any_db.engine)


def test_a_database_of_a_newer_version_is_refused(any_db: Database) -> None:
    any_db.write(lambda tx: tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'").rowcount)
    with pytest.raises(TooNew, match="newer Jidoka"):
        upgrade(any_db.engine)
