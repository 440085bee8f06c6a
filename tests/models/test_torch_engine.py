"""PyTorch computes what OpenVINO computes, and says by name what it cannot."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from inspection.core.predict import Prediction, Question
from models import artefact
from models.anomaly import Familiar, Position, Texture, blocks_of
from models.artefact import ViewModel
from models.backbone import TAP_CHANNELS, convolutions, lite0
from models.calibrate import Curve, Scale
from models.contract import Unusable
from models.decode import Picture
from models.engine import Compiled, Engine, NotOnThisProcessor, Precision, Runtime
from models.engines import open_engine
from models.kernel import Kernel
from models.learned import Learned
from models.mix import ANOMALY, CELLS, KERNEL, TUNED, Mix
from models.onnx_engine import NotInstalled
from models.runtime import OpenVinoPredictor
from models.scoring import Fitted, grid_of, scoring_graph
from models.tune import Tuned, torch_is_there
from tests.models.parts import SIZE, plate

needs_torch = pytest.mark.skipif(not torch_is_there(), reason="PyTorch is not installed: run ./setup --training")
CHANNELS = lite0().channels


@pytest.fixture
def dice() -> np.random.Generator:
    return np.random.default_rng(0)


def opened(graph: bytes, precision: Precision = Precision.F32) -> Engine:
    view = ViewModel(graph=graph, size=SIZE, curve=Curve(middle=0, width=1), novelty_limit=1)
    return open_engine(view, Runtime.TORCH, precision, 2)


def learned(dice: np.random.Generator) -> bytes:
    """A graph with every part that labels can add."""

    def some(*shape: int) -> np.ndarray:
        return (dice.standard_normal(shape) * 0.05).astype(np.float32)

    cells, blocks, scale = int(np.prod(grid_of(SIZE))), blocks_of(grid_of(SIZE)), Scale(centre=1.0, spread=2.0)
    parts = (ANOMALY, KERNEL, TUNED, CELLS)
    nobody: Any = None
    tuned = Tuned(
        convs=convolutions(), mask=(some(1, TAP_CHANNELS[4], 1, 1), some(1)), heads=(some(3, 640), some(3)),
        held_out=nobody, pinned=nobody, device="cpu",
    )  # fmt: skip
    kernel = Kernel(
        centre=some(2 * CHANNELS), scale=np.ones(2 * CHANNELS, np.float32), support=some(9, 2 * CHANNELS),
        weights=some(9), bias=0.3, gamma=1e-3,
    )  # fmt: skip
    curve = Curve(middle=0.4, width=1.5)
    mix = Mix(weights=dict.fromkeys(parts, 0.25), centres=dict.fromkeys(parts, 0.1), spreads=dict.fromkeys(parts, 2.0))
    return scoring_graph(
        Fitted(
            size=SIZE, pooled=True,
            texture=Texture(mean=some(CHANNELS), whitening=some(CHANNELS, CHANNELS), bank=some(50, CHANNELS)),
            position=Position(mean=some(cells, 112), root=some(len(blocks), 112, 112), blocks=blocks),
            familiar=Familiar(mean=some(CHANNELS), root=some(CHANNELS, CHANNELS)),
            texture_scale=scale, position_scale=scale, novelty_scale=scale,
            learned=Learned(mix=mix, curve=curve, anomaly_curve=curve, kernel=kernel, tuned=tuned),
        )
    )  # fmt: skip


@needs_torch
@pytest.mark.parametrize("kind", ["anomaly", "learned"])
def test_it_gives_the_figures_that_openvino_gives(
    trained: tuple[Path, str], dice: np.random.Generator, kind: str
) -> None:
    graph = learned(dice) if kind == "learned" else artefact.load(*trained).views["top"].graph
    ours, theirs = opened(graph), Compiled(graph, Precision.F32, 1)
    for seed in range(3):
        image = Picture(plate(seed, spot=seed == 1)).at(*SIZE)
        found, expected = ours.run(image, 0), theirs.run(image, 0)
        assert (
            set(found)
            == set(expected)
            == {"map", "raw", "novelty", "feature"} | ({"types"} if kind == "learned" else set())
        )
        for name, values in expected.items():
            assert found[name].dtype == np.float32
            np.testing.assert_allclose(found[name], values, rtol=1e-3, atol=1e-3)


CASES: dict[str, tuple[str, list[Any], dict[str, Any]]] = {
    "clip from below": ("Clip", [np.float32(0.2)], {}),
    "add, by row": ("Add", [np.ones((7, 1), np.float32)], {}),
    "uneven pads": (
        "Conv",
        [np.ones((4, 3, 3, 3), np.float32)],
        {"kernel_shape": [3, 3], "pads": [0, 1, 2, 1], "strides": [2, 2]},
    ),
    "groups": ("Conv", [np.ones((6, 1, 2, 2), np.float32)], {"group": 3, "dilations": [2, 1]}),
    "maximum of two": ("Max", [np.float32(0.1)], {}),
    "minimum": ("Min", [np.float32(0.1), np.float32(0.0)], {}),
    "maximum pool": ("MaxPool", [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]}),
    "mean pool": ("AveragePool", [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 0}),
    "mean pool with zeros": ("AveragePool", [], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1}),
    "global mean": ("GlobalAveragePool", [], {}),
    "flat": ("Flatten", [], {"axis": 2}),
    "relu": ("Relu", [], {}),
    "hard sigmoid": ("HardSigmoid", [], {"alpha": 0.3}),
    "hard swish": ("HardSwish", [], {}),
    "larger": ("Resize", ["", "", np.array([1, 3, 13, 20])], {"mode": "linear"}),
    "smaller": ("Resize", ["", "", np.array([1, 3, 3, 4])], {"mode": "linear"}),
    "sum over all": ("ReduceSum", [], {"keepdims": 0}),
    "sum over axes from an input": ("ReduceSum", [np.array([1, -1])], {}),
    "last one of an axis": ("Gather", [np.array(-1)], {"axis": 2}),
    "some of an axis": ("Gather", [np.array([2, 0])], {"axis": 1}),
    "steps from behind": ("Slice", [np.array([-5]), np.array([9999]), np.array([2]), np.array([2])], {}),
    "slices without axes": ("Slice", [np.array([0, 1]), np.array([1, 3])], {}),
    "kept sides": ("Reshape", [np.array([0, -1, 9])], {}),
    "turned round": ("Transpose", [], {}),
    "smallest": ("TopK", [np.array([2])], {"largest": 0}),
}


def one_node(kind: str, more: list[Any], how: dict[str, Any]) -> bytes:
    """A graph of our form with one operation of a kind in the middle."""
    given = ["x", *(f"c{i}" if not isinstance(value, str) else "" for i, value in enumerate(more))]
    made = ["y", "where"] if kind == "TopK" else ["y"]
    nodes = [
        helper.make_node("Cast", ["image"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["f"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("Sub", ["t", "mean"], ["off"]),
        helper.make_node("Div", ["off", "spread"], ["x"]),
        helper.make_node(kind, given, made, **how),
    ]
    constants = [
        numpy_helper.from_array(np.asarray(value), f"c{i}")
        for i, value in enumerate(more)
        if not isinstance(value, str)
    ]
    constants += [numpy_helper.from_array(np.float32(v), n) for n, v in (("mean", 120.0), ("spread", 80.0))]
    image = helper.make_tensor_value_info("image", TensorProto.UINT8, [1, 7, 9, 3])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(nodes, "one", [image], [out], constants)
    return bytes(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8).SerializeToString()
    )


@needs_torch
@pytest.mark.parametrize("case", CASES)
def test_an_operation_means_what_onnx_says(case: str, dice: np.random.Generator) -> None:
    graph = one_node(*CASES[case])
    image = dice.integers(0, 256, (7, 9, 3), np.uint8)
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    (expected,) = session.run(["y"], {"image": image[None]})
    found = opened(graph).run(image, 0)["y"]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@needs_torch
@pytest.mark.parametrize(
    ("node", "words"),
    [
        (("Erf", [], {}), "the operation Erf"),
        (("Resize", ["", "", np.array([1, 3, 14, 18])], {"mode": "nearest"}), "Resize with mode = nearest"),
        (("MaxPool", [], {"kernel_shape": [2, 2], "ceil_mode": 1}), "MaxPool with ceil_mode = 1"),
        (("AveragePool", [], {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1]}), "uneven pads"),
    ],
)
def test_what_it_does_not_know_is_refused_by_name_at_load(node: tuple[str, list[Any], Any], words: str) -> None:
    with pytest.raises(Unusable, match=rf'{words}.*"openvino"'):
        opened(one_node(*node))


@needs_torch
def test_it_computes_in_whole_floats_alone() -> None:
    import torch

    torch.backends.cudnn.allow_tf32 = True
    opened(one_node("Relu", [], {}))
    assert not torch.backends.cudnn.allow_tf32
    assert not torch.backends.cuda.matmul.allow_tf32
    with pytest.raises(NotOnThisProcessor, match="openvino"):
        opened(b"", Precision.BF16)


def test_without_torch_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("models.torch_engine", "models.torch_operations"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(NotInstalled, match=r"setup --training.*openvino"):
        opened(b"")


@pytest.fixture
def moved_predictor(trained: tuple[Path, str]) -> Iterator[OpenVinoPredictor]:
    made = OpenVinoPredictor(trained[0], threads=1, runtime=Runtime.TORCH)
    made.load(trained[1]).result(60)
    yield made
    made.close()


@needs_torch
def test_a_server_can_have_the_models_trained_here_computed_by_it(
    moved_predictor: OpenVinoPredictor, trained: tuple[Path, str]
) -> None:
    engine = moved_predictor._models[trained[1]].views["top"][1]  # type: ignore[union-attr]
    assert isinstance(engine, import_module("models.torch_engine").TorchGraph)
    usual = OpenVinoPredictor(trained[0], threads=1)
    usual.load(trained[1]).result(60)
    question = Question(view="top", models=(trained[1],), deadline_s=20.0)
    scores = []
    for predictor in (moved_predictor, usual):
        (opinion,) = predictor.predict(plate(3, spot=True), question).result(30).opinions
        assert isinstance(opinion, Prediction), opinion
        scores.append(opinion.score)
    usual.close()
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)
