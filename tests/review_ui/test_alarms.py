"""The page of alarms: groups, the shelf, requests, rules and suggested thresholds."""

import re
from datetime import timedelta

import pytest

from inspection.core.alarm import State
from inspection.flow import alarm, rules
from inspection.store import alarms, lines, requests
from inspection.store import rules as kept


@pytest.fixture
def plant(plant):
    plant.line()
    rules.watch(plant.db, host="here", disk_left=0.5, now=plant.at)
    return plant


def fire(plant, kind="light", subject="1/front", text="It drifts badly."):
    with plant.db.read() as tx:
        line = lines.in_force(tx, "phones")
    plant.db.write(lambda tx: alarm.fire(tx, line, kind, subject, text, plant.at))


def read(plant, report):
    with plant.db.read() as tx:
        return report(tx)


def states(plant):
    return {one.subject: one.state for one in read(plant, alarms.standing)}


def test_many_alarms_of_a_kind_are_one_group_taken_in_hand_by_one_click(visit, plant):
    for number in range(12):
        fire(plant, subject=f"{number}/front")
    page = visit("ines").get("/alarms").text
    assert page.count('class="panel stack alarm-group"') == 1
    assert "Light \u00d7 12" in page
    assert "and 9 more" in page
    group = re.search(r"/alarms/groups/(\d+)/ack", page)[1]
    answer = visit("ines").post(f"/alarms/groups/{group}/ack", {"next": "/lines/phones/alarms"})
    assert answer.headers["location"] == "/lines/phones/alarms"
    assert set(states(plant).values()) == {State.ACKNOWLEDGED}
    assert visit("ines").post(f"/alarms/groups/{group}/ack").status_code == 404


@pytest.mark.parametrize(("kind", "stage"), [("light", "Quality"), ("no_part", "Locate"), ("escape", "Decide")])
def test_a_group_says_of_which_stage_it_speaks(visit, plant, kind, stage):
    fire(plant, kind)
    assert f'<span class="quiet small">{stage}</span>' in visit("ines").get("/alarms").text


def test_an_alarm_is_shelved_with_a_reason_and_taken_back(visit, plant):
    fire(plant)
    erin = visit("erin")
    refused = erin.post("/lines/phones/alarms/1/shelve", {"hours": "4", "reason": " "})
    assert refused.status_code == 422
    assert "Write what was done" in refused.text
    assert erin.post("/lines/phones/alarms/1/shelve", {"hours": "999", "reason": "Lamp ordered"}).status_code == 422
    erin.post("/lines/phones/alarms/1/shelve", {"hours": "4", "reason": "Lamp ordered"})
    (one,) = read(plant, alarms.standing)
    assert (one.state, one.shelved_until) == (State.SHELVED, plant.at + timedelta(hours=4))
    page = visit("ines").get("/lines/phones/alarms").text
    assert "erin: Lamp ordered" in page
    assert "No alarm fires." in page
    assert "One alarm is shelved" in visit("ines").get("/lines/phones").text
    erin.post("/lines/phones/alarms/1/unshelve")
    assert states(plant) == {"1/front": State.FIRING}


def test_what_is_asked_for_stands_on_the_line_until_it_is_done(visit, plant):
    fire(plant)
    assert "Maintenance is asked for" in visit("ines").get("/lines/phones").text
    erin = visit("erin")
    assert erin.post("/lines/phones/requests/1/done", {"note": ""}).status_code == 422
    assert erin.post("/lines/phones/requests/1/done", {"note": "New lamp"}).status_code == 303
    assert read(plant, requests.waiting) == []
    assert "Maintenance is asked for" not in visit("ines").get("/lines/phones/alarms").text


def test_a_cleared_alarm_is_history(visit, plant):
    fire(plant)
    answer = visit("erin").post("/lines/phones/alarms/1/clear", {"reason": "New lamp", "next": "/alarms"})
    assert answer.headers["location"] == "/alarms"
    assert "erin: New lamp" in visit("ines").get("/alarms").text
    assert visit("erin").post("/lines/phones/alarms/1/ack", {"next": "//evil.test"}).status_code == 404


@pytest.mark.usefixtures("plant")
def test_inspectors_see_no_rule_nor_figure(visit):
    page = visit("ines").get("/lines/phones/alarms").text
    assert "/rules" not in page
    assert "Reject rate" not in page
    assert "Suggest a threshold" in visit("erin").get("/lines/phones/alarms").text


def rule_of(plant, figure):
    with plant.db.read() as tx:
        found = kept.of_line(tx, lines.in_force(tx, "phones").id)
    return next(one for one in found if one.rule.figure == figure)


FORM = {"threshold": "30", "hysteresis": "5", "minutes": "2", "severity": "critical", "actions": ["notify", "lower"],
        "enabled": "yes", "reason": "After the last escape"}  # fmt: skip


def test_engineers_change_a_rule_in_per_cent_and_minutes(visit, plant):
    one, erin = rule_of(plant, "reject_rate"), visit("erin")
    assert erin.post(f"/lines/phones/rules/{one.id}", FORM).status_code == 303
    rule = rule_of(plant, "reject_rate").rule
    assert (rule.threshold, rule.hysteresis, rule.hold, rule.enabled) == (0.3, 0.05, timedelta(minutes=2), True)
    assert [str(action) for action in rule.actions] == ["notify", "lower"]
    for wrong in ({"threshold": "much"}, {"threshold": ""}, {"severity": "grave"}, {"actions": "train"},
                  {"reason": ""}, {"minutes": "9999"}):  # fmt: skip
        assert erin.post(f"/lines/phones/rules/{one.id}", {**FORM, "threshold": "31", **wrong}).status_code == 422
    assert rule_of(plant, "reject_rate").rule == rule
    added = {**FORM, "figure": "unsure", "comparison": "above"}
    assert erin.post("/lines/phones/rules", added).status_code == 303
    assert rule_of(plant, "unsure").rule.threshold == 0.3
    lamp = {**FORM, "figure": "brightness", "comparison": "above", "actions": ["retraining"]}
    assert "never for retraining" in erin.post("/lines/phones/rules", lamp).text


def test_a_suggested_threshold_is_shown_beside_the_old_one_and_adopted(visit, plant):
    one, erin = rule_of(plant, "reject_rate"), visit("erin")
    for day in range(5):
        for number in range(40):
            at = plant.at + timedelta(days=day, minutes=number * 5)
            plant.db.write(lambda tx, at=at: kept.write_down(tx, one.line_id, {"reject_rate": 0.11}, at))
    plant.wait(6 * 86_400)
    erin = visit("erin")
    address = f"/lines/phones/alarms?rule={one.id}&days=7"
    page = erin.get(address).text
    assert re.search(r"Threshold now 50 %, suggested 1[12].* %", page)
    assert "would have fired 0 times" in page
    assert "no figures" in page
    threshold = re.search(r'name="threshold" value="(0\.[\d]+)"', page)[1]
    told = {"days": "7", "threshold": threshold, "reason": "Quiet days"}
    assert erin.post(f"/lines/phones/rules/{one.id}/adopt", {**told, "threshold": "0.9"}).status_code == 422
    assert erin.post(f"/lines/phones/rules/{one.id}/adopt", told).status_code == 303
    assert rule_of(plant, "reject_rate").rule.threshold == float(threshold)
    assert "good days" in erin.get("/lines/phones/alarms?rule=2&days=7").text, "too little is said in words"
