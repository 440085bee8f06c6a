"""Units in a list, found by filters, and the story of one."""

import re

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from tests.review_ui.test_review import answer


@pytest.fixture
def plant(plant):
    plant.line()
    return plant


def serials(page) -> list[str]:
    return re.findall(r'class="serial grow">([^<]*)<', page.text)


def test_units_are_listed_newest_first_and_found_by_serial(visit, plant):
    for serial in ("A-1", "A-2", "B-1"):
        plant.unit(serial)
    erin = visit("erin")
    assert [s.strip() for s in serials(erin.get("/lines/phones/units"))] == ["B-1", "A-2", "A-1"]
    assert [s.strip() for s in serials(erin.get("/lines/phones/units?serial=A"))] == ["A-2", "A-1"]
    assert "No unit fits" in erin.get("/lines/phones/units?serial=%25").text


def test_units_are_found_by_verdict_and_who_settled_them(visit, plant):
    plant.unit("A-1")
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",)))
    plant.unit("A-2")
    erin = visit("erin")
    assert [s.strip() for s in serials(erin.get("/lines/phones/units?verdict=reject&by=person"))] == ["A-1"]
    assert [s.strip() for s in serials(erin.get("/lines/phones/units?verdict=pending"))] == ["A-2"]


def test_engineers_find_audits_once_they_are_judged(visit, plant):
    plant.level(Level.FULL_AUTOMATION, model=plant.model(), reject_above=0.5, audit_share=1)
    plant.unit("A-1", score=0.2)
    assert not serials(visit("erin").get("/lines/phones/units?audited=yes"))
    ines = visit("ines")
    answer(ines, ines.get("/review"), answer="pass")
    plant.wait(31)
    assert serials(visit("erin").get("/lines/phones/units?audited=yes"))
    assert not serials(visit("erin").get("/lines/phones/units?audited=no"))


def test_older_units_are_a_page_away(visit, plant):
    for i in range(53):
        plant.unit(f"A-{i:02}", views=("front",))
    erin = visit("erin")
    first = erin.get("/lines/phones/units?serial=A")
    older = re.search(r'href="(\?[^"]*before=\d+)"', first.text)[1].replace("&amp;", "&")
    assert [s.strip() for s in serials(erin.get(f"/lines/phones/units{older}"))] == ["A-02", "A-01", "A-00"]


@pytest.mark.parametrize("query", ["before=-1", "before=x", "before=99999999999999999999", "serial=" + "x" * 500])
def test_a_query_that_cannot_be_read_is_refused_in_words(visit, query):
    answer = visit("ines").get(f"/lines/phones/units?{query}")
    assert answer.status_code == 400
    assert "could not be read" in answer.text


@pytest.mark.parametrize("serial", ["A/1", "ü 7", "<script>alert(1)</script>", "50%", "a?b#c", '"quoted"'])
def test_any_serial_has_its_story_and_breaks_no_page(visit, plant, serial):
    plant.unit(serial)
    erin = visit("erin")
    page = erin.get("/lines/phones/units")
    address = re.search(r'class="unit" href="([^"]+)"', page.text)[1].replace("&amp;", "&")
    story = erin.get(address)
    assert story.status_code == 200
    assert "<script>alert" not in story.text + page.text + erin.get("/review").text


def test_a_story_tells_policy_scores_labels_and_journal(visit, plant):
    plant.level(Level.PARTIAL_AUTOMATION, model=plant.model(), pass_below=0.2, reject_above=0.8, audit_share=0.0001)
    plant.unit("A-1", score=0.9)
    story = visit("erin").get("/lines/phones/units/A-1").text
    for words in ("Reject under policy 2", "score over the reject threshold", "score 0.900", "one view rejected",
                  "Unit seen on the line", "Nobody has judged this visit", "/heatmap"):  # fmt: skip
        assert words in story, words


def test_a_unit_that_came_back_has_two_visits(visit, plant):
    plant.unit("A-1", views=("front", "back"))
    with plant.db.read() as tx:
        seen = tx.exec_driver_sql("select id from image").scalars().all()
    assert len(seen) == 2
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",)))
    plant.unit("A-1")
    story = visit("erin").get("/lines/phones/units/A-1").text
    assert 'aria-label="Visit 2"' in story
    assert 'aria-label="Visit 1"' in story


