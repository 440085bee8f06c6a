"""Features of many training images, computed on all cores and kept on disk so that memory stays bounded."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from inspection.core.train import Progress, Sample, Untrainable, stop_if
from models.anomaly import Features, Floats
from models.decode import Header, Picture, Unreadable, read_header
from models.engine import Compiled, Precision
from models.locate import Locator
from models.look import look
from models.scoring import feature_graph, grid_of, stage2_shape
from models.trunk import Backbone

Read = Callable[[str], bytes]
T = TypeVar("T")
_NAMES_TOLD = 5
STAGE2 = "features.npy"


@dataclass(frozen=True, kw_only=True)
class Extracted:
    """Features of images, (images, cells, channels) in half precision; means and maxima of those not averaged over
    cells, (images, 2 * channels); and a hash of each image's pixels. Those that a tail can be tuned from are in the
    file `STAGE2` of the folder, (images, channels, rows, columns)."""

    features: Features
    wholes: Floats
    pixels: tuple[str, ...]


def read_headers(samples: Sequence[Sample], read: Read, cancelled: Callable[[], bool]) -> list[Header]:
    """Headers of all samples; raises Untrainable and names those that cannot be read."""
    headers, bad = [], []
    for sample in samples:
        stop_if(cancelled)
        try:
            headers.append(read_header(read(sample.sha256)))
        except (Unreadable, OSError) as error:
            bad.append(f"{sample.name}: {error}")
    if bad:
        raise unreadable(bad)
    return headers


def unreadable(bad: Sequence[str]) -> Untrainable:
    """The refusal that names what cannot be read."""
    return Untrainable(f"{len(bad)} images cannot be read. Take them out or put them in again: {named(bad)}")


def named(bad: Sequence[str]) -> str:
    """The first few of them, and how many there are more."""
    more = f" and {len(bad) - _NAMES_TOLD} more" if len(bad) > _NAMES_TOLD else ""
    return "; ".join(one.rstrip(".") for one in bad[:_NAMES_TOLD]) + more + "."


def feature_bytes(size: tuple[int, int], backbone: Backbone) -> int:
    """What `extract` keeps on disk of one image."""
    return 2 * (int(np.prod(grid_of(size))) * backbone.channels + int(np.prod(stage2_shape(size, backbone))))


def extract(
    samples: Sequence[Sample], read: Read, *, size: tuple[int, int], pooled: bool, backbone: Backbone,
    precision: Precision, threads: int, folder: Path, progress: Progress, cancelled: Callable[[], bool],
    locator: Locator | None = None,
) -> Extracted:  # fmt: skip
    """Run the backbone over all samples, or the part alone in them, and keep the features in a file in `folder`."""
    cells = int(np.prod(grid_of(size)))
    compiled = Compiled(feature_graph(size, pooled, backbone), precision, threads)
    features: NDArray[Any] = np.memmap(
        folder / f"features-{samples[0].view}", np.float16, "w+", shape=(len(samples), cells, backbone.channels)
    )
    wholes = np.zeros((len(samples), 2 * backbone.channels), np.float32)
    stage2 = None
    if backbone.tail is not None:
        shape = (len(samples), *stage2_shape(size, backbone))
        stage2 = np.lib.format.open_memmap(folder / STAGE2, "w+", np.float16, shape=shape)
    free: SimpleQueue[int] = SimpleQueue()
    for worker in range(threads):
        free.put(worker)

    def one(index: int) -> str:
        image = look(Picture(read(samples[index].sha256)), size, locator).pixels
        worker = free.get()
        try:
            outputs = compiled.run(image, worker)
        finally:
            free.put(worker)
        features[index] = outputs["features"]
        wholes[index] = outputs["whole"]
        if stage2 is not None:
            stage2[index] = outputs["stage2"]
        return sha256(image.tobytes()).hexdigest()

    pixels = of_all(one, samples, threads, f"features of {samples[0].view}", progress, cancelled)
    if stage2 is not None:
        stage2.flush()
    return Extracted(features=features, wholes=wholes, pixels=pixels)


def pixel_hashes(
    samples: Sequence[Sample], read: Read, *, size: tuple[int, int], threads: int, progress: Progress,
    cancelled: Callable[[], bool],
) -> tuple[str, ...]:  # fmt: skip
    """A hash of each image's pixels at a size. Far quicker than features, so it is done before anything takes long."""

    def one(index: int) -> str:
        return sha256(Picture(read(samples[index].sha256)).at(*size).tobytes()).hexdigest()

    return of_all(one, samples, threads, f"images of {samples[0].view}", progress, cancelled)


def of_all(
    one: Callable[[int], T], samples: Sequence[Sample], threads: int, stage: str, progress: Progress,
    cancelled: Callable[[], bool],
) -> tuple[T, ...]:  # fmt: skip
    """What `one` gives for each sample's index; raises Untrainable and names those that cannot be read."""
    found, bad = [], []
    for done, (sample, result) in enumerate(zip(samples, _in_order(one, len(samples), threads), strict=True), 1):
        stop_if(cancelled)
        try:
            found.append(result.result())
        except (Unreadable, OSError) as error:
            bad.append(f"{sample.name}: {error}")
        progress(stage, done, len(samples))
    if bad:
        raise unreadable(bad)
    return tuple(found)


def _in_order(one: Callable[[int], T], count: int, threads: int) -> Iterator[Future[T]]:
    """Results in order, with no more than a few images under way at a time."""
    with ThreadPoolExecutor(threads, thread_name_prefix="jidoka-features") as pool:
        todo = iter(range(count))
        under_way = [pool.submit(one, index) for index in islice(todo, 2 * threads)]
        try:
            while under_way:
                yield under_way.pop(0)
                under_way.extend(pool.submit(one, index) for index in islice(todo, 1))
        finally:
            for future in under_way:
                future.cancel()
