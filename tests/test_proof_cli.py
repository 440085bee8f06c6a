"""The command 'jidoka proof'."""

from pathlib import Path

from typer.testing import CliRunner

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.main import app
from tests.databases import sqlite_at
from tests.plant import Plant


def test_it_tells_certificate_step_and_guards(tmp_path: Path) -> None:
    plant = Plant(sqlite_at(tmp_path / "jidoka.db"), views=("front",))
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    plant.label_many(5)
    plant.label_many(1, Verdict.REJECT, 0.9, "bad")
    plant.db.close()
    done = CliRunner().invoke(app, ["proof", "phones", "--data-dir", str(tmp_path)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    assert "partial_automation by policy" in done.output
    assert "No certificate holds. There is none for this model yet." in done.output
    assert "To go up to full_automation:" in done.output
    assert "not met  Blind labels that agree with the model" in done.output
    assert "Guard escapes: 0 in 6 audited units, limit 1.00%" in done.output
