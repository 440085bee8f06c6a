"""A network of torchvision, from the image to features at a few strides, written as an ONNX graph.

This runs as a process of its own, `python -m models.torchvision_export TASK.json FOLDER`, so that nothing else need
hold torch or torchvision. It never downloads. FOLDER gets `trunk.onnx`, whose input `image` is BGR bytes (1, rows,
columns, 3) of any size in multiples of 32, and `facts.json`, or in there the words of a refusal.
"""

import difflib
import json
import re
import sys
import warnings
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch
import torchvision
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names

from models.apart import give_way
from models.graph import OPSET
from models.stages import Node, choose_taps

_PROBE, _CHECK = (128, 192), (160, 96)  # rows, columns: the strides are read off one size and checked at another
_TOLERANCE = 1e-3  # of the largest feature
MOST_CHANNELS = 128  # of a tap; more make the bank and the Gaussians of each place too dear
_MEAN, _STD = (
    (0.485, 0.456, 0.406),
    (0.229, 0.224, 0.225),
)  # of ImageNet, which nearly all of torchvision's weights want
_HASHED = re.compile(r"-([0-9a-f]{8,64})\.pth$")
_OLD_DENSE = re.compile(r"^(.*denselayer\d+\.(?:norm|relu|conv))\.([12]\..*)$")


class Refused(ValueError):
    """The network cannot be had or used; the message says why and what to do."""


