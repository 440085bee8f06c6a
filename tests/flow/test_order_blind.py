"""Neither the order of the queue nor what is fetched beforehand tells what the AI said, or of a past unit."""

from itertools import permutations
from pathlib import Path

import pytest
from sqlalchemy import text

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.flow import known, review
from inspection.store.reports import review as report
from tests.databases import sqlite_at
from tests.plant import Plant

SCORES = (0.1, 0.5, 0.9)


def order(plant: Plant, scores: tuple[float, ...]) -> list[str]:
    """In which order nine audited units come, whose scores are these over and over."""
    plant.write(lambda tx: tx.execute(text("UPDATE line SET audit_salt = 'always the same'")).rowcount)
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    for i in range(9):
        plant.unit(f"A{i}", scores[i % 3])
        plant.later(seconds=30)
    told = []
    while (held := plant.claim("ines")) is not None:
        sheet = plant.read(lambda tx, held=held: report.sheet(tx, held.task_id))
        assert sheet is not None
        told.append(sheet.serial)
        plant.answer(held, Verdict.PASS)
    return told


def test_the_order_is_the_same_whatever_the_ai_said(tmp_path: Path) -> None:
    seen = set()
    for i, scores in enumerate(permutations(SCORES)):
        db = sqlite_at(tmp_path / f"{i}.db")
        seen.add(tuple(order(Plant(db), scores)))
        db.close()
    assert len(seen) == 1
    assert sorted(seen.pop()) == [f"A{i}" for i in range(9)]


@pytest.mark.parametrize("kind", ["known", "second"])
def test_a_past_unit_is_fetched_beforehand_like_any_other(plant: Plant, kind: str) -> None:
    past = plant.unit("S1")
    held = plant.claim("ivan")
    assert held is not None
    plant.answer(held, Verdict.PASS, "ivan")
    plant.later(minutes=1)
    if kind == "known":
        plant.write(
            lambda tx: known.add(
                tx, line="phones", unit_id=past.id, defective=False, reason="two looks", by="erin", now=plant.now
            )
        )  # fmt: skip
    shares = {"known_share": float(kind == "known"), "second_share": float(kind == "second")}
    plant.unit("S2")
    plant.unit("S3")
    person = plant.person("ines")
    first = plant.write(
        lambda tx: review.claim(tx, person_id=person.id, line=None, now=plant.now, known_share=0, second_share=0)
    )
    assert first is not None
    expected = plant.read(
        lambda tx: review.upcoming(tx, person_id=person.id, line=None, now=plant.now, held=first.task_id, **shares)
    )
    plant.answer(first, Verdict.PASS)
    after = plant.write(lambda tx: review.claim(tx, person_id=person.id, line=None, now=plant.now, **shares))
    assert after is not None
    assert after.unit_id == expected == past.id
