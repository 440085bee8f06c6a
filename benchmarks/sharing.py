"""What several models on one image cost when they share the pass through their backbone, and when each is run whole.

python -m benchmarks.sharing
"""

import os
import time
from collections.abc import Callable, Sequence

import numpy as np

from benchmarks.table import bar, show
from models.anomaly import Familiar, Position, Texture, blocks_of
from models.artefact import ViewModel
from models.backbone import lite0
from models.calibrate import Curve, Scale
from models.cut import cut
from models.engine import Compiled, Engine, Precision, Runtime
from models.engines import open_engine
from models.scoring import Fitted, grid_of, scoring_graph
from models.sharing import Trunks
from models.tune import torch_is_there

CHANNELS, PLACE = lite0().channels, lite0().place_channels
SIZES, MODELS, ROUNDS, BANK = ((256, 256), (288, 512)), 3, 40, 1000
Size = tuple[int, int]


def main() -> None:
    """Print CPU milliseconds per image, one thread, the ways taken in turn so that other work meets them alike."""
    print(f"load {os.getloadavg()[0]:.1f}\n")
    for size in SIZES:
        _measure(size)
        print()


def _measure(size: Size) -> None:
    graphs = [_graph(size, seed) for seed in range(MODELS)]
    whole: list[Engine] = [Compiled(graph, Precision.F32, 1) for graph in graphs]
    trunks = Trunks(1)
    heads: list[Engine] = [trunks.head(part, Precision.F32) for graph in graphs if (part := cut(graph))]
    ways = {f"{k + 1} whole": whole[: k + 1] for k in range(MODELS)}
    ways |= {f"{k + 1} shared": heads[: k + 1] for k in range(MODELS)}
    if torch_is_there():
        ways["torch"] = [_torch(graphs[0], size)]
    cost = _interleaved(ways, size)
    rows = []
    for k in range(MODELS):
        alone, shared = cost[f"{k + 1} whole"], cost[f"{k + 1} shared"]
        met = "-" if k == 0 else bar(shared < alone)
        rows.append((k + 1, f"{alone:.1f}", f"{shared:.1f}", f"{shared / alone - 1:+.0%}", met))
    show((f"models at {size[0]} x {size[1]}", "each whole", "backbone shared", "difference", "pays"), rows)
    worst = max(_apart(*pair, size) for pair in zip(whole, heads, strict=True))
    print(f"\nLargest difference of a raw figure: {worst:.1g}.", end="")
    print(f" One model in PyTorch on the CPU: {cost['torch']:.1f} ms." if "torch" in cost else "")


def _interleaved(ways: dict[str, Sequence[Engine]], size: Size) -> dict[str, float]:
    """Median CPU milliseconds of each way."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for i in range(ROUNDS):
        for name, engines in ways.items():
            image = _image(size, i)
            taken[name].append(_timed(lambda engines=engines, image=image: [one.run(image, 0) for one in engines]))
    return {name: float(np.median(values)) for name, values in taken.items()}


def _timed(run: Callable[[], object]) -> float:
    begun = time.process_time()
    run()
    return (time.process_time() - begun) * 1e3


def _apart(one: Engine, other: Engine, size: Size) -> float:
    image = _image(size, 0)
    return float(np.abs(one.run(image, 0)["raw"] - other.run(image, 0)["raw"]).max())


def _image(size: Size, seed: int) -> np.ndarray:
    image = np.random.default_rng(seed).integers(0, 256, (*size, 3), np.uint8)
    image.flags.writeable = False  # as a decoded picture's
    return image


def _torch(graph: bytes, size: Size) -> Engine:
    view = ViewModel(graph=graph, size=size, curve=Curve(middle=0, width=1), novelty_limit=1)
    return open_engine(view, Runtime.TORCH, Precision.F32, 1)


def _graph(size: Size, seed: int) -> bytes:
    """An anomaly model of the usual size on the real backbone; what it has learned is noise, which costs the same."""
    dice, blocks, scale = np.random.default_rng(seed), blocks_of(grid_of(size)), Scale(centre=0.0, spread=1.0)
    cells, width = int(np.prod(grid_of(size))), PLACE.stop - PLACE.start

    def some(*shape: int) -> np.ndarray:
        return (dice.standard_normal(shape) * 0.05).astype(np.float32)

    return scoring_graph(
        Fitted(
            size=size, pooled=True,
            texture=Texture(mean=some(CHANNELS), whitening=some(CHANNELS, CHANNELS), bank=some(BANK, CHANNELS)),
            position=Position(mean=some(cells, width), root=some(len(blocks), width, width), blocks=blocks),
            familiar=Familiar(mean=some(CHANNELS), root=some(CHANNELS, CHANNELS)),
            texture_scale=scale, position_scale=scale, novelty_scale=scale,
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
