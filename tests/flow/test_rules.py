"""Rules of a line's alarms: there from the start, asked of the store's figures, changed by engineers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from inspection.core.alarm import InvalidAlarm, Severity, State, begin
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.predict import Failure
from inspection.core.rule import Action, Comparison, Rule
from inspection.flow import alarm, rules, suggest
from inspection.store import alarms, journal, lines, requests, watched
from inspection.store import rules as kept
from inspection.store.alarms import Alarm
from inspection.store.watched import FIGURES
from tests.plant import FIT, Plant

WHY = "Tried in a test."


def watch(plant: Plant, disk_left: float = 0.5, host: str = "here") -> int:
    return rules.watch(plant.db, host=host, disk_left=disk_left, now=plant.now)


def value(plant: Plant, figure: str, disk_left: float | None = 0.5) -> float | None:
    with plant.db.read() as tx:
        line = lines.in_force(tx, "phones")
        return rules.figures(tx, line, {figure: None}, disk_left, plant.now)[figure]


def rule_of(plant: Plant, figure: str) -> kept.KeptRule:
    found = plant.read(lambda tx: kept.of_line(tx, plant.camera.line_id))
    return next(one for one in found if one.rule.figure == figure)


def set_rule(plant: Plant, figure: str, **terms: Any) -> int:
    watch(plant)
    one = rule_of(plant, figure)
    new = replace(one.rule, **terms)
    plant.write(
        lambda tx: rules.change(tx, line="phones", rule_id=one.id, rule=new, by="erin", reason=WHY, now=plant.now)
    )
    return one.id


def firing(plant: Plant) -> list[Alarm]:
    return [one for one in plant.read(alarms.standing) if one.rule_id is not None]


def events(plant: Plant, kind: str) -> list[str]:
    entries = plant.read(lambda tx: journal.entries(tx, subject=f"line/phones/alarm/{kind}"))
    return [entry.change.event for entry in entries]


def test_every_line_begins_with_rules_and_the_journal_names_them(any_plant: Plant) -> None:
    watch(any_plant)
    watch(any_plant)
    found = any_plant.read(lambda tx: kept.of_line(tx, any_plant.camera.line_id))
    assert [one.rule for one in found] == list(rules.FIRST_RULES)
    assert not rule_of(any_plant, "images_per_minute").rule.enabled, "a line may rest"
    told = any_plant.read(lambda tx: journal.entries(tx, subject="line/phones/alarm-rule"))
    assert [entry.change.event for entry in told] == ["alarm_rules_set"]
    assert firing(any_plant) == []


def test_a_rule_is_pending_first_then_fires_and_ends_by_itself_with_hysteresis(any_plant: Plant) -> None:
    plant = any_plant
    set_rule(plant, "disk_left", hold=timedelta(minutes=1))
    watch(plant, 0.09)
    assert firing(plant) == [], "nobody is told yet"
    plant.later(seconds=50)
    watch(plant, 0.09)
    plant.later(seconds=15)
    watch(plant, 0.08)
    (one,) = firing(plant)
    assert (one.state, one.severity, one.kind) == (State.FIRING, Severity.CRITICAL, "disk_left")
    assert one.text == "Disk left: 8 %, below the limit of 10 %."
    watch(plant, 0.115)
    assert len(firing(plant)) == 1, "not yet back by the hysteresis"
    watch(plant, 0.13)
    assert firing(plant) == []
    assert events(plant, "disk_left") == ["alarm_pending", "alarm_raised", "alarm_ended"]
    assert rule_of(plant, "disk_left").last_value == 0.13


def test_what_was_not_true_for_long_enough_was_no_alarm(plant: Plant) -> None:
    set_rule(plant, "disk_left", hold=timedelta(minutes=1))
    watch(plant, 0.05)
    plant.later(seconds=30)
    watch(plant, 0.5)
    assert plant.read(lambda tx: alarms.of_rules(tx, plant.camera.line_id)) == {}
    assert events(plant, "disk_left") == ["alarm_pending", "alarm_passed"]


def test_a_rule_may_wait_for_a_person_and_lower_the_line_while_it_stands(plant: Plant) -> None:
    set_rule(plant, "disk_left", by_hand=True, actions=(Action.LOWER,))
    plant.level(Level.FULL_AUTOMATION)
    watch(plant, 0.05)
    level = plant.read(lambda tx: lines.in_force(tx, "phones")).policy
    assert (level.terms.level, level.by) == (Level.SHADOW, "guard")
    plant.level(Level.FULL_AUTOMATION)
    watch(plant, 0.05)
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level is Level.SHADOW
    watch(plant, 0.5)
    (one,) = firing(plant)
    plant.level(Level.FULL_AUTOMATION)
    watch(plant, 0.5)
    assert plant.read(lambda tx: lines.in_force(tx, "phones")).policy.terms.level is Level.FULL_AUTOMATION
    plant.write(lambda tx: alarm.clear(tx, alarm_id=one.id, by="erin", reason=WHY, now=plant.now))
    assert firing(plant) == []


def test_figures_of_images_and_what_they_ask_for(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.FULL_AUTOMATION)
    dark = replace(FIT, brightness=1.0)
    for number in range(12):
        for view in plant.views:
            plant.image(f"U{number}", view, 0.5 if number % 2 else 0.1, quality=dark if number < 3 else FIT)
    assert value(plant, "unfit_share") == 0.25
    assert value(plant, "refer_rate") == pytest.approx(0.25)
    assert value(plant, "images_per_minute") == pytest.approx(2.4)
    assert value(plant, "clock_skew") == pytest.approx(0.0)
    assert value(plant, "null_outputs") == 0.0
    set_rule(plant, "unfit_share", hold=timedelta(0))
    watch(plant)
    (one,) = firing(plant)
    assert one.kind == "unfit_share"
    (asked,) = plant.read(requests.waiting)
    assert asked.kind == "maintenance"
    plant.level(Level.SHADOW)
    assert value(plant, "refer_rate") is None, "where the AI does not decide, everything is referred"


def test_the_pace_of_a_line_so_fast_that_not_all_units_are_looked_at(
    any_plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "MOST", 10)
    for number in range(40):
        any_plant.later(seconds=5)
        any_plant.unit(f"U{number}")
    assert value(any_plant, "images_per_minute") == pytest.approx(2 * 12, rel=0.15)


def test_images_without_an_opinion(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    for number in range(20):
        plant.image(f"U{number}", "front", **({"failure": Failure.ERROR} if number < 5 else {}))
    assert value(plant, "null_outputs") == 0.25


def test_figures_of_people_leave_out_what_can_be_taken_back(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.FULL_AUTOMATION, audit_share=1.0)
    for number in range(20):
        plant.unit(f"U{number}")
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.REJECT if number >= 18 else Verdict.PASS)
    plant.later(seconds=29)
    assert value(plant, "overrides") is None
    plant.later(seconds=2)
    assert value(plant, "overrides") == 0.1
    assert value(plant, "unsure") == 0.0


def test_the_queue_and_a_silent_line(plant: Plant) -> None:
    plant.level(Level.SHADOW)
    plant.unit("U1")
    plant.later(minutes=31)
    watch(plant)
    assert [one.kind for one in firing(plant)] == ["queue_age"]
    assert firing(plant)[0].text == "Oldest unit waiting: 31 min, above the limit of 30 min."
    assert value(plant, "images_per_minute") == 0
    assert value(plant, "clock_skew") is None, "a line that does not run does not drift"
    set_rule(plant, "images_per_minute", enabled=True, hold=timedelta(0))
    watch(plant)
    assert {one.kind for one in firing(plant)} == {"queue_age", "images_per_minute"}


def test_a_line_that_stops_ends_no_alarm(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    for number in range(20):
        plant.image(f"U{number}", "front", quality=replace(FIT, brightness=1.0))
    set_rule(plant, "unfit_share", hold=timedelta(0))
    watch(plant)
    plant.later(hours=2)
    watch(plant)
    assert "unfit_share" in [one.kind for one in firing(plant)]


def test_what_drifts_by_its_lamp_lens_or_clock_is_never_trained_for(plant: Plant) -> None:
    watch(plant)
    for figure in ("brightness", "unfit_share", "clock_skew", "disk_left", "null_outputs"):
        rule = Rule(figure=figure, comparison=Comparison.ABOVE, threshold=1.0, actions=(Action.RETRAINING,))
        with pytest.raises(InvalidAlarm, match="never for retraining"):
            plant.write(lambda tx, rule=rule: rules.add(tx, line="phones", rule=rule, by="erin", reason=WHY,
                                                        now=plant.now))  # fmt: skip
    assert [name for name, one in FIGURES.items() if one.trains] == ["refer_rate", "overrides", "unsure", "reject_rate"]
    with pytest.raises(InvalidAlarm, match="no figure"):
        plant.write(lambda tx: rules.add(tx, line="phones", rule=replace(rule, figure="luck", actions=()), by="erin",
                                         reason=WHY, now=plant.now))  # fmt: skip


def test_rules_change_with_a_reason_and_the_journal_keeps_both(plant: Plant) -> None:
    number = set_rule(plant, "queue_age", threshold=600.0)
    told = plant.read(lambda tx: journal.entries(tx, subject=f"line/phones/alarm-rule/{number}"))[-1].change
    assert (told.event, told.actor, told.reason) == ("alarm_rule_changed", "erin", WHY)
    assert "above 1800" in told.before
    assert "above 600" in told.after
    same = rule_of(plant, "queue_age").rule
    for reason, rule, error in ((" ", replace(same, threshold=1.0), InvalidAlarm), (WHY, same, InvalidAlarm)):
        with pytest.raises(error):
            plant.write(lambda tx, rule=rule, reason=reason: rules.change(
                tx, line="phones", rule_id=number, rule=rule, by="erin", reason=reason, now=plant.now))  # fmt: skip
    with pytest.raises(Unknown):
        plant.write(lambda tx: rules.change(tx, line="phones", rule_id=999, rule=same, by="erin", reason=WHY,
                                            now=plant.now))  # fmt: skip


def test_days_on_which_the_rule_itself_fired_loosen_it_where_there_are_no_others(any_plant: Plant) -> None:
    plant = any_plant
    watch(plant)
    one, start = rule_of(plant, "queue_age"), plant.now.replace(hour=6) + timedelta(days=1)
    for minutes in range(0, 5 * 1440, 30):
        at = start + timedelta(minutes=minutes)
        plant.write(lambda tx, at=at: kept.write_down(tx, one.line_id, {"queue_age": 2000.0}, at))

    def fire(rule_id: int | None, day: int) -> None:
        standing = begin(start + timedelta(days=day), by_hand=False)
        number = plant.write(
            lambda tx: alarms.add(
                tx, one.line_id, "queue_age", f"{rule_id}-{day}", "Old.", one.rule.severity, standing, standing.since,
                rule_id,
            )
        )  # fmt: skip
        ended = standing.to(State.RESOLVED, standing.since + timedelta(hours=1), active=False)
        plant.write(lambda tx: alarms.keep(tx, number, ended))

    for day in range(5):
        fire(one.id, day)
    fire(None, 2)
    plant.now = start + timedelta(days=6)
    found = plant.read(lambda tx: suggest.suggested(tx, line="phones", rule_id=one.id, days=7, now=plant.now))
    assert found.new.threshold > 2000 > one.rule.threshold
    assert (start + timedelta(days=1)).date() in found.own
    assert (start + timedelta(days=2)).date() not in found.own, "something else was wrong on that day too"


def test_a_threshold_is_suggested_from_good_days_and_adopted(any_plant: Plant) -> None:
    plant = any_plant
    watch(plant)
    one = rule_of(plant, "reject_rate")
    start = plant.now.replace(hour=6)
    for day in range(6):
        for number in range(40):
            at = start + timedelta(days=day, minutes=5 * number)
            share = 0.9 if day == 2 else 0.1 + 0.001 * number
            plant.write(lambda tx, at=at, share=share: kept.write_down(tx, one.line_id, {"reject_rate": share}, at))
    plant.now = start + timedelta(days=2, hours=1)
    plant.level(Level.SHADOW)
    plant.now = start + timedelta(days=6)
    found = plant.read(lambda tx: suggest.suggested(tx, line="phones", rule_id=one.id, days=7, now=plant.now))
    left_out = {day.day.day: day.left_out for day in found.left_out}
    assert left_out == {30: "no_figures", 31: "policy", 2: "policy"}, "the plant's own policy came on the 31st"
    assert 0.13 < found.new.threshold < 0.2
    assert (found.old_fires, found.new_fires, len(found.good)) == (0, 0, 4)

    def adopt(threshold: float) -> None:
        plant.write(lambda tx: suggest.adopt(tx, line="phones", rule_id=one.id, days=7, threshold=threshold, by="erin",
                                             reason=WHY, now=plant.now))  # fmt: skip

    with pytest.raises(InvalidAlarm, match="has changed"):
        adopt(0.4)
    adopt(found.new.threshold)
    assert rule_of(plant, "reject_rate").rule.threshold == found.new.threshold
    told = plant.read(lambda tx: journal.entries(tx, subject=f"line/phones/alarm-rule/{one.id}"))[-1].change
    assert '"old":0.5' in told.facts
    assert "policy" in told.facts
    with pytest.raises(InvalidAlarm):
        plant.read(lambda tx: suggest.suggested(tx, line="phones", rule_id=one.id, days=5, now=plant.now))


def test_readings_are_kept_every_few_minutes_for_some_months(plant: Plant) -> None:
    for _ in range(4):
        watch(plant)
        plant.later(minutes=3)
    line_id, now = plant.camera.line_id, plant.now
    since = now - timedelta(days=1)
    assert len(plant.read(lambda tx: kept.readings(tx, line_id, "disk_left", since, now))) == 2
    plant.later(days=101)
    watch(plant)
    assert plant.read(lambda tx: kept.readings(tx, line_id, "disk_left", since, now)) == []
