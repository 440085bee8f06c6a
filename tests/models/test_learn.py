"""Learning from labelled defects: what helps is tried on held-out images, and the graph computes what was learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.predict import Prediction, Question
from inspection.core.train import Cancelled, Trained, Untrainable
from models import artefact, tune
from models.decode import Picture
from models.engine import Compiled
from models.runtime import OpenVinoPredictor
from review_ui.card import views
from review_ui.texts import catalogue
from tests.models.parts import QUICK, SIZE, SPOT, Shelf, draw, plate
from tests.models.test_train import encoded

LEFT, TOP, RIGHT, BOTTOM = SPOT
BOX = ((LEFT, TOP), (RIGHT, TOP), (RIGHT, BOTTOM), (LEFT, BOTTOM))
FAST = replace(QUICK, steps=2)
needs_torch = pytest.mark.skipif(not tune.torch_is_there(), reason="PyTorch is not installed: run ./setup --training")


def shelf(good: int = 20, bad: int = 10, *, outlined: bool = True, group: str = "") -> Shelf:
    """Good plates, and plates with a stain that somebody has drawn round."""
    made = Shelf()
    for seed in range(good):
        made.put(plate(seed))
    for seed in range(100, 100 + bad):
        made.put(plate(seed, spot=True), defect="stain", regions=(BOX,) if outlined else (), group=group)
    return made


def lesson(made: Trained) -> dict[str, object]:
    labels: dict[str, object] = made.card["views"]["top"]["labels"]
    return labels


def outputs(root: Path, made: Trained, image: bytes) -> dict[str, np.ndarray]:
    loaded = artefact.load(root, made.artefact)
    view = loaded.views["top"]
    output = dict(Compiled(view.graph, loaded.precision, 1).run(Picture(image).at(*view.size), 0))
    output["score"] = np.float64(view.curve.score(float(output["raw"][0])))
    output["cells"] = view.curve.scores(output["map"])
    return output


def found_types(root: Path, made: Trained, image: bytes) -> set[str | None]:
    """What the runtime calls the places it finds."""
    predictor = OpenVinoPredictor(root)
    try:
        predictor.load(made.artefact).result(60)
        asked = Question(view="top", models=(made.artefact,), deadline_s=30)
        (opinion,) = predictor.predict(image, asked).result(60).opinions
    finally:
        predictor.close()
    assert isinstance(opinion, Prediction)
    return {finding.defect_type for finding in opinion.findings}


def test_a_few_labels_train_a_classifier_of_pooled_features(tmp_path: Path) -> None:
    made = shelf(bad=5).train(tmp_path, FAST)
    told = lesson(made)
    assert made.card["kind"] == "learned"
    assert (told["defects"], told["outlined"], told["types"]) == (5, 5, ["stain"])
    assert {trial["mix"] for trial in told["trials"]} >= {"kernel", "anomaly", "kernel + 0.5 anomaly"}
    assert "AUROC" in told["reason"]
    (shown,) = views(catalogue(), made.card)
    assert (shown.good, shown.defects, shown.outlined, shown.types) == (20, 5, 5, (("stain", 5),))
    assert shown.mixes is not None
    assert [f"{row.words}: " in told["reason"] for row in shown.mixes.rows if row.chosen] == [True]
    assert shown.mixes.columns == ("auroc", "recall_5")
    assert shown.reliability is not None
    assert sum(dot.images for dot in shown.reliability.dots) == 25
    assert outputs(tmp_path, made, plate(300, spot=True))["score"] > 0.5 > outputs(tmp_path, made, plate(301))["score"]


@needs_torch
def test_enough_labels_tune_the_network_and_show_where_the_defect_is(tmp_path: Path) -> None:
    made = shelf().train(tmp_path, replace(FAST, steps=12))
    told = lesson(made)
    assert {"tuned", "cells"} <= {part for trial in told["trials"] for part in trial["mix"].split(" + ")}
    bad, good = (outputs(tmp_path, made, plate(seed, spot=spot)) for seed, spot in ((300, True), (301, False)))
    assert bad["score"] > 0.5 > good["score"]
    if set(told["mix"]) & {"tuned", "cells"}:
        assert made.card["views"]["top"]["types"] == ["stain"]
        assert found_types(tmp_path, made, plate(300, spot=True)) == {"stain"}
        rows, columns = np.unravel_index(bad["cells"].argmax(), bad["cells"].shape)
        assert TOP <= (rows + 0.5) * 16 <= BOTTOM + 16
        assert LEFT - 16 <= (columns + 0.5) * 16 <= RIGHT + 16


@needs_torch
def test_the_same_labels_and_seed_give_the_same_model(tmp_path: Path) -> None:
    once, again = (shelf().train(tmp_path / name, replace(FAST, threads=1)) for name in ("once", "again"))
    assert once.artefact == again.artefact
    other = shelf().train(tmp_path, replace(FAST, threads=1, seed=3))
    assert other.artefact != once.artefact


@needs_torch
def test_learning_stops_when_asked_and_leaves_nothing_behind(tmp_path: Path) -> None:
    stages: list[str] = []
    with pytest.raises(Cancelled):
        shelf().train(
            tmp_path, FAST, progress=lambda stage, *_: stages.append(stage),
            cancelled=lambda: "learning from labels" in stages,
        )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_without_torch_the_rest_is_learned_and_the_way_to_more_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.learn.torch_is_there", lambda: False)
    made = shelf().train(tmp_path, FAST)
    assert any("./setup --training" in words for words in made.card["views"]["top"]["warnings"])
    assert made.card["kind"] == "learned"


@pytest.mark.parametrize(("bad", "group", "words"), [(2, "", "too few"), (8, "tray 4", "one group")])
def test_labels_that_teach_nothing_are_told_why(tmp_path: Path, bad: int, group: str, words: str) -> None:
    made = shelf(bad=bad, group=group).train(tmp_path, FAST)
    assert made.card["kind"] == "anomaly"
    assert words in str(lesson(made)["reason"])


def test_an_image_that_is_called_good_and_defective_is_named(tmp_path: Path) -> None:
    torn = shelf()
    torn.put(plate(3), defect="stain", name="again.png")
    with pytest.raises(Untrainable, match=r"3\.png \(good\) and again\.png \(stain\)"):
        torn.train(tmp_path, FAST)


def test_the_same_picture_in_two_files_with_two_labels_is_named(tmp_path: Path) -> None:
    torn = shelf()
    torn.put(encoded(draw(3), "BMP"), defect="stain", name="again.bmp")
    with pytest.raises(Untrainable, match=r"3\.png \(good\) and again\.bmp \(stain\)"):
        torn.train(tmp_path, FAST)


def test_defects_without_outlines_are_learned_all_the_same(tmp_path: Path) -> None:
    made = shelf(outlined=False).train(tmp_path, FAST)
    told = lesson(made)
    assert told["outlined"] == 0
    assert not any("cells" in trial["mix"] for trial in told["trials"])
    assert outputs(tmp_path, made, plate(300, spot=True))["score"] > 0.5


def test_an_image_of_another_size_keeps_its_regions_in_place() -> None:
    from models.labels import cell_shares

    small = cell_shares([BOX], SIZE, (8, 10))
    large = cell_shares([tuple((2 * x, 2 * y) for x, y in BOX)], (2 * SIZE[0], 2 * SIZE[1]), (8, 10))
    np.testing.assert_allclose(small, large, atol=0.3)
    rows, columns = np.nonzero(small > 0)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (TOP // 16, BOTTOM // 16, LEFT // 16, RIGHT // 16)


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(["", "a", "b", "c", "d", "e"])), min_size=10, max_size=80,
    )
)  # fmt: skip
def test_groups_are_never_on_both_sides_of_a_trial(images: list[tuple[bool, str]]) -> None:
    from inspection.core.train import Sample
    from models.labels import folds_of

    samples = [
        Sample(view="top", sha256=f"{i:064}", name=str(i), defect="stain" if bad else "", group=group)
        for i, (bad, group) in enumerate(images)
    ]
    folds = folds_of(samples)
    for group in {"a", "b", "c", "d", "e"}:
        assert len({int(f) for f, s in zip(folds, samples, strict=True) if s.group == group}) <= 1
    assert set(folds.tolist()) <= set(range(5))


def test_smaller_images_are_learned_from_in_more_steps() -> None:
    assert [tune.steps_for(cells) for cells in (64, 256, 300, 1000, 10_000)] == [180, 180, 154, 120, 120]
