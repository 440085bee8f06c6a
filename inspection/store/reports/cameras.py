"""A line's cameras, and when each was last heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ScalarSelect, case, literal, select, tuple_

from inspection.core.moment import moment
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import CAMERA, IMAGE

_HIGHEST = 2**63 - 1
SILENT_AFTER = timedelta(seconds=120)


@dataclass(frozen=True, kw_only=True)
class CameraInfo:
    """A camera of the line, and when it was last heard of."""

    name: str
    simulated: bool
    revoked: bool
    last_image_at: datetime | None

    def silent(self, now: datetime) -> bool:
        """Whether it should have sent something by now."""
        return self.last_image_at is None or now - self.last_image_at > SILENT_AFTER


def heard(tx: Tx, line: LineInForce) -> tuple[CameraInfo, ...]:
    """All of them, revoked ones too."""
    last = (_last_of(view).label(f"last_{number}") for number, view in enumerate(line.line.recipe.views))
    query = select(CAMERA.c.name, CAMERA.c.simulated, CAMERA.c.revoked_at, *last).where(CAMERA.c.line_id == line.id)
    return tuple(
        CameraInfo(
            name=name, simulated=simulated, revoked=revoked is not None,
            last_image_at=moment(max(times)) if (times := [at for at in seen if at is not None]) else None,
        )
        for name, simulated, revoked, *seen in tx.execute(query.order_by(CAMERA.c.name))
    )  # fmt: skip


def _last_of(view: str) -> ScalarSelect[Any]:
    """When the newest image of the camera's view came: the last row of the index up to there, if it is still of that
    camera and view. Asked for by `=`, PostgreSQL may walk all other cameras' images back to a silent one's last."""
    own = (IMAGE.c.camera_id, IMAGE.c.view, IMAGE.c.id)
    same = (IMAGE.c.camera_id == CAMERA.c.id) & (IMAGE.c.view == view)
    return (
        select(case((same, IMAGE.c.received_at)))
        .where(tuple_(*own) <= tuple_(CAMERA.c.id, literal(view), literal(_HIGHEST, BigInteger)))
        .order_by(*(column.desc() for column in own))
        .limit(1)
        .scalar_subquery()
    )
