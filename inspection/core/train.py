"""What a model is trained from: an immutable list of labelled images, named by the hash of its content."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

MIN_GOOD_IMAGES = 10
_NAMES_TOLD = 5
UNNAMED = "defect"  # the type of a defect that nobody has named


class Untrainable(ValueError):
    """No model can be trained from this; the message says what to add or take out."""


class Cancelled(Exception):
    """The training was stopped on request."""


Outline = tuple[tuple[int, int], ...]  # corners (x, y) of a polygon in the original image's pixels


@dataclass(frozen=True, kw_only=True, order=True)
class Sample:
    """One training image: its view, the SHA-256 of its bytes in hex, and what it is called towards people.

    `defect` is the type of its defect, empty for a good part; `regions` are where it is, as far as a person has drawn
    them. Images of one `group` are of the same part or taken in a row: they are never on both sides of a trial.
    """

    view: str
    sha256: str
    name: str
    defect: str = ""
    regions: tuple[Outline, ...] = ()
    group: str = ""


def manifest_hash(samples: Iterable[Sample]) -> str:
    """The name of a training set: the same images and labels in any order give the same hash."""
    lines = sorted({_line(s) for s in samples})
    return sha256("\n".join(lines).encode()).hexdigest()


def _line(sample: Sample) -> str:
    label = f" {sample.defect!r} {sample.regions}" if sample.defect else ""
    return f"{sample.view} {sample.sha256}{label}"


def check_enough(samples: Iterable[Sample], views: Iterable[str]) -> None:
    """Raise Untrainable unless every view has enough different good images, and no image is good and defective."""
    samples = list(samples)
    check_labels(samples)
    seen: dict[str, set[str]] = {view: set() for view in views}
    for sample in samples:
        seen.setdefault(sample.view, set()).update(set() if sample.defect else {sample.sha256})
    for view, hashes in seen.items():
        if len(hashes) < MIN_GOOD_IMAGES:
            raise Untrainable(
                f"View {view!r} has {len(hashes)} different good images; at least {MIN_GOOD_IMAGES} are needed, "
                "and 50 or more make a useful model. Add photos of good parts."
            )


def stop_if(cancelled: Callable[[], bool]) -> None:
    """Raise Cancelled when a stop was asked for."""
    if cancelled():
        raise Cancelled("The training was cancelled.")


def check_labels(samples: Iterable[Sample]) -> None:
    """Raise Untrainable when labels contradict each other, and name the images."""
    said: dict[tuple[str, str], Sample] = {}
    torn = []
    for sample in samples:
        other = said.setdefault((sample.view, sample.sha256), sample)
        if bool(other.defect) != bool(sample.defect):
            torn.append(pair(other, sample))
    if torn:
        raise contradiction(torn)


def contradiction(torn: Sequence[str]) -> Untrainable:
    """The refusal that names pairs of images which are the same, but are labelled good and defective."""
    more = f"; and {len(torn) - _NAMES_TOLD} more" if len(torn) > _NAMES_TOLD else ""
    return Untrainable(
        "The same image cannot be good and defective. Look at it, and take out the one with the wrong label: "
        f"{'; '.join(torn[:_NAMES_TOLD])}{more}."
    )


def pair(one: Sample, other: Sample) -> str:
    """Two samples and what they are called, the good one first: `a.jpg (good) and b.jpg (scratch)`."""
    good, bad = sorted((one, other), key=lambda s: bool(s.defect))
    return f"{good.name} (good) and {bad.name} ({bad.defect})"


def agreed(labelled: Iterable[Sample]) -> tuple[list[Sample], list[str]]:
    """Images that people have judged in units, without those that they have called both good and defective; and the
    pairs left out. A camera that sends one picture for two units must not keep a line from training."""
    labelled = list(labelled)
    first: dict[tuple[str, str], Sample] = {}
    torn: dict[tuple[str, str], str] = {}
    for sample in labelled:
        key = (sample.view, sample.sha256)
        if bool(first.setdefault(key, sample).defect) != bool(sample.defect):
            torn.setdefault(key, pair(first[key], sample))
    return [s for s in labelled if (s.view, s.sha256) not in torn], list(torn.values())


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training: the artefact's identity and its card, which is plain JSON."""

    artefact: str
    card: dict[str, Any]


class Progress(Protocol):
    """Told how far a training is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of the stage are finished."""
