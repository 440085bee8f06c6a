"""A window of a line's past units with everything that was known of them, to be decided again."""

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from inspection.core.decide import Decision, Outcome, Verdict
from inspection.core.moment import micros
from inspection.core.policy import Terms
from inspection.core.predict import Failure, NoPrediction, Prediction
from inspection.core.replay import Difference, PastImage, PastUnit, Replay, differences
from inspection.store import lines, queue
from inspection.store.database import Tx
from inspection.store.records import IMAGE, PREDICTION, RECIPE, UNIT, recipe_from

MAX_UNITS = 200_000
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which units: opened from `since` up to `until`, the newest `units` of them."""

    since: datetime | None = None
    until: datetime | None = None
    units: int = 20_000


@dataclass(frozen=True, kw_only=True)
class Past:
    """A line's window of units, the terms of each policy by the id of its row, and the terms in force."""

    units: tuple[PastUnit, ...]
    policies: dict[int, Terms]
    numbers: dict[int, int]
    in_force: Terms
    seconds_each: float | None

    def replay(self) -> Replay:
        """The window, to be decided under any terms."""
        return Replay(self.units, self.seconds_each)

    def differences(self) -> Iterator[Difference]:
        """Past decisions that their own policies would not make again: none, unless something was altered."""
        return differences(self.units, self.policies)


def past(tx: Tx, name: str, window: Window) -> Past:
    """Read the window of the line of that name, oldest unit first; raises Unknown."""
    known = lines.in_force(tx, name)
    policies = lines.policies_by_id(tx, known.id)
    return Past(
        units=tuple(_units(tx, known.id, window)),
        policies={key: policy.terms for key, policy in policies.items()},
        numbers={key: policy.number for key, policy in policies.items()},
        in_force=known.policy.terms, seconds_each=queue.typical_seconds(tx, known.id),
    )  # fmt: skip


def _units(tx: Tx, line_id: int, window: Window) -> Iterator[PastUnit]:
    query = select(
        UNIT.c.id, UNIT.c.serial, UNIT.c.visit, UNIT.c.audited, UNIT.c.audit_probability, UNIT.c.ai_verdict,
        UNIT.c.person_verdict, RECIPE.c.body,
    ).join(RECIPE, RECIPE.c.id == UNIT.c.recipe_id).where(UNIT.c.line_id == line_id)  # fmt: skip
    if window.since is not None:
        query = query.where(UNIT.c.opened_at >= micros(window.since))
    if window.until is not None:
        query = query.where(UNIT.c.opened_at < micros(window.until))
    rows = tx.execute(query.order_by(UNIT.c.id.desc()).limit(min(window.units, MAX_UNITS))).all()[::-1]
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        images = _images(tx, [row.id for row in part])
        for row in part:
            yield PastUnit(
                label=row.serial if row.visit == 1 else f"{row.serial}#{row.visit}",
                views=recipe_from(row.body).views, images=tuple(images[row.id]), audited=bool(row.audited),
                probability=row.audit_probability, settled=row.ai_verdict is not None,
                defective=None if row.person_verdict is None else row.person_verdict == Verdict.REJECT,
            )  # fmt: skip


def _images(tx: Tx, unit_ids: Sequence[int]) -> dict[int, list[PastImage]]:
    """The images of some units, in order of arrival."""
    query = (
        select(
            IMAGE.c.unit_id,
            IMAGE.c.id,
            IMAGE.c.view,
            IMAGE.c.unfit,
            IMAGE.c.brightness,
            IMAGE.c.policy_id,
            IMAGE.c.outcome,
            IMAGE.c.reason,
            IMAGE.c.detail,
        )
        .where(IMAGE.c.unit_id.in_(unit_ids))
        .order_by(IMAGE.c.id)
    )
    rows = tx.execute(query).all()
    opinions = _opinions(tx, unit_ids)
    images: dict[int, list[PastImage]] = defaultdict(list)
    for unit_id, image_id, view, unfit, brightness, policy_id, outcome, reason, detail in rows:
        said = tuple(opinions[image_id])
        then = None if outcome is None else Decision(outcome=Outcome(outcome), reason=reason, detail=detail)
        images[unit_id].append(
            PastImage(
                image_id=image_id,
                view=view,
                opinions=said,
                unfit=unfit,
                measured=brightness is not None or unfit is not None,
                policy=policy_id,
                decision=then,
            )
        )
    return images


def _opinions(tx: Tx, unit_ids: Sequence[int]) -> dict[int, list[Prediction | NoPrediction]]:
    """What models said of the images of some units, in the order in which it was kept."""
    query = (
        select(
            PREDICTION.c.image_id,
            PREDICTION.c.model,
            PREDICTION.c.score,
            PREDICTION.c.novelty,
            PREDICTION.c.novel,
            PREDICTION.c.failure,
            PREDICTION.c.detail,
        )
        .join(IMAGE, IMAGE.c.id == PREDICTION.c.image_id)
        .where(IMAGE.c.unit_id.in_(unit_ids))
        .order_by(PREDICTION.c.id)
    )
    found: dict[int, list[Prediction | NoPrediction]] = defaultdict(list)
    for image_id, *said in tx.execute(query):
        found[image_id].append(_opinion(*said))
    return found


def _opinion(
    model: str, score: float | None, novelty: float | None, novel: Any, failure: str | None, detail: str
) -> Prediction | NoPrediction:
    if failure is not None:
        return NoPrediction(model=model, failure=Failure(failure), detail=detail)
    # What is no number is kept as NULL.
    told = (math.nan if value is None else value for value in (score, novelty))
    return Prediction(model=model, score=next(told), novelty=next(told), novel=bool(novel))
