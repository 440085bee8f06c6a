"""The labelled units of a certificate: their hash, and honest samples of them."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import kstest

from inspection.core.sample import SCOUT_SHARE, Evidence, labels_hash, split_scouts, thinned

THREE = Evidence(
    units=("A", "B", "C"),
    scores=np.array([0.1, float("nan"), 0.3]),
    defective=np.array([False, True, False]),
    inclusion=np.array([0.5, 0.5, 1.0]),
)


@pytest.mark.parametrize(
    "changed",
    [
        {"units": ("A", "B", "D")},
        {"scores": np.array([0.1, float("nan"), np.nextafter(0.3, 1)])},
        {"scores": np.array([0.1, 0.2, 0.3])},
        {"defective": np.array([False, True, True])},
        {"inclusion": np.array([0.5, 0.4, 1.0])},
    ],
)
def test_the_hash_changes_with_anything_that_was_used(changed: dict[str, Any]) -> None:
    assert labels_hash(replace(THREE, **changed)) != labels_hash(THREE)


def test_the_hash_does_not_depend_on_order_and_stays_what_it_was() -> None:
    backwards = Evidence(
        units=THREE.units[::-1],
        scores=THREE.scores[::-1],
        defective=THREE.defective[::-1],
        inclusion=None if THREE.inclusion is None else THREE.inclusion[::-1],
    )
    assert labels_hash(backwards) == labels_hash(THREE)
    # sha256 of [["A",false,"0x1.999999999999ap-4","0x1.0000000000000p-1"],["B",true,"nan","0x1.0000000000000p-1"],...]
    assert labels_hash(THREE) == "0762e560de469d0722043d832aa60f5bef5539935ddfa7eb1e53a734d1846b17"


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"units": ("A", "B", "A")}, "twice"),
        ({"units": ("A", "B")}, "one score"),
        ({"defective": np.array([True])}, "one score"),
        ({"inclusion": np.array([0.5, 0.5])}, "one score"),
        ({"inclusion": np.array([0.5, 0.0, 1.0])}, "inclusion probability"),
        ({"inclusion": np.array([0.5, 1.5, 1.0])}, "inclusion probability"),
        ({"inclusion": np.array([0.5, float("nan"), 1.0])}, "inclusion probability"),
    ],
)
def test_units_that_cannot_be_counted_are_refused(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        replace(THREE, **wrong)


def big(inclusion: np.ndarray | None) -> Evidence:
    n = 20_000
    dice = np.random.default_rng(0)
    units = tuple(f"SN{i:06d}" for i in range(n))
    return Evidence(units=units, scores=dice.random(n), defective=dice.random(n) < 0.1, inclusion=inclusion)


def test_thinning_keeps_of_each_unit_its_share_whatever_its_score() -> None:
    shares = np.repeat([1.0, 0.5, 0.1], [5000, 5000, 10_000])
    kept = thinned(big(shares))
    assert kept.inclusion is not None
    assert (kept.inclusion == 0.1).sum() == 10_000  # all of those drawn least often
    assert abs((kept.inclusion == 0.5).sum() - 1000) < 4 * 30
    assert abs((kept.inclusion == 1.0).sum() - 500) < 4 * 22
    assert kstest(kept.scores[kept.inclusion > 0.1], "uniform").pvalue > 0.001
    assert thinned(replace(big(shares))).units == kept.units


def test_an_even_sample_is_left_as_it_is() -> None:
    for even in (big(None), big(np.full(20_000, 0.05))):
        assert thinned(even) is even
    nothing = Evidence(units=(), scores=np.array([]), defective=np.array([], dtype=bool), inclusion=np.array([]))
    assert thinned(nothing) is nothing


def test_scouts_are_a_tenth_that_is_not_tested() -> None:
    whole = big(None)
    scouts, tested = split_scouts(whole)
    assert len(scouts) + len(tested) == len(whole)
    assert abs(len(scouts) - SCOUT_SHARE * len(whole)) < 4 * 43
    assert not set(scouts.tolist()) & set(tested.scores.tolist())
