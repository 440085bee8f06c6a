"""The book of a line: what may go in, and that nothing beside a unit tells of it."""

import pytest

from inspection.core.book import InvalidPage
from inspection.core.decide import Verdict
from inspection.flow import book, known, review
from inspection.store import captures
from inspection.store.reports import book as report
from tests.plant import Plant


def judged(plant: Plant, serial: str, verdict: Verdict = Verdict.PASS, name: str = "ines") -> tuple[int, int]:
    """A unit that a person judged; the ids of its front and back."""
    unit = plant.unit(serial)
    held = plant.claim(name)
    assert held is not None
    plant.answer(held, verdict, name)
    front, back = plant.read(lambda tx: captures.sizes(tx, unit.id))
    return front, back


def put(plant: Plant, image: int, defect: str = "", words: str = "", *, counts: bool = True) -> int:
    return plant.write(
        lambda tx: book.add(
            tx, line="phones", image_id=image, defect=defect, counts=counts, words=words, by="erin", now=plant.now
        )
    )  # fmt: skip


def of(plant: Plant, without: int | None = None) -> report.Book:
    return plant.read(lambda tx: report.book(tx, "phones", without))


def test_a_view_has_one_reference_and_a_defect_has_examples_that_count_first(any_plant: Plant) -> None:
    plant = any_plant
    first, (second, back) = judged(plant, "S1")[0], judged(plant, "S2")
    scratched = judged(plant, "S3", Verdict.REJECT)[0]
    put(plant, first)
    put(plant, second)
    put(plant, back, "scratch", "a hair, wipes off", counts=False)
    number = put(plant, scratched, "scratch", "longer than 2 mm")
    found = of(plant)
    reference = found.reference("front")
    assert reference is not None
    assert (reference.image_id, found.reference("back")) == (second, None)
    assert [(page.counts, page.words) for page in found.examples("scratch")] == [
        (True, "longer than 2 mm"), (False, "a hair, wipes off"),
    ]  # fmt: skip
    plant.write(lambda tx: book.retire(tx, line="phones", number=number, by="erin", now=plant.now))
    assert [page.counts for page in of(plant).examples("scratch")] == [False]
    with pytest.raises(InvalidPage, match="no page"):
        plant.write(lambda tx: book.retire(tx, line="phones", number=number, by="erin", now=plant.now))


def test_what_cannot_go_in_is_refused_in_words(plant: Plant) -> None:
    rejected, passed = judged(plant, "S1", Verdict.REJECT)[0], judged(plant, "S2")[0]
    unit = plant.unit("S3")
    waiting = next(iter(plant.read(lambda tx: captures.sizes(tx, unit.id))))
    plant.later(minutes=1)
    unit_id = plant.find("S2").id
    for image, defect, words, why in (
        (99, "", "", "no such image"), (waiting, "", "", "waits for a verdict"), (rejected, "", "", "has passed"),
        (rejected, "rust", "words", "no defect type 'rust'"), (rejected, "dent", "x", "Write a sentence"),
        (rejected, "dent", "w" * 301, "At most 300"),
    ):  # fmt: skip
        with pytest.raises(InvalidPage, match=why):
            put(plant, image, defect, words)
    plant.write(
        lambda tx: known.add(
            tx, line="phones", unit_id=unit_id, defective=False, reason="two looks", by="erin", now=plant.now
        )
    )  # fmt: skip
    with pytest.raises(InvalidPage, match="known unit"):
        put(plant, passed)


def test_a_unit_in_the_book_comes_to_nobody_in_disguise_and_is_not_beside_itself(plant: Plant) -> None:
    front = judged(plant, "S1")[0]
    unit = plant.find("S1")
    plant.write(
        lambda tx: known.add(
            tx, line="phones", unit_id=unit.id, defective=False, reason="two looks", by="erin", now=plant.now
        )
    )  # fmt: skip
    plant.write(lambda tx: known.retire(tx, line="phones", number=1, by="erin", now=plant.now))
    put(plant, front, "dent", "not a dent", counts=False)
    plant.write(
        lambda tx: known.add(
            tx, line="phones", unit_id=unit.id, defective=False, reason="two looks", by="erin", now=plant.now
        )
    )  # fmt: skip
    plant.later(minutes=1)
    plant.unit("S2")
    ivan = plant.person("ivan")
    held = plant.write(
        lambda tx: review.claim(tx, person_id=ivan.id, line=None, now=plant.now, known_share=1.0, second_share=1.0)
    )
    assert held is not None
    assert held.unit_id == plant.find("S2").id
    assert of(plant, unit.id).pages == ()


def test_the_last_good_unit_is_ones_own_or_a_day_old(any_plant: Plant) -> None:
    plant = any_plant
    fronts = {serial: judged(plant, serial, name=name)[0] for serial, name in (("S1", "ines"), ("S2", "ivan"))}
    judged(plant, "S3", Verdict.REJECT)

    def last(name: str, without: int = 0) -> list[int]:
        person = plant.person(name)
        found = plant.read(lambda tx: report.last_passed(tx, plant.camera.line_id, person.id, without, plant.now))
        return [one.image_id for one in found][:1]

    assert last("ines") == [], "what can be taken back is not yet good"
    plant.later(seconds=31)
    assert (last("ines"), last("ivan"), last("erin")) == ([fronts["S1"]], [fronts["S2"]], [])
    assert last("ines", plant.find("S1").id) == []
    plant.later(days=1)
    assert last("erin") == [fronts["S2"]]
