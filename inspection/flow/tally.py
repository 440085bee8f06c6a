"""Keeps figures over time: each minute once it is over for good, and longer spans from shorter ones."""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache

from inspection.core.tally import DAY, FINER, KEEP, MINUTE, SPANS, Figures, Stored, day, merge
from inspection.store import captures, lines, tally, tally_images, tally_units
from inspection.store.database import Database, Tx
from inspection.store.lines import LineInForce
from inspection.store.tally import Key

log = logging.getLogger("jidoka")
LATE = 120  # s after which nothing more comes into a minute: decisions, late examinations, answers taken back
STEP = 30 * MINUTE  # at most, after the server was down
BEFORE_THE_FIRST = DAY  # of what came before the first watch


def watch(db: Database, now: datetime) -> int:
    """Close what is over, a bounded stretch of each span; how many spans went on."""
    over = (int(now.timestamp()) - LATE) // MINUTE * MINUTE
    with db.read() as tx:
        begun = tally.until(tx, DAY) is not None
    if not begun:
        db.write(lambda tx: tally.begin(tx, _beginning(tx, over)))
    _set_right(db, over)
    return _close_minutes(db, over) + sum(_close_longer(db, span) for span in FINER)


def _beginning(tx: Tx, over: int) -> dict[int, int]:
    """From when on each span is kept: a plant that was there before has its last day caught up, a new one nothing."""
    first = captures.first_received(tx)
    there_before = first is not None and first.timestamp() < over
    start = (over - BEFORE_THE_FIRST) // DAY * DAY if there_before else over
    return {span: start // span * span for span in SPANS}


def _set_right(db: Database, over: int) -> None:
    """A clock that was ahead has closed minutes before they came: take up again from now on, unless some have rows,
    which would be counted twice."""
    with db.read() as tx:
        done, ids = tally.until(tx, MINUTE), [line.id for line in lines.all_in_force(tx)]
        if done is None or done <= over + LATE:
            return
        free = not tally.any_from(tx, ids, over)
    say_ahead(done, free)
    if free:
        db.write(lambda tx: tally.step_back(tx, ids, over))


@lru_cache(maxsize=1)
def say_ahead(done: int, free: bool) -> None:
    """Once, and not at each tick."""
    then = "They are taken up again from now on." if free else "Until then none are kept, for some are there already."
    log.warning(
        "The clock was ahead: figures over time are closed up to %s. %s", datetime.fromtimestamp(done, UTC), then
    )


def _close_minutes(db: Database, over: int) -> bool:
    """1 count what the minutes brought, reading alone, 2 keep it in one short write, unless another server has."""
    with db.read() as tx:
        done = tally.until(tx, MINUTE)
        if done is None or done >= over:
            return False
        end = min(done + STEP, over)
        rows = counted(tx, lines.all_in_force(tx), done, end)
    return db.write(lambda tx: tally.close(tx, MINUTE, done, end, rows))


def counted(tx: Tx, known: list[LineInForce], since: int, before: int) -> dict[Key, Figures]:
    """The figures of each minute in that time (whole minutes, in seconds)."""
    ids = [line.id for line in known]
    return _merged(
        part
        for parts in (
            tally_images.images(tx, since, before),
            tally_images.opinions(tx, since, before),
            tally_images.gaps(tx, since, before),
            tally_units.settled(tx, ids, since, before),
            tally_units.answers(tx, ids, since, before),
            tally_units.given_up(tx, known, since, before),
        )
        for part in parts
    )


def _close_longer(db: Database, span: int) -> bool:
    """Merge one span from its parts once these are all there, and drop parts that are too old. What is kept of a day
    may be told beside its hours, so that whoever draws a year need not read them."""
    with db.read() as tx:
        done, parts_done = tally.until(tx, span), tally.until(tx, FINER[span])
        if done is None or parts_done is None or done + span > parts_done:
            return False
        ids = [line.id for line in lines.all_in_force(tx)]
        parts = tally.rows(tx, ids, FINER[span], done, done + span)
        rows = _merged(((key._replace(start=done), figures) for key, figures in parts), day if span == DAY else merge)

    def keep(tx: Tx) -> bool:
        tally.forget(tx, ids, FINER[span], done - KEEP[FINER[span]])
        return tally.close(tx, span, done, done + span, rows)

    return db.write(keep)


def _merged(
    parts: Iterable[tuple[Key, Figures | Stored]],
    together: Callable[[Sequence[Figures | Stored]], Figures] = merge,
) -> dict[Key, Figures]:
    found: dict[Key, list[Figures | Stored]] = defaultdict(list)
    for key, figures in parts:
        found[key].append(figures)
    return {key: together(figures) for key, figures in found.items()}
