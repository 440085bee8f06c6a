"""What would have come of other terms: the engineer asks, and nothing on the line changes."""

import pytest
from typer.testing import CliRunner

from inspection.core.level import Level
from inspection.main import app
from tests.review_ui.plant import Plant

ASKED = "/lines/phones/replay?level=partial_automation&model={model}&pass_below=0,2&reject_above=0.8&audit_percent=10"


@pytest.fixture(autouse=True)
def model(plant: Plant) -> str:
    plant.line()
    found = plant.model()
    plant.level(Level.SHADOW, model=found)
    for number, score in enumerate((0.1, 0.1, 0.5, 0.9)):
        plant.unit(f"A-{number}", score=score)
    return found


def test_the_form_opens_with_the_terms_in_force(visit, model):
    page = visit("erin").get("/lines/phones/replay").text
    assert "4 units decided again" in page
    assert "comes out as it did, bit for bit" in page
    assert f'value="{model}" selected' in page


def test_other_terms_stand_beside_those_in_force(visit, model):
    erin = visit("erin")
    page = erin.get(ASKED.format(model=model) + "&hour=30&units=4").text
    assert "75.0 %" in page
    assert "0.0 %" in page
    assert 'value="0,2"' in page
    assert "Under its own policy" in page
    assert "In force: policy 2" in erin.get("/lines/phones").text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("&units=0", "number of units"),
        ("&units=many", "number of units"),
        ("&units=1&escape=dear", "is no number"),
        ("&pass_below=0.9&units=1", "pass_below must be under"),
    ],
)
def test_what_cannot_be_asked_is_told_and_what_was_typed_stays(visit, model, typed, words):
    address = ASKED.format(model=model)
    if "pass_below" in typed:
        address = address.replace("pass_below=0,2&", "")
    answer = visit("erin").get(address + typed)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'name="reject_above" value="0.8"' in answer.text


def test_a_decision_that_was_altered_is_shown_with_its_unit(visit, plant):
    plant.db.write(lambda tx: tx.exec_driver_sql("UPDATE image SET reason = 'score_below' WHERE id = 1"))
    page = visit("erin").get("/lines/phones/replay").text
    assert "would not make again: 1" in page
    assert "/lines/phones/units/A-0" in page


def test_the_command_tells_the_same_and_ends_badly_when_something_was_altered(plant, monkeypatch):
    monkeypatch.setenv("JIDOKA_DATABASE_URL", f"sqlite:///{plant.folder / 'plant.db'}")
    words = ["replay", "phones", "--level", "partial_automation", "--pass-below", "0.2", "--reject-above", "0.8"]
    told = CliRunner().invoke(app, [*words, "--hour", "30"], env={"COLUMNS": "200"})
    assert told.exit_code == 0, told.output
    for part in ("4 units of line phones", "75.0%", "2 / 1", "bit for bit"):
        assert part in told.output
    plant.db.write(lambda tx: tx.exec_driver_sql("UPDATE image SET reason = 'score_below' WHERE id = 1"))
    altered = CliRunner().invoke(app, words)
    assert altered.exit_code == 1
    assert "A-0: decided refer (score_below), comes out refer now." in altered.output
