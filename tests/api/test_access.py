"""The same questions for every endpoint of people: stranger, revoked, camera, inspector, engineer, unknown line."""

from itertools import product
from typing import Any

import httpx

from inspection.api.routes import ROUTERS
from inspection.core.line import Line, Recipe
from inspection.flow import line as flow
from inspection.flow import tokens
from tests.api.conftest import Served
from tests.store.test_images import encoded

Asked = tuple[str, str, Any]

RULE = {"figure": "disk_left", "comparison": "below", "threshold": 0.2, "reason": "Asked by a test."}
INSPECTORS: list[Asked] = [
    ("GET", "/me", None),
    ("GET", "/lines", None),
    ("GET", "/lines/phones", None),
    ("GET", "/lines/phones/ladder", None),
    ("GET", "/lines/phones/policies", None),
    ("GET", "/lines/phones/book", None),
    ("GET", "/lines/phones/proof", None),
    ("GET", "/lines/phones/certificates", None),
    ("GET", "/lines/phones/stories/S1", None),
    ("GET", "/images/1", None),
    ("GET", "/images/1/heatmap", None),
    ("POST", "/lines/phones/alarms/1/ack", None),
    ("GET", "/alarms", None),
    ("GET", "/lines/phones/alarms", None),
    ("POST", "/alarms/groups/1/ack", None),
    ("GET", "/lines/phones/light", None),
    ("GET", "/quality", None),
    ("POST", "/lines/phones/misses", {"serial": "S1", "reason": "Asked by a test."}),
    ("POST", "/review/undo", None),
    ("POST", "/review/next", {"line": "phones"}),
    ("POST", "/review/1", {"lease": "none", "verdict": "pass", "seen": [1]}),
    ("POST", "/review/1/keep", {"lease": "none"}),
    ("POST", "/review/1/back", {"lease": "none"}),
    ("POST", "/review/1/unsure", {"lease": "none"}),
]
ENGINEERS: list[Asked] = [
    ("POST", "/lines/phones/policies", {"level": "shadow", "expected": 2, "reason": "Asked by a test."}),
    ("POST", "/lines/phones/rollback", {"reason": "Asked by a test."}),
    ("POST", "/lines/phones/proposals/1/approve", None),
    ("POST", "/lines/phones/proposals/1/decline", None),
    ("GET", "/lines/phones/demo", None),
    ("PUT", "/lines/phones/demo", {"lamp": 1.0}),
    ("POST", "/lines/phones/certificates", {}),
    ("GET", "/lines/phones/rollout", None),
    ("POST", "/lines/phones/rollout", {"deadline_ms": 900, "expected": 2, "reason": "Asked by a test."}),
    ("POST", "/lines/phones/rollout/approve", {"reason": "Asked by a test."}),
    ("POST", "/lines/phones/rollout/abort", {"reason": "Asked by a test."}),
    ("POST", "/lines/phones/replay", {}),
    ("POST", "/lines/phones/alarms/1/clear", {"reason": "Asked by a test."}),
    ("POST", "/lines/phones/alarms/1/shelve", {"hours": 1, "reason": "Asked by a test."}),
    ("POST", "/lines/phones/alarms/1/unshelve", None),
    ("POST", "/lines/phones/requests/1/done", {"note": "Asked by a test."}),
    ("GET", "/lines/phones/rules", None),
    ("GET", "/lines/phones/figures", None),
    ("POST", "/lines/phones/rules", {**RULE, "figure": "unsure"}),
    ("PUT", "/lines/phones/rules/1", RULE),
    ("GET", "/lines/phones/rules/1/suggestion", None),
    ("POST", "/lines/phones/rules/1/adopt", {"days": 7, "threshold": 0.5, "reason": "Asked by a test."}),
    ("POST", "/lines/phones/light/baseline", {"camera": "cam1", "view": "front", "reason": "Asked by a test."}),
    ("POST", "/lines/phones/light/check", {"camera": "cam1", "view": "front"}),
    ("GET", "/lines/phones/drift", None),
    ("POST", "/lines/phones/drift/reference", {"camera": "cam1", "view": "front", "reason": "Asked by a test."}),
    ("GET", "/channels", None),
    ("POST", "/channels", {"name": "night", "kind": "webhook", "url": "https://hooks.test/s3cr3t"}),
    ("POST", "/channels/1/test", None),
    ("DELETE", "/channels/1", None),
    ("GET", "/lines/phones/known", None),
    ("POST", "/lines/phones/known", {"serial": "S1", "defective": True, "reason": "Asked by a test."}),
    ("POST", "/lines/phones/known/1/retire", None),
    ("POST", "/lines/phones/book", {"image_id": 1}),
    ("POST", "/lines/phones/book/1/retire", None),
    ("GET", "/units", None),
    ("GET", "/units/export/csv", None),
    ("GET", "/lines/phones/studies", None),
    ("POST", "/lines/phones/studies", {"title": "Asked by a test.", "serials": ["S1"], "people": ["ines"]}),
    ("GET", "/studies/1", None),
    ("GET", "/system", None),
    ("GET", "/journal", None),
    ("GET", "/journal/verify", None),
]
ADJUDICATORS: list[Asked] = [
    ("GET", "/adjudicate", None),
    ("POST", "/adjudicate/second/1", {"defective": True, "reason": "Asked by a test."}),
]
ADMINS: list[Asked] = [
    ("GET", "/people", None),
    ("POST", "/people", {"name": "nora"}),
    ("POST", "/people/nobody/role", {"role": "engineer"}),
    ("POST", "/people/nobody/password", None),
    ("POST", "/people/nobody/disable", None),
]
ALL = [*INSPECTORS, *ADJUDICATORS, *ENGINEERS, *ADMINS]
OF_CAMERAS = {
    "/health",
    "/lines/{line}/images/{capture_id}",
    "/lines/{line}/units/{serial:path}",
    "/lines/{line}/events",
}


