"""One trace for an image, from ingest to decision."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar

import pytest

from inspection.core import metrics
from inspection.core.level import Level
from inspection.core.predict import Examination, Failure, NoPrediction, Question
from inspection.flow.ingest import Intake
from inspection.flow.stages import Stages
from inspection.link.metrics import Tally
from inspection.link.trace import OpenTelemetry
from inspection.store.images import FolderImageStore
from tests.plant import MODEL, Plant
from tests.store.test_images import encoded

OPEN: ContextVar["Span | None"] = ContextVar("open", default=None)


class Span:
    def __init__(self, name: str, under: "Span | None") -> None:
        self.name, self.under, self.facts = name, under, {}
        self.trace: Span = self if under is None else under.trace

    def set_attribute(self, name: str, value: object) -> None:
        self.facts[name] = value


class Collected:
    """What OpenTelemetry's tracer does, for a list: a span lies under the one that is open in its context."""

    def __init__(self) -> None:
        self.spans: list[Span] = []

    @contextmanager
    def start_as_current_span(self, name: str) -> Iterator[Span]:
        span = Span(name, OPEN.get())
        self.spans.append(span)
        before = OPEN.set(span)
        try:
            yield span
        finally:
            OPEN.reset(before)


class Model:
    """Answers at once, or fails."""

    def __init__(self, plant: Plant, failure: Failure | None = None) -> None:
        self.plant, self.failure = plant, failure

    def predict(self, _image: bytes, _question: Question) -> "Future[Examination]":
        future: Future[Examination] = Future()
        failed = Examination(quality=None, opinions=(NoPrediction(model=MODEL, failure=self.failure or Failure.ERROR),))
        future.set_result(failed if self.failure else self.plant.examination(0.1))
        return future


def take_in(plant: Plant, folder, stages: Stages, model: Model, serials: tuple[str, ...] = ("A",)) -> None:
    intake = Intake(
        db=plant.db, images=FolderImageStore(folder), predictor=model, clock=lambda: plant.now, stages=stages
    )

    async def run() -> None:
        captures = [plant.capture(serial, "front") for serial in serials]
        await asyncio.gather(*(intake.take_in(plant.camera, one, encoded("JPEG")) for one in captures))
        await intake.drain()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("level", "stages"),
    [
        (Level.PARTIAL_AUTOMATION, ["image", "ingest", "predict", "decide"]),
        (Level.SHADOW, ["image", "ingest", "predict"]),
        (Level.HUMAN_ONLY, ["image", "ingest"]),
    ],
)
def test_an_image_is_one_trace_from_ingest_to_decision(plant, tmp_path, level, stages):
    plant.level(level)
    collected = Collected()
    take_in(plant, tmp_path, Stages(Tally(), OpenTelemetry(collected)), Model(plant))
    assert [span.name for span in collected.spans] == stages
    root, *parts = collected.spans
    assert all(part.under is root for part in parts)
    assert root.facts["jidoka.line"] == "phones"
    assert root.facts["jidoka.image"] == root.facts["jidoka.unit"] == 1
    assert all(part.facts.get("jidoka.image", 1) == 1 for part in parts)


def test_images_side_by_side_are_traces_of_their_own(plant, tmp_path):
    plant.level(Level.PARTIAL_AUTOMATION)
    collected = Collected()
    take_in(plant, tmp_path, Stages(Tally(), OpenTelemetry(collected)), Model(plant), ("A", "B", "C"))
    traces = {span.trace for span in collected.spans}
    assert len(traces) == 3
    for trace in traces:
        names = [span.name for span in collected.spans if span.trace is trace]
        assert names == ["image", "ingest", "predict", "decide"]
        images = {
            span.facts["jidoka.image"] for span in collected.spans if span.trace is trace and span.name != "ingest"
        }
        assert len(images) == 1


def test_a_model_that_fails_is_counted_and_told_of_with_unit_and_image(plant, tmp_path, caplog):
    plant.level(Level.PARTIAL_AUTOMATION)
    tally = Tally()
    with caplog.at_level("INFO", logger="jidoka"):
        take_in(plant, tmp_path, Stages(tally), Model(plant, Failure.DEADLINE))
    counts = tally.all().counts
    assert counts[metrics.FAILURES, ("phones", MODEL[:12], "deadline_missed")] == 1
    assert counts[metrics.DEADLINES, ("phones",)] == 1
    assert "model_failed line=phones unit=1 image=1" in caplog.text
