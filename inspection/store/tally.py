"""Figures over time as rows: one for each line or camera's view, span and start; times in whole seconds since 1970."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, insert, select, update

from inspection.core.tally import MINUTE, SPANS, Figures, Stored
from inspection.store.database import Tx
from inspection.store.records import TALLY, TALLY_UNTIL, dump

WHOLE = 0  # in place of a camera: figures of the line as a whole


class Key(NamedTuple):
    """Of what a row's figures are, and when they begin."""

    line_id: int
    camera_id: int
    view: str
    start: int


def until(tx: Tx, span: int) -> int | None:
    """Up to when all rows of the span are there; None before the first."""
    found = tx.execute(select(TALLY_UNTIL.c.until).where(TALLY_UNTIL.c.span == span)).scalar()
    return None if found is None else int(found)


def begin(tx: Tx, at: Mapping[int, int]) -> None:
    """From when on each span is kept, where that was not yet said. Writes of several servers follow one another."""
    for span, start in at.items():
        if until(tx, span) is None:
            tx.execute(insert(TALLY_UNTIL).values(span=span, until=start))


def close(tx: Tx, span: int, old: int, new: int, rows: Mapping[Key, Figures]) -> bool:
    """Keep the rows from `old` up to `new`, unless another server has; whether this one did."""
    moved = update(TALLY_UNTIL).where(TALLY_UNTIL.c.span == span, TALLY_UNTIL.c.until == old).values(until=new)
    if tx.execute(moved).rowcount != 1:
        return False
    values = [{**key._asdict(), "span": span, "figures": dump(figures)} for key, figures in rows.items()]
    if values:
        tx.execute(insert(TALLY), values)
    return True


def any_from(tx: Tx, line_ids: Sequence[int], start: int) -> bool:
    """Whether any minute from that one on has a row."""
    found = select(TALLY.c.start).where(*_from(line_ids, MINUTE, start)).limit(1)
    return tx.execute(found).one_or_none() is not None


def step_back(tx: Tx, line_ids: Sequence[int], over: int) -> None:
    """Take up again from that minute on, from which none has a row: longer spans are merged anew from shorter ones."""
    if any_from(tx, line_ids, over):
        return
    for span in SPANS:
        start = over // span * span
        tx.execute(delete(TALLY).where(*_from(line_ids, span, start)))
        ahead = update(TALLY_UNTIL).where(TALLY_UNTIL.c.span == span, TALLY_UNTIL.c.until > start)
        tx.execute(ahead.values(until=start))


def _from(line_ids: Sequence[int], span: int, start: int) -> tuple[ColumnElement[bool], ...]:
    return TALLY.c.line_id.in_(line_ids), TALLY.c.span == span, TALLY.c.start >= start


def rows(
    tx: Tx, line_ids: Sequence[int], span: int, since: int, before: int, every: int = 1
) -> Iterable[tuple[Key, Stored]]:
    """The rows of some lines that start in that time, in order of their start for each line; of whole multiples of
    `every` seconds alone, to sample them."""
    query = (
        select(TALLY.c.line_id, TALLY.c.camera_id, TALLY.c.view, TALLY.c.start, TALLY.c.figures)
        .where(TALLY.c.line_id.in_(line_ids), TALLY.c.span == span, TALLY.c.start >= since, TALLY.c.start < before)
        .where(TALLY.c.start % every == 0)
        .order_by(TALLY.c.line_id, TALLY.c.start)
    )
    found = tx.execute(query).all()
    figures = json.loads(f"[{','.join(row[4] for row in found)}]")  # at once, which takes a fifth less
    return zip((Key(*row[:4]) for row in found), figures, strict=True)


def forget(tx: Tx, line_ids: Sequence[int], span: int, before: int) -> None:
    """Drop the rows of a span that started before that moment."""
    old = (TALLY.c.line_id.in_(line_ids), TALLY.c.span == span, TALLY.c.start < before)
    tx.execute(delete(TALLY).where(*old))
