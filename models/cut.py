"""Cuts a graph at its taps: the backbone, which several models may share, and what one model makes of its features."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import onnx
from onnx import TensorProto, helper, shape_inference

from models.graph import TAP


@dataclass(frozen=True, kw_only=True)
class Parts:
    """Two ONNX graphs: from the image to the taps, and from the taps to the outputs of the whole."""

    trunk: bytes
    head: bytes


def cut(graph: bytes) -> Parts | None:
    """The parts of a graph; None for one that has no taps, or reads the image behind them as well."""
    model = onnx.load_model_from_string(graph)
    taps = [name for node in model.graph.node for name in node.output if name.startswith(TAP)]
    if not taps:
        return None
    before = _needed(model, taps, ())
    behind = _needed(model, [one.name for one in model.graph.output], taps)
    if any(node.name in {one.name for one in before} for node in behind):
        return None
    blank = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in taps]
    trunk = _part(model, before, model.graph.input, blank)
    taken = shape_inference.infer_shapes(trunk, strict_mode=True, data_prop=True).graph.output
    read = {name for node in behind for name in node.input}
    head = _part(model, behind, [one for one in taken if one.name in read], model.graph.output)
    if model.graph.input[0].name in read:
        return None
    return Parts(trunk=_bytes(trunk), head=_bytes(head))


def _needed(model: onnx.ModelProto, wanted: Iterable[str], given: Collection[str]) -> list[onnx.NodeProto]:
    """The nodes that compute `wanted` where `given` is there already, in their order."""
    needed, found = set(wanted), []
    for node in reversed(model.graph.node):  # a graph is in order, so whoever reads comes after who gives
        if any(name in needed and name not in given for name in node.output):
            found.append(node)
            needed.update(node.input)
    return found[::-1]


def _part(
    model: onnx.ModelProto,
    nodes: list[onnx.NodeProto],
    inputs: Iterable[onnx.ValueInfoProto],
    outputs: Iterable[onnx.ValueInfoProto],
) -> onnx.ModelProto:
    read = {name for node in nodes for name in node.input}
    constants = [one for one in model.graph.initializer if one.name in read]
    graph = helper.make_graph(nodes, model.graph.name, list(inputs), list(outputs), constants)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def _bytes(model: onnx.ModelProto) -> bytes:
    return bytes(model.SerializeToString(deterministic=True))
