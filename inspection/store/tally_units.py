"""What units and people's answers add to the figures of their minutes: grouped by line and minute."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    and_,
    case,
    cast,
    distinct,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from inspection.core.tally import Sum, count, share
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import DISPUTE, DOUBT, IMAGE, LABEL, TASK, UNIT
from inspection.store.tally import WHOLE, Key
from inspection.store.tally_images import SECOND, decided, minute, summed, sums, when

Found = Iterator[tuple[Key, dict[str, Sum]]]


def settled(tx: Tx, line_ids: Sequence[int], since: int, before: int) -> Found:
    """Units settled in that time (seconds): by the AI with the image that settled them, by people with the first answer
    that counts where the AI had not; and of all those and what people were asked for, the share of the latter."""
    by_ai = _rows(tx, _by_ai(since, before))
    by_people = _rows(tx, _by_people(line_ids, since, before))
    asked = {key: int(row[0]) for key, row in _rows(tx, _asked(line_ids, since, before)).items()}
    for key in by_ai.keys() | by_people.keys() | asked.keys():
        ai, people = ([int(n or 0) for n in rows.get(key, _NONE)[:2]] for rows in (by_ai, by_people))
        found: dict[str, Sum] = {}
        if n := ai[0] + people[0]:
            found = {"units": count(n), "rejected": share(n, ai[1] + people[1]), "automated": share(n, ai[0])}
        if n := ai[0] + asked.get(key, 0):
            found["referred"] = share(n, asked.get(key, 0))
        yield key, found
        for row in (by_ai.get(key, _NONE), by_people.get(key, _NONE)):
            yield key, dict(sums(["verdict_time"], list(row[2:])))


def answers(tx: Tx, line_ids: Sequence[int], since: int, before: int) -> Found:
    """Answers given in that time (seconds): those that count, those taken back, and doubts."""
    late = exists().where(DISPUTE.c.unit_id == LABEL.c.unit_id, DISPUTE.c.label_id == LABEL.c.id)
    compared = and_(LABEL.c.effective, UNIT.c.ai_verdict.is_not(None))
    taken = case((LABEL.c.effective, LABEL.c.seconds))
    columns = (
        when(LABEL.c.effective), when(not_(LABEL.c.effective)), when(compared),
        when(and_(compared, UNIT.c.ai_verdict != LABEL.c.verdict)), *summed(taken),
    )  # fmt: skip
    given = _grouped(LABEL.c.line_id, LABEL.c.at, *columns).join(UNIT, UNIT.c.id == LABEL.c.unit_id)
    given = given.where(*_labelled(line_ids, since, before), or_(LABEL.c.effective, not_(late)))
    doubts = _grouped(TASK.c.line_id, DOUBT.c.at, func.count()).join(TASK, TASK.c.id == DOUBT.c.task_id)
    doubts = doubts.where(DOUBT.c.at >= since * SECOND, DOUBT.c.at < before * SECOND)
    unsure = {key: int(row[0]) for key, row in _rows(tx, doubts).items()}
    labels = _rows(tx, given)
    for key in labels.keys() | unsure.keys():
        n, back, seen, over = (int(value or 0) for value in labels.get(key, (0, 0, 0, 0))[:4])
        found = dict(sums(["answer_time"], list(labels[key][4:]))) if key in labels else {}
        if n:
            found["answers"] = count(n)
        if n + back:
            found["redone"] = share(n + back, back)
        if n + unsure.get(key, 0):
            found["unsure"] = share(n + unsure.get(key, 0), unsure.get(key, 0))
        yield key, found | ({"overrides": share(seen, over)} if seen else {})


def given_up(tx: Tx, lines: Sequence[LineInForce], since: int, before: int) -> Found:
    """Units whose time to wait for views ended in that time (seconds), and the share of which views were missing."""
    for line in lines:
        wait = round(timedelta(seconds=line.line.recipe.unit_timeout_s) / timedelta(microseconds=1))
        for row in tx.execute(incomplete(line, since * SECOND - wait, before * SECOND - wait, wait)):
            yield Key(line.id, WHOLE, "", int(row[0]) // SECOND), {"missing": share(int(row[1]), int(row[2] or 0))}


def incomplete(line: LineInForce, since: int, before: int, wait: int = 0) -> Select[Any]:
    """Of units opened in that time (microseconds), by the minute `wait` later: how many, and how many lack a view."""
    ended = minute(UNIT.c.opened_at + literal_column(str(wait)))
    views = (
        select(ended.label("ended"), func.count(distinct(IMAGE.c.view)).label("views"))
        .select_from(UNIT)
        .join(IMAGE, IMAGE.c.unit_id == UNIT.c.id)
        .where(UNIT.c.line_id == line.id, UNIT.c.opened_at >= since, UNIT.c.opened_at < before)
        .where(UNIT.c.recipe_id == line.recipe_id)
        .group_by(UNIT.c.id, UNIT.c.opened_at)
        .subquery()
    )
    few = when(views.c.views < len(line.line.recipe.views))
    return select(views.c.ended, func.count(), few).group_by(views.c.ended)


_NONE = (0, 0, 0, None, None, None)


def _by_ai(since: int, before: int) -> Select[Any]:
    """A rejection is the first rejecting image's, a pass that of the image that was decided last. Where a person had
    answered before, who did not wait for a late view, the unit was settled then."""
    other = IMAGE.alias("other")
    order, others = tuple_(IMAGE.c.decided_at, IMAGE.c.id), tuple_(other.c.decided_at, other.c.id)
    before_it = exists().where(other.c.unit_id == IMAGE.c.unit_id, other.c.outcome == "reject", others < order)
    after_it = exists().where(other.c.unit_id == IMAGE.c.unit_id, others > order)
    rejects = and_(UNIT.c.ai_verdict == "reject", IMAGE.c.outcome == "reject", ~before_it)
    passes = and_(UNIT.c.ai_verdict == "pass", ~after_it)
    answered = exists().where(LABEL.c.unit_id == IMAGE.c.unit_id, LABEL.c.effective, LABEL.c.at < IMAGE.c.decided_at)
    taken = _seconds(IMAGE.c.decided_at, UNIT.c.opened_at)
    columns = (func.count(), when(UNIT.c.ai_verdict == "reject"), *summed(taken))
    query = _grouped(IMAGE.c.line_id, IMAGE.c.decided_at, *columns).join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
    return query.where(*decided(since, before), or_(rejects, passes), ~answered)


def _by_people(line_ids: Sequence[int], since: int, before: int) -> Select[Any]:
    """The first answer that counts, unless the AI had settled the unit before."""
    other, at = LABEL.alias("other"), LABEL.c.at
    rejected = exists().where(IMAGE.c.unit_id == UNIT.c.id, IMAGE.c.outcome == "reject", IMAGE.c.decided_at <= at)
    came_later = exists().where(IMAGE.c.unit_id == UNIT.c.id, IMAGE.c.decided_at > at)
    own = or_(
        UNIT.c.ai_verdict.is_(None),
        and_(UNIT.c.ai_verdict == "reject", ~rejected),
        and_(UNIT.c.ai_verdict == "pass", came_later),
    )
    first = ~exists().where(other.c.unit_id == LABEL.c.unit_id, other.c.effective, other.c.id < LABEL.c.id)
    columns = (func.count(), when(LABEL.c.verdict == "reject"), *summed(_seconds(LABEL.c.at, UNIT.c.opened_at)))
    query = _grouped(LABEL.c.line_id, LABEL.c.at, *columns).join(UNIT, UNIT.c.id == LABEL.c.unit_id)
    return query.where(*_labelled(line_ids, since, before), LABEL.c.effective, own, first)


def _asked(line_ids: Sequence[int], since: int, before: int) -> Select[Any]:
    opened = (TASK.c.line_id.in_(line_ids), TASK.c.opened_at >= since * SECOND, TASK.c.opened_at < before * SECOND)
    return _grouped(TASK.c.line_id, TASK.c.opened_at, func.count()).where(*opened, TASK.c.reason != "audit")


def _seconds(at: ColumnElement[int], since: ColumnElement[int]) -> ColumnElement[Any]:
    return cast(at - since, Float) / literal_column(str(SECOND))


def _labelled(line_ids: Sequence[int], since: int, before: int) -> tuple[ColumnElement[bool], ...]:
    return LABEL.c.line_id.in_(line_ids), LABEL.c.at >= since * SECOND, LABEL.c.at < before * SECOND


def _grouped(line: ColumnElement[int], at: ColumnElement[int], *columns: ColumnElement[Any]) -> Select[Any]:
    return select(line, minute(at), *columns).group_by(line, minute(at))


def _rows(tx: Tx, query: Select[Any]) -> dict[Key, tuple[Any, ...]]:
    return {Key(row[0], WHOLE, "", int(row[1]) // SECOND): tuple(row[2:]) for row in tx.execute(query)}
