"""What models said of images, and how often they said nothing."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import case, func, insert, select

from inspection.core.moment import micros
from inspection.core.predict import Failure, NoPrediction, Prediction
from inspection.store.records import IMAGE, PREDICTION, findings_body, number
from inspection.store.transaction import Prepared, Tx

_OPINIONS = Prepared(insert(PREDICTION).inline())
_ITS_OWN = tuple(
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
        select(func.coalesce(func.sum(case((recent.c.failure.in_(_ITS_OWN), 1), else_=0)), 0), func.count())
        .select_from(recent)
        .join(IMAGE, IMAGE.c.id == recent.c.image_id)
        .where(recent.c.at >= micros(since), IMAGE.c.line_id == line_id, recent.c.model == model)
    )
    failed, asked = tx.execute(found).one()
    return int(failed), int(asked)


def _opinion(opinion: Prediction | NoPrediction) -> dict[str, object]:
    if isinstance(opinion, NoPrediction):
        return {
            "model": opinion.model,
            "score": None,
            "novelty": None,
            "novel": False,
            "findings": "[]",
            "heatmap": None,
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
        "milliseconds": opinion.milliseconds,
        "failure": None,
        "detail": "",
    }
