"""Of which units people must not know the AI's opinion, so that a blind review is blind."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Exists, and_, exists, or_, select

from inspection.core.adjudicate import WAITS
from inspection.core.label import UNDO_WITHIN
from inspection.core.level import FREEDOM
from inspection.core.moment import micros
from inspection.store import lines
from inspection.store.database import Tx
from inspection.store.queue import OWED
from inspection.store.records import DISPUTE, LABEL, LINE, SHOWING, STUDY, STUDY_PART, TASK, UNIT

UNTELLING = ("image_stored", "unit_labelled", "label_undone")  # events in which nothing of the AI can be read
_UNIT = re.compile(r"line/([^/]+)/unit/(.+)")


def reviewed(*where: ColumnElement[bool]) -> Exists:
    """Whether a person owes the unit a review, of that kind."""
    return exists().where(TASK.c.unit_id == UNIT.c.id, TASK.c.state.in_(("open", "leased")), *where)


def hidden(shows_ai: bool, now: datetime, *, inspector: bool) -> ColumnElement[bool]:
    """Whether a unit's AI opinion must stay unknown; `shows_ai` is whether reviews at the line's level show it.

    It does to everybody while a blind review is open or to come, a blind answer can still be taken back, what the unit
    is waits to be settled, or a study of it has not ended; to inspectors also while any other review is open, and until
    the unit is settled.
    """
    answer = (LABEL.c.unit_id == UNIT.c.id, LABEL.c.effective, LABEL.c.saw_ai.is_(False))
    answered = or_(
        exists().where(*answer, LABEL.c.at > micros(now - UNDO_WITHIN)), in_disguise(now), disputed(now), studied(now)
    )
    audit_owed = and_(UNIT.c.audited, UNIT.c.person_verdict.is_(None))
    if inspector or not shows_ai:
        return or_(reviewed(), UNIT.c.verdict.is_(None), audit_owed, answered)
    return or_(reviewed(TASK.c.state == "leased", TASK.c.saw_ai.is_(False)), audit_owed, answered)


def in_disguise(now: datetime) -> ColumnElement[bool]:
    """Whether somebody has the unit in hand in disguise, or can still take back what they said of it."""
    said = exists().where(SHOWING.c.unit_id == UNIT.c.id, SHOWING.c.at > micros(now - UNDO_WITHIN))
    return or_(said, reviewed(~OWED))


def in_hand(now: datetime) -> ColumnElement[bool]:
    """Whether somebody has the unit before the eyes, under whatever serial, or can still take back what they said."""
    said = exists().where(LABEL.c.unit_id == UNIT.c.id, LABEL.c.effective, LABEL.c.at > micros(now - UNDO_WITHIN))
    return or_(reviewed(TASK.c.state == "leased"), said, in_disguise(now))


def is_in_hand(tx: Tx, unit_id: int, now: datetime) -> bool:
    """The same of one unit."""
    return tx.execute(select(UNIT.c.id).where(UNIT.c.id == unit_id, in_hand(now))).first() is not None


def disputed(now: datetime) -> ColumnElement[bool]:
    """Whether the unit waits for somebody to say what it is in truth, blind."""
    since = micros(now - WAITS)
    read = (SHOWING.c.unit_id == UNIT.c.id, SHOWING.c.truth == "", SHOWING.c.at >= since)
    differs = exists().where(*read, LABEL.c.id == SHOWING.c.label_id, LABEL.c.verdict != SHOWING.c.verdict)
    against = or_(DISPUTE.c.kind == "miss", DISPUTE.c.claim != UNIT.c.person_verdict)
    return or_(
        differs, exists().where(DISPUTE.c.unit_id == UNIT.c.id, DISPUTE.c.truth == "", DISPUTE.c.at >= since, against)
    )


def studied(now: datetime) -> ColumnElement[bool]:
    """Whether people judge the unit in a study that has not ended, nor lain for three months."""
    part = (STUDY_PART.c.unit_id == UNIT.c.id, STUDY.c.id == STUDY_PART.c.study_id)
    return exists().where(*part, STUDY.c.ended_at.is_(None), STUDY.c.at >= micros(now - WAITS))


def shown_at(known: lines.LineInForce) -> bool:
    """Whether reviews of the line show the AI's opinion, under its candidate as well."""
    policies = [known.policy, *([known.candidate.policy] if known.candidate is not None else [])]
    return all(FREEDOM[policy.terms.level].shows_ai for policy in policies)


def may_show_ai(tx: Tx, unit_id: int, person_id: int, now: datetime, *, inspector: bool) -> bool:
    """Whether the AI's opinion of a unit may be shown to a person: see `hidden`. Whoever holds the unit is shown what
    the review shows."""
    held = select(TASK.c.saw_ai).where(
        TASK.c.unit_id == unit_id, TASK.c.state == "leased", TASK.c.leased_by == person_id
    )
    saw_ai = tx.execute(held).scalar()
    if saw_ai is not None:
        return bool(saw_ai)
    line_id = tx.execute(select(UNIT.c.line_id).where(UNIT.c.id == unit_id)).scalar()
    if line_id is None:
        return False
    shows_ai = shown_at(lines.in_force_by_id(tx, line_id))
    query = select(UNIT.c.id).where(UNIT.c.id == unit_id, hidden(shows_ai, now, inspector=inspector))
    return tx.execute(query).first() is None


def unseen(tx: Tx, subjects: Iterable[str], now: datetime, *, inspector: bool) -> frozenset[str]:
    """Those of the journal's subjects that are units whose AI opinion must stay unknown."""
    asked: dict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        if found := _UNIT.fullmatch(subject):
            asked[found[1]] |= {found[2], found[2].rpartition("#")[0]}
    told = set()
    for name, serials in asked.items():
        shows_ai = shown_at(lines.in_force(tx, name))
        query = select(UNIT.c.serial, UNIT.c.visit).join(LINE, LINE.c.id == UNIT.c.line_id)
        query = query.where(LINE.c.name == name, UNIT.c.serial.in_(serials), hidden(shows_ai, now, inspector=inspector))
        for serial, visit in tx.execute(query):
            told.add(f"line/{name}/unit/{serial if visit == 1 else f'{serial}#{visit}'}")
    return frozenset(told)
