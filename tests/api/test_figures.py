"""A line's figures over time through the API."""

from datetime import timedelta
from itertools import chain

from inspection.core.level import Level
from inspection.core.tally import SPANS
from inspection.flow import tally
from inspection.store import tally as kept
from tests.api.conftest import Served


def test_figures_of_each_stage_are_told_and_none_of_a_single_unit(served: Served) -> None:
    plant = served.plant
    began = plant.now
    plant.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, int(began.timestamp()) // 3600 * 3600)))
    plant.level(Level.AI_ASSIST)
    for number in range(19):
        plant.unit(f"A{number}", 0.5)
    plant.later(minutes=60)
    for number in range(20):
        plant.unit(f"B{number}", 0.25)
    plant.later(minutes=63)
    while tally.watch(plant.db, plant.now):
        pass
    erin = served.as_("erin")
    told = erin.get("/lines/phones/figures", params={"span": "hours"}).json()
    assert [one["stage"] for one in told["stages"]] == ["capture", "quality", "locate", "predict", "decide", "review"]
    curves = {(one["figure"], one["view"]): one for one in told["curves"]}
    score, light = curves["score", "front"], curves["brightness", "front"]
    assert [(one["n"], one["mean"], one["high"]) for one in score["points"]] == [(20, 0.25, None)]
    assert score["withheld"]
    assert [(one["n"], one["mean"], one["high"]) for one in light["points"]] == [(19, 120, 120), (20, 120, 120)]
    assert light["camera"] == "cam1"
    later = erin.get("/lines/phones/figures", params={"span": "hours", "since": str(began + timedelta(minutes=60))})
    assert later.json()["steps"] < 70
    points = chain.from_iterable(one["points"] for one in later.json()["curves"])
    assert {one["n"] for one in points} <= {1, 20, 40}
    assert erin.get("/lines/phones/figures", params={"span": "century"}).status_code == 422


def test_when_a_few_units_were_settled_is_not_told(served: Served) -> None:
    plant = served.plant
    plant.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, int(plant.now.timestamp()) // 3600 * 3600)))
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=0.999999)
    for number in range(21):
        plant.later(seconds=61)
        plant.image(f"A{number}", "front", 0.9 if number == 3 else 0.5)
    plant.later(minutes=90)
    while tally.watch(plant.db, plant.now):
        pass
    erin = served.as_("erin")
    for span in ("hours", "day", "week", "month"):
        told = erin.get("/lines/phones/figures", params={"span": span}).json()
        curves = {one["figure"]: one for one in told["curves"] if not one["view"]}
        for name in ("units", "verdict_time"):
            assert name not in curves or not curves[name]["points"], (span, name)