def test_an_unknown_serial_is_said_to_be_unknown(visit):
    answer = visit("ines").get("/lines/phones/units/nothing")
    assert answer.status_code == 404
    assert "knows no unit" in answer.text


def test_all_lines_are_searched_at_once_or_one_of_them(visit, plant):
    plant.line("gears", views=("face",), title="Gear wheels")
    plant.unit("A-1")
    plant.wait(1)
    plant.unit("A-2", line="gears", views=("face",))
    erin = visit("erin")
    page = erin.get("/units")
    assert [s.strip() for s in serials(page)] == ["A-2", "A-1"]
    assert 'href="/lines/gears/units/A-2"' in page.text
    assert [s.strip() for s in serials(erin.get("/units?line=phones"))] == ["A-1"]
    assert erin.get("/units?line=nowhere").status_code == 404


def test_the_address_of_a_search_can_be_shared(visit, plant):
    plant.unit("A-1")
    plant.wait(60)
    plant.unit("A-2")
    erin = visit("erin")
    asked = "/lines/phones/units?serial=A&since=2026-11-21T08:00:30&layout=list&view=front"
    page = erin.get(asked)
    assert re.findall(r'class="serial" href="[^"]+">([^<]+)<', page.text) == ["A-2"]
    for kept in ('value="A"', 'value="2026-11-21T08:00:30"', '<option value="front" selected>', 'more rest" open>'):
        assert kept in page.text, kept
    export = re.search(r'href="(/units/export/csv\?[^"]+)"', page.text)[1].replace("&amp;", "&")
    assert erin.get(export).text.count("\r\n") == 2


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-13-01", "score_from=much", "since=9999-12-31T23-14:00"]
)
def test_a_filter_that_makes_no_sense_is_named_and_kept(visit, query):
    answer = visit("erin").get(f"/units?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_inspectors_are_not_offered_what_tells_of_the_ai_and_cannot_ask_for_it(visit, plant):
    plant.unit("A-1")
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",)))
    plant.wait(31)
    ines = visit("ines")
    page = ines.get("/units").text
    for name in ("disagreement", "audited", "score_from", "/units/export"):
        assert name not in page, name
    for query in ("disagreement=escape", "audited=yes", "score_from=0.9"):
        assert [s.strip() for s in serials(ines.get(f"/units?{query}"))] == ["A-1"]


def test_inspectors_find_what_is_settled_and_nothing_of_what_is_in_hand(visit, plant):
    for serial in ("A-1", "A-2", "A-3"):
        plant.unit(serial)
        plant.wait(1)
    ines, story = visit("ines"), "/lines/phones/units/"

    def found() -> tuple[list[str], list[int]]:
        named = ("A-1", "A-2", "A-3")
        return [s.strip() for s in serials(ines.get("/units"))], [ines.get(story + s).status_code for s in named]

    assert found() == ([], [200] * 3)
    sheet = ines.get("/review")
    assert found() == ([], [404, 200, 200])
    unknown = ines.get(story + "A-9").text.replace("A-9", "A-1")
    assert ines.get(story + "A-1").text == unknown
    answer(ines, sheet, answer="pass")
    assert found() == ([], [404, 404, 200]), "the next one is in hand, the first can be taken back"
    plant.wait(31)
    assert found() == (["A-1"], [200, 404, 200])
    assert "pending" not in ines.get("/units").text


def test_escapes_are_found_and_marked(visit, plant):
    plant.level(Level.FULL_AUTOMATION, model=plant.model(), reject_above=0.5, audit_share=1)
    plant.unit("A-1", score=0.2)
    plant.answer("ines", Label(verdict=Verdict.REJECT, defect_types=("dent",)))
    plant.wait(31)
    page = visit("erin").get("/units?disagreement=escape&defect=dent")
    assert [s.strip() for s in serials(page)] == ["A-1"]
    assert "Escape</span>" in page.text
