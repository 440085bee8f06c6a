"""The journal in a real database: whoever changes it by hand is found out."""

import pytest

from inspection.store import journal
from inspection.store.database import Database
from tests.plant import Plant


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
