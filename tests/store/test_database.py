"""The writer: many changes, one commit, and each fails alone."""

import sqlite3
import threading
from concurrent.futures import Future
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from inspection.core.journal import Change
from inspection.store import journal
from inspection.store.database import Database, Tx, Unavailable
from inspection.store.migrations import upgrade
from inspection.store.tables import JournalRow
from tests.databases import fresh_postgres

T0 = datetime(2026, 1, 31, tzinfo=UTC)


def note(tx: Tx, name: str) -> str:
    journal.append(tx, T0, Change(subject=name, event="noted", actor="test"))
    return name


def names(db: Database) -> list[str]:
    with db.read() as tx:
        return [entry.change.subject for entry in journal.entries(tx)]


def held(db: Database) -> tuple[threading.Event, "Future[None]"]:
    """Make the writer wait, so that what is submitted next goes into one group."""
    go, begun = threading.Event(), threading.Event()

    def wait(_tx: Tx) -> None:
        begun.set()
        go.wait(10)

    future = db.submit(wait)
    begun.wait(10)
    return go, future


def test_what_a_future_has_ended_for_is_there(any_db: Database) -> None:
    assert any_db.write(lambda tx: note(tx, "a")) == "a"
    assert names(any_db) == ["a"]


def test_one_that_fails_undoes_itself_and_no_other_of_its_group(any_db: Database) -> None:
    def fail(tx: Tx) -> None:
        note(tx, "bad")
        raise KeyError("on purpose")

    go, _ = held(any_db)
    futures = [any_db.submit(lambda tx, n=n: note(tx, n)) for n in ("a", "b")]
    failing = any_db.submit(fail)
    futures.append(any_db.submit(lambda tx: note(tx, "c")))
    go.set()
    assert [future.result(10) for future in futures] == ["a", "b", "c"]
    with pytest.raises(KeyError, match="on purpose"):
        failing.result(10)
    assert names(any_db) == ["a", "b", "c"]
    with any_db.read() as tx:
        assert journal.verify(tx) == (3, None)


def test_a_broken_statement_undoes_itself_and_no_other(any_db: Database) -> None:
    def twice(tx: Tx) -> None:
        row = {c.name: 1 if c.name in ("seq", "at") else "" for c in JournalRow.__table__.columns}  # type: ignore[attr-defined]
        for _ in range(2):
            tx.execute(JournalRow.__table__.insert(), {**row, "seq": 77})  # type: ignore[attr-defined]

    go, _ = held(any_db)
    before, broken, after = (
        any_db.submit(lambda tx: note(tx, "a")),
        any_db.submit(twice),
        any_db.submit(lambda tx: note(tx, "b")),
    )
    go.set()
    assert (before.result(10), after.result(10)) == ("a", "b")
    with pytest.raises(Unavailable):
        broken.result(10)
    assert names(any_db) == ["a", "b"]


def test_a_cancelled_future_does_not_stop_the_writer(any_db: Database) -> None:
    go, _ = held(any_db)
    cancelled = any_db.submit(lambda tx: note(tx, "cancelled"))
    assert cancelled.cancel()
    last = any_db.submit(lambda tx: note(tx, "last"))
    go.set()
    assert last.result(10) == "last"
    assert names(any_db) == ["last"]


def test_many_threads_lose_nothing_and_the_chain_holds(any_db: Database) -> None:
    def work(k: int) -> None:
        for i in range(25):
            any_db.write(lambda tx, i=i: note(tx, f"{k}-{i}"))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(names(any_db)) == sorted(f"{k}-{i}" for k in range(8) for i in range(25))
    with any_db.read() as tx:
        assert journal.verify(tx) == (200, None)


def test_two_servers_on_one_database_keep_one_chain(empty_url: str) -> None:
    first, second = Database(empty_url), Database(empty_url)
    upgrade(first.engine)
    futures = [db.submit(lambda tx, i=i: note(tx, str(i))) for i in range(40) for db in (first, second)]
    for future in futures:
        future.result(30)
    with first.read() as tx:
        assert journal.verify(tx) == (80, None)
    first.close()
    second.close()


def test_listeners_hear_of_commits_and_not_of_failures(any_db: Database) -> None:
    heard: list[int] = []
    any_db.on_commit(lambda: heard.append(len(names(any_db))))

    def fail(_tx: Tx) -> None:
        raise ValueError("on purpose")

    any_db.write(lambda tx: note(tx, "a"))
    with pytest.raises(ValueError, match="on purpose"):
        any_db.write(fail)
    any_db.write(lambda tx: note(tx, "b"))
    any_db.close()
    assert heard[0] == 1
    assert heard[-1] == 2


