"""What every test may ask for."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspection.store.database import Database
from tests.databases import KINDS, fresh_postgres, migrated_postgres, postgres, sqlite_at
from tests.plant import Plant

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A running PostgreSQL."""
    yield from postgres()


@pytest.fixture(scope="session")
def postgres_template(postgres_uri: str) -> str:
    """A database on it at this version's tables, to make others from."""
    return migrated_postgres(postgres_uri)


def _fresh_name() -> str:
    return f"t{os.getpid()}_{next(_numbers)}"


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jidoka.db'}"
    return fresh_postgres(request.getfixturevalue("postgres_uri"), _fresh_name())


@pytest.fixture(params=KINDS)
def any_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind, at this version's tables."""
    if request.param == "sqlite":
        db = sqlite_at(tmp_path / "jidoka.db")
    else:
        uri, template = (request.getfixturevalue(name) for name in ("postgres_uri", "postgres_template"))
        db = Database(fresh_postgres(uri, _fresh_name(), template))
    yield db
    db.close()


@pytest.fixture
def any_plant(any_db: Database) -> Plant:
    """A plant with one line and its people, on a database of each kind."""
    return Plant(any_db)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """A plant with one line and its people, on SQLite."""
    db = sqlite_at(tmp_path / "jidoka.db")
    yield Plant(db)
    db.close()
