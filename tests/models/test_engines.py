"""Every engine through the same checks: right, in the image's own pixels, in time, and gone when it is told to go."""

import gc
import sys
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inspection.core.predict import Failure, NoPrediction, Prediction, Question
from models import artefact, onnx_engine, runtime
from models.contract import read_card
from models.engine import Engine, NotOnThisProcessor, Precision, Runtime
from models.engines import open_all, open_engine
from models.foreign import bring
from models.onnx_engine import NotInstalled, OnnxSession
from models.runtime import OpenVinoPredictor
from models.tune import torch_is_there
from tests.models.foreigners import ANOMALIB, RAW, ir_file, network, onnx_file
from tests.models.parts import CREATED, SIZE, SPOT, plate, twin
from tests.models.v2server import V2Server

needs_torch = pytest.mark.skipif(not torch_is_there(), reason="PyTorch is not installed: run ./setup --training")
KINDS = [
    "openvino",
    "onnxruntime",
    pytest.param("torch", marks=needs_torch),
    "foreign",
    "foreign-onnxruntime",
    pytest.param("foreign-torch", marks=needs_torch),
    "anomalib",
    "anomalib-ir",
    "remote",
    "remote-json",
]


@dataclass
class Stand:
    """A model of one kind, loaded."""

    root: Path
    model: str
    predictor: OpenVinoPredictor
    server: V2Server | None = None

    def ask(self, image: bytes, **other: object) -> Prediction | NoPrediction:
        question = Question(**{"view": "top", "models": (self.model,), "deadline_s": 20.0, **other})
        return self.predictor.predict(image, question).result(30).opinions[0]

    def score(self, image: bytes) -> float:
        opinion = self.ask(image)
        assert isinstance(opinion, Prediction), opinion
        return opinion.score


def brought(root: Path, folder: Path, kind: str, server: V2Server | None) -> str:
    """An artefact of a foreign kind."""
    card: dict[str, Any] = {"name": kind, "output": RAW}
    file: Path | None = None
    if kind.startswith("anomalib"):
        card = {"name": kind, "preset": "anomalib"}
        make = ir_file if kind.endswith("ir") else onnx_file
        file = make(folder, extra=("image_sensitivity", "pixel_sensitivity"), **ANOMALIB)
    elif server is not None:
        card |= {"runtime": "remote", "server": {"url": server.url, "model": "plates"}}
    else:
        file = onnx_file(folder, dynamic=True)
        card |= {"input": {"height": 128, "width": 160}}
        card |= {"runtime": kind.removeprefix("foreign-")} if "-" in kind else {}
    return bring(root, file, read_card(card), line="plates", views=["top"], created=CREATED).artefact


@pytest.fixture(params=KINDS)
def stand(request: pytest.FixtureRequest, trained: tuple[Path, str], tmp_path: Path) -> Iterator[Stand]:
    kind, root, server = request.param, tmp_path / "models", None
    if kind.startswith("remote"):
        server = V2Server(network().SerializeToString(), binary=kind == "remote")
    if kind in ("openvino", "onnxruntime", "torch"):
        known = artefact.load(*trained)
        graphs = {view: model.graph for view, model in known.views.items()}
        model = artefact.save(root, {**known.card, "runtime": kind}, graphs)
    else:
        model = brought(root, tmp_path, kind, server)
    made = OpenVinoPredictor(root, threads=2)
    made.load(model).result(30)
    yield Stand(root=root, model=model, predictor=made, server=server)
    made.close()
    if server is not None:
        server.close()


def test_all_runtimes_are_here() -> None:
    assert set(Runtime) == {"openvino", "onnxruntime", "torch", "remote"}
    assert all(any(one in str(kind) for kind in KINDS) for one in Runtime)


