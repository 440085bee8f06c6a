"""What waits to be settled, as the one who settles it sees it: both answers and the pictures, nothing of the AI."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from inspection.core.adjudicate import Case
from inspection.core.label import UNDO_WITHIN
from inspection.store import disputes, lines
from inspection.store.records import IMAGE
from inspection.store.transaction import Tx


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One image of the unit."""

    image_id: int
    view: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Desk:
    """A case with its pictures; `waiting` counts all that this person may settle, `own` those they have a part in."""

    case: Case | None
    pictures: tuple[Picture, ...]
    defect_types: tuple[str, ...]
    line_title: str
    waiting: int
    own: int


def desk(tx: Tx, person: str, now: datetime, after: str = "") -> Desk:
    """The oldest case that this person may settle, or the next one after `kind-number`."""
    found = disputes.waiting(tx, now - UNDO_WITHIN)
    mine = [case for case in found if case.may_settle(person)]
    names = [f"{case.kind}-{case.number}" for case in mine]
    place = names.index(after) + 1 if after in names else 0
    case = mine[place % len(mine)] if mine else None
    line = None if case is None else lines.in_force(tx, case.line).line
    return Desk(
        case=case, pictures=() if case is None else pictures(tx, case.unit_id),
        defect_types=() if line is None else line.recipe.defect_types, line_title="" if line is None else line.title,
        waiting=len(mine), own=len(found) - len(mine),
    )  # fmt: skip


def pictures(tx: Tx, unit_id: int) -> tuple[Picture, ...]:
    """A unit's images, in order of arrival."""
    columns = (IMAGE.c.id.label("image_id"), IMAGE.c.view, IMAGE.c.width, IMAGE.c.height)
    query = select(*columns).where(IMAGE.c.unit_id == unit_id).order_by(IMAGE.c.id)
    return tuple(Picture(**row._mapping) for row in tx.execute(query))
