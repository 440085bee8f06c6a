"""The knobs of a simulated line."""

import pytest

from inspection.core.line import Line, Recipe
from inspection.flow import line as flow
from tests.api.conftest import Served


@pytest.fixture(autouse=True)
def simulated(served: Served) -> None:
    plant = served.plant
    line = Line(name="sim", title="Simulated", recipe=Recipe(views=("top",)), simulated=True)
    plant.write(lambda tx: flow.add(tx, line=line, by="setup", now=plant.now))


def test_knobs_turn_and_stay(served: Served) -> None:
    erin = served.as_("erin")
    assert erin.get("/lines/sim/demo").json()["lamp"] == 1.0
    turned = erin.put("/lines/sim/demo", json={"lamp": 0.5, "inspectors": True})
    assert turned.status_code == 200
    assert turned.json() == erin.get("/lines/sim/demo").json()
    assert (turned.json()["lamp"], turned.json()["inspectors"], turned.json()["paused"]) == (0.5, True, False)


@pytest.mark.parametrize("knobs", [{"lamp": 99}, {"gravity": 1}, {"paused": "perhaps"}, {"pace": -1}, []])
def test_knobs_that_are_not_there_do_not_turn(served: Served, knobs: object) -> None:
    erin = served.as_("erin")
    before = erin.get("/lines/sim/demo").json()
    assert erin.put("/lines/sim/demo", json=knobs).status_code == 422
    assert erin.get("/lines/sim/demo").json() == before


def test_real_lines_have_none(served: Served) -> None:
    erin = served.as_("erin")
    assert erin.put("/lines/phones/demo", json={"lamp": 0.5}).status_code == 404
    assert erin.get("/lines/phones/demo").status_code == 404
