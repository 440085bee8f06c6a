"""Drawn places: with a reject they reach the story and the trainer; what does not fit leaves everything as it was."""

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import InvalidLabel, Label
from inspection.core.predict import Finding
from inspection.core.train import Sample
from inspection.flow import label, train
from inspection.flow.label import Answered
from inspection.store import captures
from inspection.store.database import Database, Tx
from inspection.store.reports import story
from tests.plant import Plant

BOX, OUTLINE = (4, 5, 20, 30), ((1, 1), (9, 1), (5, 8))


def judge(
    plant: Plant, *places: Finding, verdict: Verdict = Verdict.REJECT, types: tuple[str, ...] = ("scratch",)
) -> Answered:
    held = plant.claim()
    assert held is not None
    given = Label(verdict=verdict, defect_types=types, findings=places, seconds=2.0)
    seen, person = tuple(sizes(plant, held.unit_id)), plant.person("ines")
    return plant.write(
        lambda tx: label.answer(
            tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=seen,
            now=plant.now,
        )
    )  # fmt: skip


def sizes(plant: Plant, unit_id: int) -> dict[int, tuple[int, int]]:
    return plant.read(lambda tx: captures.sizes(tx, unit_id))


def on(image_id: int, kind: str | None = "scratch", *, outline: tuple[tuple[int, int], ...] = ()) -> Finding:
    return Finding(box=BOX, outline=outline, peak=1.0, defect_type=kind, image_id=image_id)


def test_a_place_makes_its_image_a_defective_training_image_and_no_other(any_plant: Plant) -> None:
    front, back = sizes(any_plant, any_plant.unit("S1").id)
    judge(any_plant, on(back, "dent", outline=OUTLINE), on(back), types=("scratch", "dent"))
    any_plant.unit("S2")
    judge(any_plant)
    samples = [one for one in gathered(any_plant) if one.defect]
    assert [(one.name, one.view, one.defect) for one in samples] == [("S1", "back", "dent")]
    assert samples[0].regions == (OUTLINE, ((4, 5), (20, 5), (20, 30), (4, 30)))
    (visit,) = any_plant.read(lambda tx: story.story(tx, "phones", "S1"))
    assert [(place.image_id, place.outline) for place in visit.labels[0].findings] == [(back, OUTLINE), (back, ())]
    assert front != back


def test_with_one_view_a_reject_without_places_still_trains(any_db: Database) -> None:
    plant = Plant(any_db, views=("front",))
    plant.unit("S1")
    judge(plant)
    (image,) = sizes(plant, plant.unit("S2").id)
    judge(plant, on(image))
    samples = {one.name: len(one.regions) for one in gathered(plant) if one.defect}
    assert samples == {"S1": 0, "S2": 1}


def gathered(plant: Plant) -> list[Sample]:
    def look(tx: Tx) -> list[Sample]:
        return train.gather(tx, line="phones")

    return plant.read(look)


def test_places_that_do_not_fit_are_refused_and_the_unit_stays_in_hand(plant: Plant) -> None:
    other = next(iter(sizes(plant, plant.unit("S1").id)))
    judge(plant)
    mine = next(iter(sizes(plant, plant.unit("S2").id)))
    wrong = Finding(box=(0, 0, 65, 10), peak=1.0, image_id=mine)
    for places, types in ((on(other), ("scratch",)), (wrong, ("scratch",)), (on(mine, "rust"), ("scratch",))):
        with pytest.raises(InvalidLabel):
            judge(plant, places, types=types)
    with pytest.raises(InvalidLabel, match="no marked places"):
        Label(verdict=Verdict.PASS, findings=(on(mine),))
    assert judge(plant, on(mine)).effective
