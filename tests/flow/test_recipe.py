"""Whether models find the part first: kept with the line, changed with a reason, told to the next training."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.core.line import InvalidLine, Recipe
from inspection.flow import line
from inspection.main import lines as command
from inspection.store import journal, lines
from inspection.store.records import recipe_body, recipe_from
from tests.flow.test_train import Trainer, ask, put_in, work
from tests.plant import Plant

runner = CliRunner()


def change(plant: Plant, *, locate: bool = True, reason: str = "Parts lie any way round.") -> int:
    return plant.write(
        lambda tx: line.set_locate(tx, line="phones", locate=locate, by="erin", reason=reason, now=plant.now)
    )


def recipe(plant: Plant) -> Recipe:
    return plant.read(lambda tx: lines.in_force(tx, "phones")).line.recipe


def test_a_change_is_a_new_recipe_that_differs_in_nothing_else(any_plant: Plant) -> None:
    before = recipe(any_plant)
    assert not before.locate
    assert change(any_plant) == 2
    after = recipe(any_plant)
    assert after.locate
    assert Recipe(**{**after.__dict__, "locate": False}) == before
    assert change(any_plant, locate=False) == 3
    assert recipe(any_plant) == before


def test_a_change_is_in_the_journal_with_its_reason(plant: Plant) -> None:
    change(plant)
    told = [e.change for e in plant.read(lambda tx: journal.entries(tx)) if e.change.event == "recipe_changed"]
    assert [(c.subject, c.actor, c.reason) for c in told] == [("line/phones", "erin", "Parts lie any way round.")]
    assert json.loads(told[0].facts) == {"recipe": 2, "locate": True}


def test_a_change_needs_a_reason_and_something_to_change(plant: Plant) -> None:
    with pytest.raises(InvalidLine, match="Write the reason"):
        change(plant, reason="  .  ")
    with pytest.raises(InvalidLine, match="off for line 'phones' already"):
        change(plant, locate=False)
    assert not recipe(plant).locate


def test_a_recipe_kept_by_an_older_version_looks_at_the_whole_image() -> None:
    body = json.loads(recipe_body(Recipe(views=("top",), locate=True)))
    assert recipe_from(json.dumps(body)).locate
    del body["locate"]
    assert recipe_from(json.dumps(body)) == Recipe(views=("top",))


@pytest.mark.parametrize("locate", [False, True])
def test_a_training_is_told(plant: Plant, locate: bool) -> None:
    if locate:
        change(plant)
    put_in(plant)
    ask(plant)
    trainer = Trainer(plant)
    assert work(plant, trainer)
    assert trainer.locate == locate


def test_the_command_line_sets_and_changes_it(tmp_path: Path) -> None:
    def do(*words: str) -> str:
        done = runner.invoke(command.app, [*words, "--data-dir", str(tmp_path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    do("add", "plates", "--locate")
    assert "Recipe 2 of line plates: models look at the whole image" in do(
        "recipe", "plates", "--no-locate", "--reason", "They are held by a fixture."
    )
    assert "Recipe 3 of line plates: models find the part first" in do(
        "recipe", "plates", "--locate", "--reason", "The fixture is gone."
    )
