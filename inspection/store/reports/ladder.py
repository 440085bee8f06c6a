"""What a model has done on its line, as the steps up the ladder ask."""

from datetime import datetime

from sqlalchemy import func, select

from inspection.core.decide import Verdict
from inspection.core.ladder import LEAN
from inspection.core.moment import micros
from inspection.store import opinions
from inspection.store.database import Tx
from inspection.store.records import IMAGE, LABEL, PREDICTION, UNIT

RECENT = 1000


def failures(tx: Tx, line_id: int, model: str | None) -> tuple[int, int]:
    """Of the model's predictions for the line's last 1000 units: how many gave no opinion by its own fault, and
    how many there are, without those that gave none for another reason, such as that it was being loaded."""
    recent = select(UNIT.c.id).where(UNIT.c.line_id == line_id).order_by(UNIT.c.opened_at.desc()).limit(RECENT)
    units = recent.subquery()
    query = (
        select(func.count(), func.count(PREDICTION.c.failure))
        .select_from(units)
        .join(IMAGE, IMAGE.c.unit_id == units.c.id)
        .join(PREDICTION, PREDICTION.c.image_id == IMAGE.c.id)
        .where(PREDICTION.c.model == (model or ""))
        .where(PREDICTION.c.failure.is_(None) | PREDICTION.c.failure.in_(opinions.ITS_OWN))
    )
    total, failed = tx.execute(query).one()
    return failed, total


def agreement(tx: Tx, line_id: int, model: str | None, since: datetime, until: datetime) -> tuple[int, int]:
    """With how many of the newest 1000 blind labels of that time a model agrees, and how many there are: labels of
    units that it was asked about, in force or in shadow, and of which it may speak."""
    newest = (  # the limit keeps databases from reading all of the line's labels first
        select(LABEL.c.id, LABEL.c.unit_id, LABEL.c.verdict)
        .where(LABEL.c.line_id == line_id, LABEL.c.at >= micros(since), LABEL.c.effective, LABEL.c.saw_ai.is_(False))
        .where(LABEL.c.at <= micros(until))
        .order_by(LABEL.c.at.desc())
        .limit(2 * RECENT)
        .subquery()
    )
    query = (
        select(func.max(PREDICTION.c.score), newest.c.verdict)
        .select_from(newest)
        .join(IMAGE, IMAGE.c.unit_id == newest.c.unit_id)
        .join(PREDICTION, PREDICTION.c.image_id == IMAGE.c.id)
        .where(PREDICTION.c.model == (model or ""), PREDICTION.c.score.is_not(None))
        .where(IMAGE.c.unfit.is_(None), PREDICTION.c.novel.is_(False))
        .group_by(newest.c.id, newest.c.verdict)
        .order_by(newest.c.id.desc())
        .limit(RECENT)
    )
    found = tx.execute(query).all()
    return sum((score >= LEAN) is (verdict == Verdict.REJECT) for score, verdict in found), len(found)
