"""The stages of an image's way, each timed, traced, and told of in the log when it goes wrong."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from inspection.core import metrics
from inspection.core.counted import answered
from inspection.core.ingest import Receipt
from inspection.core.metrics import Meter, Silent, Stage
from inspection.core.predict import Examination, NoPrediction
from inspection.core.trace import Fact, Span, Tracer, Untraced
from inspection.store.lines import Camera

log = logging.getLogger("jidoka.images")


class Stages:
    """What watches the way of images through a server."""

    def __init__(self, meter: Meter | None = None, tracer: Tracer | None = None) -> None:
        self._meter, self._tracer = meter or Silent(), tracer or Untraced()

    @contextmanager
    def at(self, stage: Stage, line: str, **facts: Fact) -> Iterator[Span]:
        """A stage of one image, from here to the end of the block; one that an exception ends is not timed."""
        begun = time.perf_counter()
        with self._tracer.span(stage, line=line, **facts) as span:
            yield span
        self._meter.took(metrics.STAGE_TIMES, line, stage, seconds=time.perf_counter() - begun)

    @contextmanager
    def image(self, camera: Camera, capture_id: str) -> Iterator[Span]:
        """The whole way of one image, which the stages lie under."""
        with self._tracer.span("image", line=camera.line, camera=camera.name, capture=capture_id) as span:
            yield span

    def stored(self, camera: Camera, receipt: Receipt, spooled_s: float) -> None:
        """An image is durable; it arrived `spooled_s` after it was captured."""
        if receipt.repeated:
            self._meter.count(metrics.REPEATED, camera.line)
        else:
            self._meter.took(metrics.STAGE_TIMES, camera.line, Stage.SPOOL, seconds=max(spooled_s, 0.0))

    def examined(self, line: str, receipt: Receipt, examination: Examination) -> None:
        """Models have answered, or not."""
        answered(self._meter, line, examination.opinions)
        for one in examination.opinions:
            if isinstance(one, NoPrediction):
                log.info(
                    "model_failed line=%s unit=%d image=%d model=%s kind=%s detail=%s",
                    line, receipt.unit_id, receipt.image_id, metrics.short(one.model), one.failure, one.detail,
                )  # fmt: skip
