"""The thresholds that proofs allow, and the risk at every coverage."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inspection.core.evidence import Graded, upper_bounds
from inspection.core.risk import (
    Limits,
    Proof,
    Risk,
    Scores,
    Side,
    Tally,
    escape_claims,
    overkill_claims,
    prove,
    tally,
)


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Pass up to `pass_below`, reject from `reject_above` on, as `core.decide` does; None where none is proved."""

    pass_below: float | None
    reject_above: float | None


def choose(passing: Tally, rejecting: Tally, low: Proof | None, high: Proof | None, limits: Limits) -> Thresholds:
    """The thresholds that automate most. Where both sides' proofs meet, all is automated wherever the cut is: then the
    one that uses up least of both limits is taken, and `pass_below` is the last score under it."""
    if low is None or high is None or low.widest < high.widest:
        return Thresholds(pass_below=low.widest if low else None, reject_above=high.widest if high else None)
    cuts = rejecting.thresholds[::-1]  # rising, as the thresholds to pass are
    cuts = cuts[(cuts >= high.widest) & (cuts <= low.beyond) & (cuts <= high.strictest) & (cuts > low.strictest)]
    if not cuts.size:  # only a start beyond all scores of the other side leaves none
        return Thresholds(pass_below=None, reject_above=high.widest)
    under = np.searchsorted(passing.thresholds, cuts) - 1
    over = np.searchsorted(-rejecting.thresholds, -cuts)
    used_to_pass = np.where(under >= 0, _used(passing, limits.definition, limits.escape)[under], 0)
    used_to_reject = _used(rejecting, limits.definition, limits.overkill)[over]
    best = int(np.argmin(used_to_pass + used_to_reject))
    pass_below = float(passing.thresholds[under[best]]) if under[best] >= 0 else None
    return Thresholds(pass_below=pass_below, reject_above=float(cuts[best]))


def _used(counts: Tally, definition: Risk, limit: float) -> Scores:
    """How much of the limit the errors seen use up, at each threshold."""
    used: Scores = counts.events / np.maximum(counts.trials(definition), 1) / limit
    return used


def propose(graded: Sequence[Graded], limits: Limits) -> Thresholds:
    """Thresholds that these labels prove per unit or per defective; no certificate yet."""
    if limits.definition is Risk.PER_PASSED:
        raise ValueError("Thresholds by the risk per passed unit need a certificate, which finds where to begin.")
    scores = np.array([g.score for g in graded], dtype=np.float64)
    defective = np.array([g.defective for g in graded], dtype=bool)
    passing, rejecting = tally(Side.PASS, scores, defective), tally(Side.REJECT, scores, defective)
    low = prove(passing, escape_claims(limits))
    high = prove(rejecting, overkill_claims(limits))
    return choose(passing, rejecting, low, high, limits)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Risk against coverage, at rising coverage: `automated` is the share of all units that the side would settle by
    each threshold, `upper` the bound on the risk there, by itself. Arrays of one length."""

    thresholds: Scores
    automated: Scores
    events: NDArray[np.int64]
    trials: NDArray[np.int64]
    upper: Scores


def curve(counts: Tally, definition: Risk, delta: float = 0.05, points: int = 200) -> Curve:
    """The risk-coverage curve of one side, at up to `points` thresholds spread evenly over the scores seen."""
    last = len(counts.thresholds) - 1
    at = np.unique(np.linspace(0, last, min(points, last + 1)).round().astype(np.int64))
    events, trials = counts.events[at], counts.trials(definition)[at]
    return Curve(
        thresholds=counts.thresholds[at],
        automated=counts.decided[at] / max(counts.units, 1),
        events=events,
        trials=trials,
        upper=upper_bounds(events, trials, delta),
    )
