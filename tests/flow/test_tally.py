"""What images and answers add to the figures of their minutes, and how these become hours and days."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.predict import Failure
from inspection.core.tally import DAY, FIGURES, HOUR, KEEP, MINUTE, SPANS, TEN_MINUTES, Sum, merge
from inspection.flow import decide, label, monitor, review, tally
from inspection.store import lines
from inspection.store import tally as kept
from inspection.store.tally import WHOLE
from tests.plant import FIT, Plant

BEGAN = int(datetime(2026, 1, 31, 8, 0, tzinfo=UTC).timestamp())


@pytest.fixture
def any_plant(any_plant: Plant) -> Plant:
    """Kept from the day's beginning on, which spares the tests a day of catching up."""
    tally.say_ahead.cache_clear()
    any_plant.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, BEGAN // DAY * DAY)))
    return any_plant


def watch(plant: Plant) -> None:
    """As the server's tick does it, until nothing is left to do."""
    while tally.watch(plant.db, plant.now):
        pass


def rows(plant: Plant, span: int = MINUTE, view: str | None = "front") -> dict[int, dict[str, Sum]]:
    """The figures of a view, or of the line as a whole, by the minutes from the beginning."""
    camera = WHOLE if view is None else plant.camera.id
    with plant.db.read() as tx:
        found = kept.rows(tx, [plant.camera.line_id], span, 0, 2**40)
        return {
            (key.start - BEGAN) // MINUTE: {name: Sum(*values) for name, values in figures.items()}
            for key, figures in found
            if (key.camera_id, key.view) == (camera, view or "")
        }


def at(plant: Plant, minutes: float) -> None:
    plant.now = datetime.fromtimestamp(BEGAN, UTC) + timedelta(minutes=minutes)


