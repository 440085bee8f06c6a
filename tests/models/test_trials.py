"""Input size, pooling and weights are chosen by trials on the line's own images, on planted faults or real defects."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.train import Cancelled, Trained
from models.decode import Picture
from models.engine import Precision
from models.plant import Fault, plain, planted
from models.scoring import Setup
from models.sizes import MAX_SIDE, nominal_ms, sizes_to_try
from models.trials import MIN_DEFECTS, Chosen, try_setups
from tests.models.parts import QUICK, SIZE, Shelf, plate

SIDES = st.integers(40, 6000)


def pixels(data: bytes) -> np.ndarray:
    picture = Picture(data)
    return picture.at(*picture.size).astype(int)


def view_of(made: Trained) -> dict[str, Any]:
    view: dict[str, Any] = made.card["views"]["top"]
    return view


def tried(shelf: Shelf, folder: Path, cancelled: Callable[[], bool] = lambda: False) -> Chosen:
    folder.mkdir(exist_ok=True)
    return try_setups(
        [Setup(size=SIZE, pooled=pooled) for pooled in (True, False)], shelf.samples, shelf.contents.__getitem__,
        seed=0, precision=Precision.F32, threads=1, folder=folder, progress=lambda *_: None, cancelled=cancelled,
    )  # fmt: skip


def plates(good: int, bad: int = 0) -> Shelf:
    shelf = Shelf()
    for seed in range(good):
        shelf.put(plate(seed))
    for seed in range(100, 100 + bad):
        shelf.put(plate(seed, spot=True), defect="stain")
    return shelf


@pytest.mark.parametrize("fault", list(Fault))
def test_a_fault_changes_a_small_part_of_the_image(fault: Fault) -> None:
    data = plate(1, scale=3, kind="JPEG")
    for seed in range(8):
        changed = np.abs(pixels(planted(data, fault, np.random.default_rng(seed))) - pixels(data)).max(axis=2) > 2
        assert 0 < changed.mean() < 0.25


def test_scratches_are_one_to_three_pixels_wide() -> None:
    size = Picture(plate(1, scale=5)).size
    for seed in range(12):
        was, now = (
            pixels(f(plate(1, scale=5), *more))
            for f, more in ((plain, ()), (planted, (Fault.SCRATCH, np.random.default_rng(seed))))
        )
        changed = np.abs(now - was).max(axis=2) > 0
        assert changed.shape == size
        # Three pixels across a slanted line and its bends are more along a row, but no square of 7 x 7 fits into it.
        assert not np.lib.stride_tricks.sliding_window_view(changed, (7, 7)).all(axis=(2, 3)).any()


def test_the_same_dice_plant_the_same_fault_and_plain_plants_none() -> None:
    data = plate(4)
    one, same, other = (planted(data, Fault.SPOT, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other
    assert (pixels(plain(data)) == pixels(data)).all()


@given(st.lists(st.tuples(SIDES, SIDES), min_size=1, max_size=5), st.floats(5, 5000))
def test_sizes_to_try_fit_the_network_and_the_budget(images: list[tuple[int, int]], budget: float) -> None:
    tried = sizes_to_try(images, budget, Precision.F32)
    assert 1 <= len(tried) <= 4
    assert len(set(tried)) == len(tried)
    for rows, columns in tried:
        assert rows % 32 == columns % 32 == 0
        assert 64 <= min(rows, columns) <= max(rows, columns) <= MAX_SIDE
    # Sides are rounded to whole steps of the network, which weighs most for the smallest ones.
    assert all(nominal_ms(size, Precision.F32) <= 1.3 * budget or min(size) <= 128 for size in tried)


def test_a_larger_budget_tries_larger_inputs_up_to_the_pixels_there_are() -> None:
    phone = [(3000, 4000)]
    assert max(r * c for r, c in sizes_to_try(phone, 40, Precision.F32)) < 256 * 1024
    assert max(r * c for r, c in sizes_to_try(phone, 400, Precision.F32)) > 1e6
    assert max(r * c for r, c in sizes_to_try([(300, 300)], 400, Precision.F32)) <= 300 * 300


def test_every_trial_is_shown_and_the_chosen_one_is_what_the_model_has(tmp_path: Path) -> None:
    shelf = plates(14)
    how = replace(QUICK, size=None, pooled=None)
    made = shelf.train(tmp_path, how)
    view = view_of(made)
    (chosen,) = [trial for trial in view["trials"] if trial["chosen"]]
    assert chosen["words"].startswith(f"{view['height']} x {view['width']}, ")
    assert chosen["words"] in view["trials_reason"]
    assert len({trial["words"] for trial in view["trials"]}) == len(view["trials"]) == 12  # two sizes
    assert all(0 <= value <= 1 for trial in view["trials"] for value in trial["figures"].values())
    assert shelf.train(tmp_path / "again", how).artefact == made.artefact


def test_labelled_defects_decide_where_there_are_enough(tmp_path: Path) -> None:
    few, many = (tried(plates(12, bad), tmp_path / str(bad)).trials for bad in (MIN_DEFECTS - 1, MIN_DEFECTS))
    assert not any("AUROC, labelled defects" in trial["figures"] for trial in few)
    assert all(trial["figures"]["AUROC, labelled defects"] > 0.9 for trial in many)


def test_the_usual_setup_stays_unless_another_is_clearly_better(tmp_path: Path) -> None:
    one = tried(plates(12), tmp_path / "one")
    first, *others = one.trials
    assert first["words"].startswith(f"{SIZE[0]} x {SIZE[1]}, averaged, texture + place")
    best = max(trial["figures"]["AUROC, planted faults"] for trial in others)
    assert first["chosen"] or best > first["figures"]["AUROC, planted faults"] + 0.02


def test_what_was_tried_leaves_nothing_on_disk_and_can_be_stopped(tmp_path: Path) -> None:
    tried(plates(12), tmp_path)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Cancelled):
        tried(plates(12), tmp_path, cancelled=lambda: True)


def test_nothing_is_tried_where_size_and_pooling_are_given(tmp_path: Path) -> None:
    view = view_of(plates(12).train(tmp_path))
    assert view["trials"] == []
    assert (view["height"], view["width"]) == SIZE
