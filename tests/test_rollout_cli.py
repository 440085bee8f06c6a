"""The command 'jidoka rollout'."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.core.level import Level
from inspection.core.rollout import CANARY_STEPS, InvalidRollout, Step, Strategy, steps_from, steps_in_words
from inspection.main import app
from tests.databases import sqlite_at
from tests.flow.rollouts import Trial
from tests.plant import Plant

runner = CliRunner()
WHY = ("--reason", "The new model finds more.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a line in shadow and two models."""
    trial = Trial(Plant(sqlite_at(tmp_path / "jidoka.db")), Level.SHADOW)
    trial.plant.db.close()
    return tmp_path


def said(folder: Path, *words: str) -> str:
    done = runner.invoke(app, ["rollout", *words, "--data-dir", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_rollout_is_started_shown_and_aborted(folder: Path) -> None:
    begun = said(folder, "start", "phones", *WHY, "--model", "2", "--steps", "5,50,100!", "--bake-hours", "1")
    assert "Rollout 1 of line phones has begun in shadow: steps 5, 50, 100! %" in begun
    shown = said(folder, "status", "phones")
    assert "rollout 1: shadow at 0 % of units  shadow, policy 3 -> 4  by command line" in shown
    assert "0 of 100 compared units" in shown
    with pytest.raises(InvalidRollout, match="waits for nobody"):
        said(folder, "approve", "phones", *WHY)
    assert "is aborted" in said(folder, "abort", "phones", *WHY)
    assert "rollout 1: aborted at 0 %" in said(folder, "status", "phones")


def test_one_word_goes_back(folder: Path) -> None:
    said(folder, "start", "phones", *WHY, "--model", "2", "--strategy", "blue_green")
    assert "decides by policy 3" in said(folder, "back", "phones", *WHY)
    assert "aborted" in said(folder, "status", "phones")
    assert "decides by policy 5" in said(folder, "back", "phones", *WHY, "--to", "2")


def test_steps_are_read_with_their_gates() -> None:
    assert steps_from("2.5, 100!", Strategy.CANARY) == (Step(weight=2.5), Step(weight=100, gate=True))
    assert steps_from(" ", Strategy.CANARY) == CANARY_STEPS
    assert steps_in_words(CANARY_STEPS) == "5, 10, 25, 50, 100!"
    with pytest.raises(InvalidRollout, match="no steps"):
        steps_from("5,many", Strategy.CANARY)