def test_images_land_in_the_minute_in_which_they_were_decided(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    plant.image("A", "front", 0.1)
    plant.image("B", "front", 0.9, novelty=2.0)
    at(plant, 1)
    plant.image("C", "front", 0.5, quality=None)
    plant.image("D", "front", failure=Failure.NO_PART)
    plant.image("E", "back", failure=Failure.ERROR)
    at(plant, 4)
    watch(plant)
    first, second = rows(plant)[0], rows(plant)[1]
    assert first["images"] == Sum(1, 2, 2, 2)
    assert first["brightness"] == Sum(2, 240, 120, 120)
    assert first["score"] == pytest.approx(Sum(2, 1.0, 0.1, 0.9))
    assert first["novelty"] == Sum(2, 2, 0, 2)
    assert first["image_pass"] == first["image_reject"] == Sum(2, 1, 0, 1)
    assert first["width"] == Sum(2, 128, 64, 64)
    assert "brightness" not in rows(plant, view="back"), "a failure of the model is none of the light"
    assert second["images"] == Sum(1, 2, 2, 2)
    assert second["brightness"].n == 1
    assert second["no_part"] == Sum(2, 1, 0, 1)
    assert second["failures"] == Sum(2, 0, 0, 0), "where no part is, the model is not at fault"
    assert second["image_refer"] == Sum(2, 2, 1, 1)
    assert rows(plant, view="back")[1]["failures"] == Sum(1, 1, 1, 1)


def test_a_frozen_camera_repeats_the_frame_before_also_over_the_minute(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.AI_ASSIST)
    for number in range(4):
        at(plant, number / 2)
        plant.image(f"A{number}", "front", quality=replace(FIT, picture=min(number, 1)))
    plant.image("A3", "front", number=2, quality=replace(FIT, picture=9))
    plant.image("A3", "front", number=3, quality=replace(FIT, picture=9))
    at(plant, 5)
    watch(plant)
    assert [rows(plant)[minute]["repeated"] for minute in (0, 1)] == [Sum(2, 0, 0, 0), Sum(4, 2, 0, 1)], (
        "of other units"
    )


def test_serials_that_never_came_and_where_the_part_lies(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.AI_ASSIST)
    for number in (1, 2, 3, 5, 6, 7, 8, 9):
        plant.image(f"PH-{number}", "front", part=0.4 if number < 5 else 0.2, found=0.9)
    plant.write(lambda tx: monitor.watch(tx, rule=monitor.WindowRule(images=8), now=plant.now))
    at(plant, 5)
    watch(plant)
    seen = rows(plant)[0]
    assert seen["gaps"] == Sum(9, 1, 0, 1)
    assert seen["part"] == pytest.approx(Sum(8, 2.2, 0.2, 0.4))
    assert seen["found"] == pytest.approx(Sum(8, 7.2, 0.9, 0.9))


def test_a_window_that_is_closed_long_after_its_last_image_is_counted(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.AI_ASSIST)
    for number in (1, 2, 3, 5, 6, 7, 8, 9):
        plant.image(f"PH-{number}", "front")
    at(plant, 20)
    watch(plant)
    plant.write(lambda tx: monitor.watch(tx, rule=monitor.WindowRule(images=20, seconds=1200), now=plant.now))
    at(plant, 30)
    watch(plant)
    assert rows(plant)[20]["gaps"] == Sum(9, 1, 0, 1)


def test_units_are_settled_once_by_the_ai_or_by_people(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=0.999999)
    plant.image("A", "front", 0.1)
    plant.later(seconds=2)
    plant.image("A", "back", 0.1)
    plant.image("B", "front", 0.9)
    plant.image("C", "front", 0.5)
    plant.image("C", "back", 0.5)
    at(plant, 1)
    plant.image("B", "back", 0.9)
    at(plant, 9)
    watch(plant)
    for _ in range(3):
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.REJECT)
    at(plant, 12)
    watch(plant)
    whole = rows(plant, view=None)
    assert whole[0]["units"] == Sum(1, 2, 2, 2)
    assert whole[0]["rejected"] == Sum(2, 1, 0, 1)
    assert whole[0]["automated"] == Sum(2, 2, 1, 1)
    assert whole[0]["referred"] == Sum(3, 1, 0, 1)
    assert whole[0]["verdict_time"] == Sum(2, 2, 0, 2)
    assert "units" not in whole.get(1, {}), "the second rejecting view settles nothing anew"
    assert whole[9]["units"] == Sum(1, 1, 1, 1), "what the AI had settled counts no second time"
    assert whole[9]["automated"] == Sum(1, 0, 0, 0)
    assert whole[9]["verdict_time"] == Sum(1, 538, 538, 538)
    assert whole[9]["overrides"] == Sum(2, 1, 0, 1), "A was passed by the AI, B rejected"
    assert whole[9]["answers"] == Sum(1, 3, 3, 3)
    assert whole[9]["answer_time"] == Sum(3, 9, 3, 3)


@pytest.mark.parametrize("minutes", [30, 1])
def test_a_view_that_comes_after_a_person_settled_its_unit_settles_it_no_second_time(
    any_plant: Plant, minutes: int
) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    plant.image("A", "front", 0.1)
    at(plant, 9)
    plant.write(lambda tx: decide.refer_incomplete(tx, now=plant.now))
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.PASS)
    plant.later(minutes=minutes)
    plant.image("A", "back", 0.9)
    plant.later(minutes=9)
    watch(plant)
    whole = rows(plant, view=None)
    assert {start: one["units"] for start, one in whole.items() if "units" in one} == {9: Sum(1, 1, 1, 1)}
    assert whole[9]["automated"] == Sum(1, 0, 0, 0)


