"""One image on its way through the predictor."""

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

from inspection.core.capture import Quality
from inspection.core.predict import Examination, Failure, NoPrediction, Prediction, Question


@dataclass(kw_only=True)
class Job:
    """One image on its way through. What is known of it by the deadline counts: a candidate that is slow, asked after
    the model that decides, takes nothing away from that."""

    image: bytes
    question: Question
    future: "Future[Examination]" = field(default_factory=Future)
    quality: Quality | None = None
    said: dict[str, Prediction | NoPrediction] = field(default_factory=dict)

    def answer(self, examination: Examination) -> None:
        """The first answer counts: a late result finds the deadline's in its place."""
        self.image = b""  # the deadline's list holds this job for a while yet
        with suppress(InvalidStateError):
            self.future.set_result(examination)

    def fail(self, failure: Failure, detail: str) -> None:
        """Answer that the models which have not spoken yet have no opinion, and why."""
        opinions = tuple(
            self.said.get(model) or NoPrediction(model=model, failure=failure, detail=detail)
            for model in self.question.models
        )
        self.answer(Examination(quality=self.quality, opinions=opinions))
