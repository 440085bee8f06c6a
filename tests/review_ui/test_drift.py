"""Drift of what the model says, and of what counts as a defect; learning a reference anew."""

import json
import re
from html import unescape

import numpy as np
import pytest

from inspection.core.concept import FEWEST
from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.shift import NEWEST, REFERENCE, STEP, Kind, Shift, Trend, advance, histogram
from inspection.core.shift import SCORE_EDGES as EDGES
from inspection.flow import alarm
from inspection.store import drift as kept
from inspection.store import lines
from inspection.store.monitor import Eye

FORM = {"camera": "cam1", "view": "front"}
WHY = "another supplier's glass, looked at"


@pytest.fixture
def plant(plant):
    plant.line(views=("front",))
    plant.level(Level.SHADOW, model=plant.model())
    return plant


def eye_of(plant) -> tuple[Eye, int, str]:
    with plant.db.read() as tx:
        known, camera = lines.in_force(tx, "phones"), lines.find_camera(tx, "phones", "cam1")
    return Eye(line_id=known.id, camera_id=camera.id, view="front"), known.recipe_id, known.policy.terms.model


def begun(plant) -> None:
    """A reference that is being learned."""
    eye, recipe, model = eye_of(plant)
    plant.db.write(lambda tx: kept.begin(tx, eye, recipe, model, "monitor", "Learned.", plant.at))


def learned(plant, *, features: bool = True) -> int:
    """A reference in force; its number."""
    eye, recipe, model = eye_of(plant)
    begun(plant)
    with plant.db.read() as tx:
        number = kept.reference(tx, eye, recipe, model).id
    dice = np.random.default_rng(1)
    values = {Kind.SCORE: dice.beta(2, 12, REFERENCE), Kind.NOVELTY: dice.standard_normal(REFERENCE)}
    if features:
        values[Kind.FEATURE] = dice.standard_normal((REFERENCE, 16))
    plant.db.write(lambda tx: kept.learned(tx, number, values, REFERENCE, 0))
    return number


def look(plant, number: int, psi: float, trend: Trend | None = None, kinds: tuple[Kind, ...] = tuple(Kind)) -> Trend:
    """One look whose PSI of scores is this one, and small for all others."""
    eye, _, _ = eye_of(plant)
    plant.wait(600)
    bins = histogram(np.random.default_rng(int(psi * 100)).beta(2 + 4 * psi, 12, NEWEST), EDGES)

    def write(tx):
        for kind in kinds:
            size = psi if kind is Kind.SCORE else psi / 4
            found = Shift(psi=size, distance=size / 3, p=0.002, reference=REFERENCE, newest=NEWEST)
            moved = advance(trend if kind is Kind.SCORE else None, found)
            kept.add_look(tx, eye, number, kind, 1, found, moved, bins if kind is Kind.SCORE else (), plant.at)

    plant.db.write(write)
    return advance(trend, Shift(psi=psi, distance=psi / 3, p=0.002, reference=REFERENCE, newest=NEWEST))


def series(page, which: int = 0) -> dict:
    return json.loads(unescape(re.findall(r"data-drift='([^']*)'", page.text)[which]))


def test_without_a_model_nothing_is_watched(visit, plant):
    plant.level(Level.HUMAN_ONLY)
    page = visit("erin").get("/lines/phones/drift")
    assert "Nothing to watch yet" in page.text
    assert "No blind labels" in page.text


def test_how_many_images_are_missing_is_said(visit, plant):
    plant.unit("A-0", views=("front",), score=0.1)
    begun(plant)
    for i in range(3):
        plant.unit(f"B-{i}", views=("front",), score=0.1)
    page = visit("erin").get("/lines/phones/drift")
    assert f"3 of {REFERENCE} images have come" in page.text
    assert "Learn the reference anew" not in page.text


def test_before_the_first_look_it_says_so(visit, plant):
    plant.unit("A-0", views=("front",), score=0.1)
    learned(plant)
    page = visit("erin").get("/lines/phones/drift")
    assert f"The first look takes {NEWEST} images, of which 1 have come" in page.text