def ask(client: httpx.Client, asked: Asked) -> httpx.Response:
    method, path, body = asked
    return client.request(method, path, json=body)


def journal_length(served: Served) -> int:
    with served.plant.db.read() as tx:
        return int(tx.exec_driver_sql("SELECT count(*) FROM journal").scalar_one())


def test_who_may_ask_what(served: Served) -> None:
    """One server for all endpoints: starting one for each would take minutes."""
    served.put(encoded())
    stranger, ines, erin, ended = served.as_(""), served.as_("ines"), served.as_("erin"), served.as_("erin")
    plant, camera = served.plant, served.as_("")
    camera.headers["authorization"] = served.client.headers["authorization"]
    kept = plant.read(lambda tx: tokens.listed(tx, name="erin"))[-1]
    plant.write(lambda tx: tokens.revoke(tx, token_id=kept.id, by="erin", now=plant.now))
    before = journal_length(served)
    for asked in ALL:
        for client, status, words in (
            (stranger, 401, "Send a person's token"), (ended, 401, "revoked"), (camera, 403, "a camera's"),
        ):  # fmt: skip
            answer = ask(client, asked)
            assert (answer.status_code, words in answer.json()["detail"]) == (status, True), asked
    for asked in ENGINEERS:
        answer = ask(ines, asked)
        assert (answer.status_code, "needs the role engineer" in answer.json()["detail"]) == (403, True), asked
    for asked in ADJUDICATORS:
        answer = ask(ines, asked)
        assert (answer.status_code, "needs the role adjudicator" in answer.json()["detail"]) == (403, True), asked
    for asked in ADMINS:
        for client in (ines, erin):
            answer = ask(client, asked)
            assert (answer.status_code, "needs the role admin" in answer.json()["detail"]) == (403, True), asked
    assert journal_length(served) == before, "somebody changed something who must not"
    for asked in INSPECTORS:
        assert ask(ines, asked).status_code in (200, 204, 404, 409, 422), asked
        assert ask(ines, asked).json()["detail"] if ask(ines, asked).status_code > 300 else True
    for asked in ADMINS:
        assert ask(served.as_("adam"), asked).status_code in (200, 201, 422), asked
    for asked in [*INSPECTORS, *ADJUDICATORS, *ENGINEERS]:
        assert ask(erin, asked).status_code not in (401, 403, 405, 500), asked


def test_an_unknown_line_is_said_to_be_unknown(served: Served) -> None:
    erin = served.as_("erin")
    for name, (method, path, body) in product(("nowhere", "No Line", "a%00b", "%ff", "x" * 200), ALL):
        if path.startswith("/lines/phones"):
            answer = ask(erin, (method, path.replace("phones", name), body))
            assert answer.status_code in (404, 422), (path, answer.text)
            assert answer.json()["detail"]


def test_a_body_beyond_all_measure_is_not_read(served: Served) -> None:
    for client in (served.as_(""), served.as_("erin")):
        answer = client.post("/lines/phones/policies", content=(b" " * 100_000 for _ in range(20)))
        assert answer.status_code == 413
        assert "bytes" in answer.json()["detail"]


def test_every_endpoint_of_people_was_asked() -> None:
    known = {(method, route.path) for router in ROUTERS for route in router.routes for method in route.methods}  # type: ignore[attr-defined]
    people = {(method, path) for method, path in known if path not in OF_CAMERAS}
    assert len(ALL) == len(people), people


def test_the_simulated_line_is_no_way_around(served: Served) -> None:
    plant = served.plant
    line = Line(name="sim", title="Simulated", recipe=Recipe(views=("top",)), simulated=True)
    plant.write(lambda tx: flow.add(tx, line=line, by="setup", now=plant.now))
    assert served.as_("ines").put("/lines/sim/demo", json={"lamp": 0.5}).status_code == 403
