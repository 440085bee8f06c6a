"""A line's cameras, and when each was last heard of."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from inspection.core.moment import moment
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.records import CAMERA, IMAGE

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
    """All of them, revoked ones too. Each view is asked by itself, because that is how the index has them."""
    last = (
        select(IMAGE.c.received_at)
        .where(IMAGE.c.camera_id == CAMERA.c.id, IMAGE.c.view == view)
        .order_by(IMAGE.c.id.desc())
        .limit(1)
        .scalar_subquery()
        for view in line.line.recipe.views
    )
    query = select(CAMERA.c.name, CAMERA.c.simulated, CAMERA.c.revoked_at, *last).where(CAMERA.c.line_id == line.id)
    return tuple(
        CameraInfo(
            name=name, simulated=simulated, revoked=revoked is not None,
            last_image_at=moment(max(times)) if (times := [at for at in seen if at is not None]) else None,
        )
        for name, simulated, revoked, *seen in tx.execute(query.order_by(CAMERA.c.name))
    )  # fmt: skip
