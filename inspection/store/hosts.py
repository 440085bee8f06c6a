"""The servers that share this database, and what only each of them can tell."""

from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from inspection.core.moment import micros
from inspection.store.database import Tx
from inspection.store.records import HOST

GONE_AFTER = timedelta(minutes=2)
_FORGOTTEN_AFTER = timedelta(days=1)


def seen(tx: Tx, name: str, disk_left: float, now: datetime) -> None:
    """A server is here, with that share of its disk free; those that have long been gone are forgotten."""
    values = {"at": micros(now), "disk_left": disk_left}
    if tx.execute(update(HOST).where(HOST.c.name == name).values(values)).rowcount == 0:
        tx.execute(insert(HOST).values(name=name, **values))
        tx.execute(delete(HOST).where(HOST.c.at < micros(now - _FORGOTTEN_AFTER)))


def least_disk(tx: Tx, but: str, now: datetime) -> float | None:
    """The free share of the fullest disk among all servers but that one that are here; None where none is."""
    here = select(func.min(HOST.c.disk_left)).where(HOST.c.name != but, HOST.c.at > micros(now - GONE_AFTER))
    least = tx.execute(here).scalar()
    return None if least is None else float(least)
