"""Whether a drift changes verdicts is asked by an alarm or an engineer, and told once the images were judged twice."""

from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import pytest

from inspection.core.level import Level
from inspection.core.line import Unknown
from inspection.core.monitor import MIN_BASELINE_WINDOWS
from inspection.core.policy import InvalidPolicy
from inspection.core.predict import Examination, Failure, NoPrediction, Prediction, Question
from inspection.flow import decide, miss, monitor, relight
from inspection.store import journal, relights
from inspection.store.reports import light as reports
from tests.plant import FIT, MODEL, Plant

RULE = monitor.WindowRule(images=5, seconds=60.0)


class Shelf:
    """Every image is there but those that are lost."""

    def __init__(self, *lost: str) -> None:
        self.lost = lost

    def get(self, digest: str) -> bytes:
        if digest in self.lost:
            raise FileNotFoundError(digest)
        return digest.encode()


class Judge:
    """Scores an image by how much its light was changed: a dark one looks doubtful to it."""

    def __init__(self, scores: dict[bool, float | None]) -> None:
        self.scores, self.asked = scores, list[Question]()

    def predict(self, image: bytes, question: Question) -> "Future[Examination]":
        self.asked.append(question)
        score, done = self.scores[float(image) > 1], Future[Examination]()
        opinion: Any = NoPrediction(model=MODEL, failure=Failure.DEADLINE)
        if score is not None:
            opinion = Prediction(model=MODEL, score=score, novelty=0.0, novel=False)
        done.set_result(Examination(quality=FIT, opinions=(opinion,)))
        return done


def shine(plant: Plant, brightness: float, windows: int, score: float = 0.5) -> None:
    """Settled units of one view in that light, enough for so many windows, and a look of the watch."""
    for _ in range(windows * RULE.images):
        plant.later(seconds=1)
        serial = f"U{int(plant.now.timestamp())}"
        for view in plant.views:
            recorded = plant.record(serial, view)
            seen = replace(plant.examination(score), quality=replace(FIT, brightness=brightness))
            keep = decide.decide_image if recorded.decides else decide.keep_late_examination
            image_id = recorded.receipt.image_id
            plant.write(lambda tx, k=keep, i=image_id, s=seen: k(tx, image_id=i, examination=s, now=plant.now))
    plant.write(lambda tx: monitor.watch(tx, rule=RULE, now=plant.now))


@pytest.fixture
def plant(any_plant: Plant) -> Plant:
    """A line at full automation whose light is known."""
    any_plant.level(Level.FULL_AUTOMATION)
    shine(any_plant, 120.0, MIN_BASELINE_WINDOWS, 0.1)
    return any_plant


def work(plant: Plant, judge: Judge, shelf: Shelf | None = None, *, stopped: bool = False) -> bool:
    relit = lambda _image, by: str(by).encode()  # noqa: E731
    return relight.work_once(plant.db, shelf or Shelf(), judge, relit, lambda: plant.now, lambda: stopped)


def newest(plant: Plant, view: str = "front") -> relights.Check | None:
    seen = next(one for one in plant.read(lambda tx: reports.light(tx, "phones", plant.now)) if one.view == view)
    return seen.check


def test_an_alarm_asks_by_itself_and_the_check_says_how_many_verdicts_would_change(plant: Plant) -> None:
    shine(plant, 60.0, 2, 0.5)
    waiting = newest(plant)
    assert waiting is not None
    assert (waiting.by, waiting.ended_at, waiting.model) == ("monitor", None, MODEL)
    judge = Judge({False: 0.8, True: 0.1})  # as it came it is rejected, in the baseline's light it passes
    assert [work(plant, judge) for _ in range(3)] == [True, True, False], "both views drifted"
    check = newest(plant)
    assert check is not None
    assert check.images == (MIN_BASELINE_WINDOWS + 2) * RULE.images
    assert check.changes == {"reject>pass": 2 * RULE.images}, "images in good light stay what they were"
    assert check.changed == 2 * RULE.images
    assert {(one.score_before, one.score_after) for one in check.flips} == {(0.8, 0.1)}
    assert {(q.models, q.heatmap) for q in judge.asked} == {((MODEL,), False)}
    told = [e.change for e in plant.read(lambda tx: journal.entries(tx, subject="line/phones/light"))]
    assert [one.event for one in told][-1] == "drift_checked"


