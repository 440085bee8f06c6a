"""Whether a model gives the scores it is pinned to, through the decode path that serves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from models import artefact
from models.artefact import Artefact, ViewModel
from models.decode import Picture, Unreadable
from models.engine import Engine
from models.engines import open_engine
from models.look import NoPart, look

TOLERANCE = 0.02


class Unfaithful(ValueError):
    """The model does not give the scores it is pinned to; it must not be registered."""


@dataclass(frozen=True, kw_only=True)
class Pinned:
    """An encoded image and the raw score that the model must give for it."""

    image: bytes
    raw: float

    @property
    def sha256(self) -> str:
        """The image's name in a card."""
        return sha256(self.image).hexdigest()


def check_parity(
    model: Artefact | Path, pinned: Sequence[Pinned], tolerance: float = TOLERANCE, *, view: str | None = None
) -> None:
    """Raise Unfaithful unless each pinned image gets its score, within `tolerance` * (1 + score). The model is an
    artefact or its folder, and `view` may be left out where it has only one."""
    loaded = artefact.load(model.parent, model.name) if isinstance(model, Path) else model
    name = view or _only(loaded)
    judge = loaded.views[name]
    engine = open_engine(judge, loaded.runtime, loaded.precision, 1)
    try:
        check_engine(engine, judge, pinned, tolerance)
    finally:
        engine.close()


def check_card(model: Artefact, read: Callable[[str], bytes]) -> int:
    """Check each view against the images its card pins, whose bytes `read(sha256)` gives; how many there were."""
    count = 0
    for view, facts in model.card["views"].items():
        pinned = [_read(one, read) for one in facts.get("parity", ())]
        if pinned:
            check_parity(model, pinned, float(facts.get("tolerance", TOLERANCE)), view=view)
        count += len(pinned)
    return count


def pin(model: Artefact, images: Sequence[bytes], *, view: str | None = None) -> list[Pinned]:
    """The raw scores that the model gives for these images now."""
    judge = model.views[view or _only(model)]
    engine = open_engine(judge, model.runtime, model.precision, 1)
    try:
        return [Pinned(image=image, raw=_raw(engine, judge, image)) for image in images]
    finally:
        engine.close()


def check_engine(engine: Engine, view: ViewModel, pinned: Sequence[Pinned], tolerance: float) -> None:
    """As check_parity, for an engine that is open."""
    for one in pinned:
        try:
            raw = _raw(engine, view, one.image)
        except Unreadable as error:
            raise Unfaithful(f"The pinned image {one.sha256[:12]} cannot be read: {error}") from error
        except NoPart as error:
            raise Unfaithful(f"In the pinned image {one.sha256[:12]} the part is not found: {error}") from error
        if not abs(raw - one.raw) <= tolerance * (1 + abs(one.raw)):
            raise Unfaithful(
                f"The model gives {raw:.5g} for the pinned image {one.sha256[:12]}, and {one.raw:.5g} is expected. "
                "Look at the order of channels, the size, scale, mean and std in the card, and at the precision."
            )


def _raw(engine: Engine, view: ViewModel, image: bytes) -> float:
    return float(engine.run(look(Picture(image), view.size, view.locator).pixels, 0)["raw"][0])


def _read(facts: dict[str, object], read: Callable[[str], bytes]) -> Pinned:
    pinned = Pinned(image=read(str(facts["sha256"])), raw=float(str(facts["raw"])))
    if pinned.sha256 != facts["sha256"]:
        raise Unfaithful(f"The pinned image {str(facts['sha256'])[:12]} is not the one that was pinned.")
    return pinned


def _only(model: Artefact) -> str:
    if len(model.views) != 1:
        raise ValueError(f"Say which view: {', '.join(model.views)}.")
    return next(iter(model.views))
