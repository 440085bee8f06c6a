"""Whether a reduced precision does any harm: the same training in whole 32-bit floats is what it is held against."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from inspection.core.train import Untrainable
from models.engine import Precision
from models.evaluate import auroc

Scores = NDArray[np.float64]

MOST_LOSS = 0.005  # of AUROC
FEW_DEFECTS = 10
LEAST_AGREEMENT = 0.95  # Spearman's rank correlation of good images
MOST_SHIFT = 0.05  # of the score that 99 % of good images stay below
_LIMIT = 0.99
_DIGITS = 4


def compare(exact: Scores, reduced: Scores, defective: NDArray[np.bool_], precision: Precision) -> dict[str, Any]:
    """Facts for the card from held-out scores of the same images in f32 and in a reduced precision; images without a
    score in one of them count in neither. Raises Untrainable where the reduced one does harm.

    With defects the AUROC may lose `MOST_LOSS` at most. With fewer than `FEW_DEFECTS` that says little, so the good
    images must keep their order and their limit as well.
    """
    both = np.isfinite(exact) & np.isfinite(reduced)
    exact, reduced, defective = exact[both], reduced[both], defective[both]
    facts: dict[str, Any] = {
        "precision": precision.value,
        "good": int((~defective).sum()),
        "defective": int(defective.sum()),
    }
    if defective.any():
        facts |= _told_apart(exact, reduced, defective, precision)
    if defective.sum() < FEW_DEFECTS:
        facts |= _alike(exact[~defective], reduced[~defective], precision)
    return facts


def _told_apart(exact: Scores, reduced: Scores, defective: NDArray[np.bool_], precision: Precision) -> dict[str, Any]:
    before, after = auroc(defective, exact), auroc(defective, reduced)
    if not before - after <= MOST_LOSS + 1e-9:
        raise Untrainable(
            f"In {precision} the model tells defects from good parts less well: AUROC {after:.4f} against {before:.4f} "
            f"in f32, a loss of {before - after:.4f}, and {MOST_LOSS} is allowed. Train it in f32."
        )
    return {"auroc_f32": round(before, _DIGITS), "auroc": round(after, _DIGITS)}


def _alike(exact: Scores, reduced: Scores, precision: Precision) -> dict[str, Any]:
    with np.errstate(invalid="ignore"):  # all scores alike have no order: that is no number, and refused
        agreement = float(np.corrcoef(rankdata(exact), rankdata(reduced))[0, 1])
    limits = float(np.quantile(exact, _LIMIT)), float(np.quantile(reduced, _LIMIT))
    if not (agreement >= LEAST_AGREEMENT and abs(limits[1] - limits[0]) <= MOST_SHIFT):
        raise Untrainable(
            f"In {precision} the model scores good images differently than in f32: their rank correlation is "
            f"{agreement:.3f}, at least {LEAST_AGREEMENT} is needed, and 99 % score below {limits[1]:.3f} instead of "
            f"{limits[0]:.3f}, where {MOST_SHIFT} of difference is allowed. Train it in f32."
        )
    told = (
        f"{precision} gives good images the scores of f32. Whether it finds defects as well is known only from "
        f"{FEW_DEFECTS} labelled ones on: label them and train again."
    )
    return {"agreement": round(agreement, _DIGITS), "limits": [round(one, _DIGITS) for one in limits], "note": told}
