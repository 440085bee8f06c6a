"""What runs a model; and OpenVINO on the CPU: one thread for one image, and precision is never left to chance."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Protocol

import numpy as np
import openvino as ov
from numpy.typing import NDArray

from inspection.core.predict import Failure


class Precision(StrEnum):
    """The precision a graph is computed in. Thresholds set in one are worth nothing in another."""

    F32 = "f32"
    BF16 = "bf16"


class Runtime(StrEnum):
    """What computes a model."""

    OPENVINO = "openvino"
    ONNXRUNTIME = "onnxruntime"
    TORCH = "torch"
    REMOTE = "remote"


class Engine(Protocol):
    """Runs one model. Workers count from 0, and no two threads use the same number at a time."""

    def run(self, image: NDArray[np.uint8], worker: int) -> Mapping[str, NDArray[np.float32]]:
        """Outputs by name for one image (rows, columns, 3; BGR): `map` (rows, columns), `raw` (1), `novelty` (1)
        and, from models that were trained here, `feature`."""

    def close(self) -> None:
        """Give back what the engine holds; it runs nothing after that."""


class NoAnswer(RuntimeError):
    """An engine has no opinion on this image, and `failure` is the reason."""

    def __init__(self, failure: Failure, words: str) -> None:
        super().__init__(words)
        self.failure = failure


class NotOnThisProcessor(RuntimeError):
    """This machine cannot compute in the precision asked for."""


class Compiled:
    """A graph ready to run: ONNX, or OpenVINO's own XML with its `weights`. An Engine. `requests` are one per worker,
    warm; `inputs` and `outputs` are names in order."""

    def __init__(self, graph: bytes, precision: Precision, workers: int, weights: bytes = b"") -> None:
        check_precision(precision)
        options = {
            "INFERENCE_PRECISION_HINT": precision.value,
            "NUM_STREAMS": workers,
            "INFERENCE_NUM_THREADS": workers,
            "ENABLE_CPU_PINNING": False,  # pinned threads of two processes would meet on one core
        }
        model = _core().read_model(graph, weights)
        # A compiled model knows its outputs by other names as well.
        self.inputs = [str(given.get_any_name()) for given in model.inputs]
        self.outputs = [str(output.get_any_name()) for output in model.outputs]
        compiled = _core().compile_model(model, "CPU", options)
        self.requests = [compiled.create_infer_request() for _ in range(workers)]
        blank = {i: np.zeros(tuple(o.shape), o.get_element_type().to_dtype()) for i, o in enumerate(compiled.inputs)}
        # The first inferences of two threads at once can wait for each other for ever; one after the other they do not.
        for request in self.requests:
            request.infer(blank)

    def run(self, image: NDArray[np.uint8], worker: int) -> Mapping[str, NDArray[np.float32]]:
        """Outputs by name for one image (rows, columns, 3; BGR)."""
        self.requests[worker].infer({0: np.ascontiguousarray(image)[None]})
        return self.read(worker)

    def read(self, worker: int) -> dict[str, NDArray[np.float32]]:
        """What this worker's request has computed, by name."""
        return {name: self.requests[worker].get_output_tensor(i).data.copy() for i, name in enumerate(self.outputs)}

    def close(self) -> None:
        """Nothing to do: the memory goes with the last use, so that no thread is cut off."""


def check_precision(precision: Precision) -> None:
    """Raise NotOnThisProcessor when the CPU has no such arithmetic."""
    if precision not in precisions():
        raise NotOnThisProcessor("This processor has no bfloat16 arithmetic: train the model in f32 to use it here.")


def precisions() -> set[Precision]:
    """The precisions this processor computes in."""
    native = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return {Precision.F32, Precision.BF16} if "BF16" in native else {Precision.F32}


@cache
def _core() -> ov.Core:
    return ov.Core()
