"""What images add to the figures of their minutes: grouped by camera, view and the minute of their decision."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, case, func, literal_column, select

from inspection.core.capture import FROZEN
from inspection.core.decide import Outcome
from inspection.core.predict import Failure
from inspection.core.tally import Sum, count, share
from inspection.store import monitor
from inspection.store.database import Tx
from inspection.store.opinions import ITS_OWN
from inspection.store.records import IMAGE, POLICY, PREDICTION, WINDOW
from inspection.store.tally import Key

SECOND = 1_000_000
_MEASURED = {
    **{name: IMAGE.c[name] for name in (*monitor.FIGURES, "width", "height")}, "skew": IMAGE.c.skew_s,
}  # fmt: skip
_SAID = {name: PREDICTION.c[name] for name in ("score", "novelty", "part", "found")}


def minute(at: ColumnElement[int]) -> ColumnElement[int]:
    """The start of a time's minute, in microseconds. Written out, for PostgreSQL groups by no parameter."""
    return at - at % literal_column(str(60 * SECOND), BigInteger)


def summed(column: ColumnElement[Any]) -> tuple[ColumnElement[Any], ...]:
    """What a `Sum` of a column needs, in its order."""
    return func.count(column), func.sum(column), func.min(column), func.max(column)


def when(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows fit."""
    return func.sum(case((condition, 1), else_=0))


def sums(names: list[str], values: list[object]) -> Iterator[tuple[str, Sum]]:
    """The sums of several columns from what `summed` asked of each; nothing of a column without a value."""
    for at, name in enumerate(names):
        n, *rest = values[4 * at : 4 * at + 4]
        if n:
            yield name, Sum(int(n), *(_number(value) for value in rest))  # type: ignore[call-overload]


def shares(names: list[str], n: int, values: list[object]) -> Iterator[tuple[str, Sum]]:
    """The shares of several counts in `n`."""
    for name, some in zip(names, values, strict=True):
        yield name, share(n, int(some or 0))  # type: ignore[call-overload]


def images(tx: Tx, since: int, before: int) -> Iterator[tuple[Key, dict[str, Sum]]]:
    """What images decided in that time (seconds) are like, and what was decided."""
    counts = {
        "unfit": when(IMAGE.c.unfit.is_not(None)), **{f"image_{one}": when(IMAGE.c.outcome == one) for one in Outcome},
    }  # fmt: skip
    columns = [column for one in _MEASURED.values() for column in summed(one)]
    key = (IMAGE.c.line_id, IMAGE.c.camera_id, IMAGE.c.view, minute(IMAGE.c.decided_at))
    again = (
        func.count(IMAGE.c.picture),
        when(IMAGE.c.unfit == FROZEN),
    )
    query = select(*key, func.count(), *again, *counts.values(), *columns)
    for row in tx.execute(query.where(*decided(since, before)).group_by(*key)):
        n, pictures, repeated, values = row[4], int(row[5]), row[6], list(row[7:])
        found = {"images": count(n), **dict(shares(list(counts), n, values[: len(counts)]))}
        if pictures:
            found["repeated"] = share(pictures, int(repeated))
        yield _key(row), found | dict(sums(list(_MEASURED), values[len(counts) :]))


def opinions(tx: Tx, since: int, before: int) -> Iterator[tuple[Key, dict[str, Sum]]]:
    """What the model of each image's own policy said of images decided in that time (seconds)."""
    answered = PREDICTION.c.failure.is_(None)
    counts = {
        "no_part": when(PREDICTION.c.failure == str(Failure.NO_PART)),
        "unreadable": when(PREDICTION.c.failure == str(Failure.UNREADABLE)),
        "failures": when(PREDICTION.c.failure.in_(ITS_OWN)),
    }
    taken = case((answered, PREDICTION.c.milliseconds))
    columns = [column for one in (*_SAID.values(), taken) for column in summed(one)]
    key = (IMAGE.c.line_id, IMAGE.c.camera_id, IMAGE.c.view, minute(IMAGE.c.decided_at))
    query = (
        select(*key, func.count(), when(answered), when(and_(answered, PREDICTION.c.novel)), *counts.values(), *columns)
        .join(POLICY, POLICY.c.id == IMAGE.c.policy_id)
        .join(PREDICTION, and_(PREDICTION.c.image_id == IMAGE.c.id, PREDICTION.c.model == POLICY.c.model))
        .where(*decided(since, before))
        .group_by(*key)
    )
    for row in tx.execute(query):
        n, of, novel, values = row[4], int(row[5]), int(row[6]), list(row[7:])
        found = dict(shares(list(counts), n, values[: len(counts)]))
        if of:
            found["novel"] = share(of, novel)
        yield _key(row), found | dict(sums([*_SAID, "model_time"], values[len(counts) :]))


def gaps(tx: Tx, since: int, before: int) -> Iterator[tuple[Key, dict[str, Sum]]]:
    """Serials that never came, of all that should have, by the windows of images closed in that time (seconds)."""
    key = (WINDOW.c.line_id, WINDOW.c.camera_id, WINDOW.c.view, minute(WINDOW.c.closed_at))
    query = select(*key, func.sum(WINDOW.c.images), func.sum(WINDOW.c.missing)).where(
        WINDOW.c.closed_at >= since * SECOND, WINDOW.c.closed_at < before * SECOND, WINDOW.c.missing.is_not(None)
    )
    for row in tx.execute(query.group_by(*key)):
        came, missing = int(row[4]), int(row[5])
        yield _key(row), {"gaps": share(came + missing, missing)}


def decided(since: int, before: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Whether an image was decided in that time (seconds)."""
    return IMAGE.c.decided_at >= since * SECOND, IMAGE.c.decided_at < before * SECOND


def _key(row: object) -> Key:
    line_id, camera_id, view, start = row[:4]  # type: ignore[index]
    return Key(line_id, camera_id, view, int(start) // SECOND)


def _number(value: object) -> float:
    """A database's number as Python's, an int where it is whole."""
    plain = float(value)  # type: ignore[arg-type]
    return int(plain) if plain.is_integer() else plain
