"""Backbones of torchvision: what is served computes what torchvision computes, and all else is refused in words."""

import importlib
import importlib.util
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.core.predict import Prediction, Question
from inspection.core.train import Cancelled, Untrainable
from models import artefact
from models.cut import cut
from models.decode import Picture
from models.engine import Compiled, Precision
from models.graph import Graph
from models.outside import choose_backbone
from models.runtime import OpenVinoPredictor
from models.stages import Node, choose_taps
from models.trunk import Backbone
from tests.models.parts import QUICK, SIZE, good_plates, plate

there = importlib.util.find_spec("torch") is not None and importlib.util.find_spec("torchvision") is not None
needs_torchvision = pytest.mark.skipif(not there, reason="torchvision is not installed: run ./setup --training")
NET = "mobilenet_v3_small"


@pytest.fixture(scope="module")
def export() -> Any:
    """The module that otherwise runs as a process of its own."""
    return importlib.import_module("models.torchvision_export")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a small network, drawn at random; beside them files that hold no such thing."""
    torch, torchvision = importlib.import_module("torch"), importlib.import_module("torchvision")
    file = tmp_path_factory.mktemp("weights") / "net.pth"
    torch.manual_seed(0)
    net = torchvision.models.get_model(NET, weights=None)
    images = np.stack([Picture(plate(seed, spot=bool(seed % 2))).at(*SIZE) for seed in range(900, 906)])
    for norm in (one for one in net.modules() if isinstance(one, torch.nn.BatchNorm2d)):
        norm.momentum = None  # learns what it is to even out from all that it sees alike; else, all features fade away
    with torch.no_grad():
        for _ in range(2):
            net.train()(torch.from_numpy(images.transpose(0, 3, 1, 2) / np.float32(64) - 2))
    torch.save(net.state_dict(), file)
    lame = net.state_dict()
    lame["more"] = lame.pop(list(lame)[-1])
    torch.save(lame, file.with_name("lame.pth"))
    torch.save([1, 2], file.with_name("list.pth"))
    torch.save(net, file.with_name("pickle.pth"))
    file.with_name("page.pth").write_bytes(b"<!DOCTYPE html>")
    file.with_name("net-01234567.pth").write_bytes(b"half")
    return file


@pytest.fixture(scope="module")
def chosen(weights: Path) -> Backbone:
    return choose(NET, weights)


def choose(name: str, weights: Path | None, cancelled: Callable[[], bool] = lambda: False) -> Backbone:
    return choose_backbone(name, weights, 1, lambda *_: None, cancelled)


def taps(backbone: Backbone, image: np.ndarray) -> dict[str, np.ndarray]:
    """What the backbone gives for an image, in the engine that serves."""
    graph = Graph(*image.shape[:2])
    names = backbone.add(graph)
    for tap in backbone.taps:
        shape = (1, tap.channels, image.shape[0] // tap.stride, image.shape[1] // tap.stride)
        graph.output(names[tap.name], tap.name, shape)
    return dict(Compiled(graph.model(), Precision.F32, 1).run(image, 0))


@needs_torchvision
def test_the_features_are_those_of_torchvision(chosen: Backbone, weights: Path) -> None:
    image = Picture(plate(3, spot=True)).at(*SIZE)
    torch, torchvision = importlib.import_module("torch"), importlib.import_module("torchvision")
    net = torchvision.models.get_model(NET, weights=None)
    net.load_state_dict(torch.load(weights, weights_only=True))
    rgb = torch.from_numpy(image[:, :, ::-1].astype(np.float32) / 255).permute(2, 0, 1)[None]
    rgb = torchvision.transforms.functional.normalize(rgb, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
    extraction = importlib.import_module("torchvision.models.feature_extraction")
    nodes = {"features.3.add": "s8", "features.8.add": "s16", "features.12": "s32"}
    with torch.inference_mode():
        theirs = {k: one.numpy() for k, one in extraction.create_feature_extractor(net.eval(), nodes)(rgb).items()}
    assert [(tap.name, tap.channels, tap.stride) for tap in chosen.taps] == [
        ("s8", 24, 8), ("s16", 48, 16), ("s32", 128, 32)
    ]  # fmt: skip
    ours = taps(chosen, image)
    for tap in ("s8", "s16"):
        assert np.abs(ours[tap] - theirs[tap]).max() < 1e-3 * np.abs(theirs[tap]).max()
    # The wide tap is narrowed by directions at right angles: what lies in them is kept.
    basis = np.linalg.qr(np.random.default_rng(576).standard_normal((576, 128)))[0]
    narrowed = np.einsum("cd,nchw->ndhw", basis, theirs["s32"])
    assert np.abs(ours["s32"] - narrowed).max() < 1e-3 * np.abs(narrowed).max()


@needs_torchvision
def test_a_model_is_trained_on_it_and_served(chosen: Backbone, tmp_path: Path) -> None:
    shelf = good_plates(12)
    for seed in range(100, 110):
        shelf.put(plate(seed, spot=True), defect="stain")
    made = shelf.train(tmp_path, replace(QUICK, backbone=chosen, threads=1))
    assert made.card["backbone"] == {"name": NET, "sha256": chosen.sha256}
    view = made.card["views"]["top"]
    assert any("cannot be tuned" in warning for warning in view["warnings"])
    assert len(view["parity"]) == 8  # the training itself has held the graph against the fit on these
    predictor = OpenVinoPredictor(tmp_path, threads=1)
    try:
        predictor.load(made.artefact).result()
        found = [
            predictor.predict(plate(seed, spot=spot), Question(view="top", models=(made.artefact,)))
            .result()
            .opinions[0]
            for seed, spot in ((50, False), (51, True))
        ]
    finally:
        predictor.close()
    assert all(isinstance(one, Prediction) for one in found)
    assert found[0].score < 0.5 < found[1].score
    assert cut(artefact.load(tmp_path, made.artefact).views["top"].graph) is not None  # so that models share its pass


@needs_torchvision
@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("lame.pth", r"1 are missing, such as \S+ and 1 are unknown to it"),
        ("list.pth", "holds no state_dict"),
        ("pickle.pth", "holds more than tensors"),
        ("page.pth", "a web page and no weights"),
        ("net-01234567.pth", "is damaged"),
        ("nowhere.pth", "cannot be read: No such file"),
    ],
)
def test_files_that_hold_no_such_weights_are_refused(export: Any, file: str, words: str, weights: Path) -> None:
    with pytest.raises(export.Refused, match=words):
        export.run({"name": NET, "weights": str(weights.with_name(file))}, weights.parent)


@needs_torchvision
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mobilenet_v3_smal", "no network 'mobilenet_v3_smal'. Near it are mobilenet_v3_small"),
        ("squeezenet1_1", "no features of one cell per 16 pixels"),
        ("vit_b_16", "does not take images of any size"),
        ("resnet18", "holds no weights of resnet18"),
    ],
)
def test_networks_that_are_no_backbone_are_refused(export: Any, name: str, words: str, weights: Path) -> None:
    with pytest.raises(export.Refused, match=words):
        export.run({"name": name, "weights": str(weights)}, weights.parent)


@needs_torchvision
def test_without_weights_it_says_where_they_are_to_be_had(
    export: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    where = tmp_path / "hub" / "checkpoints"
    with pytest.raises(Untrainable, match=rf"https://\S+/resnet18-\w+.pth and put the file into {where}.* --weights"):
        choose("resnet18", None)
    where.mkdir(parents=True)
    file = where / "resnet18-f37072fd.pth"
    file.touch()
    assert export.find_weights("resnet18") == file


class Endless:
    """A file of weights that never end; once the process waits for them, something happens, or it is cancelled."""

    def __init__(self, file: Path, happens: Callable[[], bool]) -> None:
        os.mkfifo(file)
        self.file, self._happens, self._writer = file, happens, -1

    def __call__(self) -> bool:
        if self._writer < 0:
            with suppress(OSError):  # nobody reads yet
                self._writer = os.open(self.file, os.O_WRONLY | os.O_NONBLOCK)
        return self._writer >= 0 and self._happens()

    def nobody_reads(self) -> bool:
        """Whether the process that read them is gone."""
        with os.fdopen(self._writer, "wb", 0) as writer, suppress(BrokenPipeError):
            return not writer.write(b"x")
        return True


def kill_the_export() -> bool:
    (child,) = (
        int(child)
        for thread in Path("/proc/self/task").iterdir()
        for child in (thread / "children").read_text().split()
        if b"models.torchvision_export" in Path(f"/proc/{child}/cmdline").read_bytes()
    )
    os.kill(child, signal.SIGKILL)
    return False


@needs_torchvision
def test_a_training_that_is_cancelled_ends_the_export_at_once(tmp_path: Path) -> None:
    weights = Endless(tmp_path / "endless.pth", lambda: True)
    with pytest.raises(Cancelled):
        choose(NET, weights.file, weights)
    assert weights.nobody_reads()


@needs_torchvision
@pytest.mark.skipif(sys.platform != "linux", reason="finds the process by Linux's /proc")
def test_an_export_that_is_killed_is_said_to_be(tmp_path: Path) -> None:
    weights = Endless(tmp_path / "endless.pth", kill_the_export)
    with pytest.raises(Untrainable, match=f"The backbone {NET} could not be written as ONNX: its process was killed"):
        choose(NET, weights.file, weights)
    assert weights.nobody_reads()


def test_without_torchvision_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Untrainable, match=r"resnet18 needs torchvision.*\./setup --training"):
        choose("resnet18", None)


def test_the_default_needs_nothing_and_takes_no_other_weights(tmp_path: Path) -> None:
    assert choose("efficientnet-lite0", None).tail is not None
    with pytest.raises(Untrainable, match="brings its weights along"):
        choose("efficientnet-lite0", tmp_path / "x.pth")


def test_a_stage_ends_before_the_block_that_halves_the_grid() -> None:
    computed = [
        ("features.0", 4), ("features.1.conv", 8), ("features.1.add", 8), ("features.2.widen", 8),
        ("features.2.halve", 16), ("features.2.pool", None), ("features.2.narrow", 16), ("flatten", None),
    ]  # fmt: skip
    nodes = [Node(name=name, stride=stride, channels=9) for name, stride in computed]
    assert [tap.name for tap in choose_taps(nodes)] == ["features.1.add", "features.2.narrow"]
