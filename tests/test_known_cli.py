"""The command 'jidoka known'."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspection.core.decide import Verdict
from inspection.core.known import InvalidKnown
from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.main import app
from tests.databases import sqlite_at
from tests.plant import Plant

runner = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with one unit that was rejected."""
    plant = Plant(sqlite_at(tmp_path / "jidoka.db"))
    plant.level(Level.SHADOW)
    plant.unit("S-1", 0.9)
    held = plant.claim()
    assert held is not None
    plant.answer(held, Verdict.REJECT)
    plant.db.close()
    return tmp_path


def said(folder: Path, *words: str) -> str:
    done = runner.invoke(app, [*words, "--data-dir", str(folder)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_known_unit_is_added_listed_and_retired(folder: Path) -> None:
    why = ("--reason", "Two experts saw it.")
    assert "known unit 1 of line phones" in said(folder, "known", "add", "phones", "S-1", "--defective", *why)
    listed = said(folder, "known", "list", "phones")
    assert "defective  0 right of 0  Two experts saw it." in listed
    assert "0 of 0 known defects were found" in listed
    with pytest.raises(InvalidKnown, match="no known defective unit"):
        said(folder, "certify", "phones", "--measured")
    said(folder, "known", "retire", "phones", "1")
    assert "retired" in said(folder, "known", "list", "phones")
    with pytest.raises(Unknown, match="never seen"):
        said(folder, "known", "add", "phones", "S-9", "--good", *why)
