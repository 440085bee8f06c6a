"""What every test may ask for."""

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspection.store.database import Database
from inspection.store.migrations import upgrade
from tests.databases import KINDS, fresh_postgres, postgres
from tests.plant import Plant

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgres_uri() -> Iterator[str]:
    """A running PostgreSQL."""
    yield from postgres()


@pytest.fixture(params=KINDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'jidoka.db'}"
    return fresh_postgres(request.getfixturevalue("postgres_uri"), f"t{os.getpid()}_{next(_numbers)}")


@pytest.fixture
def any_db(empty_url: str) -> Iterator[Database]:
    """A database of each kind, at this version's tables."""
    db = Database(empty_url)
    upgrade(db.engine)
    yield db
    db.close()


@pytest.fixture
def any_plant(any_db: Database) -> Plant:
    """A plant with one line and its people, on a database of each kind."""
    return Plant(any_db)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """A plant with one line and its people, on SQLite."""
    db = Database(f"sqlite:///{tmp_path / 'jidoka.db'}")
    upgrade(db.engine)
    yield Plant(db)
    db.close()
