"""A window of a line's past units with everything that was known of them, to be decided again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from inspection.core.decide import Verdict
from inspection.core.moment import micros
from inspection.core.policy import Terms
from inspection.core.replay import Difference, PastUnit, Replay, differences
from inspection.store import lines, opinions, queue
from inspection.store.database import Tx
from inspection.store.records import RECIPE, UNIT, recipe_from

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
        images = opinions.past_images(tx, [row.id for row in part])
        for row in part:
            yield PastUnit(
                label=row.serial if row.visit == 1 else f"{row.serial}#{row.visit}",
                views=recipe_from(row.body).views, images=tuple(images[row.id]), audited=bool(row.audited),
                probability=row.audit_probability, settled=row.ai_verdict is not None,
                defective=None if row.person_verdict is None else row.person_verdict == Verdict.REJECT,
            )  # fmt: skip
