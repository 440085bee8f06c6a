"""What a defect model says about one image, and the protocol every model speaks."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from inspection.core.capture import WHOLE_IMAGE, Quality, Region
from inspection.core.journal import plain


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One suspicious place, in pixels of the original image: box (left, top, right, bottom), outline, peak score. One
    that a person drew says on which image; a model's is on the image that the model was asked about."""

    box: tuple[int, int, int, int]
    outline: tuple[tuple[int, int], ...] = ()
    peak: float
    defect_type: str | None = None
    image_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A model's opinion. `score` runs from 0 (good) to 1 (defective) and is what thresholds are set on; `novel` says
    that the image is unlike anything the model was trained on, so its score means nothing. `feature` is where the whole
    image lies in the model's eyes, a few numbers of mean 0 and variance 1 over good images; models that were brought
    from elsewhere or trained by older versions have none. Where the part was found first, `part` is the share of the
    image that it takes, and `found` how surely it was found, both from 0 to 1."""

    model: str
    score: float
    novelty: float
    novel: bool
    findings: tuple[Finding, ...] = ()
    heatmap_png: bytes | None = None
    milliseconds: float = 0.0
    feature: tuple[float, ...] = ()
    part: float | None = None
    found: float | None = None


class Failure(StrEnum):
    """Why there is no prediction. Every one of them sends the image to a person."""

    MISSING = "model_missing"
    CORRUPT = "model_corrupt"
    LOADING = "model_loading"
    OVERLOADED = "model_overloaded"
    DEADLINE = "deadline_missed"
    UNREADABLE = "image_unreadable"
    NO_PART = "part_not_found"
    ERROR = "model_error"


@dataclass(frozen=True, kw_only=True)
class NoPrediction:
    """A model gave no opinion: why, with words for the log and the unit's story."""

    model: str
    failure: Failure
    detail: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "detail", plain(self.detail))


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked about one image: which models (by artefact id), for which view, with or without heatmaps, measured
    where, and answered within how many seconds. No model at all asks for the quality figures only."""

    view: str
    models: tuple[str, ...] = ()
    heatmap: bool = True
    reference: Region = WHOLE_IMAGE
    deadline_s: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Examination:
    """The answer: quality figures (None when the image could not be read) and one opinion or failure per model asked,
    in the same order."""

    quality: Quality | None
    opinions: tuple[Prediction | NoPrediction, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ModelFigures:
    """What a loaded model costs. `megabytes` is what the process grew by while the model was loaded, and at least the
    size of its files; the milliseconds are those of the last 300 images, 0 before the first; `images` counts all since
    it was loaded."""

    load_s: float
    megabytes: float
    median_ms: float
    p95_ms: float
    images: int


class Predictor(Protocol):
    """Models behind six verbs. Implementations never raise for a bad image or model: they answer with a failure."""

    def load(self, model: str) -> Future[None]:
        """Begin to load the model; the future ends when it can predict, or with the error that says why not."""

    def predict(self, image: bytes, question: Question) -> Future[Examination]:
        """Examine one encoded image. The future always ends by the deadline, with failures where there is no answer."""

    def unload(self, model: str) -> None:
        """Give the model's memory back; unknown models are ignored."""

    def keep(self, models: Sequence[str]) -> None:
        """Load these models, and keep them and no others loaded whatever else is asked for."""

    def ready(self, model: str) -> bool:
        """Whether the model would answer at once."""

    def figures(self, model: str) -> ModelFigures | None:
        """What a loaded model costs; None for one that is not loaded."""
