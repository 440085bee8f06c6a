"""The knobs of a simulated line."""

import pytest


@pytest.fixture
def plant(plant):
    plant.line(simulated=True)
    return plant


def test_engineers_of_a_simulated_line_have_the_knobs(visit, plant):
    assert "Simulation" in visit("erin").get("/lines/phones").text
    assert "Dim the lamp" not in visit("ines").get("/lines/phones").text
    plant.line("real")
    assert "Dim the lamp" not in visit("erin").get("/lines/real").text


@pytest.mark.parametrize(
    ("name", "value", "then"), [("lamp", "0.5", 0.5), ("lamp", "99", 1.3), ("pace", "-4", 2.0), ("paused", "1", True)]
)
def test_a_knob_turns_within_its_range(visit, plant, name, value, then):
    assert visit("erin").post("/lines/phones/demo", {"name": name, "value": value}).status_code == 303
    assert plant.knobs.turned[name] == then


def test_the_panel_comes_back_alone_to_a_script(visit):
    panel = visit("erin").post("/lines/phones/demo", {"name": "inspectors", "value": "1"}, hx_request="true")
    assert "switch off" in panel.text
    assert "<html" not in panel.text


@pytest.mark.parametrize(
    "fields", [{"name": "gravity", "value": "1"}, {"name": "lamp", "value": "nan"}, {"name": "lamp", "value": "x"}, {}]
)
def test_there_are_no_other_knobs(visit, plant, fields):
    before = plant.knobs.state()
    assert visit("erin").post("/lines/phones/demo", fields).status_code in (400, 404)
    assert plant.knobs.state() == before


def test_a_real_line_has_none(visit, plant):
    plant.line("real")
    assert visit("erin").post("/lines/real/demo", {"name": "lamp", "value": "0.5"}).status_code == 404
