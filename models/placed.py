"""A view's training images with their part found as the good ones teach, and what was drawn on them carried along."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from inspection.core.train import MIN_GOOD_IMAGES, Outline, Progress, Sample, Untrainable, stop_if
from models.decode import Picture, Unreadable
from models.features import Read, named, of_all, unreadable
from models.labels import thinned
from models.locate import LocateCard, Located, Locator, fit
from models.locate_rectify import Pixels, carry
from models.look import find, look, small

LEARNED_FROM = 60
_TURN_OFF = "Take photos on which the whole part stands out from its ground, or turn finding the part off for the line."

Sizes = Sequence[tuple[int, int]]


@dataclass(frozen=True, kw_only=True)
class Placed:
    """Images to train on. `drawn` are the same with their regions in pixels of the part, whose `sizes` (rows, columns)
    these are, and `read` gives the part alone, encoded; without a `locator` the image itself is the part."""

    samples: list[Sample]
    drawn: list[Sample]
    sizes: list[tuple[int, int]]
    read: Read
    locator: Locator | None = None
    warnings: list[str] = field(default_factory=list)

    def only(self, chosen: Sequence[int]) -> "Placed":
        """The same with some of the images."""
        samples, drawn = ([all_of[i] for i in chosen] for all_of in (self.samples, self.drawn))
        return replace(self, samples=samples, drawn=drawn, sizes=[self.sizes[i] for i in chosen])


def place(
    samples: list[Sample], sizes: Sizes, read: Read, *, wanted: bool, threads: int, progress: Progress,
    cancelled: Callable[[], bool],
) -> Placed:  # fmt: skip
    """Find the part in images of `sizes` (rows, columns), where that is wanted and good for something. Those in which
    it is not found are left out; raises Untrainable where it cannot be found reliably."""
    if not wanted:
        return Placed(samples=samples, drawn=samples, sizes=list(sizes), read=read)
    view = samples[0].view
    card = _learn(samples, sizes, read, progress, cancelled)
    if card.kind == "whole":
        told = f"The part is not searched in view {view!r}. {card.reason}"
        return Placed(samples=samples, drawn=samples, sizes=list(sizes), read=read, warnings=[told])
    if card.kind == "none":
        raise Untrainable(f"The part cannot be found reliably in view {view!r}. {card.reason} {_TURN_OFF}")
    locator = Locator(card)
    found = of_all(
        lambda i: find(Picture(read(samples[i].sha256)), locator), samples, threads, f"finding the part in {view}",
        progress, cancelled,
    )  # fmt: skip
    kept = [(sample, at) for sample, at in zip(samples, found, strict=True) if at.sure]
    lost = [f"{sample.name}: {at.reason}" for sample, at in zip(samples, found, strict=True) if not at.sure]
    good = sum(not sample.defect for sample, _ in kept)
    if good < MIN_GOOD_IMAGES:
        raise Untrainable(f"The part is found in only {good} good images of view {view!r}. {named(lost)} {_TURN_OFF}")
    warnings = [f"{len(lost)} images were left out, because the part was not found: {named(lost)}"] if lost else []
    return Placed(
        samples=[sample for sample, _ in kept], drawn=[_drawn(sample, at) for sample, at in kept],
        sizes=[card.size] * len(kept), read=lambda digest: _part(read(digest), locator), locator=locator,
        warnings=warnings,
    )  # fmt: skip


def _learn(
    samples: list[Sample], sizes: Sizes, read: Read, progress: Progress, cancelled: Callable[[], bool]
) -> LocateCard:
    """Learn from good images, evenly chosen; the card's sizes are those of the images as they come."""
    chosen = thinned([i for i, sample in enumerate(samples) if not sample.defect], LEARNED_FROM)

    def images() -> Iterator[Pixels]:
        for done, i in enumerate(chosen, 1):
            stop_if(cancelled)
            yield _searched(samples[i], read)
            progress(f"learning where the part lies in {samples[i].view}", done, len(chosen))

    def tried(done: int, total: int) -> None:
        progress(f"trying ways to find the part in {samples[0].view}", done, total)

    card = fit(images(), tried=tried, cancelled=cancelled)
    frame = sizes[chosen[0]]
    larger = max(frame) / max(card.frame)
    size = (max(1, round(card.size[0] * larger)), max(1, round(card.size[1] * larger)))
    return replace(card, frame=frame, size=size)


def _searched(sample: Sample, read: Read) -> Pixels:
    try:
        return small(Picture(read(sample.sha256)))
    except (Unreadable, OSError) as error:
        raise unreadable([f"{sample.name}: {error}"]) from error


def _part(data: bytes, locator: Locator) -> bytes:
    """The part alone at its own size, encoded without loss."""
    return bytes(cv2.imencode(".bmp", look(Picture(data), locator.card.size, locator).pixels)[1])


def _drawn(sample: Sample, located: Located) -> Sample:
    """The sample with its regions in pixels of the part; outlines count from the corner of the first pixel."""
    return replace(sample, regions=tuple(_carried(region, located) for region in sample.regions))


def _carried(region: Outline, located: Located) -> Outline:
    points = carry(located.to_part, np.array(region, np.float64) - 0.5) + 0.5
    return tuple((x, y) for x, y in np.round(points).astype(int).tolist())
