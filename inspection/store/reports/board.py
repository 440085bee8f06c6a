"""All lines at a glance."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from inspection.core.level import Level
from inspection.core.moment import micros
from inspection.core.monitor import Light
from inspection.store import alarms, lines, models, queue
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import UNIT, WINDOW
from inspection.store.reports import cameras

RECENT = timedelta(hours=1)
RATE_OVER = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class LineCard:
    """One line on the board. Shares are of the units settled in the last hour, None while there are none;
    `clears_s` is in how many seconds nothing will wait for people at the last hour's pace, None when never."""

    name: str
    title: str
    place: str
    level: Level
    simulated: bool
    override: bool
    policy: int
    model_version: int | None
    units_last_hour: int
    units_per_minute: float
    reject_share: float | None
    automated_share: float | None
    waiting: int
    oldest_wait_s: float | None
    clears_s: float | None
    alarms: tuple[str, ...]
    last_image_age_s: float | None
    light: Light | None


def board(tx: Tx, now: datetime) -> tuple[LineCard, ...]:
    """A card for every line, those with alarms first, then by name."""
    cards = [card(tx, line, now) for line in lines.all_in_force(tx)]
    return tuple(sorted(cards, key=lambda card: (not card.alarms, card.name)))


def card(tx: Tx, line: LineInForce, now: datetime) -> LineCard:
    """The card of one line."""
    load = queue.load(tx, line.id, now)
    rejected, by_ai, settled, opened, quick = _recent(tx, line.id, now)
    seen = [camera.last_image_at for camera in cameras.heard(tx, line) if camera.last_image_at is not None]
    model = models.of_line(tx, line.id, line.policy.terms.model) if line.policy.terms.model else None
    return LineCard(
        name=line.line.name,
        title=line.line.title,
        place=line.line.place,
        level=line.policy.terms.level,
        simulated=line.line.simulated,
        override=line.policy.override,
        policy=line.policy.number,
        model_version=model.version if model else None,
        units_last_hour=opened,
        units_per_minute=quick / (RATE_OVER.total_seconds() / 60),
        reject_share=rejected / settled if settled else None,
        automated_share=by_ai / settled if settled else None,
        waiting=load.waiting,
        oldest_wait_s=load.oldest_s,
        clears_s=load.clears_s,
        alarms=tuple(alarm.text for alarm in alarms.firing(tx, line.id)),
        light=_light(tx, line.id, now),
        last_image_age_s=(now - max(seen)).total_seconds() if seen else None,
    )


def _light(tx: Tx, line_id: int, now: datetime) -> Light | None:
    """What the charts of the line's camera views say now, the worst of them; None before the first window."""
    newest = (
        select(func.max(WINDOW.c.id))
        .where(WINDOW.c.line_id == line_id, WINDOW.c.ended_at > micros(now - RECENT))
        .group_by(WINDOW.c.camera_id, WINDOW.c.view)
    )
    lights = [Light(light) for light in tx.execute(select(WINDOW.c.light).where(WINDOW.c.id.in_(newest))).scalars()]
    return max(lights, key=list(Light).index, default=None)


def waiting_of(tx: Tx, line_id: int, now: datetime) -> tuple[int, float | None]:
    """How many of the line's units wait for a person, and since how many seconds the oldest does."""
    load = queue.load(tx, line_id, now)
    return load.waiting, load.oldest_s


def _recent(tx: Tx, line_id: int, now: datetime) -> tuple[int, int, int, int, int]:
    def ones(condition: object) -> object:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)  # type: ignore[arg-type]

    row = tx.execute(
        select(
            ones(UNIT.c.verdict == "reject"),
            ones(UNIT.c.verdict.is_not(None) & (UNIT.c.by == "ai")),
            ones(UNIT.c.verdict.is_not(None)),
            func.count(),
            ones(UNIT.c.opened_at > micros(now - RATE_OVER)),
        ).where(UNIT.c.line_id == line_id, UNIT.c.opened_at > micros(now - RECENT))  # type: ignore[call-overload]
    ).one()
    return tuple(int(value) for value in row)  # type: ignore[return-value]
