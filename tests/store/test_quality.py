"""The judgements behind the figures, as both databases tell them."""

from datetime import timedelta

from inspection.core.bias import Bias
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.predict import Finding
from inspection.flow import decide, known, review
from inspection.store.reports import quality
from inspection.store.reports.quality import Report
from tests.plant import Plant


def report(plant: Plant, **asked: object) -> Report:
    return plant.read(lambda tx: quality.quality(tx, plant.now + timedelta(seconds=31), **asked))  # type: ignore[arg-type]


def pointed_at(plant: Plant, serial: str) -> None:
    """A unit on which the AI points at a place."""
    found = (Finding(box=(1, 1, 9, 9), outline=(), peak=0.9),)
    for view in plant.views:
        recorded = plant.record(serial, view)
        image_id, seen = recorded.receipt.image_id, plant.examination(0.9, findings=found)
        plant.write(
            lambda tx, i=image_id, s=seen: decide.keep_late_examination(tx, image_id=i, examination=s, now=plant.now)
        )


def judge(plant: Plant, verdict: Verdict, name: str = "ines", *, known_share: float = 0, second: float = 0) -> None:
    person = plant.person(name)
    held = plant.write(
        lambda tx: review.claim(
            tx, person_id=person.id, line=None, now=plant.now, known_share=known_share, second_share=second
        )
    )
    assert held is not None
    plant.answer(held, verdict, name)
    plant.later(seconds=40)


def test_each_judgement_is_counted_where_it_belongs(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.AI_ASSIST)
    pointed_at(plant, "S-1")
    judge(plant, Verdict.REJECT)  # ines sees the AI point at a place
    plant.unit("S-2", 0.1)
    judge(plant, Verdict.PASS, "ivan", second=1.0)  # ivan does not, and passes it
    judge(plant, Verdict.PASS, "ivan")
    plant.unit("S-3", 0.1)
    unit = plant.find("S-1").id
    plant.write(lambda tx: known.add(
        tx, line="phones", unit_id=unit, defective=False, reason="x-ray", by="setup", now=plant.now
    ))  # fmt: skip
    judge(plant, Verdict.REJECT, "erin", known_share=1.0)
    found = report(plant).quality
    by_name = {one.name: one for one in found.people}
    assert {name: one.judged for name, one in by_name.items()} == {"ines": 1, "ivan": 1, "erin": 0}
    assert by_name["erin"].cleared is not None
    assert (by_name["erin"].cleared.value, by_name["erin"].cleared.items) == (0, 1)
    assert found.bias == Bias(shown=1, went_along=1)
    assert found.everybody.agreed is None, "the first reader had seen the AI"
    assert (report(plant, only="ines").quality.people, report(plant, days=30, line="phones").cut) == ((), False)
