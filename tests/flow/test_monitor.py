"""The light of each camera's view is watched; a line whose light has gone lowers itself."""

from dataclasses import replace

import pytest

from inspection.core.alarm import InvalidAlarm
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.monitor import MIN_BASELINE_WINDOWS, Light
from inspection.core.policy import InvalidPolicy
from inspection.flow import alarm as alarm_flow
from inspection.flow import decide, monitor
from inspection.store import alarms as store
from inspection.store import journal, lines
from inspection.store.reports import light as reports
from tests.plant import FIT, Plant

RULE = monitor.WindowRule(images=5, seconds=60.0)
WHY = "A new lamp was put in."


def shine(plant: Plant, brightness: float, windows: int, view: str = "front") -> None:
    """Send measured images enough for so many windows, and have the watch look."""
    for _ in range(windows * RULE.images):
        plant.later(seconds=1)
        number = int(plant.now.timestamp())
        receipt = plant.record(f"U{number}{view}", view).receipt
        seen = replace(plant.examination(0.1), quality=replace(FIT, brightness=brightness + number % 3 - 1))
        plant.write(
            lambda tx, receipt=receipt, seen=seen: decide.keep_late_examination(
                tx, image_id=receipt.image_id, examination=seen, now=plant.now
            )
        )
    plant.write(lambda tx: monitor.watch(tx, rule=RULE, now=plant.now))


def light(plant: Plant, view: str = "front") -> reports.CameraLight:
    return next(one for one in plant.read(lambda tx: reports.light(tx, "phones", plant.now)) if one.view == view)


def level_of(plant: Plant) -> Level:
    return plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level


@pytest.fixture
def learned(any_plant: Plant) -> Plant:
    """A line at full automation whose light is known."""
    any_plant.level(Level.FULL_AUTOMATION)
    shine(any_plant, 120.0, MIN_BASELINE_WINDOWS)
    return any_plant


def test_the_baseline_is_learned_from_the_first_windows(learned: Plant) -> None:
    seen = light(learned)
    assert seen.baseline is not None
    assert seen.baseline.mean == pytest.approx(120.0, abs=0.5)
    assert {point.light for point in seen.points} == {Light.LEARNING}
    shine(learned, 120.0, 3)
    assert light(learned).light is Light.STEADY


def test_the_lamp_goes_and_the_line_lowers_itself_in_one_transaction(learned: Plant) -> None:
    before = learned.read(journal.last_seq)
    shine(learned, 70.0, 1)
    assert level_of(learned) is Level.SHADOW
    (alarm,) = learned.read(lambda tx: store.firing(tx))
    assert alarm.kind == "light"
    assert "front" in alarm.text
    in_force = learned.read(lambda tx: lines.in_force(tx, "phones")).policy
    assert in_force.by == "guard"
    assert "Guard" in in_force.reason
    events = {e.at: e.change.event for e in learned.read(lambda tx: journal.entries(tx, after=before))}
    assert "policy_changed" in events.values()
    shine(learned, 70.0, 2)
    assert len(learned.read(lambda tx: store.firing(tx))) == 1, "an alarm fires once until it is cleared"


def test_a_line_raised_in_bad_light_does_not_stay_there(learned: Plant) -> None:
    shine(learned, 70.0, 1)
    learned.level(Level.FULL_AUTOMATION)
    shine(learned, 70.0, 1)
    assert level_of(learned) is Level.SHADOW


def test_a_line_below_its_safe_level_stays_where_it_is(learned: Plant) -> None:
    learned.level(Level.HUMAN_ONLY)
    shine(learned, 70.0, 1)
    assert level_of(learned) is Level.HUMAN_ONLY


def test_views_are_watched_apart(learned: Plant) -> None:
    shine(learned, 60.0, 3, view="back")
    assert light(learned, "back").light is Light.LEARNING
    assert level_of(learned) is Level.FULL_AUTOMATION


def test_learning_the_light_anew_is_a_signed_act(learned: Plant) -> None:
    shine(learned, 70.0, 1)
    anew = {"line": "phones", "camera": "cam1", "view": "front", "by": "erin"}
    with pytest.raises(InvalidPolicy, match="Write why"):
        learned.write(lambda tx: monitor.rebaseline(tx, **anew, reason="new", now=learned.now))
    learned.write(lambda tx: monitor.rebaseline(tx, **anew, reason=WHY, now=learned.now))
    shine(learned, 70.0, MIN_BASELINE_WINDOWS + 2)
    seen = light(learned)
    assert seen.light is Light.STEADY
    assert seen.baseline is not None
    assert seen.baseline.mean == pytest.approx(70.0, abs=0.5)
    assert seen.baseline_by == "erin"
    for wrong in ({"camera": "none"}, {"view": "side"}):
        with pytest.raises(Unknown):
            learned.write(
                lambda tx, wrong=wrong: monitor.rebaseline(tx, **{**anew, **wrong}, reason=WHY, now=learned.now)
            )


