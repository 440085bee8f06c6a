"""Models asked about the same image share one pass through their backbone, and say the same as each in one piece."""

import gc
import shutil
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from inspection.core.predict import Prediction, Question
from models import artefact
from models.cut import cut
from models.decode import Picture
from models.engine import Compiled, Precision
from models.graph import TAP
from models.loaded import Loaded
from models.runtime import OpenVinoPredictor
from models.sharing import Head, Trunks, key_of
from tests.models.parts import QUICK, SIZE, good_plates, plate

Change = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def shelf(trained: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder with two different models of the same size, and their names."""
    root = tmp_path_factory.mktemp("shared")
    shutil.copytree(trained[0], root, dirs_exist_ok=True)
    return root, trained[1], good_plates(12, 50).train(root, replace(QUICK, seed=1)).artefact


@pytest.fixture
def predictor(shelf: tuple[Path, str, str]) -> Iterator[OpenVinoPredictor]:
    made = OpenVinoPredictor(shelf[0], threads=1)
    for model in shelf[1:]:
        made.load(model).result(30)
    yield made
    made.close()


def changed(root: Path, model: str, how: Change) -> str:
    """Put a model under `root` that is as another but for its graph."""
    known = artefact.load(root, model)
    return artefact.save(root, {**known.card, "name": "changed"}, {"top": how(known.views["top"].graph)})


def without_taps(graph: bytes) -> bytes:
    """As models were written before graphs could be cut."""
    model = onnx.load_model_from_string(graph)
    for node in model.graph.node:
        for names in (node.input, node.output):
            names[:] = [name.replace(TAP, "Identity_") for name in names]
    return bytes(model.SerializeToString())


def another_backbone(graph: bytes) -> bytes:
    """As one whose backbone differs in a single weight."""
    model = onnx.load_model_from_string(graph)
    constant = next(one for one in model.graph.initializer if one.dims == [32, 3, 3, 3])
    weight = numpy_helper.to_array(constant).copy()
    weight[0, 0, 0, 0] += 0.5
    constant.CopyFrom(numpy_helper.from_array(weight, constant.name))
    return bytes(model.SerializeToString())


def scores(predictor: OpenVinoPredictor, image: bytes, *models: str) -> list[float]:
    question = Question(view="top", models=models, deadline_s=20.0)
    opinions = predictor.predict(image, question).result(30).opinions
    assert all(isinstance(one, Prediction) for one in opinions), opinions
    return [one.score for one in opinions if isinstance(one, Prediction)]


def settle(predictor: OpenVinoPredictor) -> None:
    """Wait until what was left to the loader is done."""
    predictor._loader.submit(int).result(30)


def head(predictor: OpenVinoPredictor, model: str) -> Head:
    state = predictor._models[model]
    assert isinstance(state, Loaded)
    made = state.heads["top"]
    assert isinstance(made, Head)
    return made


def pixels(seed: int = 1) -> NDArray[np.uint8]:
    return Picture(plate(seed)).at(*SIZE)


def test_two_models_make_one_pass_and_say_what_each_says_alone(
    predictor: OpenVinoPredictor, shelf: tuple[Path, str, str]
) -> None:
    _, *models = shelf
    images = [plate(seed, spot=seed % 2 == 1) for seed in range(100, 106)]
    alone = [[scores(predictor, image, model)[0] for model in models] for image in images]
    first = scores(predictor, images[0], *models)  # still in one piece each
    settle(predictor)
    together = [scores(predictor, image, *models) for image in images]
    np.testing.assert_allclose([first, *together], [alone[0], *alone], atol=1e-4)
    assert not np.allclose(*np.transpose(alone), atol=1e-3)
    one, two = (head(predictor, model) for model in models)
    assert one.trunk is two.trunk
    assert one.trunk.passes == [len(images)]


def test_alone_a_model_runs_in_one_piece(predictor: OpenVinoPredictor, shelf: tuple[Path, str, str]) -> None:
    for _ in range(2):
        for model in shelf[1:]:
            scores(predictor, plate(1), model)
    settle(predictor)
    assert len(predictor._trunks) == 0


def test_the_raw_figure_is_the_same_whole_and_cut(shelf: tuple[Path, str, str]) -> None:
    graph = artefact.load(shelf[0], shelf[2]).views["top"].graph
    parts = cut(graph)
    assert parts is not None
    whole, made = Compiled(graph, Precision.F32, 1), Trunks(1).head(parts, Precision.F32)
    for seed in range(3):
        expected, found = whole.run(pixels(seed), 0), made.run(pixels(seed), 0)
        assert set(found) == {"map", "raw", "novelty", "feature"}
        for name, values in expected.items():
            np.testing.assert_allclose(found[name], values, atol=1e-4)


def test_the_backbone_goes_with_the_last_model_that_uses_it(
    predictor: OpenVinoPredictor, shelf: tuple[Path, str, str]
) -> None:
    _, first, second = shelf
    scores(predictor, plate(1), first, second)
    settle(predictor)
    trunk = weakref.ref(head(predictor, first).trunk)
    predictor.unload(first)
    gc.collect()
    assert trunk() is not None
    predictor.unload(second)
    scores(predictor, plate(1))  # the worker lets go of what it judged with
    gc.collect()
    assert trunk() is None
    predictor.load(first).result(30)
    assert scores(predictor, plate(1), first)


@pytest.mark.parametrize("how", [without_taps, another_backbone])
def test_a_model_with_nothing_in_common_runs_beside(shelf: tuple[Path, str, str], tmp_path: Path, how: Change) -> None:
    root = tmp_path / "models"
    shutil.copytree(shelf[0], root)
    models = (*shelf[1:], changed(root, shelf[1], how))
    made = OpenVinoPredictor(root, threads=1)
    for model in models:
        made.load(model).result(30)
    alone = [scores(made, plate(3, spot=True), model)[0] for model in models]
    scores(made, plate(1), *models)
    settle(made)
    assert scores(made, plate(3, spot=True), *models) == pytest.approx(alone, abs=1e-4)
    assert head(made, models[0]).trunk.passes == [1]
    assert made._models[models[2]].heads == {}  # type: ignore[union-attr]
    made.close()


def test_a_model_whose_files_are_gone_goes_on_in_one_piece(shelf: tuple[Path, str, str], tmp_path: Path) -> None:
    root = tmp_path / "models"
    shutil.copytree(shelf[0], root)
    made = OpenVinoPredictor(root, threads=1)
    for model in shelf[1:]:
        made.load(model).result(30)
    shutil.rmtree(root / shelf[1])
    before = scores(made, plate(1), *shelf[1:])
    settle(made)
    assert scores(made, plate(1), *shelf[1:]) == before
    made.close()


def test_many_threads_do_not_mix_their_images_up(shelf: tuple[Path, str, str]) -> None:
    _, *models = shelf
    made = OpenVinoPredictor(shelf[0], threads=2)
    for model in models:
        made.load(model).result(30)
    images = [plate(seed, spot=seed % 2 == 1) for seed in range(4)]
    alone = [[scores(made, image, model)[0] for model in models] for image in images]
    scores(made, images[0], *models)
    settle(made)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: scores(made, images[i % 4], *models), range(32)))
    np.testing.assert_allclose(found, [alone[i % 4] for i in range(32)], atol=1e-4)
    made.close()


def test_only_an_image_that_cannot_have_changed_is_taken_as_seen(shelf: tuple[Path, str, str]) -> None:
    parts = cut(artefact.load(shelf[0], shelf[1]).views["top"].graph)
    assert parts is not None
    made = Trunks(2).head(parts, Precision.F32)
    image = pixels()
    first = made.run(image, 0)["raw"]
    assert made.run(image, 0)["raw"] == first
    assert made.trunk.passes == [1, 0]
    made.run(image, 1)
    assert made.trunk.passes == [1, 1]
    own = image.copy()
    made.run(own, 0)
    own[40:60, 70:90] = 255
    assert made.run(own, 0)["raw"] > first
    assert made.trunk.passes == [3, 1]


def test_models_share_only_in_the_same_precision_and_size(shelf: tuple[Path, str, str], tmp_path: Path) -> None:
    graph = artefact.load(shelf[0], shelf[1]).views["top"].graph
    larger = good_plates(12).train(tmp_path, replace(QUICK, size=(160, 160), bank=20)).artefact
    parts, others = cut(graph), cut(artefact.load(tmp_path, larger).views["top"].graph)
    assert parts is not None
    assert others is not None
    keys = {key_of(parts, Precision.F32), key_of(parts, Precision.BF16), key_of(others, Precision.F32)}
    assert len(keys) == 3


def test_a_graph_that_reads_the_image_behind_its_taps_is_not_cut(shelf: tuple[Path, str, str]) -> None:
    graph = artefact.load(shelf[0], shelf[1]).views["top"].graph
    model = onnx.load_model_from_string(graph)
    raw = next(node for node in model.graph.node if node.output[0] == "raw")
    more = [
        helper.make_node("Cast", ["image"], ["bytes"], to=1),
        helper.make_node("ReduceMax", ["bytes"], ["peak"], keepdims=0),
        helper.make_node("Mul", [raw.input[0], "peak"], ["louder"]),
    ]
    raw.input[0] = "louder"
    nodes = [*(node for node in model.graph.node if node != raw), *more, raw]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    assert cut(model.SerializeToString()) is None
    assert cut(graph) is not None
