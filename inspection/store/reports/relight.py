"""Past images to be judged again with their drift undone."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from inspection.store import relights
from inspection.store.database import Tx
from inspection.store.monitor import Eye
from inspection.store.records import IMAGE, PREDICTION, UNIT, WINDOW
from inspection.store.relights import Check
from inspection.store.reports import sight


@dataclass(frozen=True, kw_only=True)
class Past:
    """An image that was scored: where it lies, the policy that decided it, and its window's median brightness."""

    image_id: int
    sha256: str
    policy_id: int | None
    brightness: float


def past(tx: Tx, check: Check, limit: int, now: datetime) -> list[Past]:
    """The newest images of the view that the model has scored, newest first, each with the brightness of its window;
    none of a unit whose AI opinion must stay unknown."""
    eye = check.eye
    windows = tx.execute(
        select(WINDOW.c.last_image_id, WINDOW.c.brightness)
        .where(WINDOW.c.camera_id == eye.camera_id, WINDOW.c.view == eye.view, WINDOW.c.recipe_id == check.recipe_id)
        .order_by(WINDOW.c.id.desc())
        .limit(limit)
    ).all()
    ends = [row.last_image_id for row in reversed(windows)]
    light = [row.brightness for row in reversed(windows)]
    if not ends:
        return []
    query = (
        select(IMAGE.c.id, IMAGE.c.sha256, IMAGE.c.policy_id)
        .join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
        .join(PREDICTION, PREDICTION.c.image_id == IMAGE.c.id)
        .where(IMAGE.c.camera_id == eye.camera_id, IMAGE.c.view == eye.view, IMAGE.c.id <= ends[-1])
        .where(PREDICTION.c.model == check.model, PREDICTION.c.score.is_not(None))
        .where(UNIT.c.recipe_id == check.recipe_id, ~sight.hidden(False, now, inspector=False))
        .order_by(IMAGE.c.id.desc())
        .limit(limit)
    )
    return [
        Past(image_id=r.id, sha256=r.sha256, policy_id=r.policy_id, brightness=light[bisect_left(ends, r.id)])
        for r in tx.execute(query)
    ]


def newest(tx: Tx, eye: Eye, now: datetime) -> Check | None:
    """The last check of a camera's view as it may be told now: an image of a unit that has since come under blind
    review is not shown with what the AI says of it."""
    check = relights.newest(tx, eye)
    if check is None or not check.flips:
        return check
    query = select(IMAGE.c.id).join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
    query = query.where(
        IMAGE.c.id.in_([one.image_id for one in check.flips]), sight.hidden(False, now, inspector=False)
    )
    unseen = set(tx.execute(query).scalars())
    return replace(check, flips=tuple(one for one in check.flips if one.image_id not in unseen))