class Trunk(nn.Module):
    """From BGR bytes (1, rows, columns, 3) to the taps, each of `MOST_CHANNELS` channels at most: wider ones are
    projected onto random directions, which nearly keeps distances (Johnson and Lindenstrauss, 1984)."""

    def __init__(self, body: nn.Module, taps: Sequence[Node], mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.body, self.nodes = body, [tap.name for tap in taps]
        self.register_buffer("scale", 1 / (255 * torch.tensor(std)))
        self.register_buffer("shift", -torch.tensor(mean) / torch.tensor(std))
        self.register_buffer("rgb", torch.tensor([2, 1, 0]))
        for tap in taps:
            self.register_buffer(f"onto{tap.stride}", _directions(tap.channels))
        self.strides = [tap.stride for tap in taps]

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """The taps (1, channels, rows / stride, columns / stride), finest first."""
        x = image.float().index_select(3, self.rgb) * self.scale + self.shift
        found = self.body(x.permute(0, 3, 1, 2))
        taps = zip(self.nodes, self.strides, strict=True)
        return tuple(self._narrow(found[name], getattr(self, f"onto{stride}")) for name, stride in taps)

    def _narrow(self, x: Tensor, onto: Tensor) -> Tensor:
        return nn.functional.conv2d(x, onto) if onto.numel() else x


def _directions(channels: int) -> Tensor:
    """Orthonormal directions (directions, channels, 1, 1), the same each time; nothing where no fewer are needed."""
    if channels <= MOST_CHANNELS:
        return torch.zeros(0)
    basis, _ = np.linalg.qr(np.random.default_rng(channels).standard_normal((channels, MOST_CHANNELS)))
    return torch.from_numpy(np.ascontiguousarray(basis.T[:, :, None, None], np.float32))


def build(name: str) -> nn.Module:
    """The network by torchvision's name for it, without weights."""
    known = torchvision.models.list_models(module=torchvision.models)
    if name not in known:
        near = difflib.get_close_matches(name, known, 3, 0.5)
        raise Refused(
            f"torchvision {torchvision.__version__} has no network {name!r}. "
            f"{'Near it are ' + ', '.join(near) if near else 'It has ' + ', '.join(known)}."
        )
    net = torchvision.models.get_model(name, weights=None)
    if hasattr(net, "transform_input"):
        net.transform_input = True  # as torchvision does for the weights it offers
    return net.eval()


def find_weights(name: str) -> Path:
    """The file of torchvision's weights where its users' downloads lie."""
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    enum = torchvision.models.get_model_weights(name)
    for one in (enum.DEFAULT, *enum):
        if (file := folder / one.url.rpartition("/")[2]).is_file():
            return file
    raise Refused(
        f"There are no weights of {name} on this machine. Load {enum.DEFAULT.url} and put the file into {folder}, or "
        "name it with --weights FILE (setting backbone_weights). Nothing is downloaded by itself."
    )


def read_weights(file: Path) -> tuple[dict[str, Tensor], str]:
    """The tensors of a weights file by name, and the file's SHA-256."""
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Refused(f"The weights {file} cannot be read: {error.strerror}.") from error
    digest = sha256(data).hexdigest()
    if data.lstrip()[:1] == b"<":
        raise Refused(f"{file} is a web page and no weights: load it again from where its link leads.")
    if (named := _HASHED.search(file.name)) and not digest.startswith(named[1]):
        raise Refused(f"{file} is damaged: its name says that its SHA-256 begins with {named[1]}. Load it again.")
    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # whatever a broken or foreign file makes torch raise
        raise Refused(
            f"{file} is no file of PyTorch weights, or holds more than tensors, which is not read."
        ) from error
    state = state.get("state_dict", state) if isinstance(state, Mapping) else state
    if not isinstance(state, Mapping) or not state or not all(isinstance(one, Tensor) for one in state.values()):
        raise Refused(f"{file} holds no state_dict: save one with torch.save(model.state_dict(), FILE).")
    if not all(torch.isfinite(one).all() for one in state.values()):
        raise Refused(f"The weights in {file} are not all finite numbers.")
    return {str(key): one for key, one in state.items()}, digest


def load(net: nn.Module, name: str, state: Mapping[str, Tensor], file: Path) -> None:
    """Put weights into the network, all of them and no others."""
    named = {_OLD_DENSE.sub(r"\1\2", key): one for key, one in state.items()}
    try:
        said = net.load_state_dict(named, strict=False)
    except RuntimeError as error:
        raise Refused(f"{file} holds no weights of {name}:{str(error).rpartition(chr(9))[2]}") from error
    wrong = [f"{len(said.missing_keys)} are missing, such as {said.missing_keys[0]}"] if said.missing_keys else []
    if said.unexpected_keys:
        wrong.append(f"{len(said.unexpected_keys)} are unknown to it, such as {said.unexpected_keys[0]}")
    if wrong:
        raise Refused(f"{file} holds no weights of {name}: of its tensors, {' and '.join(wrong)}.")


def normalisation(name: str, digest: str) -> tuple[Sequence[float], Sequence[float]]:
    """Mean and standard deviation of the input that weights want: torchvision's own say so, others get ImageNet's."""
    for one in torchvision.models.get_model_weights(name):
        if (named := _HASHED.search(one.url)) and digest.startswith(named[1]):
            wanted = one.transforms()
            return wanted.mean, wanted.std
    return _MEAN, _STD


def nodes_of(net: nn.Module, name: str) -> list[Node]:
    """What the network computes for one image, in order, with the stride of what is spread over the image."""
    rows, columns = _PROBE
    try:
        names = get_graph_node_names(net)[1]
        with torch.inference_mode():
            found = create_feature_extractor(net, names)(torch.zeros(1, 3, rows, columns))
    except Exception as error:  # a network may refuse a size, or tracing, in any way it likes
        raise Refused(
            f"{name} cannot be a backbone, for it does not take images of any size: {str(error).splitlines()[0]}"
        ) from error
    nodes = []
    for one in names:
        shape = tuple(found[one].shape) if isinstance(found[one], Tensor) else ()
        spread = len(shape) == 4 and rows % shape[2] == 0 and shape[2] * columns == shape[3] * rows
        nodes.append(Node(name=one, stride=rows // shape[2] if spread else None, channels=shape[1] if spread else 0))
    return nodes


def export(trunk: Trunk, file: Path) -> None:
    """Write the trunk for images of any size."""
    names = [f"s{stride}" for stride in trunk.strides]
    axes = {one: {2: f"rows_{one}", 3: f"columns_{one}"} for one in names} | {"image": {1: "rows", 2: "columns"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # this exporter is deprecated, but needs no further package
        torch.onnx.export(
            trunk, (torch.zeros(1, *_PROBE, 3, dtype=torch.uint8),), str(file), input_names=["image"],
            output_names=names, dynamic_axes=axes, opset_version=OPSET, dynamo=False,
        )  # fmt: skip


def check(trunk: Trunk, name: str, file: Path) -> None:
    """Compare the graph with the network on an image of another size."""
    image = np.random.default_rng(0).integers(0, 256, (1, *_CHECK, 3), np.uint8)
    with torch.inference_mode():
        wanted = [one.numpy() for one in trunk(torch.from_numpy(image))]
    core = ov.Core()
    model = core.read_model(file)
    model.reshape(list(image.shape))
    given = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(image)
    for k, one in enumerate(wanted):
        off = float(np.abs(given[k] - one).max()) if given[k].shape == one.shape else np.inf
        if not off <= _TOLERANCE * float(np.abs(one).max()):
            raise Refused(f"{name} cannot be a backbone: written as ONNX, it computes something else ({off:.3g} off).")


def run(task: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """1 build the network and choose the taps, 2 load its weights, 3 write and check the graph; the facts of it."""
    name = str(task["name"])
    net = build(name)
    taps = choose_taps(nodes_of(net, name))
    if not any(tap.stride == 16 for tap in taps):
        raise Refused(
            f"{name} cannot be a backbone, for it gives no features of one cell per 16 pixels (stride 16). Take one "
            "with such stages, as the families resnet, regnet, convnext, mobilenet and efficientnet have them."
        )
    file = Path(task["weights"]) if task["weights"] else find_weights(name)
    state, digest = read_weights(file)
    load(net, name, state, file)
    body = create_feature_extractor(net, [tap.name for tap in taps]).eval()
    trunk = Trunk(body, taps, *normalisation(name, digest)).eval()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        trunk(torch.zeros(1, *_PROBE, 3, dtype=torch.uint8))
    export(trunk, folder / "trunk.onnx")
    check(trunk, name, folder / "trunk.onnx")
    return {
        "sha256": digest, "multiplications_per_pixel": counter.get_total_flops() / 2 / (_PROBE[0] * _PROBE[1]),
        "taps": [
            {"stride": tap.stride, "channels": min(tap.channels, MOST_CHANNELS), "node": tap.name} for tap in taps
        ],
    }  # fmt: skip


def main(task: Path, folder: Path) -> None:
    """Do a task; the facts, or why it is refused, are in the folder."""
    asked = json.loads(task.read_text())
    torch.set_num_threads(asked["threads"])
    give_way()
    try:
        facts = run(asked, folder)
    except Refused as error:
        facts = {"refused": str(error)}
    (folder / "facts.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
