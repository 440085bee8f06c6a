"""The certificates' walk beside an independent one: MAPIE's fixed-sequence controller of one risk, on the same data.

Its p-values are ours where a rate times its trials gives the count back exactly; it rounds the product up, so noise in
the last digit costs it one error now and then. So trials are powers of two here, and so are steps of the score.
"""

import warnings
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from inspection.core.risk import Claim, Risk, Side, prove, tally
from tests.core.lines import Law

risk_control = pytest.importorskip("mapie.risk_control", reason="MAPIE is for development: ./setup --dev")


def drawn(definition: Risk, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """2,048 units; 256 of them defective and 1,024 good where the risk is counted against a class."""
    scores, defective = Law(prevalence=0.25, levels=257, apart=2.5).draw(20_000, np.random.default_rng(seed))
    if definition is Risk.PER_DEFECTIVE:
        chosen = np.concatenate([np.flatnonzero(defective)[:256], np.flatnonzero(~defective)[:1024]])
    else:
        chosen = np.arange(2048)
    return scores[chosen], defective[chosen]


def mapies(
    side: Side, scores: NDArray[np.float64], defective: NDArray[np.bool_], definition: Risk, limit: float, start: float
) -> float | None:
    """The widest threshold that MAPIE calls valid, walking over the same scores from the strictest on."""
    settled_by = 1 - scores if side is Side.PASS else scores  # a unit is decided where this is at least the parameter
    wrong = defective if side is Side.PASS else ~defective
    conditions: dict[Risk, Callable[[NDArray[np.int_], NDArray[np.int_]], NDArray[np.bool_]]] = {
        Risk.PER_UNIT: lambda truth, decided: np.ones_like(truth, dtype=bool),  # noqa: ARG005
        Risk.PER_DEFECTIVE: lambda truth, decided: truth == 1,  # noqa: ARG005
        Risk.PER_PASSED: lambda truth, decided: decided == 1,  # noqa: ARG005
    }
    risk = risk_control.BinaryRisk(lambda truth, decided: (truth == 1) & (decided == 1), conditions[definition], False)
    sequence = np.unique(settled_by)[::-1]
    controller = risk_control.BinaryClassificationController(
        predict_function=lambda p: np.column_stack([1 - p, p]),
        risk=risk,
        target_level=limit,
        confidence_level=0.95,
        best_predict_param_choice=risk,
        list_predict_params=sequence[sequence <= start],
        fwer_method="fixed_sequence",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where nothing is valid
        controller.calibrate(settled_by, wrong.astype(int))
    valid = np.asarray(controller.valid_predict_params)
    if not valid.size:
        return None
    return float(1 - valid.min() if side is Side.PASS else valid.min())


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(("definition", "limit"), [(Risk.PER_UNIT, 0.01), (Risk.PER_DEFECTIVE, 0.05)])
def test_both_walks_end_at_the_same_threshold(side: Side, definition: Risk, limit: float, seed: int) -> None:
    scores, defective = drawn(definition, seed)
    found = prove(tally(side, scores, defective), [Claim(definition=definition, limit=limit, delta=1 - 0.95)])
    assert found is not None
    assert found.widest == mapies(side, scores, defective, definition, limit, start=2.0)


def test_both_find_nothing_where_there_is_nothing() -> None:
    scores, defective = drawn(Risk.PER_UNIT, 1)
    claim = Claim(definition=Risk.PER_UNIT, limit=0.001, delta=1 - 0.95)
    assert prove(tally(Side.PASS, scores, defective), [claim]) is None
    assert mapies(Side.PASS, scores, defective, Risk.PER_UNIT, 0.001, start=2.0) is None


@pytest.mark.parametrize("seed", range(5))
def test_both_walks_per_passed_unit_end_nearly_at_the_same_threshold(seed: int) -> None:
    """From the same start. Here trials are no powers of two, so MAPIE may stop an error early, never late."""
    scores, defective = drawn(Risk.PER_PASSED, seed)
    start = float(np.quantile(scores, 0.4, method="lower"))
    claim = Claim(definition=Risk.PER_PASSED, limit=0.02, delta=1 - 0.95)
    found = prove(tally(Side.PASS, scores, defective, start), [claim])
    theirs = mapies(Side.PASS, scores, defective, Risk.PER_PASSED, 0.02, start=1 - start)
    assert found is not None
    assert theirs is not None
    lost = (scores > theirs) & (scores <= found.widest) & defective
    assert theirs <= found.widest
    assert lost.sum() <= 1
