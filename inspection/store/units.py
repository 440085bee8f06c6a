"""Units: opened, judged, disposed; the hot path, in plain Core statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func, insert, select, update

from inspection.core.capture import Capture
from inspection.core.decide import Disposition, Verdict
from inspection.core.line import Unknown
from inspection.core.moment import micros, moment
from inspection.core.route import AuditDraw
from inspection.store.records import IMAGE, UNIT
from inspection.store.transaction import Prepared, Tx


@dataclass(frozen=True, kw_only=True)
class Unit:
    """A unit on one visit, as its row has it."""

    id: int
    line_id: int
    recipe_id: int
    serial: str
    visit: int
    audited: bool
    verdict: Verdict | None
    by: str
    reason: str
    ai_verdict: Verdict | None
    person_verdict: Verdict | None
    simulated: bool
    rollout_id: int | None
    opened_at: datetime
    settled_at: datetime | None

    @property
    def label(self) -> str:
        """The unit towards people and in the journal; visits after the first carry their number."""
        return self.serial if self.visit == 1 else f"{self.serial}#{self.visit}"


_UNIT_COLUMNS = (
    UNIT.c.id,
    UNIT.c.line_id,
    UNIT.c.recipe_id,
    UNIT.c.serial,
    UNIT.c.visit,
    UNIT.c.audited,
    UNIT.c.verdict,
    UNIT.c.by,
    UNIT.c.reason,
    UNIT.c.ai_verdict,
    UNIT.c.person_verdict,
    UNIT.c.simulated,
    UNIT.c.rollout_id,
    UNIT.c.opened_at,
    UNIT.c.settled_at,
)
_NAMES = tuple(column.key for column in _UNIT_COLUMNS)
_BY_SERIAL = Prepared(
    select(*_UNIT_COLUMNS)
    .where(UNIT.c.line_id == bindparam("line"), UNIT.c.serial == bindparam("serial"))
    .order_by(UNIT.c.visit.desc())
    .limit(1)
)
_BY_ID = Prepared(select(*_UNIT_COLUMNS).where(UNIT.c.id == bindparam("unit")))
_OPEN = Prepared(insert(UNIT).returning(UNIT.c.id))
_DISPOSE = Prepared(
    update(UNIT)
    .where(UNIT.c.id == bindparam("unit"))
    .values(
        verdict=bindparam("verdict_"),
        by=bindparam("by_"),
        reason=bindparam("reason_"),
        settled_at=bindparam("at"),
        ai_verdict=func.coalesce(bindparam("ai", type_=String), UNIT.c.ai_verdict),
    )
)
_SCORE = Prepared(select(UNIT.c.model, UNIT.c.score).where(UNIT.c.id == bindparam("unit")))
_RAISE = Prepared(
    update(UNIT).where(UNIT.c.id == bindparam("unit")).values(model=bindparam("model_"), score=bindparam("score_"))
)

_INCOMPLETE = Prepared(
    select(UNIT.c.id)
    .where(UNIT.c.verdict.is_(None), UNIT.c.by == "camera", UNIT.c.opened_at <= bindparam("until"))
    .where(UNIT.c.line_id + 0 == bindparam("line"))  # by no index of lines, which would read all of its units
    .order_by(UNIT.c.opened_at)
    .limit(bindparam("most"))
)


def latest(tx: Tx, line_id: int, serial: str) -> Unit | None:
    """The newest visit of the unit with that serial."""
    row = _BY_SERIAL.run(tx, {"line": line_id, "serial": serial}).fetchone()
    return None if row is None else _unit(row)


def get(tx: Tx, unit_id: int) -> Unit:
    """The unit of that id."""
    row = _BY_ID.run(tx, {"unit": unit_id}).fetchone()
    if row is None:
        raise Unknown(f"There is no unit of the number {unit_id}.")
    return _unit(row)


def open_unit(
    tx: Tx,
    line_id: int,
    recipe_id: int,
    capture: Capture,
    visit: int,
    draw: AuditDraw,
    now: datetime,
    rollout_id: int | None = None,
) -> Unit:
    """Open a unit with the first image of a visit; `rollout_id` where a rollout's candidate is to decide it."""
    values = {
        "line_id": line_id,
        "recipe_id": recipe_id,
        "serial": capture.serial,
        "visit": visit,
        "audited": draw.audited,
        "audit_probability": draw.probability,
        "by": "camera",
        "reason": "view_missing",
        "simulated": capture.simulated,
        "rollout_id": rollout_id,
        "opened_at": micros(now),
    }
    unit_id = int(_OPEN.run(tx, values).fetchone()[0])
    return Unit(
        id=unit_id,
        line_id=line_id,
        recipe_id=recipe_id,
        serial=capture.serial,
        visit=visit,
        audited=draw.audited,
        verdict=None,
        by="camera",
        reason="view_missing",
        ai_verdict=None,
        person_verdict=None,
        simulated=capture.simulated,
        rollout_id=rollout_id,
        opened_at=now,
        settled_at=None,
    )


