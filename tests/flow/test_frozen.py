"""A camera that froze sends good pictures of a unit that is long gone: none of them may pass another."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.flow import decide, line, monitor
from inspection.store import lines
from inspection.store.records import IMAGE, PREDICTION, WINDOW
from tests.plant import FIT, Plant


def a_picture(number: int) -> object:
    return replace(FIT, picture=number)


@pytest.mark.parametrize("level", [Level.PARTIAL_AUTOMATION, Level.FULL_AUTOMATION])
def test_the_same_picture_of_another_unit_goes_to_a_person(any_plant: Plant, level: Level) -> None:
    plant = any_plant
    plant.level(level)
    for serial, picture in (("A", 1), ("B", 2), ("C", 2)):
        for view in plant.views:
            plant.image(serial, view, quality=a_picture(picture))
    assert plant.find("A").verdict == plant.find("B").verdict == Verdict.PASS
    frozen = plant.find("C")
    assert (frozen.verdict, frozen.by, frozen.reason) == (None, "person", "view_referred")
    why = plant.read(lambda tx: tx.execute(select(IMAGE.c.reason, IMAGE.c.detail, IMAGE.c.unfit)).all()[-1])
    assert why.reason == "image_unfit"
    assert why.detail.startswith("frozen")
    assert why.unfit == why.detail


def test_a_reject_of_a_frozen_picture_is_nobodys_either(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    for serial in ("A", "B"):
        for view in plant.views:
            plant.image(serial, view, score=0.9, quality=a_picture(7))
    assert plant.find("A").verdict == Verdict.REJECT
    assert plant.find("B").by == "person"


def test_what_lies_further_back_another_view_or_the_same_unit_is_no_frozen_camera(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    pictures = {"A": (1, 1), "B": (2, 2), "C": (3, 3), "D": (4, 4), "E": (1, 1)}  # a folder that is sent in turn
    for serial, both in pictures.items():
        for view, picture in zip(plant.views, both, strict=True):
            plant.image(serial, view, quality=a_picture(picture))
    assert {plant.find(serial).verdict for serial in pictures} == {Verdict.PASS}
    plant.image("F", "front", quality=a_picture(9))
    plant.image("F", "front", number=2, quality=a_picture(9))  # its own view once more
    plant.image("F", "back", quality=a_picture(9))
    assert plant.find("F").verdict == Verdict.PASS


def test_pictures_that_were_never_measured_prove_nothing(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    for serial in ("A", "B"):
        plant.unit(serial)
    assert plant.find("B").verdict == Verdict.PASS


def test_where_people_decide_the_frozen_frame_is_marked_too(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.SHADOW)
    for serial in ("A", "B"):
        plant.image(serial, "front", quality=a_picture(5))
    marked = plant.read(lambda tx: tx.execute(select(IMAGE.c.unfit).order_by(IMAGE.c.id)).scalars().all())
    assert marked[0] is None
    assert str(marked[1]).startswith("frozen")


def test_how_large_and_how_surely_the_part_was_found_is_kept(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION)
    plant.image("A", "front", part=0.41, found=0.93)
    plant.image("B", "front", part=float("nan"))
    kept = plant.read(lambda tx: tx.execute(select(PREDICTION.c.part, PREDICTION.c.found)).all())
    assert [tuple(row) for row in kept] == [(0.41, 0.93), (None, None)]


def test_of_two_that_are_examined_at_once_the_one_decided_last_goes_to_a_person(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.FULL_AUTOMATION)
    first, second = plant.record("A", "front"), plant.record("B", "front")
    same = plant.examination(0.1, quality=a_picture(7))
    for recorded in (second, first):  # the first image is decided last
        number = recorded.receipt.image_id
        plant.write(lambda tx, number=number: decide.decide_image(tx, image_id=number, examination=same, now=plant.now))
    outcomes = plant.read(lambda tx: tx.execute(select(IMAGE.c.outcome).order_by(IMAGE.c.id)).scalars().all())
    assert outcomes == ["refer", "pass"]


def test_a_camera_with_two_stuck_buffers_is_frozen_too_and_every_figure_says_so(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.FULL_AUTOMATION)
    for number in range(12):
        plant.later(seconds=1)
        plant.image(f"S{number}", "front", quality=a_picture(number % 2))
    unfit = plant.read(lambda tx: tx.execute(select(IMAGE.c.unfit).order_by(IMAGE.c.id)).scalars().all())
    assert [one is not None for one in unfit] == [False, False] + [True] * 10
    plant.write(lambda tx: monitor.watch(tx, rule=monitor.WindowRule(images=12), now=plant.now))
    assert plant.read(lambda tx: tx.execute(select(WINDOW.c.repeated)).scalars().all()) == [10]


def test_the_pictures_of_another_camera_are_no_matter_of_this_one(any_plant: Plant) -> None:
    """And where a camera has no others, those of the next one are not taken for its own."""
    plant = any_plant
    plant.level(Level.FULL_AUTOMATION)
    token = plant.write(lambda tx: line.add_camera(tx, line="phones", name="cam2", by="setup", now=plant.now))
    plant.image("A", "front", quality=a_picture(7))
    other = plant.read(lambda tx: lines.camera_of(tx, token))
    assert other is not None
    plant.camera = other
    plant.image("B", "front", quality=a_picture(7))
    plant.image("C", "back", quality=a_picture(7))
    assert plant.read(lambda tx: tx.execute(select(IMAGE.c.unfit)).scalars().all()) == [None, None, None]
