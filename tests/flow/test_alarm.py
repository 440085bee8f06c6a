"""Alarms go through their states, and the journal tells of each change."""

from datetime import timedelta

import pytest

from inspection.core.alarm import InvalidAlarm, State
from inspection.core.line import Unknown
from inspection.flow import alarm
from inspection.store import alarms, journal, lines, requests
from inspection.store.alarms import Alarm
from tests.plant import Plant

WHY = "The lamp was changed."


def fire(plant: Plant, kind: str = "light", subject: str = "1/front") -> bool:
    line = plant.read(lambda tx: lines.in_force(tx, "phones"))
    return plant.write(lambda tx: alarm.fire(tx, line, kind, subject, "It drifts.", plant.now))


def only(plant: Plant) -> Alarm:
    (one,) = plant.read(alarms.standing)
    return one


def told(plant: Plant, subject: str = "line/phones/alarm") -> list[tuple[str, str, str, str]]:
    entries = plant.read(lambda tx: journal.entries(tx, subject=subject))
    return [(e.change.event, e.change.actor, e.change.before, e.change.after) for e in entries]


def shelve(plant: Plant, **span: float) -> None:
    one, until = only(plant), plant.now + timedelta(**span)
    plant.write(
        lambda tx: alarm.put_aside(tx, alarm_id=one.id, until=until, by="erin", reason="Spare part.", now=plant.now)
    )


def watch(plant: Plant) -> int:
    return plant.write(lambda tx: alarm.watch(tx, now=plant.now))


def test_every_change_of_state_is_in_the_journal(any_plant: Plant) -> None:
    plant = any_plant
    assert fire(plant)
    assert not fire(plant), "it stands already"
    one = only(plant).id
    plant.write(lambda tx: alarm.ack(tx, alarm_id=one, by="ines", now=plant.now))
    assert only(plant).acked_by == "ines"
    shelve(plant, hours=2)
    assert (only(plant).state, only(plant).shelved_by, only(plant).reason) == (State.SHELVED, "erin", "Spare part.")
    assert plant.read(alarms.firing) == []
    assert not fire(plant), "a shelved one stands"
    plant.later(hours=1)
    assert watch(plant) == 0
    plant.later(hours=1)
    assert watch(plant) == 1
    assert (only(plant).state, only(plant).acked_by) == (State.FIRING, None)
    shelve(plant, days=1)
    plant.write(lambda tx: alarm.take_back(tx, alarm_id=one, by="erin", now=plant.now))
    plant.write(lambda tx: alarm.clear(tx, alarm_id=one, by="erin", reason=WHY, now=plant.now))
    assert plant.read(alarms.standing) == []
    assert [(one.cleared_by, one.reason) for one in plant.read(lambda tx: alarms.history(tx, None, 9))] == [
        ("erin", WHY)
    ]
    assert told(plant) == [
        ("alarm_raised", "monitor", "", "firing"),
        ("alarm_acknowledged", "ines", "firing", "acknowledged"),
        ("alarm_shelved", "erin", "acknowledged", "shelved"),
        ("alarm_raised", "monitor", "shelved", "firing"),
        ("alarm_shelved", "erin", "firing", "shelved"),
        ("alarm_unshelved", "erin", "shelved", "firing"),
        ("alarm_cleared", "erin", "firing", "resolved"),
    ]
    assert fire(plant), "what is cleared may come again"


def test_words_and_times_are_asked_for(plant: Plant) -> None:
    fire(plant)
    one = only(plant).id
    late = plant.now + timedelta(days=8)
    for act in (
        lambda tx: alarm.clear(tx, alarm_id=one, by="erin", reason=" x ", now=plant.now),
        lambda tx: alarm.put_aside(tx, alarm_id=one, until=plant.now, by="erin", reason=WHY, now=plant.now),
        lambda tx: alarm.put_aside(tx, alarm_id=one, until=late, by="erin", reason=WHY, now=plant.now),
        lambda tx: alarm.take_back(tx, alarm_id=one, by="erin", now=plant.now),
    ):
        with pytest.raises(InvalidAlarm):
            plant.write(act)
    with pytest.raises(Unknown):
        plant.write(lambda tx: alarm.ack(tx, alarm_id=99, by="ines", now=plant.now))
    assert len(told(plant)) == 1


def test_alarms_of_a_kind_within_minutes_are_one_group_and_taken_in_hand_together(plant: Plant) -> None:
    for number in range(4):
        fire(plant, subject=f"{number}/front")
        plant.later(seconds=70)
    fire(plant, "backlog", "phones")
    groups = {one.subject: one.group_id for one in plant.read(alarms.standing)}
    first = groups["0/front"]
    assert [groups[f"{number}/front"] for number in range(4)] == [first] * 4
    assert groups["phones"] != first
    plant.later(minutes=10)
    fire(plant, subject="9/front")
    assert {one.subject: one.group_id for one in plant.read(alarms.standing)}["9/front"] != first
    assert first is not None
    assert plant.write(lambda tx: alarm.ack_group(tx, group_id=first, by="ines", now=plant.now)) == 4
    with pytest.raises(Unknown):
        plant.write(lambda tx: alarm.ack_group(tx, group_id=first, by="ines", now=plant.now))


def test_a_lamp_asks_for_maintenance_and_never_for_retraining(plant: Plant) -> None:
    fire(plant)
    fire(plant, "backlog", "phones")
    (asked,) = plant.read(requests.waiting)
    assert (asked.kind, asked.text) == ("maintenance", "It drifts.")
    lamp = only_of(plant, "light")
    plant.write(lambda tx: alarm.clear(tx, alarm_id=lamp, by="erin", reason=WHY, now=plant.now))
    fire(plant)
    assert len(plant.read(requests.waiting)) == 1, "asked for once until it is done"

    def done(note: str) -> None:
        plant.write(lambda tx: alarm.done(tx, line="phones", request_id=asked.id, by="ines", note=note, now=plant.now))

    with pytest.raises(InvalidAlarm):
        done(" ")
    done(WHY)
    assert plant.read(requests.waiting) == []
    with pytest.raises(Unknown):
        done(WHY)
    events = [event for event, *_ in told(plant, "line/phones/request")]
    assert events == ["maintenance_asked", "maintenance_done"]


def only_of(plant: Plant, kind: str) -> int:
    return next(one.id for one in plant.read(alarms.standing) if one.kind == kind)


def test_a_shelved_light_alarm_gives_no_certificate_back(plant: Plant) -> None:
    from inspection.flow import certificate

    fire(plant)
    shelve(plant, hours=2)
    line = plant.read(lambda tx: lines.in_force(tx, "phones"))
    assert plant.read(lambda tx: certificate._drift(tx, line)) == "1/front"
