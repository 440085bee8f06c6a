"""What models said of images, and how often they said nothing."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, select

from inspection.core.decide import Decision, Outcome
from inspection.core.moment import micros
from inspection.core.predict import Failure, NoPrediction, Prediction
from inspection.core.replay import PastImage
from inspection.store.records import IMAGE, PREDICTION, feature_bytes, findings_body, number
from inspection.store.transaction import Prepared, Tx

_OPINIONS = Prepared(insert(PREDICTION).inline())
ITS_OWN = tuple(
    str(failure) for failure in (Failure.MISSING, Failure.CORRUPT, Failure.OVERLOADED, Failure.DEADLINE, Failure.ERROR)
)


def add(tx: Tx, image_id: int, opinions: Iterable[Prediction | NoPrediction], now: datetime) -> None:
    """Keep what each model asked said of an image."""
    rows = [{"image_id": image_id, "at": micros(now), **_opinion(opinion)} for opinion in opinions]
    if rows:
        _OPINIONS.run_many(tx, rows)


def failures(tx: Tx, line_id: int, model: str, since: datetime, newest: int = 2000) -> tuple[int, int]:
    """How many images of the line a model gave no answer for by its own fault, and how many it was asked about, among
    the plant's newest predictions. One that is being loaded, and images without a part, are no fault of it."""
    # The limit keeps databases from reading all of the line's images first.
    recent = select(PREDICTION).order_by(PREDICTION.c.id.desc()).limit(newest).subquery()
    found = (
        select(func.coalesce(func.sum(case((recent.c.failure.in_(ITS_OWN), 1), else_=0)), 0), func.count())
        .select_from(recent)
        .join(IMAGE, IMAGE.c.id == recent.c.image_id)
        .where(recent.c.at >= micros(since), IMAGE.c.line_id == line_id, recent.c.model == model)
    )
    failed, asked = tx.execute(found).one()
    return int(failed), int(asked)


def past_images(tx: Tx, unit_ids: Sequence[int]) -> dict[int, list[PastImage]]:
    """The images of some units with all that was said of them and decided, in order of arrival."""
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
        found[image_id].append(_kept(*said))
    return found


def _kept(
    model: str, score: float | None, novelty: float | None, novel: Any, failure: str | None, detail: str
) -> Prediction | NoPrediction:
    if failure is not None:
        return NoPrediction(model=model, failure=Failure(failure), detail=detail)
    # What is no number is kept as NULL.
    told = (math.nan if value is None else value for value in (score, novelty))
    return Prediction(model=model, score=next(told), novelty=next(told), novel=bool(novel))


def _opinion(opinion: Prediction | NoPrediction) -> dict[str, object]:
    if isinstance(opinion, NoPrediction):
        return {
            "model": opinion.model,
            "score": None,
            "novelty": None,
            "novel": False,
            "findings": "[]",
            "heatmap": None,
            "feature": None,
            "part": None,
            "found": None,
            "milliseconds": 0.0,
            "failure": str(opinion.failure),
            "detail": opinion.detail,
        }
    return {
        "model": opinion.model,
        "score": number(opinion.score),
        "novelty": number(opinion.novelty),
        "novel": opinion.novel,
        "findings": findings_body(opinion.findings),
        "heatmap": opinion.heatmap_png,
        "feature": feature_bytes(opinion.feature),
        "part": None if opinion.part is None else number(opinion.part),
        "found": None if opinion.found is None else number(opinion.found),
        "milliseconds": opinion.milliseconds,
        "failure": None,
        "detail": "",
    }
