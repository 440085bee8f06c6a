"""Puts our own ends onto a foreign ONNX model: bytes of an image in, `map`, `raw` and `novelty` out."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

from models.contract import EDGE, Input, Output, Unusable, grid, pool_of

_OLDEST_OPSET = 9
_TYPES = {TensorProto.FLOAT, TensorProto.FLOAT16, TensorProto.UINT8}
_THEIRS = "model/"


@dataclass(frozen=True, kw_only=True)
class Foreign:
    """An ONNX model as it was found: the input that takes the image, its shape (None where open) and its outputs."""

    model: onnx.ModelProto
    input: str
    shape: tuple[int | None, ...]
    outputs: tuple[str, ...]


def read_onnx(path: Path) -> onnx.ModelProto:
    """The model in a file, with the weights it keeps in files beside it; raises Unusable."""
    try:
        model = onnx.load(path)
        if not model.graph.node or not model.graph.input:
            raise ValueError("an empty graph")
    except FileNotFoundError as error:
        raise Unusable(f"{path.name} needs {error.filename}, which is not beside it: copy it there as well.") from error
    except Exception as error:  # what is no ONNX trips the parser in many ways
        raise Unusable(f"{path.name} is no ONNX model, or a damaged one. Export it again.") from error
    opsets = {one.domain: one.version for one in model.opset_import}
    opset = opsets.get("", 0)
    if opset < _OLDEST_OPSET:
        raise Unusable(f"{path.name} uses ONNX opset {opset}: export it with opset {_OLDEST_OPSET} or later.")
    return model


def find(model: onnx.ModelProto, wanted: Input) -> Foreign:
    """What of the model the card speaks of; raises Unusable where they do not fit."""
    inside = {tensor.name for tensor in model.graph.initializer}
    inputs = {one.name: one for one in model.graph.input if one.name not in inside and one.name not in wanted.constants}
    name = the_input(tuple(inputs), wanted)
    kind = inputs[name].type.tensor_type
    if kind.elem_type not in _TYPES:
        its = TensorProto.DataType.Name(kind.elem_type)
        raise Unusable(f"The model's input {name!r} has type {its}: export it with an input of FLOAT.")
    if kind.elem_type == TensorProto.UINT8:
        wanted.check_bytes()
    shape = tuple(side.dim_value if side.HasField("dim_value") else None for side in kind.shape.dim)
    return Foreign(model=model, input=name, shape=shape, outputs=tuple(one.name for one in model.graph.output))


def the_input(names: tuple[str, ...], wanted: Input) -> str:
    """The one input that takes the image."""
    told = ", ".join(repr(name) for name in names)
    if wanted.name is not None and wanted.name not in names:
        raise Unusable(f"The model has no input {wanted.name!r}. It has: {told}. Correct [input] name in the card.")
    if len(names) != 1:
        raise Unusable(
            f"The model has the inputs {told}; it must take one image and nothing else. Give the others a value under "
            "[input.constants], or export the model with one input."
        )
    return names[0]


def fixed(foreign: Foreign, wanted: Input) -> onnx.ModelProto:
    """The model for one image of the card's size, its further inputs held at the card's values."""
    model = onnx.ModelProto()
    model.CopyFrom(foreign.model)
    graph = model.graph
    for one in list(graph.input):
        if one.name in wanted.constants:
            sides = [max(side.dim_value, 1) for side in one.type.tensor_type.shape.dim]
            kind = helper.tensor_dtype_to_np_dtype(one.type.tensor_type.elem_type)
            held = np.full(sides, wanted.constants[one.name], kind)
            graph.initializer.append(numpy_helper.from_array(held, one.name))
            graph.input.remove(one)
        elif one.name == foreign.input:
            for side, size in zip(one.type.tensor_type.shape.dim, wanted.shape(), strict=True):
                side.dim_value = size
    del graph.value_info[:]  # shapes noted for open sizes do not hold any more
    for one in graph.output:
        one.type.tensor_type.ClearField("shape")
    return model


def compose_onnx(model: onnx.ModelProto, given: Input, output: Output, seen: Mapping[str, NDArray[Any]]) -> bytes:
    """The model with our ends. `seen` are its own outputs for some image, for their shapes."""
    theirs = compose.add_prefix(model, _THEIRS)
    name = next(one for one in theirs.graph.input if one.name not in {t.name for t in theirs.graph.initializer})
    front, back = _Ends(), _Ends()
    rows, columns = (given.height or 0), (given.width or 0)
    _front(front, given, name.name, name.type.tensor_type.elem_type)
    outputs = _back(back, output, seen)
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, rows, columns, 3])
    nodes = [*front.nodes, *theirs.graph.node, *back.nodes]
    constants = [*theirs.graph.initializer, *front.constants, *back.constants]
    graph = helper.make_graph(nodes, "foreign", [image], outputs, constants)
    graph.sparse_initializer.extend(theirs.graph.sparse_initializer)
    whole = helper.make_model(
        graph, opset_imports=theirs.opset_import, ir_version=theirs.ir_version, functions=theirs.functions
    )
    try:
        onnx.checker.check_model(whole)
        return bytes(whole.SerializeToString(deterministic=True))
    except ValueError as error:
        raise Unusable("The model is larger than 2 GB, which is more than fits into one ONNX file.") from error


class _Ends:
    """Nodes and constants in the making."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def node(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """Add an operation; the name of its output. Only operations that no opset since 9 has changed are used."""
        name = out or f"{kind}_{inputs[0]}"
        self.nodes.append(helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant tensor."""
        self.constants.append(numpy_helper.from_array(value, name))
        return name

    def held(self, name: str, value: NDArray[Any]) -> None:
        """Add an output that is always the same. No other name may stand for it, or OpenVINO would tell that one."""
        self.nodes.append(helper.make_node("Constant", [], [name], value=numpy_helper.from_array(value)))

    def floats(self, name: str, value: float) -> str:
        """Add a 32-bit float."""
        return self.constant(name, np.asarray(value, np.float32))


