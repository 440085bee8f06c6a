"""One pass through the backbone for all models that are asked about an image and have the same one."""

import weakref
from collections.abc import Mapping
from hashlib import sha256

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from models.cut import Parts
from models.engine import Compiled, Precision


class Trunk:
    """A backbone in OpenVINO. Each worker keeps the features of its last image."""

    def __init__(self, graph: bytes, precision: Precision, workers: int) -> None:
        self._compiled = Compiled(graph, precision, workers)
        # Taken once: a request that is computing does not give its tensors away.
        self.taps: list[dict[str, ov.Tensor]] = [
            {name: request.get_output_tensor(i) for i, name in enumerate(self._compiled.outputs)}
            for request in self._compiled.requests
        ]
        self.passes = [0] * workers
        self._last: list[weakref.ref[NDArray[np.uint8]] | None] = [None] * workers

    def see(self, image: NDArray[np.uint8], worker: int) -> None:
        """Put an image's features into this worker's taps, unless they are there. Whether they are is known by the
        array itself, so only one that cannot be written to is trusted to be what it was."""
        last = self._last[worker]
        if last is not None and last() is image and not image.flags.writeable:
            return
        self._last[worker] = None  # in case the pass fails half way
        self._compiled.requests[worker].infer({0: np.ascontiguousarray(image)[None]})
        self._last[worker] = weakref.ref(image)
        self.passes[worker] += 1


class Head:
    """What one model makes of a trunk's features, which it reads where the trunk has put them. An Engine."""

    def __init__(self, graph: bytes, precision: Precision, workers: int, trunk: Trunk) -> None:
        self.trunk = trunk
        self._compiled = Compiled(graph, precision, workers)
        for request, taps in zip(self._compiled.requests, trunk.taps, strict=True):
            for i, name in enumerate(self._compiled.inputs):
                request.set_input_tensor(i, taps[name])

    def run(self, image: NDArray[np.uint8], worker: int) -> Mapping[str, NDArray[np.float32]]:
        """Outputs by name for one image (rows, columns, 3; BGR)."""
        self.trunk.see(image, worker)
        self._compiled.requests[worker].infer()
        return self._compiled.read(worker)

    def close(self) -> None:
        """Nothing to do: the memory goes with the last use, and the trunk's with its last head."""


class Trunks:
    """The trunks in use, each by what it computes. For one thread at a time."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._known: weakref.WeakValueDictionary[str, Trunk] = weakref.WeakValueDictionary()

    def __len__(self) -> int:
        """How many are in use."""
        return len(self._known)

    def head(self, parts: Parts, precision: Precision) -> Head:
        """A model's head on the trunk that it has in common with others, warm."""
        key = key_of(parts, precision)
        trunk = self._known.get(key)
        if trunk is None:
            trunk = self._known[key] = Trunk(parts.trunk, precision, self._workers)
        return Head(parts.head, precision, self._workers, trunk)


def key_of(parts: Parts, precision: Precision) -> str:
    """What two models must have in common to share a pass: each weight, the input's size, and the precision."""
    return f"{sha256(parts.trunk).hexdigest()} {precision}"
