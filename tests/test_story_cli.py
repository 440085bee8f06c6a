"""The commands 'jidoka story' and 'jidoka journal'."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.main import app
from tests.databases import sqlite_at
from tests.plant import Plant

runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a unit that the AI passed in part, and that a person rejected."""
    plant = Plant(sqlite_at(tmp_path / "jidoka.db"), audit_share=1.0)
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    plant.image("S-1", "front", 0.1)
    plant.image("S-1", "back", 0.5)
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.REJECT)
    plant.db.close()
    return tmp_path


def told(folder: Path, *words: str) -> str:
    done = runner.invoke(app, [*words, "--data-dir", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


@pytest.mark.parametrize("line", [(), ("--line", "phones")])
def test_a_unit_s_whole_story_is_told_by_its_serial(folder: Path, line: tuple[str, ...]) -> None:
    words = told(folder, "story", "S-1", *line)
    for part in (
        "visit 1 to line phones", "reject by person: rejected_by_person  audited", "front from cam1",
        "model 1: score 0.1000", "pass by policy 3: score_below  0.1000 <= 0.3000", "refer by policy 3: score_between",
        "ines: reject (scratch), blind", "unit_opened by router: - -> pending", "unit_labelled by ines: - -> reject",
        "unit_disposed by person: pending -> reject",
    ):  # fmt: skip
        assert part in words


def test_a_unit_that_was_never_seen_is_said_to_be_so(folder: Path) -> None:
    for line in ((), ("--line", "phones")):
        with pytest.raises(Unknown, match="Check the serial"):
            told(folder, "story", "S-2", *line)


def test_the_journal_is_listed_in_order_by_subject_and_number(folder: Path) -> None:
    everything = told(folder, "journal").splitlines()
    assert [int(line.split()[0]) for line in everything] == list(range(1, len(everything) + 1))
    of_unit = told(folder, "journal", "line/phones/unit/S-1").splitlines()
    assert 0 < len(of_unit) < len(everything)
    assert all(line.endswith("line/phones/unit/S-1") for line in of_unit)
    assert told(folder, "journal", "--after", "2", "--limit", "1").split()[0] == "3"
