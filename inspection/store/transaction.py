"""What happens within one transaction: statements given straight to the driver, and what a group remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ClauseElement, Connection, Insert
from sqlalchemy.sql.compiler import SQLCompiler

from inspection.core.journal import Change

if TYPE_CHECKING:
    from inspection.store.lines import LineInForce

Tx = Connection
_MEMORY = "jidoka_memory"


class Prepared:
    """A statement compiled once for each kind of database and then given to its driver as it is.

    The way of an image runs thousands of these a second, and Core's own way to the driver costs several times what the
    statement does. Values and rows are the driver's own: truth values come from SQLite as 0 and 1.
    """

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def run(self, tx: Tx, values: Mapping[str, Any]) -> Any:
        """Execute with named values, always of the same names; the driver's cursor."""
        sql, constants = self._compiled.get(tx.dialect.name) or self._compile(tx, values)
        return driver(tx).execute(sql, {**constants, **values})

    def rows(self, tx: Tx, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a select finds, each row by the names of its columns."""
        cursor = self.run(tx, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def run_many(self, tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
        """Execute once for each row, of which there is at least one."""
        sql, constants = self._compiled.get(tx.dialect.name) or self._compile(tx, rows[0])
        driver(tx).cursor().executemany(sql, [{**constants, **row} for row in rows])

    def _compile(self, tx: Tx, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        style = "named" if tx.dialect.name == "sqlite" else "pyformat"
        filled = list(values) if isinstance(self._statement, Insert) else None
        made = self._statement.compile(dialect=type(tx.dialect)(paramstyle=style), column_keys=filled)  # type: ignore[call-arg]
        assert isinstance(made, SQLCompiler)
        constants = {name: bind.value for bind, name in made.bind_names.items() if not bind.required}
        constants |= {column.key: column.default.arg for column in made.insert_prefetch if column.default is not None}  # type: ignore[attr-defined]
        self._compiled[tx.dialect.name] = made.string, constants
        return made.string, constants


def driver(tx: Tx) -> Any:
    """The driver's own connection under a transaction."""
    return tx.connection.driver_connection


@dataclass(kw_only=True)
class Memory:
    """What a group of writes in one transaction need not ask or say again: lines as they stand by name and id, and the
    journal's entries to come, each with its time in microseconds."""

    lines: dict[str | int, "LineInForce"] = field(default_factory=dict)
    entries: list[tuple[int, Change]] = field(default_factory=list)

    def forget(self, entries: int) -> None:
        """Undo what a failed piece of work has left here; before it, there were so many entries."""
        self.lines.clear()
        del self.entries[entries:]


def remember(tx: Tx) -> Memory:
    """Give a transaction a memory, until `end`."""
    memory = Memory()
    tx.info[_MEMORY] = memory
    return memory


def end(tx: Tx) -> None:
    """Take a transaction's memory away; its connection goes back to the pool."""
    tx.info.pop(_MEMORY, None)


def memory_of(tx: Tx) -> Memory | None:
    """The memory of a group of writes; a transaction that only reads has none."""
    return tx.info.get(_MEMORY)
