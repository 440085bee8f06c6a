"""What cameras say they were set to; the hot path, in plain Core statements."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select

from inspection.core.moment import micros
from inspection.store.records import SETTINGS
from inspection.store.transaction import Prepared, Tx

_NEWEST = Prepared(
    select(SETTINGS.c.settings, SETTINGS.c.at)
    .where(SETTINGS.c.camera_id == bindparam("camera"), SETTINGS.c.view == bindparam("view"))
    .order_by(SETTINGS.c.at.desc())
    .limit(1)
)
AT_MOST_EVERY = timedelta(minutes=1)
_ADD = Prepared(insert(SETTINGS))


def note(tx: Tx, camera_id: int, view: str, settings: str, at: datetime) -> str | None:
    """Keep settings that differ from the newest. Those before, "" for none; None where nothing has changed, as with an
    image that comes late, from when the camera was set to something else. A camera that sets itself changes with each
    image: of one view, changes are noted once a minute at most."""
    newest = _NEWEST.run(tx, {"camera": camera_id, "view": view}).fetchone()
    if newest is not None and (newest[0] == settings or newest[1] > micros(at - AT_MOST_EVERY)):
        return None
    _ADD.run(tx, {"camera_id": camera_id, "view": view, "settings": settings, "at": micros(at)})
    return "" if newest is None else str(newest[0])
