"""Drift of what a model says, and of what counts as a defect, read and learned anew through the API."""

import numpy as np
import pytest

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.shift import SCORE_EDGES, Sizes
from inspection.flow import drift, figures
from inspection.store import lines
from inspection.store.watched import FIGURES
from tests.api.conftest import Served

SIZES = Sizes(reference=40, newest=20, step=20)
WANTED = {"camera": "cam1", "view": "front", "reason": "Another supplier's glass."}


def send(served: Served, images: int, score: float) -> None:
    """Images of one view with features, and a look of the watch."""
    plant, dice = served.plant, np.random.default_rng(images)
    for one in dice.standard_normal((images, 16)):
        plant.later(seconds=1)
        serial = f"U{int(plant.now.timestamp())}"
        plant.image(serial, "front", score + 0.01 * abs(float(one[0])), feature=tuple(one))
    drift.watch(plant.db, lambda: plant.now, SIZES)


@pytest.fixture
def drifted(served: Served) -> Served:
    served.plant.level(Level.SHADOW)
    for images, score in ((1, 0.1), (40, 0.1), (20, 0.1), (20, 0.5)):
        send(served, images, score)
    return served


def test_looks_at_each_figure_are_told(drifted: Served) -> None:
    (view,) = drifted.as_("erin").get("/lines/phones/drift").json()["views"]
    assert (view["camera"], view["view"], view["state"]) == ("cam1", "front", "alarm")
    assert (view["reference"], view["by"], view["featured"], view["light_alarm"]) == (40, "monitor", True, False)
    figures = {one["kind"]: one for one in view["figures"]}
    assert {kind: one["state"] for kind, one in figures.items()} == {
        "score": "alarm", "novelty": "steady", "feature": "steady",
    }  # fmt: skip
    before, after = figures["score"]["looks"]
    assert (before["state"], after["state"], after["newest"], after["reference"]) == ("steady", "alarm", 20, 40)
    assert after["psi"] > 1 > before["psi"]
    assert after["distance"] == pytest.approx(0.4, abs=0.01)
    assert sum(view["first_scores"]) == 40
    assert len(view["newest_scores"]) == len(SCORE_EDGES) - 1
    assert "reference" in {mark["kind"] for mark in view["marks"]}
    (view,) = drifted.as_("erin").get("/lines/phones/drift", params={"looks": 1}).json()["views"]
    assert {one["kind"]: one["looks"] for one in view["figures"]}["score"] == [after]


def test_agreement_with_people_is_told(served: Served) -> None:
    served.plant.level(Level.SHADOW)
    served.plant.label_many(3, Verdict.PASS, 0.1)
    served.plant.label_many(1, Verdict.REJECT, 0.1, "escape")
    told = served.as_("erin").get("/lines/phones/drift").json()["concept"]
    assert told["labels"] == 4
    (stretch,) = told["stretches"]
    assert (stretch["agreed"]["events"], stretch["agreed"]["of"], stretch["escapes"]["events"]) == (3, 4, 1)
    assert [one["kind"] for one in told["courses"]] == ["escapes", "overkill", "overturns"]
    assert told["courses"][0]["log_e"][-1] > told["courses"][0]["log_e"][0]
    assert not told["decides"]


def test_an_engineer_learns_a_reference_anew(drifted: Served) -> None:
    erin = drifted.as_("erin")
    assert erin.post("/lines/phones/drift/reference", json={**WANTED, "camera": "cam9"}).status_code == 404
    assert erin.post("/lines/phones/drift/reference", json={**WANTED, "reason": "new"}).status_code == 422
    assert erin.post("/lines/phones/drift/reference", json=WANTED).status_code == 204
    (view,) = erin.get("/lines/phones/drift").json()["views"]
    assert (view["state"], view["reference"], view["by"], view["came"]) == ("learning", 0, "erin", 0)


def test_rules_and_metrics_read_the_last_looks(drifted: Served) -> None:
    plant = drifted.plant
    with plant.db.read() as tx:
        line = lines.in_force(tx, "phones")
        asked = {name: FIGURES[f"{name}_drift"].ask(tx, line, plant.now) for name in ("score", "feature")}
        told = {one.metric.name: one for one in figures.of_lines(tx, None, plant.now)}
    assert asked["score"] is not None
    assert asked["feature"] is not None
    assert asked["score"] > 1 > asked["feature"]
    assert told["score_psi"].value == asked["score"]
    assert told["feature_psi"].value == asked["feature"]
    assert told["score_psi"].labels == ("phones", "cam1", "front")
    plant.later(days=2)
    with plant.db.read() as tx:
        line = lines.in_force(tx, "phones")
        assert FIGURES["score_drift"].ask(tx, line, plant.now) is None, "nothing was looked at for long"
        assert "score_psi" not in {one.metric.name for one in figures.of_lines(tx, None, plant.now)}
