"""The figures that alarm rules may ask for. To add one, write how it is computed and put it into `FIGURES`.

Each is computed over a window that ends now, by an index, from at most `MOST` rows; None where it says nothing. What
follows from people's answers leaves out those that can still be taken back, as every page does."""

from datetime import timedelta

from sqlalchemy import ColumnElement, Subquery, case, func, select

from inspection.core.label import UNDO_WITHIN
from inspection.core.level import FREEDOM
from inspection.core.moment import micros, moment
from inspection.core.stage import ALARMS, Stage
from inspection.store import monitor, opinions, queue
from inspection.store.monitor import Eye
from inspection.store.records import DOUBT, IMAGE, LABEL, TASK, UNIT, WINDOW
from inspection.store.watched_asked import FEWEST, PER_MINUTE, SECONDS, SHARE, TIMES, Asked, Figure
from inspection.store.watched_drift import DRIFTED
from inspection.store.watched_tally import TALLIED

MOST = 5_000


def _units(asked: Asked) -> Subquery:
    """The newest units of the window."""
    opened = UNIT.c.opened_at.between(micros(asked.since), micros(asked.now))
    query = select(UNIT).where(UNIT.c.line_id == asked.line.id, opened)
    return query.order_by(UNIT.c.opened_at.desc()).limit(MOST).subquery()


def _part(asked: Asked, query: object) -> float | None:
    """The share of the first count in the second, None of too few."""
    some, of = asked.tx.execute(query).one()  # type: ignore[call-overload]
    return int(some or 0) / of if of >= FEWEST else None


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))


def _images(asked: Asked, condition: ColumnElement[bool]) -> float | None:
    units = _units(asked)
    query = select(_count(condition), func.count()).select_from(units).join(IMAGE, IMAGE.c.unit_id == units.c.id)
    return _part(asked, query.where(IMAGE.c.decided_at >= micros(asked.since)))


def _refer_rate(asked: Asked) -> float | None:
    decides = FREEDOM[asked.line.policy.terms.level].ai_decides
    return _images(_under_policy(asked), IMAGE.c.outcome == "refer") if decides else None


def _unfit_share(asked: Asked) -> float | None:
    return _images(asked, IMAGE.c.unfit.is_not(None))


def _under_policy(asked: Asked) -> Asked:
    since = max(asked.since, asked.line.policy.at)
    return Asked(tx=asked.tx, line=asked.line, since=since, now=asked.now)


def _null_outputs(asked: Asked) -> float | None:
    model = asked.line.policy.terms.model
    if model is None:
        return None
    failed, of = opinions.failures(asked.tx, asked.line.id, model, _under_policy(asked).since, MOST)
    return failed / of if of >= FEWEST else None


def _overrides(asked: Asked) -> float | None:
    given = (
        select(LABEL.c.unit_id, LABEL.c.verdict)
        .where(LABEL.c.line_id == asked.line.id, LABEL.c.at > micros(asked.since), LABEL.c.effective)
        .where(LABEL.c.at <= micros(asked.now - UNDO_WITHIN))
        .order_by(LABEL.c.at.desc())
        .limit(MOST)
        .subquery()
    )
    query = select(_count(UNIT.c.ai_verdict != given.c.verdict), func.count()).select_from(given)
    return _part(asked, query.join(UNIT, UNIT.c.id == given.c.unit_id).where(UNIT.c.ai_verdict.is_not(None)))


def _unsure(asked: Asked) -> float | None:
    until = micros(asked.now - UNDO_WITHIN)
    doubts = (
        select(func.count())
        .select_from(DOUBT)
        .join(TASK, TASK.c.id == DOUBT.c.task_id)
        .where(DOUBT.c.at > micros(asked.since), DOUBT.c.at <= until, TASK.c.line_id == asked.line.id)
    )
    given = select(func.count()).where(
        LABEL.c.line_id == asked.line.id, LABEL.c.at > micros(asked.since), LABEL.c.at <= until
    )
    unsure, sure = asked.tx.execute(doubts).scalar_one(), asked.tx.execute(given).scalar_one()
    return unsure / (unsure + sure) if unsure + sure >= FEWEST else None


def _queue_age(asked: Asked) -> float | None:
    oldest = queue.oldest_ready(asked.tx, asked.line.id, asked.now)
    return 0.0 if oldest is None else (asked.now - oldest).total_seconds()


