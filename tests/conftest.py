"""What every test may ask for."""

import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspection.store.database import Database
from tests.databases import KINDS, drop_postgres, fresh_postgres, migrated_postgres, postgres, sqlite_at
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
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database, of each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'jidoka.db'}"
        return
    uri, name = request.getfixturevalue("postgres_uri"), _fresh_name()
    yield fresh_postgres(uri, name)
    drop_postgres(uri, name)


@pytest.fixture(params=KINDS)
def any_db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind, at this version's tables."""
    if request.param == "sqlite":
        db = sqlite_at(tmp_path / "jidoka.db")
        yield db
        db.close()
        return
    uri, template = (request.getfixturevalue(name) for name in ("postgres_uri", "postgres_template"))
    name = _fresh_name()
    db = Database(fresh_postgres(uri, name, template))
    yield db
    db.close()
    drop_postgres(uri, name)


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


def browser_path() -> str | None:
    """The browser that the setup found or installed, or one of this machine."""
    noted = Path(sys.prefix) / "browser-path"
    if noted.is_file() and Path(noted.read_text().strip()).exists():
        return noted.read_text().strip()
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def chromium():
    """A real browser, or the reason why there is none.

    For one module at a time: while Playwright runs, the thread has a running event loop, and tests of other modules
    that start their own could not.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run ./setup --dev")
    path = browser_path()
    if path is None:
        pytest.skip("No Chromium on this machine: run ./setup --browser")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", "--no-first-run"]  # fmt: skip
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=quiet)
        yield browser
        browser.close()
