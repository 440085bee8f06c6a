"""PyTorch as the runtime: our own graphs on a GPU where there is one. Imported only when such a model is loaded.

Without a GPU it runs on the CPU, about twice as slow as OpenVINO.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import helper, numpy_helper
from torch import Tensor

from models.contract import Unusable
from models.engine import NotOnThisProcessor, Precision
from models.torch_operations import OPERATIONS, CannotDo, How, Integers, check


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One operation: the names of what it reads and gives, and of what nobody reads after it."""

    kind: str
    reads: tuple[str, ...]
    gives: tuple[str, ...]
    how: How
    integers: Integers
    done: tuple[str, ...]


class TorchGraph:
    """An ONNX graph in PyTorch. An Engine for any number of workers; a GPU takes their images in turn."""

    def __init__(self, graph: bytes, precision: Precision) -> None:
        if precision is not Precision.F32:
            raise NotOnThisProcessor('PyTorch computes in f32 here: set runtime = "openvino" in the card for bf16.')
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        # Thresholds were set in whole 32-bit floats, which TF32 is not.
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
        torch.set_num_threads(1)  # one: the caller's own
        model = onnx.load_model_from_string(graph)
        arrays = _arrays(model)
        self._constants = {name: _tensor(array, self.device) for name, array in arrays.items()}
        (self._input,) = model.graph.input
        self._outputs = [one.name for one in model.graph.output]
        try:
            self._steps = _steps(model, arrays)
            self.run(np.zeros([side.dim_value for side in self._input.type.tensor_type.shape.dim][1:], np.uint8), 0)
        except CannotDo as error:
            raise Unusable(
                f'The model {error}, which the runtime "torch" does not know. Run it with "openvino" or "onnxruntime".'
            ) from error

    def run(self, image: NDArray[np.uint8], worker: int) -> Mapping[str, NDArray[np.float32]]:
        """Outputs by name for one image (rows, columns, 3; BGR)."""
        del worker  # nothing is kept between images
        with torch.inference_mode():
            known: dict[str, Tensor | None] = {"": None, self._input.name: _tensor(image, self.device)[None]}
            for step in self._steps:
                given = [known[name] if name in known else self._constants[name] for name in step.reads]
                made = OPERATIONS[step.kind](given, step.how, step.integers)
                known.update(zip(step.gives, made if isinstance(made, tuple) else (made,), strict=False))
                for name in step.done:
                    known.pop(name, None)
            found = {name: known[name] if name in known else self._constants[name] for name in self._outputs}
            return {name: np.array(one.float().cpu().numpy()) for name, one in found.items() if one is not None}

    def close(self) -> None:
        """Nothing to do: the memory goes with the last use, so that no thread is cut off."""


def _tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    return torch.tensor(np.array(array, order="C"), device=device)


def _arrays(model: onnx.ModelProto) -> dict[str, NDArray[Any]]:
    """All constants by name."""
    found = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            found[node.output[0]] = numpy_helper.to_array(_attributes(node)["value"])
    return found


def _steps(model: onnx.ModelProto, arrays: Mapping[str, NDArray[Any]]) -> list[_Step]:
    nodes = [node for node in model.graph.node if node.op_type != "Constant"]
    last = {name: i for i, node in enumerate(nodes) for name in (*node.output, *node.input)}
    kept = {one.name for one in model.graph.output}
    steps = []
    for i, node in enumerate(nodes):
        how = _attributes(node)
        check(node.op_type, how)
        integers = [arrays[name].reshape(-1).tolist() if _is_list(arrays.get(name)) else None for name in node.input]
        done = tuple({name for name in (*node.input, *node.output) if name and last[name] == i and name not in kept})
        gives = tuple(node.output)
        steps.append(
            _Step(kind=node.op_type, reads=tuple(node.input), gives=gives, how=how, integers=integers, done=done)
        )
    return steps


def _is_list(array: NDArray[Any] | None) -> bool:
    return array is not None and array.dtype == np.int64


def _attributes(node: onnx.NodeProto) -> How:
    values = {one.name: helper.get_attribute_value(one) for one in node.attribute}
    return {
        name: value.decode() if isinstance(value, bytes) else list(value) if _is_sequence(value) else value
        for name, value in values.items()
    }


def _is_sequence(value: Any) -> bool:
    return not isinstance(value, str | bytes) and hasattr(value, "__iter__")
