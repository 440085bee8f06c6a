"""The command 'jidoka channel'."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from inspection.core.alarm import InvalidAlarm
from inspection.core.line import Unknown
from inspection.main import app
from inspection.main.users import database
from inspection.store.records import MESSAGE
from tests.databases import sqlite_at
from tests.plant import Plant

runner = CliRunner()
URL = "https://hooks.example.com/services/s3cr3t-part"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a line called phones."""
    Plant(sqlite_at(tmp_path / "jidoka.db")).db.close()
    return tmp_path


def said(folder: Path, *words: str, typed: str = "") -> str:
    done = runner.invoke(app, ["channel", *words, "--data-dir", str(folder)], input=typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def messages(folder: Path) -> int:
    with database(folder) as db, db.read() as tx:
        return int(tx.execute(select(func.count()).select_from(MESSAGE)).scalar_one())


def test_a_channel_is_added_tried_listed_and_removed_and_its_address_is_never_shown(folder: Path) -> None:
    told = said(folder, "add", "night-shift", "webhook", "--line", "phones", "--least", "critical", typed=f"{URL}\n")
    assert "signed with this key" in told
    assert "s3cr3t" not in told
    key = told.split()[-1]
    listed = said(folder, "list")
    assert "night-shift" in listed
    assert "phones, critical: nothing sent yet" in listed
    assert "s3cr3t" not in listed
    assert key not in listed, "the key is shown once"
    assert "A message waits" in said(folder, "test", "night-shift")
    assert messages(folder) == 1
    assert "is gone" in said(folder, "remove", "night-shift")
    assert said(folder, "list").strip() == ""
    assert messages(folder) == 0, "what is on its way to it is forgotten"


@pytest.mark.parametrize("url", ["", "file:///etc/passwd", "https://", "nonsense"])
def test_an_address_that_cannot_be_is_refused(folder: Path, url: str) -> None:
    with pytest.raises(InvalidAlarm, match=r"[A-Z].{20}"):
        said(folder, "add", "night", "webhook", "--url", url)
    assert said(folder, "list").strip() == ""


def test_names_are_looked_after(folder: Path) -> None:
    said(folder, "add", "night", "webhook", "--url", URL)
    with pytest.raises(InvalidAlarm, match="already"):
        said(folder, "add", "night", "webhook", "--url", URL)
    for command in ("test", "remove"):
        with pytest.raises(Unknown, match="day"):
            said(folder, command, "day")
    with pytest.raises(Unknown, match="nowhere"):
        said(folder, "add", "day", "webhook", "--url", URL, "--line", "nowhere")