def test_it_does_as_every_engine_must(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    good = [stand.score(plate(seed)) for seed in range(100, 104)]
    bad = [stand.score(plate(seed, spot=True)) for seed in range(100, 104)]
    assert all(np.isfinite(good + bad))
    assert all(0 <= score <= 1 for score in good + bad)
    assert max(good) < 0.5 < min(bad)

    for scale in (1, 3):
        opinion = stand.ask(plate(7, spot=True, scale=scale))
        assert isinstance(opinion, Prediction)
        found = opinion.findings[0]
        left, top, right, bottom = (v * scale for v in SPOT)
        assert found.box[0] <= (left + right) / 2 <= found.box[2]
        assert found.box[1] <= (top + bottom) / 2 <= found.box[3]
        assert 0 <= found.box[0] < found.box[2] <= SIZE[1] * scale
        assert opinion.heatmap_png is not None
        assert len(opinion.heatmap_png) < 60_000

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: round(stand.score(plate(5)), 6), range(16)))) == 1

    unreadable = stand.ask(b"no image")
    assert isinstance(unreadable, NoPrediction)
    assert unreadable.failure is Failure.UNREADABLE
    no_view = stand.ask(plate(1), view="side")
    assert isinstance(no_view, NoPrediction)
    assert no_view.failure is Failure.MISSING

    figures = stand.predictor.figures(stand.model)
    assert figures is not None
    assert figures.images == 26
    assert 0 < figures.median_ms <= figures.p95_ms
    assert figures.load_s > 0

    judge = runtime._judge
    go = __import__("threading").Event()
    with monkeypatch.context() as patched:
        patched.setattr(runtime, "_judge", lambda *a: go.wait(20) and judge(*a))
        late = stand.ask(plate(1), deadline_s=0.05)
        go.set()
    assert isinstance(late, NoPrediction)
    assert late.failure is Failure.DEADLINE

    stand.score(plate(1))  # whoever still held the engine for the late image is through
    engine = weakref.ref(engine_of(stand))
    stand.predictor.unload(stand.model)
    assert not stand.predictor.ready(stand.model)
    assert stand.predictor.figures(stand.model) is None
    stand.predictor.predict(plate(1), Question(view="top")).result(30)
    stand.predictor.predict(plate(1), Question(view="top")).result(30)
    gc.collect()
    assert engine() is None
    stand.predictor.load(stand.model).result(30)
    assert stand.predictor.ready(stand.model)
    assert stand.score(plate(100)) == pytest.approx(good[0], abs=1e-6)


def engine_of(stand: Stand) -> Engine:
    return stand.predictor._models[stand.model].views["top"][1]  # type: ignore[union-attr]


def test_views_of_the_same_file_share_an_engine(tmp_path: Path) -> None:
    card = read_card({"name": "two", "output": RAW})
    made = bring(tmp_path, onnx_file(tmp_path), card, line="l", views=["top", "side"], created=CREATED)
    engines = open_all(artefact.load(tmp_path, made.artefact), 1)
    assert engines["top"] is engines["side"]


def test_the_files_are_not_kept_in_memory_beside_the_engine(trained: tuple[Path, str]) -> None:
    made = OpenVinoPredictor(trained[0])
    made.load(trained[1]).result(30)
    state = made._models[trained[1]]
    assert all(view.graph == b"" for view, _ in state.views.values())  # type: ignore[union-attr]
    assert made.figures(trained[1]).megabytes > 5  # type: ignore[union-attr]
    made.close()


def test_without_onnx_runtime_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(NotInstalled, match=r"pip install onnxruntime.*openvino"):
        OnnxSession(b"", Precision.F32)


def test_onnx_runtime_computes_in_f32_alone() -> None:
    with pytest.raises(NotOnThisProcessor, match="openvino"):
        OnnxSession(b"", Precision.BF16)


def test_onnx_runtime_uses_the_threads_of_who_asks(monkeypatch: pytest.MonkeyPatch, trained: tuple[Path, str]) -> None:
    import onnxruntime

    seen: list[Any] = []
    made = onnxruntime.InferenceSession
    monkeypatch.setattr(onnxruntime, "InferenceSession", lambda g, o, **k: seen.append(o) or made(g, o, **k))
    view = artefact.load(*trained).views["top"]
    open_engine(view, Runtime.ONNXRUNTIME, Precision.F32, 4)
    (options,) = seen
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert onnx_engine.NotInstalled is NotInstalled


def test_two_models_of_different_runtimes_share_one_image(trained: tuple[Path, str], tmp_path: Path) -> None:
    root = tmp_path / "models"
    known = artefact.load(*trained)
    first = artefact.save(root, known.card, {v: m.graph for v, m in known.views.items()})
    second = artefact.save(root, {**known.card, "runtime": "onnxruntime"}, {v: m.graph for v, m in known.views.items()})
    third = twin(root, first, "third")
    made = OpenVinoPredictor(root)
    for model in (first, second, third):
        made.load(model).result(30)
    question = Question(view="top", models=(first, second, third), deadline_s=20.0)
    scores = [one.score for one in made.predict(plate(3), question).result(30).opinions]  # type: ignore[union-attr]
    assert scores == pytest.approx([scores[0]] * 3, abs=1e-3)
    made.close()


def test_a_score_that_is_no_number_is_no_opinion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    card = read_card({"name": "x", "output": RAW})
    made = bring(tmp_path, onnx_file(tmp_path), card, line="l", views=["top"], created=CREATED)
    predictor = OpenVinoPredictor(tmp_path)
    predictor.load(made.artefact).result(30)
    engine = predictor._models[made.artefact].views["top"][1]  # type: ignore[union-attr]
    empty = {"map": np.zeros((2, 2)), "raw": np.array([np.nan]), "novelty": np.zeros(1)}
    monkeypatch.setattr(engine, "run", lambda *_: empty)
    question = Question(view="top", models=(made.artefact,), deadline_s=20.0)
    (opinion,) = predictor.predict(plate(1), question).result(30).opinions
    assert isinstance(opinion, NoPrediction)
    assert "no number" in opinion.detail
    predictor.close()
