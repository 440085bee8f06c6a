"""Disputed units on their page: both answers and the pictures, never the AI, and never one's own."""

import re

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.people import Role


@pytest.fixture(autouse=True)
def dispute(plant):
    """Ines rejects what ivan then passes, both blind; the AI was sure that it is defective."""
    plant.person("ivan", Role.INSPECTOR)
    plant.line()
    plant.level(Level.SHADOW, model=plant.model())
    images = plant.unit("A-0007", score=0.987)
    rejected = Label(verdict=Verdict.REJECT, defect_types=("scratch",), note="left edge", seconds=2.0)
    plant.answer("ines", rejected, seen=images)
    plant.wait(60)
    plant.unit("A-0815", score=0.1)
    plant.answer("ivan", Label(verdict=Verdict.PASS, note="only dust", seconds=2.0), second=1.0)
    plant.wait(31)


def action(page: str) -> str:
    return re.search(r'action="(/adjudicate/\w+/\d+)"', page)[1]


def test_both_answers_are_told_with_their_notes_and_nothing_of_the_ai(visit):
    page = visit("judy").get("/adjudicate").text
    for words in ("A-0007", "ines", "ivan", "left edge", "only dust", "scratch", "second reading"):
        assert words in page
    for words in ("0.987", "heatmap", "Model v", "A-0815"):
        assert words not in page


def test_it_is_settled_once_with_a_reason(visit):
    judy = visit("judy")
    settle = action(judy.get("/adjudicate").text)
    assert "Choose whether" in judy.post(settle, {"truth": "maybe", "reason": "x-ray"}).text
    assert "how its truth is known" in judy.post(settle, {"truth": "good", "reason": " "}).text
    refused = judy.post(settle, {"truth": "defective", "reason": "x-ray", "defects": ["rust"]})
    assert (refused.status_code, "Its types are" in refused.text, "x-ray" in refused.text) == (422, True, True)
    sent = {"truth": "defective", "reason": "x-ray", "defects": ["scratch"]}
    assert judy.post(settle, sent).headers["location"] == "/adjudicate"
    assert "Nothing to settle" in judy.get("/adjudicate").text
    assert "does not wait" in judy.post(settle, sent).text
    assert "x-ray" in visit("erin").get("/journal").text


def test_who_has_a_part_in_it_is_not_given_it(visit, plant):
    plant.db.write(lambda tx: tx.exec_driver_sql("UPDATE person SET role = 'adjudicator' WHERE name = 'ivan'"))
    page = visit("ivan").get("/adjudicate").text
    assert "A-0007" not in page
    assert "somebody else must settle it" in page
    settle = action(visit("judy").get("/adjudicate").text)
    assert visit("ivan").post(settle, {"truth": "good", "reason": "I know it"}).status_code == 403


def test_its_story_tells_nothing_of_the_ai_meanwhile(visit):
    story = "/lines/phones/units/A-0007"
    for name in ("judy", "erin"):
        page = visit(name).get(story).text
        assert "0.987" not in page
        assert "stays unknown" in page
    settle = action(visit("judy").get("/adjudicate").text)
    visit("judy").post(settle, {"truth": "good", "reason": "x-ray"})
    assert "0.987" in visit("erin").get(story).text


def test_it_is_settled_by_keyboard_alone(window):
    page = window("judy", width=390, height=844)
    page.goto("/adjudicate")
    page.focus("textarea[name=reason]")
    page.keyboard.type("x-ray")
    for _ in range(4):  # over three types of defects to the first verdict
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.value") == "defective"
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing to settle")
    assert page.complaints == []
