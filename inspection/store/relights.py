"""Checks of what a drift of light changes: asked for, done, and what was found."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update

from inspection.core.decide import Outcome
from inspection.core.moment import micros, moment
from inspection.core.relight import Twice, counts
from inspection.store.monitor import Eye
from inspection.store.records import RELIGHT, dump
from inspection.store.transaction import Tx

MOST_SHOWN = 12
KEEP = timedelta(days=400)


@dataclass(frozen=True, kw_only=True)
class Check:
    """A check that was asked for; what it found is None until `ended_at`. `problem` says why it found nothing."""

    id: int
    eye: Eye
    recipe_id: int
    model: str
    by: str
    asked_at: datetime
    ended_at: datetime | None
    images: int
    unanswered: int
    changes: dict[str, int]
    flips: tuple[Twice, ...]
    problem: str

    @property
    def changed(self) -> int:
        """How many images would be decided otherwise."""
        return sum(self.changes.values())


def ask(tx: Tx, eye: Eye, recipe_id: int, model: str, by: str, now: datetime) -> int:
    """Keep that a check is wanted; its number."""
    values = {
        **eye.__dict__, "recipe_id": recipe_id, "model": model, "by": by, "asked_at": micros(now), "images": 0,
        "unanswered": 0, "changes": "{}", "flips": "[]", "problem": "",
    }  # fmt: skip
    return int(tx.execute(insert(RELIGHT).values(values).returning(RELIGHT.c.id)).scalar_one())


def next_waiting(tx: Tx) -> Check | None:
    """The check that was asked for first and has not ended."""
    row = tx.execute(select(RELIGHT).where(RELIGHT.c.ended_at.is_(None)).order_by(RELIGHT.c.id).limit(1)).one_or_none()
    return None if row is None else _check(row._mapping)


def newest(tx: Tx, eye: Eye) -> Check | None:
    """The last check of a camera's view."""
    query = select(RELIGHT).where(RELIGHT.c.camera_id == eye.camera_id, RELIGHT.c.view == eye.view)
    row = tx.execute(query.order_by(RELIGHT.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _check(row._mapping)


def end(tx: Tx, check_id: int, found: Sequence[Twice], unanswered: int, problem: str, now: datetime) -> bool:
    """Keep what a check has found; False where it has ended already. Those that ended long ago are dropped."""
    tx.execute(delete(RELIGHT).where(RELIGHT.c.ended_at < micros(now - KEEP)))
    shown = [asdict(one) for one in found if one.flips][:MOST_SHOWN]
    values = {
        "ended_at": micros(now), "images": len(found), "unanswered": unanswered, "changes": dump(counts(found)),
        "flips": dump(shown), "problem": problem,
    }  # fmt: skip
    open_yet = (RELIGHT.c.id == check_id, RELIGHT.c.ended_at.is_(None))
    return tx.execute(update(RELIGHT).where(*open_yet).values(values)).rowcount == 1


def _check(row: Any) -> Check:
    flips = tuple(
        Twice(**{**one, "before": Outcome(one["before"]), "after": Outcome(one["after"])})
        for one in json.loads(row["flips"])
    )
    return Check(
        id=row["id"], eye=Eye(line_id=row["line_id"], camera_id=row["camera_id"], view=row["view"]),
        recipe_id=row["recipe_id"], model=row["model"], by=row["by"], asked_at=moment(row["asked_at"]),
        ended_at=None if row["ended_at"] is None else moment(row["ended_at"]), images=row["images"],
        unanswered=row["unanswered"], changes=json.loads(row["changes"]), flips=flips, problem=row["problem"],
    )  # fmt: skip
