"""ONNX Runtime on the CPU, for those who have it installed: each image is computed by the thread that asks."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.engine import NotOnThisProcessor, Precision


class NotInstalled(RuntimeError):
    """This model needs a package that is not installed here."""


class OnnxSession:
    """A graph in ONNX Runtime. An Engine for any number of workers: one session serves them all."""

    def __init__(self, graph: bytes, precision: Precision) -> None:
        if precision is not Precision.F32:
            raise NotOnThisProcessor('ONNX Runtime computes in f32: set runtime = "openvino" in the card for bf16.')
        runtime = _runtime()
        options = runtime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # one: the caller's own
        options.log_severity_level = 3
        for kind in ("intra_op", "inter_op"):
            options.add_session_config_entry(f"session.{kind}.allow_spinning", "0")
        self._session = runtime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        (self._input,) = self._session.get_inputs()
        self.names = [output.name for output in self._session.get_outputs()]
        self.run(np.zeros(self._input.shape[1:], np.uint8), 0)

    def run(self, image: NDArray[np.uint8], worker: int) -> Mapping[str, NDArray[np.float32]]:
        """Outputs by name for one image (rows, columns, 3; BGR)."""
        del worker  # sessions may be run from any thread
        values = self._session.run(self.names, {self._input.name: np.ascontiguousarray(image)[None]})
        return dict(zip(self.names, values, strict=True))

    def close(self) -> None:
        """Nothing to do: the memory goes with the last use, so that no thread is cut off."""


def _runtime() -> Any:
    try:
        return import_module("onnxruntime")
    except ImportError as error:
        raise NotInstalled(
            "This model runs in ONNX Runtime, which is not installed: 'pip install onnxruntime', "
            'or add the model again with runtime = "openvino".'
        ) from error


def run_once(graph: bytes, values: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """All outputs of a graph with one input, of whatever type it is."""
    session = _runtime().InferenceSession(graph, providers=["CPUExecutionProvider"])
    (given,), names = session.get_inputs(), [one.name for one in session.get_outputs()]
    kinds = {"tensor(float16)": np.float16, "tensor(uint8)": np.uint8}
    x = values.astype(kinds.get(given.type, np.float32))
    return dict(zip(names, session.run(names, {given.name: x}), strict=True))
