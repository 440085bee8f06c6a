"""One capture is one image, one serial one unit, one visit one disposition."""

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from inspection.core.capture import InvalidCapture
from inspection.core.decide import Verdict
from inspection.core.ingest import OtherBody, StoredImage
from inspection.core.level import FREEDOM, Level
from inspection.core.line import Line, Recipe
from inspection.core.policy import Terms
from inspection.core.predict import Examination, Question
from inspection.flow import decide, ingest, policy
from inspection.flow import line as line_flow
from inspection.flow.ingest import Intake
from inspection.store import lines, units
from inspection.store.images import FolderImageStore
from tests.plant import Plant
from tests.review_ui.plant import picture


def test_the_same_capture_again_is_the_same_image(any_plant: Plant) -> None:
    first = any_plant.record("S1", "front").receipt
    again = any_plant.record("S1", "front").receipt
    assert again.repeated
    assert (again.image_id, again.unit_id, again.visit) == (first.image_id, first.unit_id, first.visit)
    assert any_plant.read(units.count) == 1


def test_another_body_under_the_same_id_is_refused_and_nothing_changes(any_plant: Plant) -> None:
    any_plant.record("S1", "front", body=b"one")
    with pytest.raises(OtherBody, match="S1-front-1"):
        any_plant.record("S1", "front", body=b"two")
    assert any_plant.read(units.count) == 1


def test_an_unknown_view_is_refused_with_the_known_ones(plant: Plant) -> None:
    with pytest.raises(InvalidCapture, match="front, back"):
        plant.record("S1", "side")


