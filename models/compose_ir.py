"""Puts our own ends onto a foreign OpenVINO model (XML and weights), as compose_onnx does onto an ONNX one."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
from numpy.typing import NDArray
from openvino import opset13 as ops

from models.artefact import Ir
from models.compose_onnx import the_input
from models.contract import EDGE, Input, Output, Unusable, grid, pool_of

_TYPES = {"f32": np.float32, "f16": np.float16, "u8": np.uint8}


def read_ir(path: Path) -> ov.Model:
    """The model in an XML file and the .bin of the same name beside it; raises Unusable."""
    weights = path.with_suffix(".bin")
    if not weights.is_file():
        raise Unusable(
            f"{path.name} keeps its weights in {weights.name}, which is not beside it: copy it there as well."
        )
    try:
        return ov.Core().read_model(path.read_bytes(), weights.read_bytes())
    except RuntimeError as error:
        raise Unusable(f"{path.name} is no OpenVINO model, or a damaged one. Export it again.") from error


def find(model: ov.Model, wanted: Input) -> tuple[str, tuple[int | None, ...]]:
    """Name and shape (None where open) of the input that takes the image; raises Unusable where the card is wrong."""
    names = tuple(one.get_any_name() for one in model.inputs)
    name = the_input(tuple(name for name in names if name not in wanted.constants), wanted)
    one = model.input(name)
    if one.get_element_type().get_type_name() not in _TYPES:
        raise Unusable(f"The model's input {name!r} has type {one.get_element_type()}: export it with an input of f32.")
    if one.get_element_type() == ov.Type.u8:
        wanted.check_bytes()
    shape = one.get_partial_shape()
    if shape.rank.is_dynamic:
        return name, (None,) * 4
    return name, tuple(None if side.is_dynamic else side.get_length() for side in shape)


def fix(model: ov.Model, name: str, wanted: Input) -> None:
    """Hold the model to one image of the card's size, and its further inputs at the card's values."""
    for one in [one for one in model.inputs if one.get_any_name() in wanted.constants]:
        sides = [1 if side.is_dynamic else side.get_length() for side in one.get_partial_shape()]
        kind = one.get_element_type().to_dtype()
        held = ops.constant(np.full(sides, wanted.constants[one.get_any_name()], kind))
        parameter = one.get_node()
        for target in parameter.output(0).get_target_inputs():
            target.replace_source_output(held.output(0))
        model.remove_parameter(parameter)
    model.reshape({name: list(wanted.shape())})


def compose_ir(model: ov.Model, name: str, given: Input, output: Output, seen: Mapping[str, NDArray[Any]]) -> Ir:
    """The model with our ends. `seen` are its own outputs for some image, for their shapes."""
    image = ops.parameter([1, given.height or 0, given.width or 0, 3], np.uint8, "image")
    image.output(0).set_names({"image"})
    x = _front(image, given, model.input(name).get_element_type())
    for target in model.input(name).get_node().output(0).get_target_inputs():
        target.replace_source_output(x.output(0))
    whole = ov.Model(_back(model, output, seen), [image], "foreign")
    with tempfile.TemporaryDirectory() as folder:
        ov.save_model(whole, Path(folder) / "m.xml", compress_to_fp16=False)
        return Ir(xml=(Path(folder) / "m.xml").read_bytes(), weights=(Path(folder) / "m.bin").read_bytes())


def _front(image: Any, given: Input, kind: ov.Type) -> Any:
    factor, shift = given.factors()
    x = ops.convert(image, "f32")
    if given.channels == "RGB":
        x = ops.gather(x, np.array([2, 1, 0]), np.array(3))
    x = ops.add(ops.multiply(x, factor), shift)
    if given.layout == "NCHW":
        x = ops.transpose(x, np.array([0, 3, 1, 2]))
    return ops.convert(x, kind.get_type_name())


def _back(model: ov.Model, output: Output, seen: Mapping[str, NDArray[Any]]) -> list[Any]:
    cells = None if output.map is None else _cells(_source(model, output.map), seen[output.map].shape, output.map)
    if output.score is not None:
        raw = ops.reshape(ops.convert(_source(model, output.score), "f32"), np.array([-1]), False)
        raw = ops.gather(raw, np.array([output.pick(seen[output.score].size)]), np.array(0))
    elif cells is not None:
        raw = ops.reduce_max(ops.reshape(cells, np.array([-1]), False), np.array([0]), keep_dims=True)
    else:
        raise Unusable("The card names no output: say [output] score or map.")
    factor, shift = output.map_factors()
    shown = ops.constant(np.full((1, 1), output.nowhere, np.float32))
    if cells is not None:
        shown = _standard(output, ops.add(ops.multiply(cells, np.float32(factor)), np.float32(shift)))
    found = {"map": shown, "raw": _standard(output, raw), "novelty": ops.constant(np.zeros(1, np.float32))}
    return [_result(name, node) for name, node in found.items()]


def _source(model: ov.Model, name: str) -> Any:
    """What the model gives out under this name."""
    return model.output(name).get_node().input_value(0)


def _cells(values: Any, shape: tuple[int, ...], name: str) -> Any:
    rows, columns = grid(shape, name)
    k = pool_of(rows, columns)
    x = ops.reshape(ops.convert(values, "f32"), np.array([1, 1, rows, columns]), False)
    x = ops.max_pool(x, [k, k], [1, 1], [0, 0], [0, 0], [k, k]).output(0)
    return ops.reshape(x, np.array([rows // k, columns // k]), False)


def _standard(output: Output, x: Any) -> Any:
    if output.curve is not None:
        return x
    inside = ops.add(ops.multiply(x, np.float32(1 - 2 * EDGE)), np.float32(EDGE))
    return ops.log(ops.divide(inside, ops.subtract(np.float32(1.0), inside)))


def _result(name: str, node: Any) -> Any:
    result = ops.result(node)
    result.output(0).set_names({name})
    return result
