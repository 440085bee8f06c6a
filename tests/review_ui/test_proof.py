"""The proof of a line: a certificate made from labels or refused with what is missing, and what guards have seen."""

import pytest
from typer.testing import CliRunner

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.main import app

ASKED = {
    "definition": "per_unit", "escape": "10", "escape_per_defective": "", "overkill": "30", "confidence": "90",
    "found": "", "shown": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def model(plant):
    """A line in shadow with thirty labelled units."""
    plant.line()
    found = plant.model()
    plant.level(Level.SHADOW, model=found)
    for number in range(30):
        bad = number % 3 == 0
        images = plant.unit(f"A-{number}", score=0.9 if bad else 0.1)
        verdict = Verdict.REJECT if bad else Verdict.PASS
        given = Label(verdict=verdict, defect_types=("scratch",) if bad else (), seconds=2.0)
        plant.answer("ines", given, seen=images)
    plant.wait(31)
    return found


def test_a_line_without_a_certificate_says_so_and_plans_its_audits(visit):
    page = visit("ines").get("/lines/phones/proof").text
    assert "There is none for this model yet" in page
    assert "you need 299 audited units" in page
    assert "30 units in the last seven days" in page
    assert "Make a certificate" not in page


def test_enough_labels_make_a_certificate_that_says_what_it_means(visit):
    erin = visit("erin")
    assert erin.post("/lines/phones/proof", ASKED).headers["location"].startswith("/lines/phones/proof?model=")
    page = erin.get("/lines/phones/proof").text
    assert "Certificate 1 holds until" in page
    assert "0 of 30; at most 7" in page
    assert "nobody has measured how many they miss" in page
    assert "nothing of any single unit" in page


def test_too_few_labels_are_refused_with_how_many_more_it_takes(visit):
    asked = {**ASKED, "escape": "0,1", "overkill": "0,1", "confidence": "95"}
    answer = visit("erin").post("/lines/phones/proof", asked)
    assert answer.status_code == 200
    assert "2965 more labels like these will do" in answer.text
    assert 'name="escape" value="0,1"' in answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("escape", "", "Put limits"),
        ("escape", "200", "between 0 and 1"),
        ("confidence", "100", "between 0 and 1"),
        ("definition", "per_moon", "counted against"),
        ("shown", "many", "how many known defects"),
        ("shown", "3", "how many known defects"),
    ],
)
def test_what_cannot_be_proved_is_told_in_words_and_what_was_typed_stays(visit, field, value, words):
    answer = visit("erin").post("/lines/phones/proof", {**ASKED, field: value})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'name="overkill" value="30"' in answer.text


def test_people_who_were_measured_are_taken_into_account(visit):
    erin = visit("erin")
    erin.post("/lines/phones/proof", {**ASKED, "escape": "20", "shown": "200", "found": "198"})
    assert "Inspectors found 198 of 200 known defects" in erin.get("/lines/phones/proof").text


def test_guards_show_what_audits_have_said(visit, plant, model):
    plant.level(Level.PARTIAL_AUTOMATION, model=model, pass_below=0.3, reject_above=0.8, audit_share=1.0)
    images = plant.unit("B-1", score=0.1)
    plant.answer("ines", Label(verdict=Verdict.PASS, seconds=2.0), seen=images)
    assert "0 in 1 audited units" in visit("erin").get("/lines/phones/proof").text
    assert "0 in 1 audited units" in visit("erin").get("/lines/phones").text
    for path in ("/lines/phones/proof", "/lines/phones"):
        assert " in 1 audited units" not in visit("ines").get(path).text, (
            "an inspector who looks would learn what was an audit"
        )


def test_the_command_proves_and_refuses_as_well(plant, monkeypatch):
    monkeypatch.setenv("JIDOKA_DATABASE_URL", f"sqlite:///{plant.folder / 'plant.db'}")
    words = ["certify", "phones", "--days", "20000", "--per-defective", "1"]
    refused = CliRunner().invoke(app, words)
    assert refused.exit_code == 1
    assert "to pass: 30 labels do not prove 1.000% per unit; 269 more labels needed." in refused.output
    made = CliRunner().invoke(app, [*words, "--escape", "0.1", "--overkill", "0.3"])
    assert made.exit_code == 0, made.output
    for part in ("Proved by 30 of 30", "pass up to score 0.1", "escapes per unit: 0 of 30", "settle 100.0%"):
        assert part in made.output
