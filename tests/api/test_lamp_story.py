"""A lamp that fades, through the public API alone: warning, alarm, the guard lowers the line, maintenance, a baseline
that an engineer signs anew, and the line is raised again."""

from concurrent.futures import Future
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from camera.simulated.controls import Controls
from camera.simulated.line import SimulatedLine
from camera.simulated.truth import VIEWS
from inspection.core.level import Level
from inspection.core.measure import measure
from inspection.core.monitor import MIN_BASELINE_WINDOWS
from inspection.core.predict import Examination, Question
from inspection.core.shift import Sizes
from inspection.flow import alarm, drift, monitor
from inspection.store.records import IMAGE
from models.decode import Picture
from tests.api.conftest import Served

SIZES = Sizes(reference=15, newest=6, step=3)
RULE = monitor.WindowRule(images=3, seconds=60.0)
WHY = {"reason": "A new LED ring was put in and the glass cleaned."}
RAISE = {"level": "partial_automation", "model": 1, "pass_below": 0.3, "reject_above": 0.7, "audit_share": 0.05}


class Station:
    """The simulated camera under its lamp, and a server that looks after every three images."""

    def __init__(self, served: Served) -> None:
        self.served, self.knobs = served, Controls(defect_rate=0.0)
        self.line = SimulatedLine(5, self.knobs, now=lambda: served.plant.now)
        served.predictor.predict = self.examine  # type: ignore[method-assign]

    def examine(self, image: bytes, question: Question) -> "Future[Examination]":
        """Real figures of the real picture, and a score that the lamp changes, though no verdict."""
        seen, answer = Picture(image), Future[Examination]()
        figures = measure(seen.grey, question.reference, seen.small)
        score = (255 - figures.brightness) / 1000  # darker parts look a little odd to it, and stay good to it
        opinions = self.served.plant.examination(score).opinions if question.models else ()
        answer.set_result(Examination(quality=figures, opinions=opinions))
        return answer

    def window(self) -> None:
        """Three units pass; a camera sends, and the server watches."""
        plant = self.served.plant
        for _ in range(RULE.images):
            for frame in self.line.next_unit():
                plant.later(seconds=0.5)
                capture = f"{frame.serial}-{frame.view}"
                self.served.put(frame.jpeg, capture, serial=frame.serial, view=frame.view).raise_for_status()
        self.settle()
        plant.write(lambda tx: monitor.watch(tx, rule=RULE, now=plant.now))
        plant.write(lambda tx: alarm.watch(tx, now=plant.now))
        drift.watch(plant.db, lambda: plant.now, SIZES)

    def settle(self) -> None:
        """Wait for what is examined after the answer."""
        unmeasured = select(func.count()).where(IMAGE.c.brightness.is_(None))
        for _ in range(20_000):
            if not self.served.plant.read(lambda tx: tx.execute(unmeasured).scalar_one()):
                return
        raise AssertionError("Images were never examined.")


def view_of(client: httpx.Client, view: str = "front") -> dict[str, Any]:
    return next(one for one in client.get("/lines/phones/light").json() if one["view"] == view)


def level_of(client: httpx.Client) -> str:
    return str(client.get("/lines/phones").json()["level"])


def raise_line(erin: httpx.Client, why: str) -> httpx.Response:
    number = erin.get("/lines/phones").json()["policy"]["number"]
    body = {**RAISE, "expected": number, "override": True, "reason": why}
    return erin.post("/lines/phones/policies", json=body)


