"""The wall screen: all lines, those that need somebody first."""

import re

import pytest

from inspection.core.level import Level
from inspection.flow.andon import ProofState, State, andon
from inspection.store.alarms import fire
from inspection.store.reports import line as line_report
from review_ui.draw import wall


@pytest.fixture
def plant(plant):
    plant.line()
    plant.line("gears", views=("face",), title="Gear wheels")
    return plant


def tiles(plant) -> dict:
    with plant.db.read() as tx:
        return {tile.card.name: tile for tile in andon(tx, plant.at)}


def alarm(plant, line: str) -> None:
    with plant.db.read() as tx:
        line_id = line_report.page(tx, line, plant.at).line_id
    plant.db.write(lambda tx: fire(tx, line_id, "light", "cam1/face", "The light has drifted.", plant.at))


def test_lines_that_need_somebody_come_first(visit, plant):
    plant.line("axles", views=("side",), title="Axles")
    alarm(plant, "gears")
    page = visit("ines").get("/andon").text
    assert re.findall(r'data-line="(\w+)"', page) == ["gears", "axles", "phones"]
    assert "The light has drifted." in page


def test_a_line_runs_or_has_no_parts_or_must_be_looked_at(plant):
    assert tiles(plant)["phones"].state is State.QUIET
    plant.unit("A-1")
    assert tiles(plant)["phones"].state is State.RUNS
    plant.wait(130)
    looked_at = tiles(plant)["phones"]
    assert (looked_at.state, looked_at.silent, looked_at.cameras) == (State.LOOK, 1, 1)
    plant.wait(3600)
    assert tiles(plant)["phones"].waits_long
    alarm(plant, "phones")
    assert tiles(plant)["phones"].state is State.ALARM


def test_what_stands_behind_the_ais_freedom(plant):
    assert tiles(plant)["phones"].proof is ProofState.NOT_NEEDED
    plant.level(Level.PARTIAL_AUTOMATION, model=plant.model(), pass_below=0.2, reject_above=0.8)
    assert tiles(plant)["phones"].proof is ProofState.OVERRIDE
    plant.db.write(lambda tx: tx.exec_driver_sql("UPDATE policy SET override = 0").rowcount)
    missing = tiles(plant)["phones"]
    assert (missing.proof, missing.state) == (ProofState.MISSING, State.LOOK)


def test_a_wall_stays_signed_in_and_offers_nothing_to_change(visit, plant):
    wall_screen = visit("wall")
    for _ in range(20):
        plant.wait(300)
        page = wall_screen.get("/andon", x_live="yes")
        assert page.status_code == 200
    assert "<form" not in page.text
    assert "csrf" not in page.text
    assert 'href="/andon"' in visit("ines").get("/").text


@pytest.mark.parametrize(
    ("lines", "columns"), [(0, 1), (1, 1), (2, 2), (4, 2), (6, 3), (12, 4), (16, 5), (24, 6), (30, 7)]
)
def test_tiles_fill_the_screen(lines, columns):
    assert wall(lines) == columns


def test_a_wall_that_hears_nothing_says_so_and_how_old_it_is(window, plant):
    for number in range(22):
        plant.line(f"line{number}", views=("top",), title=f"Line {number}")
    page = window("ines", width=1920, height=1080)
    page.goto("/andon")
    page.wait_for_selector("body[data-state=live]")
    assert page.locator(".tile").count() == 24
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    lowest = page.locator(".tile").last.bounding_box()
    assert lowest["y"] + lowest["height"] <= 1080
    alarm(plant, "gears")
    page.wait_for_selector(".tile.alarm")
    assert page.complaints == []
    page.context.set_offline(True)
    page.wait_for_selector("#lost:has-text('No connection. These figures are')", timeout=60_000)
    page.context.set_offline(False)
    page.wait_for_selector("#lost", state="hidden", timeout=60_000)