def _front(ends: _Ends, given: Input, out: str, kind: int) -> None:
    factor, shift = given.factors()
    x = ends.node("Cast", "image", to=TensorProto.FLOAT)
    if given.channels == "RGB":
        x = ends.node("Gather", x, ends.constant("backwards", np.array([2, 1, 0])), axis=3)
    x = ends.node("Mul", x, ends.constant("factor", factor))
    x = ends.node("Add", x, ends.constant("shift", shift))
    if given.layout == "NCHW":
        x = ends.node("Transpose", x, perm=[0, 3, 1, 2])
    ends.node("Cast", x, out=out, to=kind)


def _back(ends: _Ends, output: Output, seen: Mapping[str, NDArray[Any]]) -> list[onnx.ValueInfoProto]:
    cells, shape = _map(ends, output, seen)
    if output.score is not None:
        index = output.pick(seen[output.score].size)
        x = ends.node("Cast", _THEIRS + output.score, out="score", to=TensorProto.FLOAT)
        x = ends.node("Reshape", x, ends.constant("flat", np.array([-1])))
        x = ends.node("Gather", x, ends.constant("index", np.array([index])), axis=0)
    elif cells is not None:
        x = ends.node("ReduceMax", ends.node("Reshape", cells, ends.constant("flat", np.array([-1]))), keepdims=1)
    else:
        raise Unusable("The card names no output: say [output] score or map.")
    ends.node("Identity", _standard(ends, output, x), out="raw")
    if cells is None:
        ends.held("map", np.full((1, 1), output.nowhere, np.float32))
    else:
        factor, shift = output.map_factors()
        x = ends.node("Mul", cells, ends.floats("map_factor", factor))
        x = ends.node("Add", x, ends.floats("map_shift", shift))
        ends.node("Identity", _standard(ends, output, x), out="map")
    ends.held("novelty", np.zeros(1, np.float32))
    sizes = {"map": shape, "raw": (1,), "novelty": (1,)}
    return [helper.make_tensor_value_info(name, TensorProto.FLOAT, size) for name, size in sizes.items()]


def _map(ends: _Ends, output: Output, seen: Mapping[str, NDArray[Any]]) -> tuple[str | None, tuple[int, int]]:
    """The map as cells, each the highest value of its pixels, and its shape."""
    if output.map is None:
        return None, (1, 1)
    rows, columns = grid(seen[output.map].shape, output.map)
    k = pool_of(rows, columns)
    x = ends.node("Cast", _THEIRS + output.map, out="cells", to=TensorProto.FLOAT)
    x = ends.node("Reshape", x, ends.constant("four", np.array([1, 1, rows, columns])))
    x = ends.node("MaxPool", x, kernel_shape=[k, k], strides=[k, k])
    return ends.node("Reshape", x, ends.constant("two", np.array([rows // k, columns // k]))), (rows // k, columns // k)


def _standard(ends: _Ends, output: Output, x: str) -> str:
    """Logits of what are scores already. A value that is not within 0..1 gives no number, which is told at run time."""
    if output.curve is not None:
        return x
    inside = ends.node("Mul", x, ends.floats(f"room_{x}", 1 - 2 * EDGE), out=f"room_of_{x}")
    inside = ends.node("Add", inside, ends.floats(f"edge_{x}", EDGE))
    odds = ends.node("Div", inside, ends.node("Sub", ends.floats(f"one_{x}", 1.0), inside))
    return ends.node("Log", odds)