def test_the_story_of_a_lamp(served: Served) -> None:
    erin, ines, station = served.as_("erin"), served.as_("ines"), Station(served)
    served.plant.level(Level.SHADOW)
    for _ in range(MIN_BASELINE_WINDOWS):
        station.window()
    assert raise_line(erin, "Proved on the line beside this one.").status_code == 201
    assert level_of(ines) == "partial_automation"
    station.window()
    seen = view_of(ines)
    assert (seen["light"], seen["running"], seen["baseline"]["windows"]) == ("steady", True, MIN_BASELINE_WINDOWS)
    assert seen["windows"][-1]["noise"] > 0
    healthy = seen["baseline"]["mean"]

    station.knobs.set("decay", 0.01)  # the lamp begins to fade: slowly, so the image stays fit to be judged
    lights = []
    while "alarm" not in lights:
        assert len(lights) < 40, lights
        station.window()
        lights.append(view_of(ines)["light"])
    assert "warning" in lights, lights
    assert lights.index("warning") < lights.index("alarm")
    assert level_of(ines) == "shadow", "the guard has lowered the line"
    in_force = erin.get("/lines/phones").json()["policy"]
    assert (in_force["by"], "light" in in_force["reason"]) == ("guard", True)
    told = ines.get("/lines/phones/alarms").json()
    kinds = {(one["kind"], one["state"]) for one in told["standing"]}
    assert kinds == {("light", "firing"), ("drift", "firing")}
    assert {one["kind"] for one in told["requests"]} == {"maintenance"}, "a lamp is mended, never trained for"

    assert raise_line(erin, "It looks well enough to me today.").status_code == 201
    station.window()
    assert level_of(ines) == "shadow", "nobody raises a line in bad light and has it stay there"

    alarms = ines.get("/lines/phones/alarms").json()
    for one in alarms["standing"]:
        assert ines.post(f"/lines/phones/alarms/{one['id']}/ack").status_code == 204
    station.knobs.set("decay", 0.0)
    station.knobs.set("lamp", 1.12)  # the new ring is a little brighter than the old one was
    for asked in alarms["requests"]:
        done = erin.post(f"/lines/phones/requests/{asked['id']}/done", json={"note": "Changed the LED ring."})
        assert done.status_code == 204
    for view in VIEWS:
        body = {"camera": "cam1", "view": view, **WHY}
        assert ines.post("/lines/phones/light/baseline", json=body).status_code == 403
        assert erin.post("/lines/phones/light/baseline", json=body).status_code == 204
        assert erin.post("/lines/phones/drift/reference", json=body).status_code == 204
    for one in alarms["standing"]:
        assert erin.post(f"/lines/phones/alarms/{one['id']}/clear", json=WHY).status_code == 204
    for _ in range(MIN_BASELINE_WINDOWS):
        station.window()
    mended = view_of(ines)
    assert (mended["baseline"]["by"], mended["baseline"]["mean"] > healthy + 5) == ("erin", True)
    assert level_of(ines) == "shadow", "no sequence of events raises a line, only a person does"

    assert raise_line(erin, "New lamp, baseline signed, light steady.").status_code == 201
    for _ in range(3):
        station.window()
    assert (level_of(ines), view_of(ines)["light"]) == ("partial_automation", "steady")
    assert ines.get("/lines/phones/alarms").json()["standing"] == []
    served.plant.later(minutes=20)
    assert view_of(ines)["running"] is False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"camera": "cam1", "view": "front", "reason": "short"}, 422),
        ({"camera": "nobody", "view": "front", **WHY}, 404),
        ({"camera": "cam1", "view": "side", **WHY}, 404),
        ({"camera": "cam1", "view": "../x", **WHY}, 422),
        ({"camera": "cam1", "view": "front", "more": 1, **WHY}, 422),
    ],
)
def test_a_baseline_is_not_signed_carelessly(served: Served, body: dict[str, Any], status: int) -> None:
    assert served.as_("erin").post("/lines/phones/light/baseline", json=body).status_code == status


def test_a_drift_that_cannot_be_undone_is_refused_in_words(served: Served) -> None:
    answer = served.as_("erin").post("/lines/phones/light/check", json={"camera": "cam1", "view": "front"})
    assert (answer.status_code, "model" in answer.json()["detail"]) == (422, True)
