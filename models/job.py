"""One image on its way through the predictor."""

from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field

from inspection.core.predict import Examination, Failure, NoPrediction, Question


@dataclass(kw_only=True)
class Job:
    """One image on its way through."""

    image: bytes
    question: Question
    future: "Future[Examination]" = field(default_factory=Future)

    def answer(self, examination: Examination) -> None:
        """The first answer counts: a late result finds the deadline's in its place."""
        self.image = b""  # the deadline's list holds this job for a while yet
        with suppress(InvalidStateError):
            self.future.set_result(examination)

    def fail(self, failure: Failure, detail: str) -> None:
        """Answer that no model asked has an opinion, and why."""
        none = tuple(NoPrediction(model=m, failure=failure, detail=detail) for m in self.question.models)
        self.answer(Examination(quality=None, opinions=none))
