"""Alarms, their rules and channels through the API."""

from inspection.flow import alarm, rules
from inspection.store import lines
from tests.api.conftest import Served


def fire(served: Served) -> int:
    plant = served.plant
    line = plant.read(lambda tx: lines.in_force(tx, "phones"))
    plant.write(lambda tx: alarm.fire(tx, line, "light", "1/front", "The light drifts.", plant.now))
    return int(served.as_("ines").get("/alarms").json()["standing"][0]["id"])


def test_an_alarm_is_listed_put_aside_and_its_request_done(served: Served) -> None:
    number, ines, erin = fire(served), served.as_("ines"), served.as_("erin")
    (one,) = ines.get("/lines/phones/alarms").json()["standing"]
    assert (one["kind"], one["state"], one["severity"]) == ("light", "firing", "critical")
    assert ines.post(f"/alarms/groups/{one['group']}/ack").status_code == 204
    place = f"/lines/phones/alarms/{number}"
    assert erin.post(f"{place}/shelve", json={"hours": 2, "reason": " "}).status_code == 422
    assert erin.post(f"{place}/shelve", json={"hours": 2, "reason": "Lamp ordered"}).status_code == 204
    (one,) = ines.get("/alarms").json()["standing"]
    assert (one["state"], one["shelved_by"], one["reason"]) == ("shelved", "erin", "Lamp ordered")
    assert erin.post(f"{place}/unshelve").status_code == 204
    (asked,) = ines.get("/alarms").json()["requests"]
    assert asked["kind"] == "maintenance"
    done = f"/lines/phones/requests/{asked['id']}/done"
    assert erin.post(done, json={"note": "New lamp"}).status_code == 204
    assert erin.post(done, json={"note": "New lamp"}).status_code == 404
    assert erin.post(f"{place}/clear", json={"reason": "New lamp"}).status_code == 204
    told = ines.get("/lines/phones/alarms").json()
    assert (told["standing"], told["past"][0]["resolved_by"]) == ([], "erin")


def test_rules_are_read_changed_and_suggested(served: Served) -> None:
    plant, erin = served.plant, served.as_("erin")
    rules.watch(plant.db, host="here", disk_left=0.5, now=plant.now)
    found = {one["figure"]: one for one in erin.get("/lines/phones/rules").json()}
    assert (found["disk_left"]["last_value"], found["disk_left"]["unit"]) == (0.5, "share")
    place = f"/lines/phones/rules/{found['disk_left']['id']}"
    wanted = {"figure": "disk_left", "comparison": "below", "threshold": 0.2, "reason": "Large images"}
    assert erin.put(place, json=wanted).status_code == 204
    lamp = {**wanted, "figure": "brightness", "actions": ["retraining"]}
    refused = erin.post("/lines/phones/rules", json=lamp)
    assert (refused.status_code, "never for retraining" in refused.json()["detail"]) == (422, True)
    assert erin.post("/lines/phones/rules", json={**wanted, "figure": "unsure"}).status_code == 201
    refused = erin.get(f"{place}/suggestion")
    assert (refused.status_code, "good days" in refused.json()["detail"]) == (422, True)


def test_a_channels_address_never_comes_out(served: Served) -> None:
    erin = served.as_("erin")
    made = erin.post("/channels", json={"name": "night", "kind": "webhook", "url": "https://u:p@hooks.test/s3cr3t"})
    assert made.status_code == 201
    assert len(made.json()["key"]) > 20
    listed = erin.get("/channels")
    (one,) = listed.json()
    assert one["address"] == "https://hooks.test/\u2026"
    assert "s3cr3t" not in listed.text
    refused = erin.post("/channels", json={"name": "b", "kind": "apprise", "url": "json://s3cr3t"})
    assert (refused.status_code, "s3cr3t" in refused.text) == (422, False)
    assert erin.post(f"/channels/{one['id']}/test").status_code == 204
    assert erin.delete(f"/channels/{one['id']}").status_code == 204
    assert erin.get("/channels").json() == []
