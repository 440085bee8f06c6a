"""The journal in a real database: whoever changes it by hand is found out."""

from datetime import UTC, datetime

import pytest

from inspection.core.journal import Change
from inspection.store import journal
from inspection.store.database import Database
from tests.plant import Plant

NOW = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tamper", "named"),
    [
        ("UPDATE journal SET reason = 'harmless' WHERE seq = 5", "Entry 5 "),
        ("UPDATE journal SET at = at + 1 WHERE seq = 3", "Entry 3 "),
        ("DELETE FROM journal WHERE seq = 4", "Entry 4 is missing"),
        ("UPDATE journal SET after = 'pass' WHERE seq = 2", "Entry 2 "),
    ],
)
def test_the_first_broken_entry_is_named(any_plant: Plant, tamper: str, named: str) -> None:
    any_plant.unit("S1")
    db: Database = any_plant.db
    assert db.write(lambda tx: journal.verify(tx))[1] is None
    db.write(lambda tx: tx.exec_driver_sql(tamper.replace("after =", '"after" =')).rowcount)
    with db.read() as tx:
        broken = journal.verify(tx)[1]
    assert broken is not None
    assert named in broken


def test_entries_of_a_subject_are_found_with_what_lies_under_it(plant: Plant) -> None:
    plant.unit("S1")
    plant.unit("S10")
    with plant.db.read() as tx:
        found = journal.entries(tx, subject="line/phones/unit/S1")
    assert {entry.change.subject for entry in found} == {"line/phones/unit/S1"}
    assert [entry.change.event for entry in found][:2] == ["unit_opened", "image_stored"]


@pytest.mark.parametrize("few", [0, 2000])
def test_a_subject_is_found_the_same_way_however_much_lies_under_it(
    any_db: Database, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(journal, "_FEW", few)
    subjects = ("line/a", "line/a/unit/1", "line/a/unit/1#2", "line/a-b", "line/ab", "line/a0", "line/a/unit/10")
    changes = [Change(subject=subject, event="tried", actor="test") for subject in subjects]
    any_db.write(lambda tx: journal.append(tx, NOW, *changes))
    with any_db.read() as tx:
        under = [entry.change.subject for entry in journal.entries(tx, subject="line/a")]
        newest = [entry.change.subject for entry in journal.newest(tx, subject="line/a", limit=2)]
        alone = [entry.change.subject for entry in journal.of(tx, "line/a/unit/1", limit=5)]
    assert under == ["line/a", "line/a/unit/1", "line/a/unit/1#2", "line/a/unit/10"]
    assert newest == under[-2:]
    assert alone == ["line/a/unit/1"]
