"""Backbones from torchvision: another process, which alone imports it, writes one as ONNX, and it is grafted here."""

import importlib.util
import json
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import onnx

from inspection.core.train import Progress, Untrainable
from models.apart import Died, run_apart
from models.backbone import NAME, lite0
from models.graph import Graph
from models.trunk import Backbone, Tap

_LITE0_MULTIPLICATIONS = 6665.0  # per pixel of the image, up to the last tap


def choose_backbone(
    name: str, weights: Path | None, threads: int, progress: Progress, cancelled: Callable[[], bool]
) -> Backbone:
    """The default backbone, or torchvision's network of that name with weights from a file or, without one, from where
    torchvision keeps its downloads, which takes some ten seconds. Raises Cancelled, and Untrainable, which says what to
    do."""
    if name == NAME:
        if weights is not None:
            raise Untrainable(f"{NAME} brings its weights along: name another backbone for {weights.name}, or none.")
        return lite0()
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("torchvision") is None:
        raise Untrainable(
            f"The backbone {name} needs torchvision, which is not installed. Install it with ./setup --training, or "
            f"pip install 'jidoka[training]', or train with {NAME}."
        )
    with tempfile.TemporaryDirectory(prefix="jidoka-backbone-") as folder:
        progress(f"reading {name}", 0, 1)
        backbone = _exported(name, weights, threads, Path(folder), cancelled)
        progress(f"reading {name}", 1, 1)
        return backbone


def _exported(name: str, weights: Path | None, threads: int, folder: Path, cancelled: Callable[[], bool]) -> Backbone:
    task = {"name": name, "weights": str(weights.resolve()) if weights else None, "threads": threads}
    (folder / "task.json").write_text(json.dumps(task))
    try:
        run_apart("models.torchvision_export", folder / "task.json", folder, cancelled=cancelled)
    except Died as error:
        raise Untrainable(f"The backbone {name} could not be written as ONNX: {error}") from error
    facts = json.loads((folder / "facts.json").read_text())
    if "refused" in facts:
        raise Untrainable(facts["refused"])
    taps = tuple(Tap(name=f"s{tap['stride']}", channels=tap["channels"], stride=tap["stride"]) for tap in facts["taps"])
    return Backbone(
        name=name, sha256=facts["sha256"], taps=taps, place="s16",
        add=partial(_add, onnx.load(folder / "trunk.onnx"), taps),
        cost=facts["multiplications_per_pixel"] / _LITE0_MULTIPLICATIONS,
    )  # fmt: skip


def _add(model: onnx.ModelProto, taps: tuple[Tap, ...], graph: Graph) -> Mapping[str, str]:
    found = graph.graft(model)
    named = {}
    for tap in taps:
        # The graph was written for any size; from here on it is known.
        shape = graph.integers(1, tap.channels, graph.height // tap.stride, graph.width // tap.stride)
        named[tap.name] = graph.tap(graph.node("Reshape", found[tap.name], shape), tap.name)
    return named
