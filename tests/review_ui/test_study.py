"""Studies on their pages: made by engineers, judged by those who were chosen, told when they end."""

import re

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.flow import known


@pytest.fixture
def plant(plant):
    """Six units of known truth."""
    plant.line()
    plant.level(Level.SHADOW, model=plant.model(), pass_below=0.3, reject_above=0.7)
    for number in range(6):
        bad = number % 2 == 1
        images = plant.unit(f"A-{number}", score=0.9 if bad else 0.1)
        verdict, types = (Verdict.REJECT, ("scratch",)) if bad else (Verdict.PASS, ())
        plant.answer("erin", Label(verdict=verdict, defect_types=types, seconds=2.0), seen=images)
        plant.db.write(lambda tx, u=number + 1, b=bad: known.add(
            tx, line="phones", unit_id=u, defective=b, reason="x-ray", by="erin", now=plant.at
        ))  # fmt: skip
        plant.wait(31)
    return plant


def begin(visit, **sent):
    fields = {"title": "Spring study", "rounds": "2", "parts": list(range(1, 7)), "people": ["ines", "judy"], **sent}
    return visit("erin").post("/lines/phones/study", fields)


def judge_all(visit, name, answer):
    person, pages = visit(name), []
    while turn := re.search(r'name="turn" value="(\d+)"', page := person.get("/study/1").text):
        pages.append(page)
        assert person.post("/study/1", {"turn": turn[1], "answer": answer, "seconds": "1.5"}).status_code == 303
    assert "You have judged all parts" in page
    return pages


def test_a_study_is_made_judged_and_told(visit):
    assert begin(visit).headers["location"] == "/lines/phones/study"
    assert "Spring study" in visit("ines").get("/queue").text
    pages = judge_all(visit, "ines", "pass")
    assert len(pages) == 12
    assert "Part 1 of 12, round 1 of 2" in pages[0]
    for page in pages:
        assert not re.search(r"A-\d|defective|x-ray|0\.9", page), "nothing tells which part it is"
    assert "Spring study" not in visit("ines").get("/queue").text
    assert visit("erin").get("/study/1/report").status_code == 404
    judge_all(visit, "judy", "reject")
    report = visit("erin").get("/study/1/report").text
    for words in ("6 parts, 2 people, 2 rounds", "3 of the parts are defective", "50 %", "6 of 6", "The AI"):
        assert words in report
    table = visit("erin").get("/study/1/report.csv")
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) == 25
    assert table.text.splitlines()[0].startswith("part,serial,visit,truth,ai,person,round,verdict")


def test_it_is_stopped_and_goes_on(visit):
    begin(visit)
    assert visit("erin").post("/study/1/state", {"state": "stopped"}).status_code == 303
    assert "stands still" in visit("ines").get("/study/1").text
    answer = visit("ines").post("/study/1", {"turn": "1", "answer": "pass"})
    assert (answer.status_code, "stands still" in answer.text) == (422, True)
    visit("erin").post("/study/1/state", {"state": "running"})
    assert 'name="turn" value="1"' in visit("ines").get("/study/1").text


@pytest.mark.parametrize(
    ("sent", "words"), [({"parts": [1, 2]}, "5 to 100"), ({"people": []}, "inspectors"), ({"title": " "}, "title")]
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(visit, sent, words):
    answer = begin(visit, **sent)
    assert answer.status_code == 422
    assert words in answer.text
    assert sent.get("title", "Spring study") in answer.text


def test_only_those_who_were_chosen_judge_and_only_engineers_read(visit):
    begin(visit)
    assert visit("adam").get("/study/1").status_code == 403
    assert visit("ines").get("/lines/phones/study").status_code == 403
    for path in ("/study/1/report", "/study/1/report.csv"):
        assert visit("ines").get(path).status_code == 403
        assert visit().get(path).status_code == 303
    assert visit("erin").get("/study/9").status_code == 404
    assert visit("ines").post("/study/1", {"turn": "1", "answer": "pass"}, csrf="guessed").status_code == 403


def test_keys_judge_and_a_key_that_bounces_does_not_judge_twice(window, visit, plant):
    begin(visit)
    page = window("ines")
    page.goto("/study/1")
    for number in (1, 2):
        page.wait_for_selector(f"#work[data-ready] input[name=turn][value='{number}']", state="attached")
        page.wait_for_timeout(300)
        page.keyboard.press("1" if number == 1 else "Space")
    page.wait_for_selector("#work[data-ready] input[name=turn][value='3']", state="attached")
    with plant.db.read() as tx:
        rows = tx.exec_driver_sql("SELECT verdict, seconds FROM study_judgement ORDER BY id").all()
    assert [row[0] for row in rows] == ["reject", "pass"]
    assert all(0.2 < row[1] < 60 for row in rows)
    assert page.complaints == []
