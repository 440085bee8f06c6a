"""One unit at a time: claim, judge, undo, give back, and late answers."""

import html
import re

import pytest

from inspection.core.level import Level


def held(page) -> dict[str, str]:
    """What the form in a review page would send."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    seen = re.findall(r'name="seen" value="(\d+)"', page.text)
    return {"task": re.search(r'data-task="(\d+)"', page.text)[1], "lease": fields["lease"], "seen": seen}


def answer(visitor, page, **fields):
    form = held(page)
    return visitor.post(
        f"/review/{form['task']}",
        {"lease": form["lease"], "seen": form["seen"], "seconds": "3.5", **fields},
        hx_request="true",
    )


@pytest.fixture
def plant(plant):
    plant.line()
    plant.unit("A-1")
    plant.wait(1)
    plant.unit("A-2")
    return plant


def test_a_pass_is_kept_and_the_next_unit_comes_at_once(visit):
    ines = visit("ines")
    page = ines.get("/review")
    assert "A-1" in page.text
    after = answer(ines, page, answer="pass", note="  clean  ")
    assert after.status_code == 200
    assert 'data-serial="A-2"' in after.text
    assert "<html" not in after.text
    story = visit("erin").get("/lines/phones/units/A-1").text
    assert "passed by a person" in story
    assert "3.5 s" in story
    assert "“clean”" in story


def test_a_reject_names_its_defect_with_one_button(visit):
    ines = visit("ines")
    answer(ines, ines.get("/review"), answer="reject:crack")
    story = visit("erin").get("/lines/phones/units/A-1").text
    assert "rejected by a person" in story
    assert "crack" in story


def test_several_defects_go_together(visit):
    ines = visit("ines")
    answer(ines, ines.get("/review"), answer="reject", defects=["crack", "dent"])
    assert "crack, dent" in visit("erin").get("/lines/phones/units/A-1").text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"answer": "reject"}, "Name the defect"),
        ({"answer": "reject:rust"}, "no defect type"),
        ({"answer": "maybe"}, "pass or reject"),
        ({"answer": "pass", "note": "n" * 1001}, "at most 1000 characters"),
    ],
)
def test_an_answer_that_will_not_do_says_why_and_keeps_the_note(visit, fields, words):
    ines = visit("ines")
    again = answer(ines, ines.get("/review"), **{"note": "keep this", **fields})
    assert again.status_code == 422
    assert words in again.text
    assert 'data-serial="A-1"' in again.text
    if "note" not in fields:
        assert "keep this" in again.text


@pytest.mark.parametrize("seconds", ["", "nan", "-5", "1e99", "soon", "inf"])
def test_odd_seconds_do_no_harm(visit, seconds):
    ines = visit("ines")
    assert answer(ines, ines.get("/review"), answer="pass", seconds=seconds).status_code == 200


def test_an_answer_can_be_taken_back_for_a_while(visit, plant):
    ines = visit("ines")
    after = answer(ines, ines.get("/review"), answer="reject:dent")
    assert "/review/undo" in after.text
    again = ines.post("/review/undo", hx_request="true")
    assert 'data-serial="A-1"' in again.text
    assert "A-1" in answer(ines, again, answer="pass").text
    plant.wait(31)
    late = ines.post("/review/undo", hx_request="true")
    assert late.status_code == 409
    assert "Only your last answer" in late.text
    assert 'data-serial="A-2"' in late.text


def test_two_inspectors_never_hold_the_same_unit(visit):
    one, two = visit("ines"), visit("erin")
    assert 'data-serial="A-1"' in one.get("/review").text
    assert 'data-serial="A-2"' in two.get("/review").text
    assert 'data-serial="A-1"' in one.get("/review").text


def test_a_unit_that_somebody_is_unsure_of_goes_to_a_colleague_with_the_note(visit, plant):
    ines = visit("ines")
    form = held(ines.get("/review"))
    plant.wait(5)
    sent = {"lease": form["lease"], "note": "is this <dirt>?"}
    assert 'data-serial="A-2"' in ines.post(f"/review/{form['task']}/unsure", sent, hx_request="true").text
    queue = visit("judy").get("/queue").text
    assert "one unit waits for a second opinion" in queue
    assert "second opinion" not in ines.get("/queue").text
    theirs = visit("erin").get("/review").text
    assert 'data-serial="A-1"' in theirs
    assert "is this &lt;dirt&gt;?" in theirs
    again = ines.post(f"/review/{form['task']}/unsure", sent, hx_request="true")
    assert again.status_code == 409
    assert "went to somebody else" in again.text


def test_a_note_too_long_for_a_second_opinion_is_kept_on_the_page(visit):
    ines = visit("ines")
    form = held(ines.get("/review"))
    sent = {"lease": form["lease"], "note": "n" * 1001, "marks": '[{"image": 1, "box": [1, 2, 30, 40]}]'}
    again = ines.post(f"/review/{form['task']}/unsure", sent, hx_request="true")
    assert again.status_code == 422
    assert "n" * 1001 in again.text
    assert "[1, 2, 30, 40]" in again.text


def test_a_queue_that_falls_behind_says_so_and_passes_nothing(visit, plant):
    ines = visit("ines")
    assert "in the last hour" in ines.get("/queue").text
    assert "more people are needed" not in ines.get("/queue").text
    plant.wait(700)
    assert "more people are needed" in ines.get("/queue").text
    told = ines.get("/queue/load?line=phones").text
    assert "2 wait, the oldest for 12 min" in told
    assert 'role="status"' in told
    assert "it does not clear at this pace" in visit("erin").get("/").text
    assert "0" in ines.get("/queue/load?line=nowhere").text


def test_a_lost_lease_is_told_and_the_late_answer_is_kept_but_does_not_count(visit, plant):
    slow, quick = visit("ines"), visit("erin")
    page = slow.get("/review")
    form = held(page)
    assert slow.post(f"/review/{form['task']}/keep", {"lease": form["lease"]}).status_code == 204
    plant.wait(301)
    assert 'data-serial="A-1"' in quick.get("/review").text
    lost = slow.post(f"/review/{form['task']}/keep", {"lease": form["lease"]})
    assert lost.status_code == 409
    assert "went to somebody else" in lost.text
    late = answer(slow, page, answer="pass")
    assert "Too late to count" in late.text
    assert "/review/undo" not in late.text
    story = visit("erin").get("/lines/phones/units/A-1").text
    assert "late, did not count" in story


def test_it_works_without_scripts_too(visit):
    ines = visit("ines")
    form = held(ines.get("/review?line=phones"))
    plain = ines.post(f"/review/{form['task']}", {"lease": form["lease"], "answer": "pass", "line": "phones"})
    assert (plain.status_code, plain.headers["location"]) == (303, "/review?line=phones")
    assert 'data-serial="A-2"' in ines.get("/review?line=phones").text


def test_an_empty_queue_says_well_done(visit):
    ines = visit("ines")
    for _ in range(2):
        page = ines.get("/review")
        last = answer(ines, page, answer="pass")
    assert "Nothing to inspect" in last.text
    assert "/review/undo" in last.text
    assert 'hx-trigger="live' in last.text


def test_the_next_units_pictures_are_named_and_nothing_else_of_it(visit):
    page = visit("ines").get("/review").text
    assert 'data-next="/images/3 /images/4 "' in page
    assert "A-2" not in page


def test_only_the_lines_own_queue_is_worked_when_asked(visit, plant):
    plant.line("gears", views=("face",))
    assert "Nothing to inspect" in visit("ines").get("/review?line=gears").text


def test_a_line_that_does_not_exist_has_an_empty_queue(visit):
    assert visit("ines").get("/review?line=%00<script>").status_code == 200


def test_a_missing_view_is_shown_as_missing(visit, plant):
    plant.line("lids")
    plant.unit("L-1", line="lids", views=("front",))
    plant.wait(61)
    assert "This view has not come" in visit("ines").get("/review?line=lids").text


def test_a_reject_key_is_there_where_a_line_has_no_defect_types(visit, plant):
    plant.line("plates", views=("top",), defects=())
    plant.unit("P-1", line="plates", views=("top",))
    ines = visit("ines")
    page = ines.get("/review?line=plates")
    assert 'value="reject" data-key="1"' in page.text
    assert answer(ines, page, answer="reject").status_code == 200


def test_where_the_level_shows_the_ai_the_inspector_sees_it(visit, plant):
    plant.line("gears", views=("face",))
    model = plant.model("gears", "feed00")
    plant.level(Level.AI_ASSIST, "gears", model=model, audit_share=0)
    plant.unit("G-1", line="gears", views=("face",), score=0.9)
    page = visit("ines").get("/review?line=gears").text
    assert "AI suggestion" in page
    assert "Look at the marked places" in page
    assert "/heatmap" in page
    assert "polygon" in page


def test_a_pass_stands_only_for_the_pictures_that_were_shown(visit, plant):
    ines = visit("ines")
    page = ines.get("/review")
    plant.unit("A-1", views=("front",))
    answer(ines, page, answer="pass")
    assert "Pending" in visit("erin").get("/lines/phones/units/A-1").text


def test_drawn_places_go_with_a_reject_and_are_on_the_story(visit):
    ines = visit("ines")
    marks = '[{"image": 1, "box": [10, 20, 30, 40]}, {"image": 2, "outline": [[1, 1], [9, 1], [5, 8]], "type": "dent"}]'
    answer(ines, ines.get("/review"), answer="reject:crack", marks=marks)
    story = visit("erin").get("/lines/phones/units/A-1").text
    assert "crack, dent" in story
    assert 'class="told" x="10" y="20" width="20" height="20"' in story
    assert 'points="1,1 9,1 5,8 "' in story
    assert "Marked on front: crack" in story
    assert "Marked on back: dent" in story


@pytest.mark.parametrize(
    ("said", "marks", "words"),
    [
        ("pass", '[{"image": 1, "box": [1, 2, 30, 40]}]', "take them away, or reject it"),
        ("reject:crack", '[{"image": 1, "box": [1, 2, 3000, 40]}]', "outside its picture"),
        ("reject:crack", '[{"image": 3, "box": [1, 2, 30, 40]}]', "no image of this unit"),
        ("reject:crack", '"><script>', "could not be read"),
    ],
)
def test_places_that_will_not_do_say_why_and_are_kept(visit, said, marks, words):
    ines = visit("ines")
    again = answer(ines, ines.get("/review"), answer=said, marks=marks, note="keep this")
    assert again.status_code == 422
    assert words in again.text
    assert 'data-serial="A-1"' in again.text
    assert "keep this" in again.text
    assert f'name="marks" value="{html.escape(marks)}"' in again.text.replace("&#34;", "&quot;")
