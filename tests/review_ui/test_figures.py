"""A line's figures over time, by stage of the pipeline."""

import json
import re
from html import unescape

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.tally import HOUR, MINUTE, SPANS, TEN_MINUTES, Sum, count, share
from inspection.flow import tally as flow
from inspection.store import lines
from inspection.store import tally as kept
from inspection.store.tally import WHOLE, Key


@pytest.fixture
def plant(plant):
    plant.line(views=("front",))
    start = int(plant.at.timestamp()) - 8 * 86_400
    plant.db.write(lambda tx: kept.begin(tx, dict.fromkeys(SPANS, start)))
    return plant


def keep(plant, span: int, rows: dict[int, dict[str, Sum]], *, whole: bool = False) -> None:
    """Rows of the front view, or of the line as a whole, that start so many seconds before now."""
    now = int(plant.at.timestamp())
    with plant.db.read() as tx:
        line, camera = lines.in_force(tx, "phones"), lines.find_camera(tx, "phones", "cam1")
        done = kept.until(tx, span)
    view = (WHOLE, "") if whole else (camera.id, "front")
    found = {Key(line.id, *view, now - ago): figures for ago, figures in rows.items()}
    assert plant.db.write(lambda tx: kept.close(tx, span, done, now, found))


def charts(page) -> dict[str, dict]:
    """The series of each figure, by its name on the page."""
    boxes = re.findall(r"<figure.*?</figure>", page.text, re.DOTALL)
    return {
        re.search(r"<strong>(.*?)</strong>", box)[1]: json.loads(unescape(re.search(r"data-series='([^']*)'", box)[1]))
        for box in boxes
    }


def box(page, name: str) -> str:
    return next(one for one in re.findall(r"<figure.*?</figure>", page.text, re.DOTALL) if f"<strong>{name}<" in one)


def light(value: float) -> dict[str, Sum]:
    return {"images": count(10), "brightness": Sum(10, 10 * value, value - 5, value + 5)}


def test_what_images_bring_is_drawn_in_its_stage_with_its_extremes(visit, plant):
    plant.level(Level.AI_ASSIST, model=plant.model(), audit_share=0)
    for number in range(3):
        plant.unit(f"A-{number}", views=("front",), score=0.1)
    plant.wait(600)
    while flow.watch(plant.db, plant.at):
        pass
    page = visit("erin").get("/lines/phones/figures?span=hours")
    drawn = charts(page)
    assert [one for one in drawn["Images"]["mean"] if one is not None] == [3]
    at = drawn["Brightness (median)"]["mean"].index(120)
    assert drawn["Brightness (median)"]["low"][at] == drawn["Brightness (median)"]["high"][at] == 120
    stages = re.split(r'id="stage-', page.text)[1:]
    assert [stage.split('"')[0] for stage in stages] == ["capture", "quality", "locate", "predict", "decide", "review"]
    assert "Brightness (median)" in stages[1]
    assert "Score" not in drawn, "it would tell of a unit, and comes by whole hours"


def test_a_line_that_did_not_run_has_a_gap_and_is_said_to_rest(visit, plant):
    keep(plant, MINUTE, {40 * 60: light(120), 38 * 60: light(118)})
    page = visit("erin").get("/lines/phones/figures?span=hours")
    assert "did not run in the last 15 minutes" in page.text
    means = charts(page)["Brightness (median)"]["mean"]
    assert means[-40:-37] == [120, None, 118]
    assert set(means[:-40] + means[-37:]) == {None}


def test_a_change_stands_out_beside_the_last_week_and_what_is_as_ever_does_not(visit, plant):
    keep(plant, HOUR, {hours * 3600: light(120 + hours // 3 % 3) for hours in range(2, 60)})
    keep(plant, MINUTE, {120: {**light(90), "contrast": Sum(10, 800, 80, 80)}})
    page = visit("erin").get("/lines/phones/figures?span=week")
    told = box(page, "Brightness (median)")
    assert "<b>90.0</b>" in told
    assert "usually 121.0" in told
    assert "Unlike the last 7 days" in told
    assert "Unlike" not in box(page, "Images")


def test_of_few_images_nothing_is_told_that_the_ai_says(visit, plant):
    few, many = Sum(19, 9.5, 0.1, 0.9), Sum(20, 10, 0.1, 0.9)
    keep(plant, HOUR, {7200: {"images": count(19), "score": few}, 3600: {"images": count(20), "score": few}})
    page = visit("erin").get("/lines/phones/figures?span=week")
    assert set(charts(page)["Score"]["mean"]) == {None}
    assert "at least 20 are needed" in box(page, "Score")
    plant.wait(3600)
    keep(plant, HOUR, {3600: {"images": count(20), "score": many}})
    drawn = charts(visit("erin").get("/lines/phones/figures?span=week"))["Score"]
    assert drawn["mean"][-1] == 0.5
    assert "high" not in drawn, "the greatest score is a single unit's"


def test_the_newest_value_of_few_units_is_not_told_either(visit, plant):
    keep(plant, HOUR, {7200: {"overrides": share(40, 10)}}, whole=True)
    keep(plant, MINUTE, {120: {"overrides": share(3, 2), "answers": count(3)}}, whole=True)
    page = visit("erin").get("/lines/phones/figures?span=week")
    assert "nothing now" in box(page, "Overrides")
    assert 0.25 in charts(page)["Overrides"]["mean"]


def test_a_stage_shows_its_gravest_alarm_and_leads_to_it(visit, plant):
    plant.windows([120.0] * 9 + [110.0, 100.0, 80.0])
    page = visit("erin").get("/lines/phones/figures")
    capture, quality = re.split(r'id="stage-', page.text)[1:3]
    assert "No alarm" in capture
    assert "Critical" in quality
    assert 'href="/lines/phones/alarms"' in quality


def test_escapes_and_overkill_are_told_with_their_bounds(visit, plant):
    model = plant.model()
    plant.level(Level.SHADOW, model=model, audit_share=1)
    for number in range(4):
        seen = plant.unit(f"A-{number}", views=("front",), score=0.1 if number else 0.95)
        plant.answer("ines", Label(verdict=Verdict.PASS, seconds=3.0), seen=seen)
    plant.wait(31)
    plant.level(Level.FULL_AUTOMATION, model=model, reject_above=0.9, audit_share=0.1)
    page = visit("erin").get("/lines/phones/figures")
    assert "<dt>Overkill</dt><dd>1 of 4; at most 75.14 %" in page.text


@pytest.mark.parametrize("span", ["hours", "day", "week", "month", "year", "nonsense"])
def test_every_span_is_there(visit, plant, span):
    keep(plant, MINUTE, {120: light(120)})
    assert visit("erin").get(f"/lines/phones/figures?span={span}").status_code == 200


def test_a_line_without_figures_says_when_they_come(visit):
    assert "The first come some minutes after" in visit("erin").get("/lines/phones/figures").text


def test_a_line_that_has_just_begun_shows_its_minutes(visit, plant):
    keep(plant, MINUTE, {120: light(120)})
    first = visit("erin").get("/lines/phones/figures")
    assert "Brightness (median)" in charts(first)
    assert 'span=hours" aria-current="true"' in first.text
    assert charts(visit("erin").get("/lines/phones/figures?span=day")) == {}
    keep(plant, TEN_MINUTES, {1200: light(120)})
    assert 'span=day" aria-current="true"' in visit("erin").get("/lines/phones/figures").text