def test_closing_finishes_what_is_queued_and_takes_no_more(empty_url: str) -> None:
    db = Database(empty_url)
    upgrade(db.engine)
    futures = [db.submit(lambda tx, i=i: note(tx, str(i))) for i in range(100)]
    db.close()
    assert [future.result(0) for future in futures] == [str(i) for i in range(100)]
    with pytest.raises(Unavailable, match="stopping"):
        db.submit(lambda tx: note(tx, "late"))


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    db = Database(f"sqlite:///{tmp_path / 'x.db'}")
    upgrade(db.engine)
    yield db
    db.close()


def test_a_full_disk_is_said_and_nothing_is_half_there(sqlite: Database) -> None:
    sqlite.write(lambda tx: note(tx, "before"))

    def fill(tx: Tx) -> None:
        pages = tx.exec_driver_sql("PRAGMA page_count").scalar()
        tx.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        for i in range(2000):
            note(tx, f"{i}-{'x' * 500}")

    with pytest.raises(Unavailable, match="full"):
        sqlite.write(fill)
    assert names(sqlite) == ["before"]

    def mend(tx: Tx) -> str:
        tx.exec_driver_sql("PRAGMA max_page_count = 1000000")
        return note(tx, "after")

    assert sqlite.write(mend) == "after"
    assert names(sqlite) == ["before", "after"]


def test_a_database_that_another_program_holds_is_said_to_be_so(tmp_path: Path) -> None:
    db = Database(f"sqlite:///{tmp_path / 'x.db'}")
    event.listen(db.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))
    upgrade(db.engine)
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="locked"):
        db.write(lambda tx: note(tx, "a"))
    other.execute("ROLLBACK")
    other.close()
    assert db.write(lambda tx: note(tx, "b")) == "b"
    db.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "oracle://x"])
def test_other_databases_are_refused_in_words(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite or postgresql"):
        Database(url)


def test_lost_connections_are_made_anew(postgres_uri: str, postgres_template: str) -> None:
    url = fresh_postgres(postgres_uri, "lost", postgres_template)
    db, other = Database(url), Database(url)
    everybody = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'lost' AND pid <> pg_backend_pid()"
    )

    def lose(tx: Tx) -> None:
        note(tx, "lost")
        with other.read() as away:
            away.exec_driver_sql(everybody)
        tx.exec_driver_sql("SELECT 1")

    db.write(lambda tx: note(tx, "before"))
    with pytest.raises(Unavailable, match="did not take this"):
        db.write(lose)
    assert db.write(lambda tx: note(tx, "after")) == "after"
    assert names(db) == ["before", "after"]
    db.close()
    other.close()


def test_nobody_waits_for_ever_on_a_database_that_closes(sqlite: Database) -> None:
    futures: list[Future[str]] = []
    begun = threading.Event()

    def send() -> None:
        with suppress(Unavailable):
            for i in range(10_000):
                futures.append(sqlite.submit(lambda tx, i=i: note(tx, str(i))))
                if i == 20:
                    begun.set()

    senders = [threading.Thread(target=send) for _ in range(4)]
    for sender in senders:
        sender.start()
    begun.wait(10)
    sqlite.close()
    for sender in senders:
        sender.join()
    assert [future for future in futures if not future.done()] == []


def test_sqlite_knows_how_large_its_tables_are_and_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = Database(f"sqlite:///{tmp_path / 'grows.db'}")
    upgrade(db.engine)
    monkeypatch.setattr("inspection.store.database.LOOK_OVER_S", 0.0)
    for _ in range(2):  # the second waits until what follows the first is over
        db.write(lambda tx: [note(tx, str(number)) for number in range(300)])
    with db.read() as tx:
        told = tx.exec_driver_sql("SELECT stat FROM sqlite_stat1 WHERE tbl = 'journal'").scalars().first()
    assert told is not None
    assert int(told.split()[0]) >= 300
    db.close()


def test_postgresql_plans_each_question_by_what_is_asked(postgres_uri: str) -> None:
    db = Database(fresh_postgres(postgres_uri, "plans"))
    with db.read() as tx:
        asked = ("plan_cache_mode", "random_page_cost", "jit")
        assert [tx.exec_driver_sql(f"SHOW {name}").scalar() for name in asked] == ["force_custom_plan", "1.1", "off"]
    assert db.write(lambda tx: tx.exec_driver_sql("SHOW plan_cache_mode").scalar()) == "auto"
    db.close()