def test_a_clock_that_was_ahead_loses_nothing_once_it_is_right_again(
    any_plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    plant = any_plant
    plant.unit("A")
    at(plant, 10)
    watch(plant)
    at(plant, 300)
    watch(plant)
    at(plant, 20)
    watch(plant)
    assert "The clock was ahead" in caplog.text
    plant.unit("B")
    at(plant, 400)
    watch(plant)
    assert {start: one["images"].total for start, one in rows(plant).items()} == {0: 1, 20: 1}
    for span in (TEN_MINUTES, HOUR):
        assert merge(rows(plant, span).values())["images"].total == 2, span


def test_a_clock_that_was_ahead_while_images_came_waits_and_says_so(
    any_plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    plant = any_plant
    at(plant, 300)
    plant.unit("A")
    at(plant, 310)
    watch(plant)
    at(plant, 20)
    watch(plant)
    assert "Until then none are kept" in caplog.text
    at(plant, 400)
    watch(plant)
    assert rows(plant)[300]["images"] == Sum(1, 1, 1, 1)


def test_answers_taken_back_are_redone_and_doubts_are_unsure(any_plant: Plant) -> None:
    plant = any_plant
    for serial in ("A", "B"):
        plant.unit(serial)
    ines = plant.person("ines")
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.PASS)
    again = plant.write(lambda tx: label.undo(tx, person=ines, now=plant.now))
    plant.answer(again, Verdict.REJECT)
    other = plant.claim()
    assert other is not None
    plant.write(
        lambda tx: review.unsure(tx, task_id=other.task_id, lease=other.lease, person=ines, note="", now=plant.now)
    )
    at(plant, 4)
    watch(plant)
    whole = rows(plant, view=None)[0]
    assert whole["answers"] == Sum(1, 1, 1, 1)
    assert whole["redone"] == Sum(2, 1, 0, 1)
    assert whole["unsure"] == Sum(2, 1, 0, 1)
    assert "overrides" not in whole, "the AI had said nothing"


def test_a_late_opinion_is_no_answer_taken_back(any_plant: Plant) -> None:
    plant = any_plant
    plant.unit("A")
    late = plant.claim("ines")
    plant.later(minutes=30)
    held = plant.claim("ivan")
    assert held is not None
    assert late is not None
    plant.answer(held, Verdict.PASS, "ivan")
    plant.answer(late, Verdict.REJECT, "ines")
    plant.later(minutes=5)
    watch(plant)
    assert rows(plant, view=None)[30]["redone"] == Sum(1, 0, 0, 0)


def test_units_that_lack_a_view_are_missing_when_their_time_is_over(any_plant: Plant) -> None:
    plant = any_plant
    at(plant, 0.9)
    plant.unit("A")
    plant.image("B", "front")
    at(plant, 5)
    watch(plant)
    assert rows(plant, view=None)[1]["missing"] == Sum(2, 1, 0, 1)


def test_a_minute_is_closed_two_minutes_after_its_end_and_loses_nothing_that_comes_by_then(any_plant: Plant) -> None:
    plant = any_plant
    at(plant, 0.99)
    plant.unit("A")
    held = plant.claim()
    assert held is not None
    at(plant, 2.99)
    watch(plant)
    assert rows(plant) == {}
    plant.now = datetime.fromtimestamp(BEGAN, UTC) + timedelta(minutes=2.995)
    plant.answer(held, Verdict.PASS)
    for end in (3.1, 4.1, 5.1, 6.1):
        at(plant, end)
        watch(plant)
    assert rows(plant)[0]["images"] == Sum(1, 1, 1, 1)
    assert rows(plant, view=None)[2]["answers"] == Sum(1, 1, 1, 1)
    with plant.db.read() as tx:
        assert kept.until(tx, MINUTE) == BEGAN + 4 * MINUTE


def test_whatever_the_ticks_all_images_and_answers_are_counted_once(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.AI_ASSIST)
    dice = Random(7)
    for number in range(40):
        plant.later(seconds=dice.choice((1, 20, 61, 130, 700)))
        plant.unit(f"A{number}", dice.random())
        if number % 3 == 0 and (held := plant.claim()):
            plant.answer(held, dice.choice(list(Verdict)))
        if dice.random() < 0.3:
            tally.watch(plant.db, plant.now)
    plant.later(days=2)
    watch(plant)
    for span in SPANS:
        front, whole = merge(rows(plant, span).values()), merge(rows(plant, span, None).values())
        assert front["images"].total == front["brightness"].n == 40, span
        assert whole["answers"].total == 14, span
    with plant.db.read() as tx:
        known = lines.all_in_force(tx)
        at_once = tally.counted(tx, known, BEGAN - DAY, BEGAN + 3 * DAY)
    for view in ("front", None):
        camera = WHOLE if view is None else plant.camera.id
        whole = merge(one for key, one in at_once.items() if (key.camera_id, key.view) == (camera, view or ""))
        for span in SPANS:
            merged = merge(rows(plant, span, view).values())
            assert merged.keys() == whole.keys()
            assert all(merged[name] == pytest.approx(whole[name]) for name in whole), span


def test_two_servers_that_close_the_same_minutes_keep_them_once(any_plant: Plant) -> None:
    plant = any_plant
    plant.unit("A")
    at(plant, 4)
    watch(plant)
    with plant.db.read() as tx:
        end = kept.until(tx, MINUTE)
        again = tally.counted(tx, lines.all_in_force(tx), BEGAN, BEGAN + HOUR)
    assert end is not None
    assert again
    assert not plant.write(lambda tx: kept.close(tx, MINUTE, end - 2 * MINUTE, end, again)), "another one has"
    assert not tally.watch(plant.db, plant.now)
    assert rows(plant)[0]["images"] == Sum(1, 1, 1, 1)


def test_after_a_long_time_down_it_catches_up_in_bounded_steps(any_plant: Plant) -> None:
    plant = any_plant
    watch(plant)
    plant.unit("A")
    plant.later(hours=5)
    before = rows(plant)
    tally.watch(plant.db, plant.now)
    with plant.db.read() as tx:
        first = kept.until(tx, MINUTE)
    assert first is not None
    assert first <= BEGAN + tally.STEP
    watch(plant)
    assert rows(plant) != before
    assert rows(plant, HOUR)[0]["images"].total == 1


def test_minutes_are_dropped_once_they_are_old_and_hours_stay(any_plant: Plant) -> None:
    plant = any_plant
    plant.unit("A")
    plant.later(hours=2)
    watch(plant)
    assert 0 in rows(plant)
    at(plant, KEEP[MINUTE] / 60)
    skipped = int(plant.now.timestamp()) // HOUR * HOUR
    plant.write(lambda tx: kept.close(tx, MINUTE, kept.until(tx, MINUTE) or 0, skipped, {}))
    plant.write(lambda tx: kept.close(tx, TEN_MINUTES, kept.until(tx, TEN_MINUTES) or 0, skipped - TEN_MINUTES, {}))
    plant.write(lambda tx: kept.close(tx, HOUR, kept.until(tx, HOUR) or 0, skipped - HOUR, {}))
    plant.write(lambda tx: kept.close(tx, DAY, kept.until(tx, DAY) or 0, skipped // DAY * DAY, {}))
    tally.watch(plant.db, plant.now)
    assert 0 in rows(plant), "not yet"
    plant.later(hours=3)
    watch(plant)
    assert 0 not in rows(plant)
    assert rows(plant, HOUR)[0]["images"].total == 1


def test_every_figure_that_is_kept_is_known(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=0.999999)
    for number in range(6):
        plant.unit(f"A{number}", number / 5)
        if held := plant.claim():
            plant.answer(held, Verdict.PASS)
    plant.later(minutes=5)
    watch(plant)
    found = {name for view in ("front", None) for figures in rows(plant, view=view).values() for name in figures}
    assert found - FIGURES.keys() == set()
    of_view = {name for figures in rows(plant).values() for name in figures}
    assert all(FIGURES[name].of_view for name in of_view)


def test_a_plant_that_was_there_before_begins_with_its_last_day(plant: Plant) -> None:
    plant.image("A", "front")
    plant.later(hours=20)
    watch(plant)
    assert rows(plant)[0]["images"].total == 1


def test_a_new_plant_has_nothing_to_catch_up_with(plant: Plant) -> None:
    plant.image("A", "front")  # as soon as it serves, and before the first look
    tally.watch(plant.db, plant.now)
    assert tally.watch(plant.db, plant.now) == 0
    plant.later(hours=25)
    watch(plant)
    assert [figures["images"].total for figures in rows(plant, HOUR).values()] == [1]