def _images_per_minute(asked: Asked) -> float | None:
    """Images are found by their units, which may have been opened a little earlier. Of a line so fast that these are
    not all, those of the newest units by the time since the first of these: a little less, where views come later."""
    earlier = asked.since - timedelta(seconds=asked.line.line.recipe.unit_timeout_s)
    units = _units(Asked(tx=asked.tx, line=asked.line, since=earlier, now=asked.now))
    opened, oldest = asked.tx.execute(select(func.count(), func.min(units.c.opened_at))).one()
    since = max(asked.since, moment(oldest)) if opened == MOST else asked.since
    query = select(func.count()).select_from(units).join(IMAGE, IMAGE.c.unit_id == units.c.id)
    images = asked.tx.execute(query.where(IMAGE.c.received_at >= micros(since))).scalar_one()
    return float(images) * 60 / max((asked.now - since).total_seconds(), 1.0)


def _clock_skew(asked: Asked) -> float | None:
    """The camera whose clock is furthest off, in the mean."""
    units = _units(asked)
    mean = select(func.avg(IMAGE.c.skew_s)).select_from(units).join(IMAGE, IMAGE.c.unit_id == units.c.id)
    means = asked.tx.execute(mean.group_by(IMAGE.c.camera_id)).scalars().all()
    return max((abs(float(one)) for one in means if one is not None), default=None)


def _brightness(asked: Asked) -> float | None:
    """How far the smoothed brightness of a view lies from its baseline, 1 at the limit: the worst of the newest."""
    newest = (
        select(func.max(WINDOW.c.id))
        .where(WINDOW.c.line_id == asked.line.id, WINDOW.c.ended_at > micros(asked.since), WINDOW.c.ewma.is_not(None))
        .group_by(WINDOW.c.camera_id, WINDOW.c.view)
    )
    query = select(WINDOW.c.camera_id, WINDOW.c.view, WINDOW.c.ewma).where(WINDOW.c.id.in_(newest))
    worst: float | None = None
    for camera_id, view, ewma in asked.tx.execute(query):
        eye = Eye(line_id=asked.line.id, camera_id=camera_id, view=view)
        kept = monitor.baseline(asked.tx, eye, asked.line.recipe_id)
        if kept is not None and kept.baseline is not None:
            worst = max(worst or 0.0, abs(ewma - kept.baseline.mean) / kept.baseline.half_width)
    return worst


_HOUR, _SOON = timedelta(hours=1), timedelta(minutes=10)
RUNNING = "images_per_minute"  # zero of it is a line that does not run
FIGURES: dict[str, Figure] = {
    figure.name: figure
    for figure in (
        Figure(
            name=RUNNING, stage=Stage.CAPTURE, title="Images per minute", unit=PER_MINUTE, window=_SOON,
            compute=_images_per_minute, rests=True,
        ),
        Figure(
            name="clock_skew", stage=Stage.CAPTURE, title="Camera clock off by", unit=SECONDS, window=_SOON,
            compute=_clock_skew,
        ),
        Figure(
            name="disk_left", stage=Stage.CAPTURE, title="Disk left", unit=SHARE, window=_SOON,
            compute=lambda asked: asked.disk_left, rests=True,
        ),
        Figure(
            name="brightness", stage=Stage.QUALITY, title="Brightness off its baseline", unit=TIMES, window=_HOUR,
            compute=_brightness,
        ),
        Figure(
            name="unfit_share", stage=Stage.QUALITY, title="Unfit images", unit=SHARE, window=_HOUR,
            compute=_unfit_share,
        ),
        Figure(
            name="null_outputs", stage=Stage.PREDICT, title="Images without an opinion", unit=SHARE, window=_SOON,
            compute=_null_outputs,
        ),
        Figure(
            name="refer_rate", stage=Stage.DECIDE, title="Refer rate", unit=SHARE, window=_HOUR,
            compute=_refer_rate, trains=True,
        ),
        Figure(
            name="overrides", stage=Stage.REVIEW, title="Overrides", unit=SHARE, window=4 * _HOUR,
            compute=_overrides, against_ai=True, trains=True,
        ),
        Figure(
            name="unsure", stage=Stage.REVIEW, title="Unsure answers", unit=SHARE, window=_HOUR, compute=_unsure,
            trains=True,
        ),
        Figure(
            name="queue_age", stage=Stage.REVIEW, title="Oldest unit waiting", unit=SECONDS, window=_SOON,
            compute=_queue_age, rests=True,
        ),
        *TALLIED,
        *DRIFTED,
    )
}  # fmt: skip


def stage_of(kind: str) -> Stage:
    """The stage of the pipeline that an alarm of that kind speaks of."""
    return FIGURES[kind].stage if kind in FIGURES else ALARMS.get(kind, Stage.DECIDE)
