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
        lambda tx: line.change_recipe(tx, line="phones", locate=locate, by="erin", reason=reason, now=plant.now)
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
    with pytest.raises(InvalidLine, match="says so already"):
        change(plant, locate=False)
    assert not recipe(plant).locate


def test_a_recipe_kept_by_an_older_version_looks_at_the_whole_image() -> None:
    body = json.loads(recipe_body(Recipe(views=("top",), locate=True)))
    assert recipe_from(json.dumps(body)).locate
    for later in ("locate", "input_size", "budget_ms"):
        del body[later]
    assert recipe_from(json.dumps(body)) == Recipe(views=("top",))


@pytest.mark.parametrize("locate", [False, True])
def test_a_training_is_told(plant: Plant, locate: bool) -> None:
    if locate:
        change(plant)
    put_in(plant)
    ask(plant)
    trainer = Trainer(plant)
    assert work(plant, trainer)
    assert trainer.recipe == recipe(plant)
    assert trainer.recipe.locate == locate


def test_the_size_that_models_look_at_is_kept_and_checked(any_plant: Plant) -> None:
    def change(**changes: object) -> int:
        how = {"line": "phones", "by": "erin", "reason": "Thin scratches.", "now": any_plant.now}
        return any_plant.write(lambda tx: line.change_recipe(tx, **how, **changes))  # type: ignore[arg-type]

    assert change(input_size=(288, 512)) == 2
    assert recipe(any_plant).input_size == (288, 512)
    assert change(input_size=None, budget_ms=400.0) == 3
    assert (recipe(any_plant).input_size, recipe(any_plant).budget_ms) == (None, 400.0)
    for wrong in ({"input_size": (100, 512)}, {"input_size": (32, 64)}, {"input_size": (64, 8192)}, {"budget_ms": 0.0}):
        with pytest.raises(InvalidLine, match=r"multiples of 32|milliseconds"):
            change(**wrong)


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
    assert "at 288 x 512 pixels" in do("recipe", "plates", "--size", "288x512", "--reason", "Thin scratches.")
    told = do("recipe", "plates", "--size", "auto", "--budget-ms", "300", "--reason", "Let the trials choose.")
    assert "a size found by trials, for about 300 ms" in told
    with pytest.raises(InvalidLine, match="is no size"):
        do("recipe", "plates", "--size", "large", "--reason", "Thin scratches.")
