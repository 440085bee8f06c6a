"""ONNX graphs written node by node: the few operations that the backbone and the scoring tail are made of."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, compose, helper, numpy_helper

OPSET = 17
IR_VERSION = 8
PRODUCER = "jidoka"
TAP = "tap_"  # begins the names of the tensors at which a graph may be cut

Floats = NDArray[np.floating[Any]]


class Graph:
    """An ONNX graph in the making. Methods add a node and give the name of its output; shapes are NCHW."""

    def __init__(self, height: int, width: int) -> None:
        self.height = height
        self.width = width
        self.image = "image"
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []

    def node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Any operation with one output."""
        name = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def constant(self, array: NDArray[Any]) -> str:
        """A constant tensor, kept inside the graph."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def floats(self, values: Floats | float) -> str:
        """A constant of 32-bit floats."""
        return self.constant(np.asarray(values, np.float32))

    def integers(self, *values: int) -> str:
        """A constant list of 64-bit integers, as shapes and axes are."""
        return self.constant(np.asarray(values, np.int64))

    def slice(self, x: str, axes: tuple[int, ...], starts: tuple[int, ...], ends: tuple[int, ...]) -> str:
        """A part of `x` along some axes."""
        return self.node("Slice", x, self.integers(*starts), self.integers(*ends), self.integers(*axes))

    def conv(
        self,
        x: str,
        weight: Floats,
        bias: Floats,
        *,
        stride: int = 1,
        pads: tuple[int, ...] = (0, 0, 0, 0),
        groups: int = 1,
    ) -> str:
        """Convolution by a weight (out, in / groups, rows, columns); pads are top, left, bottom, right."""
        size = list(weight.shape[2:])
        attributes = {"kernel_shape": size, "strides": [stride, stride], "pads": list(pads), "group": groups}
        return self.node("Conv", x, self.floats(weight), self.floats(bias), **attributes)

    def resize(self, x: str, height: int, width: int, channels: int) -> str:
        """Bilinear resize to a fixed size, pixel centres aligned."""
        sizes = self.integers(1, channels, height, width)
        return self.node("Resize", x, "", "", sizes, mode="linear", coordinate_transformation_mode="half_pixel")

    def mean3(self, x: str) -> str:
        """3 x 3 mean that leaves out what lies beyond the edge, so that edge cells do not look special."""
        return self.node("AveragePool", x, kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=0)

    def top(self, x: str, count: int) -> str:
        """The `count` largest values of a list, largest first."""
        name = f"TopK_{len(self._nodes)}"
        node = helper.make_node("TopK", [x, self.integers(count)], [name, f"{name}_where"], name=name, axis=0)
        self._nodes.append(node)
        return name

    def graft(self, model: onnx.ModelProto) -> dict[str, str]:
        """Put a finished graph, whose one input is the image, in here; the names that its outputs have now. Raises
        ValueError when it was written for another version of the operations."""
        if [(one.domain, one.version) for one in model.opset_import] != [("", OPSET)]:
            raise ValueError(f"The graph is not of opset {OPSET}.")
        prefix = f"graft_{len(self._nodes)}_"
        theirs = compose.add_prefix(model, prefix).graph
        self._nodes.append(helper.make_node("Identity", [self.image], [theirs.input[0].name]))
        self._nodes += theirs.node
        self._constants += theirs.initializer
        return {name.removeprefix(prefix): name for name in (one.name for one in theirs.output)}

    def tap(self, x: str, name: str) -> str:
        """Give `x` a fixed name, by which the graph can be cut there: what lies before is the same for many models."""
        self._nodes.append(helper.make_node("Identity", [x], [TAP + name], name=f"Identity_{TAP}{name}"))
        return TAP + name

    def output(self, x: str, name: str, shape: tuple[int, ...]) -> None:
        """Give `x` out of the graph under `name`."""
        self._nodes.append(helper.make_node("Identity", [x], [name], name=f"output_{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)))

    def model(self) -> bytes:
        """The finished and checked ONNX model, whose input is one BGR image (1, rows, columns, 3) of bytes."""
        image = helper.make_tensor_value_info(self.image, TensorProto.UINT8, [1, self.height, self.width, 3])
        graph = helper.make_graph(self._nodes, PRODUCER, [image], self._outputs, self._constants)
        opset = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opset, ir_version=IR_VERSION, producer_name=PRODUCER)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))