def raise_score(tx: Tx, unit_id: int, model: str, score: float) -> None:
    """Keep the unit's worst score under a model; another model's scores are not comparable and start afresh."""
    before, worst = _SCORE.run(tx, {"unit": unit_id}).fetchone()
    if before != model or worst is None or score > worst:
        _RAISE.run(tx, {"unit": unit_id, "model_": model, "score_": score})


def dispose(tx: Tx, unit: Unit, disposition: Disposition, now: datetime) -> None:
    """Write a unit's disposition; the AI's last verdict stays known when a person's follows it."""
    verdict = str(disposition.verdict) if disposition.verdict is not None else None
    values = {
        "unit": unit.id,
        "verdict_": verdict,
        "by_": disposition.by,
        "reason_": disposition.reason,
        "at": micros(now) if verdict else None,
        "ai": verdict if disposition.by == "ai" else None,
    }
    _DISPOSE.run(tx, values)


def person_says(tx: Tx, unit_id: int, verdict: Verdict | None, seen: Sequence[int] | None) -> None:
    """Keep a person's verdict and mark the images that person saw; None takes both back."""
    tx.execute(update(UNIT).where(UNIT.c.id == unit_id).values(person_verdict=verdict))
    images = update(IMAGE).where(IMAGE.c.unit_id == unit_id)
    if seen is not None:
        images = images.where(IMAGE.c.id.in_(seen))
    tx.execute(images.values(seen_by_person=verdict is not None))


def policy_of(tx: Tx, unit_id: int) -> int | None:
    """The id of the newest policy that has judged one of the unit's images."""
    return tx.execute(select(func.max(IMAGE.c.policy_id)).where(IMAGE.c.unit_id == unit_id)).scalar()


def opened_since(tx: Tx, line_id: int, since: datetime) -> int:
    """How many units the line has opened since."""
    query = select(func.count()).where(UNIT.c.line_id == line_id, UNIT.c.opened_at >= micros(since))
    return int(tx.execute(query).scalar_one())


def opened_under(tx: Tx, line_id: int, since: datetime, rollout_id: int | None) -> int:
    """How many units the line has opened since that a rollout's candidate decides, or without one the stable policy."""
    query = select(func.count()).where(UNIT.c.line_id == line_id, UNIT.c.opened_at >= micros(since))
    return int(tx.execute(query.where(UNIT.c.rollout_id == rollout_id)).scalar_one())


def incomplete(tx: Tx, line_id: int, until: datetime, limit: int = 500) -> list[int]:
    """Units of a line opened until that moment that still wait for a camera."""
    found = _INCOMPLETE.run(tx, {"line": line_id, "until": micros(until), "most": limit})
    return [row[0] for row in found.fetchall()]


def count(tx: Tx) -> int:
    """How many units there are."""
    return int(tx.execute(select(func.count()).select_from(UNIT)).scalar_one())


def _unit(row: Sequence[Any]) -> Unit:
    r = dict(zip(_NAMES, row, strict=True))
    for name in ("verdict", "ai_verdict", "person_verdict"):
        r[name] = Verdict(r[name]) if r[name] else None
    for name in ("audited", "simulated"):
        r[name] = bool(r[name])
    r["opened_at"] = moment(r["opened_at"])
    r["settled_at"] = moment(r["settled_at"]) if r["settled_at"] is not None else None
    return Unit(**r)