def test_looks_are_drawn_with_their_zones_and_told_in_a_table(visit, plant):
    plant.unit("A-0", views=("front",), score=0.1)
    number, trend = learned(plant), None
    for size in (0.03, 0.04, 0.3, 0.5):
        trend = look(plant, number, size, trend)
    page = visit("erin").get("/lines/phones/drift")
    drawn = series(page)
    assert [one["name"] for one in drawn["lines"]] == ["Scores", "Novelty", "Features"]
    assert drawn["lines"][0]["values"] == [0.03, 0.04, 0.3, 0.5]
    assert drawn["lines"][0]["states"] == ["steady", "steady", "warning", "alarm"]
    assert [zone["from"] for zone in drawn["zones"]] == [0.1, 0.25]
    assert {mark["name"] for mark in drawn["marks"]} >= {"Policy", "Reference"}
    assert "Drift alarm" in page.text
    assert f"{STEP} more images until the next look" in page.text
    assert page.text.count('class="newest"') == 20
    assert "cannot be watched" not in page.text


def test_models_without_features_are_said_so_and_bad_light_comes_first(visit, plant):
    plant.unit("A-0", views=("front",), score=0.1)
    look(plant, learned(plant, features=False), 0.02, kinds=(Kind.SCORE, Kind.NOVELTY))
    eye, _, _ = eye_of(plant)
    with plant.db.read() as tx:
        line = lines.in_force(tx, "phones")
    page = visit("erin").get("/lines/phones/drift")
    assert "its features cannot be watched" in page.text
    assert "Mend the light first" not in page.text
    plant.db.write(lambda tx: alarm.fire(tx, line, "light", f"{eye.camera_id}/front", "It is dark.", plant.at))
    dark = visit("erin").get("/lines/phones/drift").text
    assert "Mend the light first" in dark
    assert "data-look" not in dark, "the page does not move to what stands"


def test_learning_anew_needs_a_written_reason_and_keeps_what_was_typed(visit, plant):
    plant.unit("A-0", views=("front",), score=0.1)
    look(plant, learned(plant), 0.02)
    erin = visit("erin")
    refused = erin.post("/lines/phones/drift", {**FORM, "reason": "glass"})
    assert refused.status_code == 422
    assert 'value="glass"' in refused.text
    assert erin.post("/lines/phones/drift", {**FORM, "reason": WHY}).status_code == 303
    assert f"0 of {REFERENCE} images have come" in erin.get("/lines/phones/drift").text
    wrong = erin.post("/lines/phones/drift", {**FORM, "camera": "cam9", "reason": WHY})
    assert (wrong.status_code, "has no camera" in wrong.text) == (422, True)


def test_agreement_and_evidence_are_drawn_from_labels_that_cannot_be_taken_back(visit, plant):
    plant.person("ivan", "inspector")
    for i in range(2 * FEWEST):
        seen = plant.unit(f"L-{i}", views=("front",), score=0.9 if i == 0 else 0.1, size=(64, 48))
        plant.answer("ivan", Label(verdict=Verdict.PASS), seen=seen)
    plant.wait(31)
    page = visit("erin").get("/lines/phones/drift")
    agreed, evidence = series(page, -2), series(page, -1)
    assert agreed["lines"][0]["values"] == [pytest.approx(1 - 1 / FEWEST), 1]
    assert agreed["lines"][0]["low"][0] < 1 - 1 / FEWEST < agreed["lines"][0]["high"][0] < 1
    assert "98.00 %" in page.text
    assert [one["name"] for one in evidence["lines"]] == ["Escapes", "Overkill", "Both together"]
    assert evidence["zones"][0]["from"] == pytest.approx(5.7, abs=0.01)
    assert "a guard would act" in page.text


@pytest.mark.usefixtures("plant")
def test_what_labels_say_is_not_reckoned_again_each_half_minute(visit, plant):
    plant.unit("A-0", views=("front",), score=0.1)
    look(plant, learned(plant), 0.3)
    erin = visit("erin")
    whole = erin.get("/lines/phones/drift").text
    part = erin.get("/lines/phones/drift", **{"HX-Request": "true"}).text
    assert "Against people" in whole
    assert "Against people" not in part
    assert 'id="view-1"' in part
    assert 'hx-select-oob="#view-1"' in whole


def test_inspectors_find_no_way_there(visit):
    assert "/lines/phones/drift" not in visit("ines").get("/lines/phones/light").text
    assert "/lines/phones/drift" in visit("erin").get("/lines/phones/light").text
