"""Alarms are taken in hand and cleared through the API."""

from inspection.core.line import Line, Recipe
from inspection.flow import line as flow
from inspection.store import alarms, journal
from tests.api.conftest import Served


def test_an_alarm_is_taken_in_hand_and_cleared_with_what_was_done(served: Served) -> None:
    plant, ines, erin = served.plant, served.as_("ines"), served.as_("erin")
    plant.write(lambda tx: alarms.fire(tx, plant.camera.line_id, "light", "1/front", "The light drifts.", plant.now))
    other = Line(name="other", title="Other", recipe=Recipe(views=("top",)))
    plant.write(lambda tx: flow.add(tx, line=other, by="setup", now=plant.now))
    (alarm,) = ines.get("/lines/phones").json()["alarms"]
    assert (alarm["kind"], alarm["acked_by"]) == ("light", None)
    assert ines.post(f"/lines/other/alarms/{alarm['id']}/ack").status_code == 404
    assert ines.post(f"/lines/phones/alarms/{alarm['id']}/ack").status_code == 204
    assert ines.get("/lines/phones").json()["alarms"][0]["acked_by"] == "ines"
    place = f"/lines/phones/alarms/{alarm['id']}/clear"
    assert ines.post(place, json={"reason": "A new lamp."}).status_code == 403
    refused = erin.post(place, json={"reason": " "})
    assert (refused.status_code, "what was done" in refused.json()["detail"]) == (422, True)
    assert erin.post(place, json={"reason": "A new lamp."}).status_code == 204
    assert erin.get("/lines/phones").json()["alarms"] == []
    assert erin.post(place, json={"reason": "A new lamp."}).status_code == 404
    told = plant.read(lambda tx: journal.entries(tx, subject="line/phones/alarm"))
    assert [(one.change.event, one.change.actor) for one in told][-2:] == [
        ("alarm_acknowledged", "ines"), ("alarm_cleared", "erin"),
    ]  # fmt: skip
