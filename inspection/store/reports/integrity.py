"""Whether the records fit together."""

from sqlalchemy import exists, func, select

from inspection.store.database import Tx
from inspection.store.records import IMAGE, LINE, SAMPLE, TASK, UNIT

_LIVE = TASK.c.state.in_(("open", "leased"))


def units(tx: Tx) -> tuple[int, list[str]]:
    """How many units there are, and words for each that has no disposition to rely on."""
    wrong = []
    doubled = select(TASK.c.unit_id).where(_LIVE).group_by(TASK.c.unit_id).having(func.count() > 1)
    wrong += [f"Unit {name} has more than one review open." for name in _names(tx, UNIT.c.id.in_(doubled))]
    rejected = exists().where(IMAGE.c.unit_id == UNIT.c.id, IMAGE.c.outcome == "reject")
    wrong += [
        f"Unit {name} has passed with a rejected view." for name in _names(tx, (UNIT.c.verdict == "pass") & rejected)
    ]
    undecided = exists().where(IMAGE.c.unit_id == UNIT.c.id, IMAGE.c.decided_at.is_(None))
    wrong += [
        f"Unit {name} has passed with an undecided view." for name in _names(tx, (UNIT.c.verdict == "pass") & undecided)
    ]
    waiting = exists().where(TASK.c.unit_id == UNIT.c.id, _LIVE)
    forgotten = UNIT.c.verdict.is_(None) & (UNIT.c.by == "person") & ~waiting
    wrong += [f"Unit {name} waits for a person, but is in no queue." for name in _names(tx, forgotten)]
    return int(tx.execute(select(func.count()).select_from(UNIT)).scalar_one()), wrong


def image_hashes(tx: Tx) -> list[str]:
    """The hash of every image that was acknowledged."""
    hashes = select(IMAGE.c.sha256).union(select(SAMPLE.c.sha256))
    return list(tx.execute(hashes).scalars())


def _names(tx: Tx, condition: object) -> list[str]:
    query = select(LINE.c.name, UNIT.c.serial, UNIT.c.visit).join(LINE, LINE.c.id == UNIT.c.line_id)
    return [f"{line}/{serial}#{visit}" for line, serial, visit in tx.execute(query.where(condition).limit(100))]  # type: ignore[arg-type]
