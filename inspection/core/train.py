"""What a model is trained from: an immutable list of images, named by the hash of its content."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

MIN_GOOD_IMAGES = 10


class Untrainable(ValueError):
    """No model can be trained from this; the message says what to add or take out."""


class Cancelled(Exception):
    """The training was stopped on request."""


@dataclass(frozen=True, kw_only=True, order=True)
class Sample:
    """One training image: its view, the SHA-256 of its bytes in hex, and what it is called towards people."""

    view: str
    sha256: str
    name: str


def manifest_hash(samples: Iterable[Sample]) -> str:
    """The name of a training set: the same images in any order give the same hash."""
    lines = sorted({f"{s.view} {s.sha256}" for s in samples})
    return sha256("\n".join(lines).encode()).hexdigest()


def check_enough(samples: Iterable[Sample], views: Iterable[str]) -> None:
    """Raise Untrainable unless every view has enough different good images."""
    seen: dict[str, set[str]] = {view: set() for view in views}
    for sample in samples:
        seen.setdefault(sample.view, set()).add(sample.sha256)
    for view, hashes in seen.items():
        if len(hashes) < MIN_GOOD_IMAGES:
            raise Untrainable(
                f"View {view!r} has {len(hashes)} different good images; at least {MIN_GOOD_IMAGES} are needed, "
                "and 50 or more make a useful model. Add photos of good parts."
            )


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A finished training: the artefact's identity and its card, which is plain JSON."""

    artefact: str
    card: dict[str, Any]


class Progress(Protocol):
    """Told how far a training is."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """`done` of `total` steps of the stage are finished."""
