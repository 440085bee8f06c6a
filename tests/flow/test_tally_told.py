"""Figures that tell of single units: no two of the points that are shown differ by a few units."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

import pytest

from inspection.core.tally import DAY, FEWEST, HOUR, MINUTE, PER_MINUTE, SPANS, Sum, count
from inspection.flow import tally
from inspection.store import tally as kept
from inspection.store.reports import tally as report
from inspection.store.tally import WHOLE, Key
from tests.plant import Plant

BEGAN = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
LONG = 26 * HOUR


class Told(NamedTuple):
    """One point: from when until when, of how many units."""

    start: int
    end: int
    n: int


def keep(plant: Plant, scores: dict[int, list[float]]) -> None:
    """The scores of the front view and the units of the line, by the minute from the beginning on, for 26 hours."""
    line, camera = plant.camera.line_id, plant.camera.id
    rows = {
        Key(line, camera, "front", BEGAN + minute * MINUTE): {"score": Sum(len(of), sum(of), min(of), max(of))}
        for minute, of in scores.items()
    }
    rows |= {Key(line, WHOLE, "", BEGAN + minute * MINUTE): {"units": count(len(of))} for minute, of in scores.items()}
    plant.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, BEGAN)))
    plant.write(lambda tx: kept.close(tx, MINUTE, BEGAN, BEGAN + LONG, rows))
    plant.now = datetime.fromtimestamp(BEGAN + LONG, UTC)
    while tally.watch(plant.db, plant.now):
        pass


def told(plant: Plant, name: str) -> Iterator[list[Told]]:
    """What each span shows of a figure, from several moments on."""
    for span in report.SPANS.values():
        for since in (None, BEGAN, BEGAN + 7 * MINUTE, BEGAN + 3 * HOUR, BEGAN + 3 * HOUR + 20 * MINUTE):
            moment = None if since is None else datetime.fromtimestamp(since, UTC)
            with plant.db.read() as tx:
                page = report.page(tx, "phones", plant.now, span, moment)
            curves = [one for stage in page.stages for one in stage.curves if one.figure.name == name]
            for curve in curves:
                rate = curve.figure.unit == PER_MINUTE
                yield [
                    Told(start, start + max(span.step, HOUR), int(one[1] if rate else one[0]))
                    for at, one in enumerate(curve.points)
                    if one is not None
                    for start in [int((page.start + at * page.step).timestamp())]
                ]


def test_the_one_unit_beside_many_is_no_difference_of_two_spans(plant: Plant) -> None:
    keep(plant, {60: [0.124] * 25, 63: [0.876], 120: [0.5], 300: [0.2] * 19, 370: [0.2] * 19})
    shown = list(told(plant, "score"))
    assert {one.n for points in shown for one in points} == {26, 26 + 39}, "the day's other hours are 39 together"
    hour = [one for points in shown for one in points if one.n == 26 and one.end - one.start == HOUR]
    assert {one.start for one in hour} == {BEGAN + HOUR}


@pytest.mark.parametrize(("name", "seed"), [("score", 1), ("units", 2), ("score", 3)])
def test_no_point_less_the_points_within_it_leaves_a_few_units(plant: Plant, name: str, seed: int) -> None:
    dice = Random(seed)
    some = {minute: [dice.random()] * dice.choice((1, 1, 2, 25)) for minute in range(LONG // MINUTE)}
    keep(plant, {minute: of for minute, of in some.items() if dice.random() < 0.05 * (seed + 1)})
    shown = [*told(plant, name), []]
    assert any(shown)
    for coarse in {one for points in shown for one in points}:
        assert coarse.n >= FEWEST
        for points in shown:
            within = [one for one in points if coarse.start <= one.start and one.end <= coarse.end]
            left = coarse.n - sum(one.n for one in within)
            assert left <= 0 or left >= FEWEST, (coarse, within)


def test_a_day_whose_hours_are_all_small_is_told_as_a_whole(plant: Plant) -> None:
    keep(plant, {hour * 60: [0.5] * 3 for hour in range(24)})
    assert {one for points in told(plant, "score") for one in points} == {Told(BEGAN, BEGAN + DAY, 72)}


def test_the_newest_is_the_last_hour_and_no_sliding_stretch(plant: Plant) -> None:
    late = LONG // MINUTE
    keep(plant, {late - 60: [0.5] * 30, late - 5: [0.25] * 30})
    with plant.db.read() as tx:
        page = report.page(tx, "phones", plant.now + timedelta(minutes=5), report.SPANS["day"])
    assert [one.newest for stage in page.stages for one in stage.curves] == [0.375, 30]
