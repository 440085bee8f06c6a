"""The journal's page: newest first, by subject, page by page, and silent on units under a blind review."""

import re

import pytest

from inspection.core.level import Level
from tests.review_ui.test_review import answer


def numbers(page) -> list[int]:
    return [int(n) for n in re.findall(r'<tr><td class="right nowrap">(\d+)</td>', page.text)]


@pytest.fixture(autouse=True)
def line(plant):
    plant.line()
    plant.level(Level.SHADOW, model=plant.model())


def test_entries_come_newest_first_and_older_ones_are_a_page_away(visit, plant):
    for i in range(40):
        plant.unit(f"A-{i}", views=("front",))
    erin = visit("erin")
    first = erin.get("/journal")
    seen = numbers(first)
    assert seen == sorted(seen, reverse=True)
    older = re.search(r'href="(/journal\?before=\d+)"', first.text)[1]
    assert numbers(erin.get(older))[0] < seen[-1]


def test_a_subject_holds_what_lies_under_it(visit):
    told = visit("erin").get("/journal?subject=line/phones").text
    assert "line added" in told
    assert "person/erin" not in told
    assert "No entry of this subject" in visit("erin").get("/journal?subject=line/nothing").text


def test_what_a_blind_review_must_not_know_waits(visit, plant):
    plant.unit("A-1", score=0.9)
    erin, ines = visit("erin"), visit("ines")
    told = erin.get("/journal?subject=line/phones/unit/A-1").text
    assert "entries wait here" in told
    assert "Image decided" not in told
    answer(ines, ines.get("/review"), answer="reject", defects=["scratch"])
    plant.wait(31)
    told = erin.get("/journal?subject=line/phones/unit/A-1").text
    assert "entries wait here" not in told
    assert "Image decided" in told


@pytest.mark.parametrize("query", ["before=0", "before=x", "subject=" + "x" * 400, "before=99999999999999999999"])
def test_nonsense_is_refused(visit, query):
    assert visit("erin").get(f"/journal?{query}").status_code == 400


def test_a_subject_is_shown_as_text(visit):
    assert "<script>" not in visit("erin").get("/journal?subject=<script>alert(1)</script>").text.split("<main")[1]
