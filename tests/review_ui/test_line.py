"""A line's page: the ladder, the evidence, alarms and cameras."""

import html
import json
import re

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level


@pytest.fixture
def plant(plant):
    plant.line()
    return plant


def test_the_ladder_says_where_the_line_stands_and_what_the_next_rung_needs(visit):
    page = visit("ines").get("/lines/phones").text
    assert page.count('class="step"') == 5
    assert re.search(r'aria-current="step">\s*<span class="step">1<', page)
    assert "Evidence for the next rung: Shadow" in page
    assert "A trained model: none yet" in page
    assert "not met" in page


def test_inspectors_see_everything_and_no_form_but_one_for_alarms(visit, plant):
    plant.windows([120] * 10 + [60])
    page = visit("ines").get("/lines/phones").text
    actions = set(re.findall(r'action="(/lines/[^"]+)"', page))
    assert actions == {"/lines/phones/alarms/1/ack"}


def test_evidence_is_told_in_numbers_with_bounds(visit, plant):
    plant.level(Level.SHADOW, model=plant.model())
    for i in range(24):
        plant.unit(f"A-{i}", score=0.9 if i % 4 == 0 else 0.1)
        plant.answer("ines", Label(verdict=Verdict.REJECT if i % 4 == 0 else Verdict.PASS,
                                   defect_types=("dent",) if i % 4 == 0 else (), seconds=4))  # fmt: skip
    early = visit("ines").get("/lines/phones").text
    assert "0, of which 0 defective" in early, (
        "an answer that can be taken back would tell what the AI says of its unit"
    )
    plant.wait(31)
    page = visit("erin").get("/lines/phones").text
    assert "24, of which 6 defective" in page
    assert "Evidence for the next rung: AI assist" in page
    bins = json.loads(html.unescape(re.search(r"data-bins='([^']+)'", page)[1]))
    assert (sum(filter(None, bins["good"])), sum(filter(None, bins["defective"]))) == (18, 6)
    told = re.findall(r'<th scope="row">0.\d+.{3}0.\d+</th><td class="right">(\d+)</td><td class="right">(\d+)<', page)
    assert [sum(map(int, column)) for column in zip(*told, strict=True)] == [18, 6]
    assert "polyline" in page
    assert "blind labels without an escape" in page or "pass up to" in page


def test_an_alarm_is_taken_in_hand_and_cleared_with_a_reason(visit, plant):
    plant.windows([120] * 10 + [60])
    ines, erin = visit("ines"), visit("erin")
    assert "The light of view front has drifted" in ines.get("/").text
    ines.post("/lines/phones/alarms/1/ack")
    assert "ines looks after it" in erin.get("/lines/phones").text
    refused = erin.post("/lines/phones/alarms/1/clear", {"reason": " "})
    assert refused.status_code == 422
    assert "Write what was done" in refused.text
    erin.post("/lines/phones/alarms/1/clear", {"reason": "lamp changed"})
    assert "/lines/phones/alarms/1/ack" not in erin.get("/lines/phones").text
    assert erin.post("/lines/phones/alarms/1/ack").status_code == 404


def test_a_cameras_token_is_shown_once_with_a_ready_command(visit):
    erin = visit("erin")
    shown = erin.post("/lines/phones/cameras", {"name": "cam2"})
    token = re.search(r"jdk_[\w-]+", shown.text)[0]
    assert "jidoka camera --server http://plant.test --line phones --name cam2" in shown.text
    page = erin.get("/lines/phones").text
    assert token not in page
    assert "cam2" in page
    erin.post("/lines/phones/cameras/cam2/revoke")
    assert "revoked" in erin.get("/lines/phones").text
    assert erin.post("/lines/phones/cameras/cam9/revoke").status_code == 404


def test_a_bad_camera_name_is_refused_and_kept(visit):
    refused = visit("erin").post("/lines/phones/cameras", {"name": "Cam <1>"})
    assert refused.status_code == 422
    assert "A camera is named by" in refused.text
    assert 'value="Cam &lt;1&gt;"' in refused.text


def test_simulated_lines_are_marked_on_every_page(visit, plant):
    plant.line("sim", simulated=True)
    plant.unit("S-1", line="sim")
    erin = visit("erin")
    for path in ("/", "/queue", "/review?line=sim", "/lines/sim", "/lines/sim/training", "/lines/sim/units",
                 "/lines/sim/units/S-1", "/lines/sim/light"):  # fmt: skip
        assert "SIMULATED" in erin.get(path).text, path
    assert "SIMULATED" not in erin.get("/lines/phones").text


def test_thresholds_in_force_stand_on_the_scores(visit, plant):
    plant.level(Level.PARTIAL_AUTOMATION, model=plant.model(), pass_below=0.2, reject_above=0.8, audit_share=0.0001)
    plant.unit("A-1", score=0.5)
    page = visit("erin").get("/lines/phones").text
    marks = json.loads(html.unescape(re.search(r"data-thresholds='([^']+)'", page)[1]))
    assert {mark["id"]: mark["score"] for mark in marks} == {"pass_below": 0.2, "reject_above": 0.8}


def test_the_newest_units_are_on_the_page_and_tell_no_inspector_of_the_ai(visit, plant):
    plant.level(Level.FULL_AUTOMATION, model=plant.model(), reject_above=0.5, audit_share=1)
    for i in range(10):
        plant.unit(f"A-{i}", score=0.9)
        plant.wait(1)
    page = visit("erin").get("/lines/phones").text
    strip = page[page.index('class="strip"') : page.index("</section>", page.index('class="strip"'))]
    assert re.findall(r'class="serial">(A-\d)<', strip) == [f"A-{i}" for i in range(9, 1, -1)]
    assert strip.count("Pending") == 8
    assert "A-9" not in visit("ines").get("/lines/phones").text


def test_changes_stand_with_their_reasons_and_overrides_ever_after(visit, plant):
    plant.level(Level.PARTIAL_AUTOMATION, model=plant.model(), pass_below=0.2, reject_above=0.8)
    plant.level(Level.HUMAN_ONLY)
    page = visit("erin").get("/lines/phones").text
    history = page[page.index("History of policies") :]
    assert history.count("for the test of a page") >= 2
    assert "Override" in history
    assert 'href="/journal?subject=line/phones"' in page
    assert "/journal" not in visit("ines").get("/lines/phones").text
