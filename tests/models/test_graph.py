"""The served graph computes what was fitted, in either runtime."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from models import artefact, engine
from models.anomaly import short_feature
from models.backbone import add_stage, add_stem, convolutions, lite0
from models.engine import Compiled, NotOnThisProcessor, Precision, check_precision
from models.features import extract
from models.fit import fit_view, mean_feature, scores_of
from models.graph import Graph
from models.labels import labels_of
from models.scoring import Setup, feature_graph, grid_of, scoring_graph
from models.tune import Task
from tests.models.parts import SIZE, draw, good_plates

RELATIVE = 1e-3  # agreement asked of two runtimes in 32-bit floats


def pixels(seed: int, *, spot: bool = False) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(draw(seed, spot=spot))[..., ::-1])


def test_both_runtimes_agree_on_the_trained_graph(trained: tuple[Path, str]) -> None:
    view = artefact.load(*trained).views["top"]
    session = onnxruntime.InferenceSession(view.graph, providers=["CPUExecutionProvider"])
    compiled = Compiled(view.graph, Precision.F32, 1)
    for seed, spot in ((100, False), (101, True)):
        image = pixels(seed, spot=spot)
        ours = compiled.run(image, 0)
        names = ["map", "raw", "novelty", "feature"]
        theirs = dict(zip(names, session.run(names, {"image": image[None]}), strict=True))
        for name in names:
            np.testing.assert_allclose(ours[name], theirs[name], rtol=RELATIVE, atol=RELATIVE)


def test_the_graph_computes_what_was_fitted(tmp_path: Path) -> None:
    shelf = good_plates(12)
    quiet = {"progress": lambda *_: None, "cancelled": lambda: False}
    taken = extract(
        shelf.samples,
        shelf.contents.__getitem__,
        size=SIZE,
        pooled=True,
        backbone=lite0(),
        precision=Precision.F32,
        threads=2,
        folder=tmp_path,
        **quiet,
    )
    labels = labels_of(shelf.samples, [SIZE] * 12, grid_of(SIZE), range(12))
    view = fit_view(
        taken.features, taken.wholes, labels, setup=Setup(size=SIZE), bank=32, seed=(0, 0), keep_suspects=True,
        folder=tmp_path, task=Task(), **quiet,
    )  # fmt: skip
    features = Compiled(feature_graph(SIZE, True, lite0()), Precision.F32, 1)
    served = Compiled(scoring_graph(view.fitted), Precision.F32, 1)
    for seed, spot in ((50, False), (51, True)):
        image = pixels(seed, spot=spot)
        raw, novelty = scores_of(view.fitted, features.run(image, 0)["features"])
        output = served.run(image, 0)
        assert float(output["raw"][0]) == pytest.approx(raw, rel=2e-3, abs=2e-3)
        assert float(output["novelty"][0]) == pytest.approx(novelty, rel=2e-3, abs=2e-3)
        feature = short_feature(view.fitted.familiar, mean_feature(features.run(image, 0)["features"]))
        assert feature.shape == (16,)
        np.testing.assert_allclose(output["feature"], feature, rtol=2e-3, atol=2e-3)


def test_features_are_those_of_the_network_in_the_other_runtime() -> None:
    graph = feature_graph((64, 96), pooled=False, backbone=lite0())
    image = pixels(1)[:64, :96]
    ours = Compiled(graph, Precision.F32, 1).run(image, 0)["features"]
    (theirs,) = onnxruntime.InferenceSession(graph).run(["features"], {"image": image[None]})
    assert ours.shape == (24, lite0().channels)
    np.testing.assert_allclose(ours, theirs, rtol=RELATIVE, atol=RELATIVE * float(np.abs(theirs).max()))


def test_whole_images_are_told_by_features_that_are_not_averaged_over_cells() -> None:
    image = pixels(1, spot=True)
    plain, averaged = (
        Compiled(feature_graph(SIZE, pooled, lite0()), Precision.F32, 1).run(image, 0) for pooled in (False, True)
    )
    expected = np.concatenate([plain["features"].mean(axis=0), plain["features"].max(axis=0)])
    np.testing.assert_allclose(plain["whole"], expected, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(averaged["whole"], plain["whole"])
    assert np.abs(averaged["features"].max(axis=0) - expected[lite0().channels :]).max() > 0.1


def test_every_stage_has_its_size_and_channels() -> None:
    graph = Graph(64, 128)
    x = add_stem(graph, convolutions(), graph.image)
    stages = [x := add_stage(graph, convolutions(), x, stage) for stage in range(7)]
    sizes = [(16, 32, 64), (24, 16, 32), (40, 8, 16), (80, 4, 8), (112, 4, 8), (192, 2, 4), (320, 2, 4)]
    for number, (stage, size) in enumerate(zip(stages, sizes, strict=True)):
        graph.output(stage, f"stage{number}", (1, *size))
    outputs = Compiled(graph.model(), Precision.F32, 1).run(pixels(2)[:64, :128], 0)
    assert [outputs[f"stage{number}"].shape[1:] for number in range(7)] == sizes
    assert all(np.isfinite(output).all() and output.std() > 0 for output in outputs.values())


def test_an_edge_cell_is_averaged_over_fewer_neighbours() -> None:
    image = np.full((64, 64, 3), 128, np.uint8)
    graph = Graph(64, 64)
    x = graph.node("Transpose", graph.node("Cast", graph.image, to=onnx.TensorProto.FLOAT), perm=[0, 3, 1, 2])
    graph.output(graph.mean3(x), "mean", (1, 3, 64, 64))
    np.testing.assert_allclose(Compiled(graph.model(), Precision.F32, 1).run(image, 0)["mean"], 128)


def test_a_grid_has_one_cell_per_sixteen_pixels() -> None:
    assert grid_of((288, 512)) == (18, 32)


def test_a_precision_the_processor_lacks_is_refused_with_words(monkeypatch: pytest.MonkeyPatch) -> None:
    check_precision(Precision.F32)
    monkeypatch.setattr(engine, "precisions", lambda: {Precision.F32})
    with pytest.raises(NotOnThisProcessor, match="f32"):
        check_precision(Precision.BF16)