def test_a_settled_unit_that_shows_a_view_again_is_on_a_new_visit(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    plant.unit("S1", 0.9)
    for view in plant.views:
        plant.image("S1", view, 0.1, number=2)
    assert (plant.find("S1").visit, plant.find("S1").verdict) == (2, Verdict.PASS)


def test_a_retake_before_the_unit_is_settled_belongs_to_the_same_visit(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    plant.image("S1", "front", 0.1)
    plant.image("S1", "front", 0.9, number=2)
    assert (plant.find("S1").visit, plant.find("S1").verdict) == (1, Verdict.REJECT)


def test_views_and_visits_of_a_serial_share_their_audit_flag(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION, audit_share=0.5)
    flags = {}
    for visit in (1, 2, 3):
        for i in range(20):
            for view in plant.views:
                plant.image(f"S{i}", view, 0.9, number=visit)
            flags.setdefault(i, set()).add(plant.find(f"S{i}").audited)
    assert all(len(seen) == 1 for seen in flags.values())
    assert len({next(iter(seen)) for seen in flags.values()}) == 2


def test_a_line_that_waits_long_for_its_views_does_not_hold_up_another(plant: Plant) -> None:
    plant.level(Level.FULL_AUTOMATION)
    slow = Line(name="slow", title="Slow", recipe=Recipe(views=("a", "b"), unit_timeout_s=86_400))
    plant.write(lambda tx: line_flow.add(tx, line=slow, by="setup", now=plant.now))
    token = plant.write(lambda tx: line_flow.add_camera(tx, line="slow", name="cam1", by="setup", now=plant.now))
    camera = plant.read(lambda tx: lines.camera_of(tx, token))
    terms = Terms(level=Level.FULL_AUTOMATION, model="b" * 64, reject_above=0.5)
    plant.write(
        lambda tx: policy.put(tx, lines.in_force(tx, "slow"), terms, "erin", "test", override=False, now=plant.now)
    )
    stored = StoredImage(sha256="0" * 64, size=9, media_type="image/jpeg", width=64, height=48)
    for start in range(0, 600, 100):
        captures = [replace(plant.capture(f"L{i}", "front"), view="a") for i in range(start, start + 100)]
        plant.write(
            lambda tx, captures=captures: [
                ingest.record(tx, camera=camera, capture=capture, stored=stored, now=plant.now) for capture in captures
            ]
        )
    plant.later(seconds=1)
    plant.image("S1", "front", 0.0)
    plant.later(seconds=31)
    assert plant.write(lambda tx: decide.refer_incomplete(tx, now=plant.now)) == 1
    assert plant.claim() is not None


def test_one_capture_sent_by_many_at_once_is_one_image(any_plant: Plant) -> None:
    with ThreadPoolExecutor(8) as senders:
        sent = [senders.submit(any_plant.record, "S1", view) for _ in range(8) for view in any_plant.views]
    receipts = [one.result().receipt for one in sent]
    assert len({receipt.image_id for receipt in receipts}) == 2
    assert len({receipt.unit_id for receipt in receipts}) == 1
    assert sum(not receipt.repeated for receipt in receipts) == 2


class Answers:
    """A predictor that does as it is told."""

    def __init__(self, does: str, plant: Plant) -> None:
        self.does, self.plant, self.asked = does, plant, []

    def predict(self, _image: bytes, question: Question) -> "Future[Examination]":
        self.asked.append(question)
        future: Future[Examination] = Future()
        if self.does == "raise":
            raise RuntimeError("the model is on fire")
        if self.does == "fail":
            future.set_exception(RuntimeError("smoke"))
        elif self.does == "pass":
            future.set_result(self.plant.examination(0.0))
        elif self.does == "give up":
            future.cancel()
        return future  # "hang" never ends


@pytest.mark.parametrize("does", ["pass", "raise", "fail", "hang", "give up"])
@pytest.mark.parametrize("level", list(Level))
def test_an_image_is_stored_and_answered_whatever_the_model_does(
    plant: Plant, tmp_path: Path, level: Level, does: str
) -> None:
    plant.level(level, deadline_ms=20)
    predictor = Answers(does, plant)
    store = FolderImageStore(tmp_path / "images")

    async def send() -> None:
        intake = Intake(db=plant.db, images=store, predictor=predictor, clock=lambda: plant.now)  # type: ignore[arg-type]
        for view in plant.views:
            receipt = await intake.take_in(plant.camera, plant.capture("S1", view), picture(1))
            assert receipt.serial == "S1"
        await intake.drain()

    asyncio.run(send())
    decided = FREEDOM[level].ai_decides and does == "pass"
    assert plant.find("S1").verdict is (Verdict.PASS if decided else None)
    if not decided:
        assert plant.claim() is not None
    asked = {question.models for question in predictor.asked}
    assert asked == ({("a" * 64,)} if FREEDOM[level].runs_model else {()})


def test_where_no_model_runs_no_more_wait_to_be_measured_than_there_are_threads(plant: Plant, tmp_path: Path) -> None:
    plant.level(Level.HUMAN_ONLY, model=None, deadline_ms=1500)
    predictor = Answers("hang", plant)
    store = FolderImageStore(tmp_path / "images")

    async def send() -> None:
        intake = Intake(db=plant.db, images=store, predictor=predictor, clock=lambda: plant.now, threads=1)  # type: ignore[arg-type]
        for view in plant.views:
            await intake.take_in(plant.camera, plant.capture("S1", view), picture(1))
        await intake.drain()

    asyncio.run(send())
    assert len(plant.views) > 1
    assert len(predictor.asked) == 1


def test_a_slow_model_of_a_line_does_not_keep_others_from_being_measured(plant: Plant, tmp_path: Path) -> None:
    predictor = Answers("hang", plant)
    store = FolderImageStore(tmp_path / "images")

    async def send() -> None:
        intake = Intake(db=plant.db, images=store, predictor=predictor, clock=lambda: plant.now, threads=1)  # type: ignore[arg-type]
        plant.level(Level.SHADOW, deadline_ms=1500)
        await intake.take_in(plant.camera, plant.capture("S1", "front"), picture(1))
        plant.level(Level.HUMAN_ONLY, model=None, deadline_ms=100)
        await intake.take_in(plant.camera, plant.capture("S2", "front"), picture(2))
        await intake.drain()

    asyncio.run(send())
    assert [question.models for question in predictor.asked] == [("a" * 64,), ()]
