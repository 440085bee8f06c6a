"""One database by URL: reads side by side, and writes through one thread that commits them in groups.

A single fsync then makes many requests durable, on SQLite and PostgreSQL alike, and the journal's chain needs no lock
of its own inside one server.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.exc import DBAPIError

from inspection.core.journal import Change
from inspection.store import journal
from inspection.store.transaction import Tx as Tx
from inspection.store.transaction import driver, end, memory_of, remember

log = logging.getLogger("jidoka")
T = TypeVar("T")
GROUP = 64
LOOK_OVER_S = 3600.0
_CHAIN_LOCK = 0x6A69646F6B61  # any number that other programs on the same PostgreSQL do not use


class Unavailable(Exception):
    """The store cannot write or read now: locked, full or away. Nothing was changed; try again."""


class _Work:
    """One unit of work, the future its caller waits on, and what came of it."""

    def __init__(self, run: Callable[[Tx], Any], future: "Future[Any]") -> None:
        self.run = run
        self.future = future
        self.result: Any = None
        self.error: BaseException | None = None


# PostgreSQL plans for a disk that seeks slowly, and rather reads a whole table than a few thousand of its rows; and a
# plan that fits all lines reads a busy plant to find a quiet line's last unit.
_READING = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off"


class _Apart(Exception):
    """One of a group failed: nothing of it is written, and each has to be run apart from the others."""


class Database:
    """Opens a database; `write` runs a function in a transaction, `read` lends a connection that changes nothing."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        # The driver's errors come bare from prepared statements and wrapped from all others.
        self._errors: tuple[type[Exception], ...] = (DBAPIError, self.engine.dialect.loaded_dbapi.Error)
        self._queue: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._after_commit: list[Callable[[], None]] = []
        self._after_changes: list[Callable[[Sequence[Change]], None]] = []
        self._told: list[Change] = []
        self._door = threading.Lock()
        self._closed = False
        self._look_over()
        self._thread = threading.Thread(target=self._write_all, name="jidoka-writer", daemon=True)
        self._thread.start()

    def _look_over(self) -> None:
        """Let SQLite look at a sample of each index, or it takes a table of a dozen rows for as long as any other.
        Tables grow, so it looks again each hour; connections learn of it when they are opened."""
        self._looked_at = time.monotonic()
        if self.is_sqlite:
            with suppress(*self._errors), self.engine.connect() as connection, connection.begin():
                connection.exec_driver_sql("PRAGMA analysis_limit=400")
                connection.exec_driver_sql("ANALYZE")
            self.engine.dispose()

    def on_commit(self, listener: Callable[[], None]) -> None:
        """Call `listener` from the writer's thread after each commit; it must be quick and never raise."""
        self._after_commit.append(listener)

    def on_changes(self, listener: Callable[[Sequence[Change]], None]) -> None:
        """Give `listener` the journal's entries of each commit, from the writer's thread; as quick as `on_commit`."""
        self._after_changes.append(listener)

    def submit(self, run: Callable[[Tx], T], into: "Future[T] | None" = None) -> "Future[T]":
        """Queue `run`; the future (`into`, where one is given) ends only once its changes are durable. It may run
        together with others in one transaction, but fails alone: an exception undoes its own changes and no others.
        When another one fails, `run` is undone and runs once more: it must change nothing but the database."""
        work = _Work(run, Future() if into is None else into)
        with self._door:
            if self._closed:
                raise Unavailable("The server is stopping; send it again in a moment.")
            self._queue.put(work)
        return work.future

    def write(self, run: Callable[[Tx], T]) -> T:
        """Run in a transaction and wait until it is durable."""
        return self.submit(run).result()

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """A connection for reading one consistent state."""
        try:
            with self.engine.connect() as connection, connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql(_READING)
                yield connection
        except self._errors as error:
            raise _unavailable(error) from error

    def close(self) -> None:
        """Finish what is queued and let go of the database."""
        with self._door:  # nothing may come in behind the end
            if self._closed:
                return
            self._closed = True
            self._queue.put(None)
        self._thread.join()
        self.engine.dispose()

    def _write_all(self) -> None:
        more = True
        while more:
            group, more = self._next_group()
            if group:
                self._commit(group)
            if time.monotonic() - self._looked_at > LOOK_OVER_S:
                self._look_over()

    def _next_group(self) -> tuple[list[_Work], bool]:
        group: list[_Work] = []
        item = self._queue.get()
        while item is not None:
            group.append(item)
            if len(group) == GROUP:
                return group, True
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return group, True
        return group, False

    def _commit(self, group: list[_Work]) -> None:
        group = [work for work in group if work.future.set_running_or_notify_cancel()]
        if len(group) == 1:
            self._transact(group, self._run_apart)
        elif group:
            try:
                self._transact(group, self._run_together)
            except _Apart:
                self._transact(group, self._run_apart)
        for work in group:
            if work.error is None:
                work.future.set_result(work.result)
            else:
                with suppress(InvalidStateError):  # its caller may give up at this very moment
                    work.future.set_exception(work.error)
        if any(work.error is None for work in group):
            self._tell_listeners()

    def _tell_listeners(self) -> None:
        told, self._told = self._told, []
        calls: list[Callable[[], None]] = [
            *self._after_commit,
            *(partial(listener, told) for listener in self._after_changes),
        ]
        for call in calls:
            try:
                call()
            except Exception:  # the writer must outlive whoever listens
                log.exception("listener_failed")

    def _transact(self, group: list[_Work], run: Callable[[Tx, list[_Work]], None]) -> None:
        """Run a group in one transaction with one commit; when that fails, nothing of the group is there."""
        try:
            with self.engine.connect() as tx, tx.begin():
                if not self.is_sqlite:
                    tx.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_CHAIN_LOCK})")
                memory = remember(tx)
                try:
                    run(tx, group)
                    told = [change for _, change in memory.entries]
                    journal.write_down(tx)
                finally:
                    end(tx)
            self._told = told
        except _Apart:
            raise
        except BaseException as error:
            for work in group:
                work.error = work.error or self._reason(error)

    def _run_together(self, tx: Tx, group: list[_Work]) -> None:
        """As nearly all groups go: none fails, so none needs a savepoint."""
        for work in group:
            try:
                work.result = work.run(tx)
            except BaseException as error:
                raise _Apart from error

    def _run_apart(self, tx: Tx, group: list[_Work]) -> None:
        for work in group:
            self._run_one(tx, work)

    def _run_one(self, tx: Tx, work: _Work) -> None:
        memory = memory_of(tx)
        assert memory is not None
        entries = len(memory.entries)
        driver(tx).execute("SAVEPOINT work")
        try:
            work.result = work.run(tx)
        except BaseException as error:
            work.error = self._reason(error)
            memory.forget(entries)
            self._undo(tx, error)
        driver(tx).execute("RELEASE SAVEPOINT work")

    def _undo(self, tx: Tx, error: BaseException) -> None:
        try:
            driver(tx).execute("ROLLBACK TO SAVEPOINT work")
        except self._errors as lost:
            # A full disk ends SQLite's whole transaction, savepoints included: the others are told of the same cause.
            raise (error if isinstance(error, self._errors) else lost) from lost

    def _reason(self, error: BaseException) -> BaseException:
        return _unavailable(error) if isinstance(error, self._errors) else error


def _unavailable(error: BaseException) -> Unavailable:
    cause = getattr(error, "orig", None) or error
    words = str(cause).strip().splitlines()
    return Unavailable(f"The database did not take this: {words[0] if words else type(cause).__name__}.")


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        engine = create_engine(parsed, connect_args={"check_same_thread": False, "timeout": 10})
        event.listen(engine, "connect", _tune_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if parsed.get_backend_name() != "postgresql":
        raise ValueError(f"The database is sqlite or postgresql, not {parsed.get_backend_name()}: change database_url.")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(parsed, pool_size=10, pool_pre_ping=True)


def _tune_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver must not begin transactions behind our back
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-32000",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its lock at once, so that it never fails half-way for another's write.
    writer = threading.current_thread().name == "jidoka-writer"
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writer else "BEGIN")
