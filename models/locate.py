"""Finding the part before the model looks: learns from a line's good images how, or that it is better left alone."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice

from models.locate_card import LocateCard, Trial, read_card
from models.locate_contour import WAYS, find_shapes
from models.locate_learn import MIN_FOUND, each, learn_contour, learn_template
from models.locate_part import Locator
from models.locate_rectify import Located, Pixels, rectify
from models.locate_small import Small, shrink

__all__ = ["LocateCard", "Located", "Locator", "fit", "read_card", "rectify"]

MIN_IMAGES = 10
MAX_IMAGES = 200
_FILLS = 0.92
_GAIN = 0.9


def fit(
    images: Iterable[Pixels], *, tried: Callable[[int, int], None] = lambda *_: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> LocateCard:  # fmt: skip
    """Learn from good images (8-bit BGR, 10 to 100 of them; no more than 200 are read) where a line's part lies.

    Ways are tried one after the other and judged on the same images: the outline against the ground, then a search for
    the part's picture. The way that is sure in nearly all of the images and leaves the least residual is
    taken; "none" says in words why no way is good enough, and "whole" that nothing is gained by it. Never raises for
    what an image shows; Cancelled as soon as it is `cancelled`. `tried` is told how many ways of how many are done.
    """
    shrunk = [shrink(image) for image in islice(images, MAX_IMAGES)]
    smalls = [small for small in shrunk if isinstance(small, Small)]
    if len(smalls) < MIN_IMAGES:
        return _none(smalls, (), f"Finding the part needs {MIN_IMAGES} good images; there are {len(smalls)}.")
    if len(smalls) < MIN_FOUND * len(shrunk):
        return _none(smalls, (), f"{len(shrunk) - len(smalls)} of {len(shrunk)} images cannot be read.")
    learned = _learned(smalls, tried, cancelled)
    trials = tuple(trial for _, trial in learned)
    good = [(card, trial) for card, trial in learned if card is not None and trial.found >= MIN_FOUND]
    good = [(card, trial) for card, trial in good if card.kind == "contour" or _gains(trial)]
    if not good:
        surely = any(trial.found >= MIN_FOUND for trial in trials)
        return _none(smalls, trials, _why_none(trials), kind="whole" if surely else "none")
    card, trial = min(good, key=lambda pair: (pair[1].residual or 0.0) * _looseness(pair[0]))
    assert card.pose is not None
    if card.pose.width * card.pose.height >= _FILLS * min(card.frame) / max(card.frame):
        whole = "The part already fills the image, so nothing is gained by cutting it out."
        return _none(smalls, trials, whole, kind="whole")
    words = f"The part is found in {trial.found:.0%} of {len(smalls)} good images: {trial.way}."
    return LocateCard(**{**card.__dict__, "reason": words, "trials": trials})


def _learned(
    smalls: Sequence[Small], tried: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> list[tuple[LocateCard | None, Trial]]:
    """What each way of finding the part has learned, and what it does on the images."""
    ways, learned = len(WAYS) + 1, list[tuple[LocateCard | None, Trial]]()
    shapes = [find_shapes(small.bgr) for small in each(smalls, cancelled)]
    for way in WAYS:
        learned.append(learn_contour(smalls, [found[way] for found in shapes], way, cancelled))
        tried(len(learned), ways)
    learned.append(learn_template(smalls, [card for card, _ in learned if card is not None], cancelled))
    tried(ways, ways)
    return learned


def _looseness(card: LocateCard) -> float:
    """What a way's residual counts for: outlines before pictures, and those that fill their rectangle, for ragged ones
    follow shadows and reflections."""
    return 2.0 - sum(card.outline.extent) / 2 if card.outline is not None else 1.25


def _gains(trial: Trial) -> bool:
    """Whether laying the part's picture over each image makes them more alike than they are as they come."""
    return trial.residual is not None and trial.unmoved is not None and trial.residual < _GAIN * trial.unmoved


def _why_none(trials: tuple[Trial, ...]) -> str:
    best = max(trials, key=lambda trial: trial.found)
    if best.found >= MIN_FOUND:
        return (
            "The part lies the same in every image and fills it, or cannot be told from its ground: the images are no "
            f"more alike when it is searched ({best.residual:.2f}) than as they come ({best.unmoved:.2f})."
        )
    return (
        f"No way finds the part in at least {MIN_FOUND:.0%} of the good images. The best ({best.way}) is sure in "
        f"{best.found:.0%}. {best.words}"
    ).strip()


def _none(smalls: list[Small], trials: tuple[Trial, ...], reason: str, kind: str = "none") -> LocateCard:
    frame = smalls[0].frame if smalls else (1, 1)
    return LocateCard(kind=kind, reason=reason, frame=frame, size=frame, trials=trials)
