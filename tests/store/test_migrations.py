"""Every database comes to exactly this version's tables, however it starts."""

import subprocess
import sys
from datetime import UTC, datetime

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

from inspection.core.level import Level
from inspection.core.line import Line, Recipe
from inspection.core.policy import Terms
from inspection.store import lines
from inspection.store.database import Database
from inspection.store.migrations import TooNew, _config, upgrade
from tests.databases import fresh_postgres


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


SERVER = """
import sys
from inspection.store.database import Database
from inspection.store.migrations import upgrade
db = Database(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
upgrade(db.engine)
db.close()
"""


def test_servers_that_start_together_on_an_empty_database_all_start(postgres_uri: str) -> None:
    url = fresh_postgres(postgres_uri, "together")
    command = [sys.executable, "-c", SERVER, url]
    servers = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    for server in servers:
        assert server.stdout is not None
        assert server.stdout.readline() == "ready\n"
    for server in servers:
        assert server.stdin is not None
        server.stdin.write("go\n")
        server.stdin.flush()
    for server in servers:
        server.communicate(timeout=60)
    assert [server.returncode for server in servers] == [0, 0, 0]


def test_policies_of_an_older_database_were_in_force(any_db: Database) -> None:
    line = Line(name="old", title="Old", recipe=Recipe(views=("top",)))
    now = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
    line_id = any_db.write(lambda tx: lines.add(tx, line, Terms(level=Level.HUMAN_ONLY), "salt", "setup", now))
    with any_db.engine.connect() as connection, connection.begin():
        command.downgrade(_config(connection), "0003")
    upgrade(any_db.engine)
    with any_db.read() as tx:
        assert [policy.number for policy in lines.policies(tx, line_id)] == [1]
        assert lines.in_force(tx, "old").candidate is None