def test_alarms_are_taken_in_hand_and_cleared_with_words(learned: Plant) -> None:
    shine(learned, 70.0, 1)
    (alarm,) = learned.read(lambda tx: store.firing(tx))
    learned.write(lambda tx: alarm_flow.ack(tx, alarm_id=alarm.id, by="ines", now=learned.now))
    with pytest.raises(InvalidAlarm, match="what was done"):
        learned.write(lambda tx: alarm_flow.clear(tx, alarm_id=alarm.id, by="erin", reason=" ", now=learned.now))
    learned.write(lambda tx: alarm_flow.clear(tx, alarm_id=alarm.id, by="erin", reason=WHY, now=learned.now))
    assert learned.read(lambda tx: store.firing(tx)) == []
    with pytest.raises(Unknown, match="cleared"):
        learned.write(lambda tx: alarm_flow.ack(tx, alarm_id=alarm.id, by="ines", now=learned.now))


def test_a_slow_line_closes_its_windows_by_time(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    slow = monitor.WindowRule(images=1000, seconds=30.0)
    for i in range(4):
        any_plant.later(seconds=12)
        any_plant.image(f"U{i}", "front", 0.1)
        any_plant.write(lambda tx: monitor.watch(tx, rule=slow, now=any_plant.now))
    assert len(light(any_plant).points) == 1


def window(plant: Plant) -> reports.LightPoint:
    return light(plant).points[-1]


def send(plant: Plant, serial: str, **figures: float | None) -> None:
    plant.later(seconds=1)
    receipt = plant.record(serial, "front").receipt
    seen = replace(plant.examination(0.1), quality=replace(FIT, **figures))
    plant.write(lambda tx: decide.keep_late_examination(tx, image_id=receipt.image_id, examination=seen, now=plant.now))


def look(plant: Plant) -> None:
    plant.write(lambda tx: monitor.watch(tx, rule=RULE, now=plant.now))


def test_a_window_keeps_the_medians_of_all_figures_that_were_measured(any_plant: Plant) -> None:
    for number, noise in enumerate((1.0, 2.0, 9.0, 3.0, None)):
        send(any_plant, f"S{number}", noise=noise, mean=118.0, black=0.25, red=4.0, blue=-6.0)
    look(any_plant)
    seen = window(any_plant)
    assert (seen.noise, seen.mean, seen.black, seen.red, seen.blue) == (2.5, 118.0, 0.25, 4.0, -6.0)
    for number in range(5):
        send(any_plant, f"T{number}")
    look(any_plant)
    assert window(any_plant).noise is None, "what was not measured is not made up"


def test_pictures_that_repeat_are_counted_over_the_edge_of_windows_too(any_plant: Plant) -> None:
    for number, picture in enumerate((1, 2, 3, 3, 4)):
        send(any_plant, f"S{number}", picture=picture)
    look(any_plant)
    assert window(any_plant).repeated == 1
    for number, picture in enumerate((4, 4, 5, None, None), start=5):
        send(any_plant, f"S{number}", picture=picture)
    look(any_plant)
    assert window(any_plant).repeated == 2


def test_serials_that_never_came_are_counted_once(any_plant: Plant) -> None:
    for number in (1, 2, 4, 5, 6):
        send(any_plant, f"PH-{number:04d}")
    look(any_plant)
    assert window(any_plant).missing == 1
    for number in (9, 10, 11, 12, 13):  # 7 and 8 lie between the windows
        send(any_plant, f"PH-{number:04d}")
    look(any_plant)
    assert window(any_plant).missing == 2
    for number in (14, 15, 16, 17, 18, 19):
        plant_number = f"PH-{number:04d}"
        if number % 2:  # it came, but nobody measured it, as where people decide on a fast line
            any_plant.later(seconds=1)
            any_plant.record(plant_number, "front")
        else:
            send(any_plant, plant_number)
    send(any_plant, "PH-0020")
    send(any_plant, "PH-0021")
    look(any_plant)
    assert window(any_plant).missing == 0
    for word in ("ash", "birch", "cedar", "elm", "fir"):
        send(any_plant, word)
    look(any_plant)
    assert window(any_plant).missing is None