def test_an_engineer_asks_and_one_check_waits_at_a_time(plant: Plant) -> None:
    ask = lambda view="front", camera="cam1": plant.write(  # noqa: E731
        lambda tx: relight.ask(tx, line="phones", camera=camera, view=view, by="erin", now=plant.now)
    )
    first = ask()
    assert ask() == first
    assert work(plant, Judge({False: 0.1, True: 0.1}))
    check = newest(plant)
    assert check is not None
    assert (check.by, check.changed, check.problem) == ("erin", 0, "")
    assert ask() != first
    with pytest.raises(Unknown, match="no camera 'cam9'"):
        ask(camera="cam9")
    plant.level(Level.HUMAN_ONLY)
    with pytest.raises(InvalidPolicy, match="No model is in force"):
        ask()


def test_without_a_baseline_there_is_nothing_to_undo(any_plant: Plant) -> None:
    any_plant.level(Level.SHADOW)
    with pytest.raises(InvalidPolicy, match="being learned"):
        any_plant.write(
            lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=any_plant.now)
        )


def test_images_that_are_lost_or_get_no_score_are_counted_apart(plant: Plant) -> None:
    plant.write(lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=plant.now))
    with plant.db.read() as tx:
        lost = tx.exec_driver_sql("SELECT sha256 FROM image WHERE view = 'front' ORDER BY id LIMIT 3").scalars().all()
    assert work(plant, Judge({False: 0.1, True: 0.1}), Shelf(*lost))
    check = newest(plant)
    assert check is not None
    assert (check.images, check.unanswered) == (MIN_BASELINE_WINDOWS * RULE.images - 3, 3)
    plant.write(lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=plant.now))
    assert work(plant, Judge({False: None, True: None}))
    check = newest(plant)
    assert check is not None
    assert "gave no answer" in check.problem


def test_a_server_that_stops_leaves_the_check_to_the_next(plant: Plant) -> None:
    plant.write(lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=plant.now))
    judge = Judge({False: 0.1, True: 0.1})
    assert work(plant, judge, stopped=True)
    waiting = newest(plant)
    assert waiting is not None
    assert waiting.ended_at is None
    assert work(plant, judge)
    assert not work(plant, judge)


def test_units_that_are_reviewed_blind_are_left_out_and_inspectors_hear_nothing(plant: Plant) -> None:
    plant.level(Level.SHADOW)
    shine(plant, 120.0, 2, 0.9)
    plant.write(lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=plant.now))
    assert work(plant, Judge({False: 0.1, True: 0.1}))
    check = newest(plant)
    assert check is not None
    assert check.images == MIN_BASELINE_WINDOWS * RULE.images
    told = plant.read(lambda tx: reports.light(tx, "phones", plant.now, inspector=True))
    assert {one.check for one in told} == {None}


def test_a_unit_that_comes_under_blind_review_later_is_no_longer_shown(plant: Plant) -> None:
    plant.write(lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=plant.now))
    scores = iter([0.1, 0.9] * 100)
    judge = Judge({})
    judge.scores = type("Alternating", (dict,), {"__getitem__": lambda *_: next(scores)})()
    assert work(plant, judge)
    check = newest(plant)
    assert check is not None
    assert check.flips
    seen = {one.image_id for one in check.flips}
    with plant.db.read() as tx:
        unit_id = tx.exec_driver_sql(f"SELECT unit_id FROM image WHERE id = {max(seen)}").scalar_one()
    ivan = plant.person("ivan")
    plant.write(
        lambda tx: miss.report(
            tx, line="phones", unit_id=unit_id, defect_types=("dent",), reason="It is bent.", person=ivan, now=plant.now
        )
    )
    check = newest(plant)
    assert check is not None
    assert {one.image_id for one in check.flips} == seen - {max(seen)}


def test_a_predictor_that_breaks_ends_the_check_and_blocks_no_other(plant: Plant) -> None:
    plant.write(lambda tx: relight.ask(tx, line="phones", camera="cam1", view="front", by="erin", now=plant.now))
    assert work(plant, Judge({}))
    check = newest(plant)
    assert check is not None
    assert "gave no answer" in check.problem
    assert not work(plant, Judge({}))


def test_what_changed_meanwhile_is_marked(plant: Plant) -> None:
    kinds = [mark.kind for mark in plant.read(lambda tx: reports.light(tx, "phones", plant.now))[0].marks]
    assert set(kinds) == {"policy", "recipe", "baseline"}
    shine(plant, 120.0, 1)
    shine(plant, 60.0, 1)
    seen = plant.read(lambda tx: reports.light(tx, "phones", plant.now))[0]
    assert seen.healthy == seen.points[-2].last_image_id
