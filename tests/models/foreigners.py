"""Small models as other people export them: a bright place is a defect."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import openvino as ov
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
OPSET = 14
# The mean of 4 x 4 pixels, brightness from 0 to 1, of good plates and of stains.
GOOD, STAIN = 0.47, 0.80


def network(
    *, opset: int = OPSET, layout: str = "NCHW", dynamic: bool = False, names: tuple[str, str] = ("score", "places"),
    kind: str = "raw", inputs: int = 1, side: int = SIDE, flaw: str = "", extra: tuple[str, ...] = (),
) -> onnx.ModelProto:  # fmt: skip
    """A model whose map is the mean brightness of places, weighted by channel so that their order matters.

    `kind` "normal" gives 0..1 with 0.5 between good and stain, "map" gives the raw map alone.
    """
    size: list[Any] = ["height", "width"] if dynamic else [side, side]
    shape = ["batch", 3, *size] if layout == "NCHW" else ["batch", *size, 3]
    given = [
        helper.make_tensor_value_info("input" if i == 0 else f"more{i}", TensorProto.FLOAT, shape)
        for i in range(inputs)
    ]
    given += [helper.make_tensor_value_info(name, TensorProto.FLOAT, []) for name in extra]
    nodes, constants = [], []

    def node(op: str, *of: str, out: str, **how: Any) -> str:
        nodes.append(helper.make_node(op, of, [out], **how))
        return out

    def constant(name: str, value: Any) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name

    for i in range(1, inputs):
        node("Identity", f"more{i}", out=f"other{i}")
    x = "input" if layout == "NCHW" else node("Transpose", "input", out="turned", perm=[0, 3, 1, 2])
    weight = np.array([0.6, 0.3, 0.1], np.float32).reshape(1, 3, 1, 1)
    x = node("Conv", x, constant("weight", weight), out="grey")
    x = node("AveragePool", x, out="smooth", kernel_shape=[5, 5], pads=[2, 2, 2, 2], count_include_pad=0)
    if inputs > 1:
        x = node("Add", x, node("Conv", "other1", "weight", out="grey1"), out="both")
    for name in extra:
        x = node("Mul", x, node("Add", name, constant(f"half_{name}", 0.5), out=f"scale_{name}"), out=f"by_{name}")
    if flaw == "nan":
        x = node("Log", node("Sub", x, constant("two", 2.0), out="below"), out="nothing")
    if flaw == "channels":
        x = node("Concat", x, x, out="two_maps", axis=1)
    if kind == "normal":
        x = node(
            "Div", node("Sub", x, constant("middle", (GOOD + STAIN) / 2), out="off"), constant("range", 0.6), out="z"
        )
        x = node(
            "Clip",
            node("Add", x, constant("half", 0.5), out="shifted"),
            constant("zero", 0.0),
            constant("one", 1.0),
            out="p",
        )
    node("Identity", x, out=names[1])
    outputs = [helper.make_tensor_value_info(names[1], TensorProto.FLOAT, None)]
    if kind != "map":
        peak = node("GlobalMaxPool", x, out="peak")
        node("Flatten", peak, out=names[0])
        outputs.insert(0, helper.make_tensor_value_info(names[0], TensorProto.FLOAT, None))
    graph = helper.make_graph(nodes, "brightness", given, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def onnx_file(folder: Path, **how: Any) -> Path:
    """That model in a file."""
    path = folder / "model.onnx"
    onnx.save(network(**how), path)
    return path


def ir_file(folder: Path, *, fp16: bool = False, **how: Any) -> Path:
    """That model as OpenVINO exports it: model.xml and model.bin."""
    model = ov.Core().read_model(network(**how).SerializeToString(), b"")
    ov.save_model(model, folder / "model.xml", compress_to_fp16=fp16)
    return folder / "model.xml"


RAW = {"score": "score", "map": "places", "curve": {"middle": (GOOD + STAIN) / 2, "width": 0.05}}
ANOMALIB = {"opset": 14, "kind": "normal", "names": ("pred_score", "anomaly_map")}
