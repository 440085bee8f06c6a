"""A reduced precision is refused where it does harm, with the figure, and the card says what it was held against."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.core.train import Untrainable
from models import artefact, engine, reduced
from models.engine import Precision
from models.reduced import MOST_LOSS, compare
from tests.models.parts import QUICK, good_plates, plate

GOOD = np.linspace(0.05, 0.40, 200)


def labels(defective: int) -> NDArray[np.bool_]:
    return np.repeat([False, True], [200, defective])


def set_of(defective: NDArray[np.float64] | list[float]) -> NDArray[np.float64]:
    return np.concatenate([GOOD, defective])


def test_no_loss_is_allowed_and_told() -> None:
    scores = set_of(np.linspace(0.45, 0.9, 20))
    facts = compare(scores, scores + 0.001, labels(20), Precision.BF16)
    assert facts == {"precision": "bf16", "good": 200, "defective": 20, "auroc_f32": 1.0, "auroc": 1.0}


@pytest.mark.parametrize(("lost", "allowed"), [(19, True), (20, True), (21, False), (80, False)])
def test_the_loss_of_auroc_decides(lost: int, allowed: bool) -> None:
    # One of twenty defects falls below `lost` of 200 good images: each costs 1 / 4000.
    before = set_of(np.linspace(0.45, 0.9, 20))
    after = before.copy()
    after[200] = (GOOD[-lost] + GOOD[-lost - 1]) / 2
    if allowed:
        assert compare(before, after, labels(20), Precision.BF16)["auroc"] >= 1 - MOST_LOSS
    else:
        with pytest.raises(
            Untrainable, match=rf"AUROC {1 - lost / 4000:.4f} against 1\.0000.*loss of.*Train it in f32"
        ):
            compare(before, after, labels(20), Precision.BF16)


def test_a_gain_is_no_loss() -> None:
    before = set_of([0.2] * 20)
    assert compare(before, set_of([0.9] * 20), labels(20), Precision.BF16)["auroc"] == 1.0


def test_an_image_without_a_score_in_one_of_them_counts_in_neither() -> None:
    before, after = set_of(np.linspace(0.45, 0.9, 20)), set_of(np.linspace(0.45, 0.9, 20))
    before[0], after[1], after[210] = np.nan, np.nan, np.nan
    facts = compare(before, after, labels(20), Precision.BF16)
    assert (facts["good"], facts["defective"]) == (198, 19)


@pytest.mark.parametrize("defects", [0, 3])
def test_without_enough_defects_good_images_must_keep_their_order_and_limit(defects: int) -> None:
    scores = set_of([0.9] * defects)
    dice = np.random.default_rng(0)
    facts = compare(scores, scores + dice.normal(0, 0.002, len(scores)), labels(defects), Precision.BF16)
    assert facts["agreement"] > 0.99
    assert "label them and train again" in facts["note"]
    mixed = scores + np.where(labels(defects), 0, dice.normal(0, 0.1, len(scores)))
    with pytest.raises(Untrainable, match=r"rank correlation is 0\.\d+.*Train it in f32"):
        compare(scores, mixed, labels(defects), Precision.BF16)
    with pytest.raises(Untrainable, match=r"99 % score below 0\.4\d\d instead of 0\.396"):
        compare(scores, np.where(labels(defects), scores, scores * 1.2), labels(defects), Precision.BF16)


def test_scores_that_are_all_the_same_are_no_order() -> None:
    with pytest.raises(Untrainable, match="rank correlation"):
        compare(GOOD, np.full(200, 0.39), labels(0), Precision.BF16)


@pytest.fixture
def claims_bf16(monkeypatch: pytest.MonkeyPatch) -> None:
    """A processor without bf16 computes such a graph in f32: the steps are the same."""
    monkeypatch.setattr(engine, "precisions", lambda: {Precision.F32, Precision.BF16})


@pytest.mark.usefixtures("claims_bf16")
def test_a_training_holds_the_reduced_precision_against_f32(tmp_path: Path) -> None:
    shelf = good_plates(16)
    for seed in range(100, 103):
        shelf.put(plate(seed, spot=True), defect="stain")
    made = shelf.train(tmp_path, replace(QUICK, precision=Precision.BF16))
    facts = made.card["views"]["top"]["compared"]
    assert (facts["precision"], facts["good"], facts["defective"]) == ("bf16", 16, 3)
    assert facts["auroc"] >= facts["auroc_f32"] - MOST_LOSS
    assert facts["note"] in made.card["views"]["top"]["warnings"]
    assert artefact.load(tmp_path, made.artefact).precision is Precision.BF16
    usual = shelf.train(tmp_path, QUICK)
    assert "compared" not in usual.card["views"]["top"]
    assert usual.artefact != made.artefact


@pytest.mark.usefixtures("claims_bf16")
def test_a_training_in_a_precision_that_does_harm_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reduced, "LEAST_AGREEMENT", 1.1)
    with pytest.raises(Untrainable, match="Train it in f32"):
        good_plates(12).train(tmp_path, replace(QUICK, precision=Precision.BF16))
    assert list(tmp_path.iterdir()) == []


def test_two_precisions_are_two_models_whatever_else_is_the_same(trained: tuple[Path, str], tmp_path: Path) -> None:
    known = artefact.load(*trained)
    graphs = {view: model.graph for view, model in known.views.items()}
    names = {artefact.save(tmp_path, {**known.card, "precision": one.value}, graphs) for one in Precision}
    assert len(names) == 2
    assert {artefact.load(tmp_path, name).precision for name in names} == set(Precision)
