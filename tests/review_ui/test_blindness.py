"""What a blind inspector must not see is nowhere: not in the page, the list, the story, the pictures or the events."""

import re

import pytest

from inspection.core.level import Level
from tests.review_ui.test_review import answer

TELLTALE = re.compile(r"heatmap|suggest|overlay|polygon|score|audit|novel|a1b2c3|model|0\.9", re.IGNORECASE)


def sheet_of(visitor, line="phones") -> str:
    """The review page without its scripts and styles, whose names say nothing about the unit."""
    page = visitor.get(f"/review?line={line}", hx_request="true").text
    assert 'id="work"' in page
    return page


def shape(html: str) -> str:
    """A page with everything that names the unit, its images and its lease taken out."""
    html = re.sub(r'value="[\w-]{20,}"', 'value="secret"', html)
    html = re.sub(r"\d+", "0", html)
    return re.sub(r"data-next=\"[^\"]*\"", "", html)


@pytest.fixture
def plant(plant):
    plant.line()
    plant.model()
    return plant


@pytest.mark.parametrize("level", [Level.HUMAN_ONLY, Level.SHADOW])
def test_blind_levels_send_no_trace_of_the_ai(visit, plant, level):
    if level is Level.SHADOW:
        plant.level(level, model="a1b2c3d4e5f6")
    plant.unit("A-1", score=0.9 if level is Level.SHADOW else None)
    page = sheet_of(visit("ines"))
    assert 'data-serial="A-1"' in page
    assert not TELLTALE.search(page)


def test_the_blind_share_of_ai_assist_is_blind(visit, plant):
    plant.level(Level.AI_ASSIST, model="a1b2c3d4e5f6", audit_share=1)
    plant.unit("A-1", score=0.9)
    assert not TELLTALE.search(sheet_of(visit("ines")))


def test_an_audit_looks_like_any_other_blind_unit(visit, plant):
    plant.unit("B-1")
    ordinary = sheet_of(visit("ines"))
    plant.line("gears")
    plant.model("gears", "feed00")
    plant.level(Level.FULL_AUTOMATION, "gears", model="feed00", reject_above=0.5, audit_share=1)
    plant.unit("B-2", line="gears", score=0.9)
    audited = sheet_of(visit("erin"), "gears").replace("gears", "phones")
    assert not TELLTALE.search(audited)
    assert shape(audited) == shape(ordinary)


@pytest.mark.parametrize("score", [0.1, 0.9])
def test_pages_beside_the_review_do_not_tell_an_inspector_either(visit, plant, score):
    plant.level(Level.FULL_AUTOMATION, model="a1b2c3d4e5f6", reject_above=0.5, audit_share=1)
    plant.unit("A-1", score=score)
    ines = visit("ines")
    story = ines.get("/lines/phones/units/A-1").text
    told = story[story.index('<main id="main">') : story.index("</main>")]
    assert not re.search(r"heatmap|polygon|0\.[19]00|score|rejected|passed|all views|Pass under|Reject under", told)
    assert "Pending" in told
    assert "A-1" not in ines.get("/lines/phones/units").text
    ines.get("/review")
    assert ines.get("/lines/phones/units/A-1").status_code == 404
    for image in (1, 2):
        assert ines.get(f"/images/{image}/heatmap").status_code == 404
        assert ines.get(f"/images/{image}").status_code == 200


@pytest.mark.parametrize("query", ["audited=yes", "reason=all_views_passed", "by=ai", "verdict=pass"])
def test_filters_do_not_find_audits_for_an_inspector(visit, plant, query):
    plant.level(Level.FULL_AUTOMATION, model="a1b2c3d4e5f6", reject_above=0.5, audit_share=1)
    plant.unit("A-1", score=0.1)
    plant.unit("A-2", score=0.1)
    plant.unit("A-3", score=0.9)
    ines = visit("ines")
    answer(ines, ines.get("/review"), answer="pass")
    plant.wait(31)
    assert len(re.findall('class="unit"', ines.get("/lines/phones/units").text)) == 1
    assert len(re.findall('class="unit"', ines.get(f"/lines/phones/units?{query}").text)) <= 1


def test_a_missing_heatmap_and_a_hidden_one_get_the_same_answer(visit, plant):
    plant.level(Level.SHADOW, model="a1b2c3d4e5f6")
    hidden = plant.unit("A-1", score=0.9)[0]
    ines = visit("ines")
    ines.get("/review")
    one, other = ines.get(f"/images/{hidden}/heatmap"), ines.get("/images/99999/heatmap")
    assert (one.status_code, one.text, dict(one.headers)) == (other.status_code, other.text, dict(other.headers))


@pytest.mark.parametrize("level", [Level.SHADOW, Level.FULL_AUTOMATION])
def test_an_engineer_cannot_look_at_a_unit_before_its_blind_review(visit, plant, level):
    other = {"reject_above": 0.5} if level is Level.FULL_AUTOMATION else {}
    plant.level(level, model="a1b2c3d4e5f6", audit_share=1, **other)
    image = plant.unit("A-1", score=0.9)[0]
    erin = visit("erin")
    assert erin.get(f"/images/{image}/heatmap").status_code == 404
    story = erin.get("/lines/phones/units/A-1").text
    assert "score 0.900" not in story
    assert "Pending" in story
    told = erin.get("/lines/phones/units").text
    told = told[told.index('<div class="units">') : told.index("</main>")]
    assert not re.search(r"Audit|0\.900|the AI|one view rejected", told)
    for query in ("audited=yes", "verdict=reject", "by=ai", "reason=view_rejected"):
        assert 'class="unit"' not in erin.get(f"/lines/phones/units?{query}").text


def test_where_reviews_show_the_ai_an_engineer_may_look_before(visit, plant):
    plant.level(Level.AI_ASSIST, model="a1b2c3d4e5f6", audit_share=0)
    image = plant.unit("A-1", score=0.9)[0]
    erin, ines = visit("erin"), visit("ines")
    assert erin.get(f"/images/{image}/heatmap").status_code == 200
    assert "score 0.900" in erin.get("/lines/phones/units/A-1").text
    assert ines.get(f"/images/{image}/heatmap").status_code == 404


def test_an_engineer_who_reviews_blind_is_blind_too(visit, plant):
    plant.level(Level.SHADOW, model="a1b2c3d4e5f6")
    image = plant.unit("A-1", score=0.9)[0]
    erin = visit("erin")
    erin.get("/review")
    assert erin.get(f"/images/{image}/heatmap").status_code == 404


def test_once_judged_everything_may_be_seen(visit, plant):
    plant.level(Level.SHADOW, model="a1b2c3d4e5f6")
    image = plant.unit("A-1", score=0.9)[0]
    ines = visit("ines")
    answer(ines, ines.get("/review"), answer="pass")
    erin = visit("erin")
    for who in (ines, erin):  # while it can be taken back, it must not be known whether it was right
        assert who.get(f"/images/{image}/heatmap").status_code == 404
    story = erin.get("/lines/phones/units/A-1").text
    assert "score 0.900" not in story
    assert "passed by a person" in story
    assert ines.get("/lines/phones/units/A-1").status_code == 404
    plant.wait(31)
    assert ines.get(f"/images/{image}/heatmap").status_code == 200
    assert "score 0.900" in ines.get("/lines/phones/units/A-1").text
