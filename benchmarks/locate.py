"""What finding the part costs, and how often it is sure: simulated phones in many poses, scaled to several cameras.

python -m benchmarks.locate
"""

import os
import time
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np

from benchmarks.table import bar, show
from camera.simulated.draw import UNFIT, draw
from camera.simulated.truth import make_unit
from models.backbone import lite0
from models.decode import Picture
from models.engine import Compiled, Precision
from models.locate import LocateCard, Locator, fit, rectify
from models.locate_learn import learn_template
from models.locate_rectify import Pixels
from models.locate_small import Small, shrink
from models.look import look
from models.placed import LEARNED_FROM
from models.scoring import feature_graph

SIZES = ((540, 960), (1080, 1920), (2592, 4608))
GOOD, ASKED, TIMED = 40, 200, 8
BAR_MS, BAR_SHARE = 5.0, 0.98
INPUT = (256, 448)


def main() -> None:
    """Print shares and CPU milliseconds, OpenCV kept to one thread."""
    cv2.setNumThreads(1)
    print(f"load {os.getloadavg()[0]:.1f}\n")
    show(("images", "learned", "fit CPU s"), [_learning(images) for images in ("front", "back", "nothing")])
    print()
    cards = {view: _cards(view) for view in ("front", "back")}
    head = (
        "phone",
        "way",
        "good",
        "defective",
        "any way round",
        *(f"{unfit}" for unfit in UNFIT),
        f"good {BAR_SHARE:.0%}",
    )
    show(head, [_shares(view, card) for view, both in cards.items() for card in both])
    print()
    head = ("image", "way", "locate CPU ms", f"rectify to {INPUT[1]} x {INPUT[0]}", f"locate {BAR_MS:.0f} ms at 1080p")
    show(head, [_times(size, card) for size in SIZES for card in cards["back"]])
    print()
    head = ("JPEG", "whole image", "part found first", "finding adds", "whole image to features", "part to features")
    show(head, [_paths(size, cards["back"][0]) for size in SIZES])


def _learning(of: str) -> tuple[str, ...]:
    """What learning costs, from phones and from a bare ground, where every way is tried in vain."""
    dice = np.random.default_rng(1)
    bare = [dice.normal(110, 12, (540, 960, 3)).clip(0, 255).astype(np.uint8) for _ in range(LEARNED_FROM)]
    images = bare if of == "nothing" else [draw(make_unit(3, i, 0.0), of) for i in range(LEARNED_FROM)]
    begun = time.process_time()
    card = fit(images)
    return f"{LEARNED_FROM} x {of}", card.kind, f"{time.process_time() - begun:.1f}"


def _cards(view: str) -> list[LocateCard]:
    """What fit chooses, and the search for the picture whether chosen or not."""
    images = [draw(make_unit(3, i, 0.0), view) for i in range(GOOD)]
    smalls = [small for small in map(shrink, images) if isinstance(small, Small)]
    template, _ = learn_template(smalls, [])
    return [card for card in (fit(images), template) if card is not None]


def _shares(view: str, card: LocateCard) -> tuple[str, ...]:
    locator = Locator(card)
    good = _sure(locator, [draw(make_unit(4, i, 0.0), view) for i in range(ASKED)])
    defective = _sure(locator, [draw(make_unit(5, i, 1.0), view) for i in range(ASKED)])
    turned = _sure(locator, [_turned(draw(make_unit(6, i, 0.0), view), 360 * i / ASKED) for i in range(ASKED)])
    unfit = [_sure(locator, [draw(make_unit(7, i, 0.0), view, unfit=u) for i in range(ASKED // 4)]) for u in UNFIT]
    return view, card.kind, *(f"{share:.1%}" for share in (good, defective, turned, *unfit)), bar(good >= BAR_SHARE)


def _sure(locator: Locator, images: Sequence[Pixels]) -> float:
    return float(np.mean([locator.locate(image).sure for image in images]))


def _turned(image: Pixels, turn: float) -> Pixels:
    """The image turned on a square piece of the mat."""
    mat, side = (66, 60, 54), max(image.shape)
    spare = (side - image.shape[0]) // 2
    square = cv2.copyMakeBorder(image, spare, spare, 0, 0, cv2.BORDER_CONSTANT, value=mat)
    way = cv2.getRotationMatrix2D(((side - 1) / 2, (side - 1) / 2), turn, 1.0)
    return np.asarray(cv2.warpAffine(square, way, (side, side), borderValue=mat), np.uint8)


def _times(size: tuple[int, int], card: LocateCard) -> tuple[str, ...]:
    drawn = [draw(make_unit(8, i, 0.0), "back") for i in range(TIMED)]
    images = [np.asarray(cv2.resize(image, size[::-1], interpolation=cv2.INTER_CUBIC), np.uint8) for image in drawn]
    locator = Locator(card)
    found = [locator.locate(image) for image in images]
    locate = _cpu_ms(lambda i: locator.locate(images[i]))
    laid = _cpu_ms(lambda i: rectify(images[i], found[i], INPUT))
    met = bar(locate <= BAR_MS) if size == (1080, 1920) else "-"
    return f"{size[1]} x {size[0]}", card.kind, f"{locate:.1f}", f"{laid:.1f}", met


def _paths(size: tuple[int, int], card: LocateCard) -> tuple[str, ...]:
    """CPU milliseconds from a JPEG's bytes to the model's input, and to its features, with and without finding."""
    drawn = [draw(make_unit(8, i, 0.0), "back") for i in range(TIMED)]
    larger = [cv2.resize(image, size[::-1], interpolation=cv2.INTER_CUBIC) for image in drawn]
    jpegs = [bytes(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])[1]) for image in larger]
    locator, engine = Locator(card), Compiled(feature_graph(INPUT, True, lite0()), Precision.F32, 1)
    ways = (None, locator)
    seen = [partial(lambda i, way: look(Picture(jpegs[i]), INPUT, way).pixels, way=way) for way in ways]
    scored = [
        partial(lambda i, way: engine.run(look(Picture(jpegs[i]), INPUT, way).pixels, 0), way=way) for way in ways
    ]
    whole, part, *scores = (_cpu_ms(work) for work in (*seen, *scored))
    return f"{size[1]} x {size[0]}", *(f"{ms:.1f}" for ms in (whole, part, part - whole, *scores))


def _cpu_ms(work: Callable[[int], object], rounds: int = 5) -> float:
    """CPU milliseconds of one call: the best of some rounds, for other work on the machine only adds."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        for i in range(TIMED):
            work(i)
        taken.append((time.process_time() - begun) * 1e3 / TIMED)
    return min(taken)


if __name__ == "__main__":
    main()
