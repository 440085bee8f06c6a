"""Making a certificate from labels, or saying what is missing."""

from dataclasses import dataclass, fields

import numpy as np

from inspection.core.certificate import Bound, Certificate, NotProved, Subject
from inspection.core.evidence import labels_needed, rate
from inspection.core.refusal import refusal
from inspection.core.risk import (
    Claim,
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
from inspection.core.sample import Evidence, labels_hash, split_scouts, thinned
from inspection.core.sensitivity import Sensitivity, corrected
from inspection.core.thresholds import choose


def certify(
    evidence: Evidence, limits: Limits, subject: Subject, sensitivity: Sensitivity | None = None
) -> Certificate | NotProved:
    """Prove what these labels prove, or say what is missing.

    1. Thin the labels to a sample with one inclusion probability for all.
    2. For the risk per passed unit, set a tenth aside to find where the walk begins.
    3. Walk from the strictest threshold outward on each side; escapes against limits lowered by people's misses.
    4. Choose the thresholds within what is proved.

    The same labels always give the same answer. A second certificate from a further window spends its own delta.
    """
    low, high = walk_both(thinned(evidence), limits, sensitivity)
    hashed = labels_hash(evidence)
    pass_refused = None if low.proof else refusal(low.counts, low.claims, low.asked)
    reject_refused = None if high.proof else refusal(high.counts, high.claims, high.asked)
    if pass_refused and reject_refused:
        return NotProved(
            model=subject.model, pass_refused=pass_refused, reject_refused=reject_refused, given=len(evidence),
            labels_hash=hashed,
        )  # fmt: skip
    chosen = choose(low.counts, high.counts, low.proof, high.proof, limits)
    passed, rejected = low.place(chosen.pass_below), high.place(chosen.reject_above)
    return Certificate(
        **{field.name: getattr(subject, field.name) for field in fields(Subject)},
        limits=limits,
        pass_below=chosen.pass_below,
        reject_above=chosen.reject_above,
        passing=low.proof,
        rejecting=high.proof,
        escapes=low.bounds(passed),
        overkill=high.bounds(rejected),
        pass_refused=pass_refused,
        reject_refused=reject_refused,
        given=len(evidence),
        used=low.counts.units,
        defective=low.counts.own,
        automated=(low.decided(passed) + high.decided(rejected)) / low.counts.units,
        sensitivity=sensitivity,
        labels_hash=hashed,
    )


@dataclass(frozen=True, kw_only=True)
class Walk:
    """One side: its counts, what was `asked` of it, the `claims` tested for that (with `found` of the defects that
    people surely find), and what was proved."""

    counts: Tally
    asked: list[Claim]
    claims: list[Claim]
    found: list[float]
    proof: Proof | None

    def place(self, threshold: float | None) -> int | None:
        """Where the threshold is among the counts."""
        return None if threshold is None else int(np.flatnonzero(self.counts.thresholds == threshold)[0])

    def decided(self, place: int | None) -> int:
        """How many units are decided there."""
        return 0 if place is None else int(self.counts.decided[place])

    def bounds(self, place: int | None) -> tuple[Bound, ...]:
        """The limits that hold there, in the order in which they were asked for."""
        if place is None:
            return ()
        events, bounds = int(self.counts.events[place]), []
        for plain, claim, least in zip(self.asked, self.claims, self.found, strict=True):
            trials = int(self.counts.trials(claim.definition)[place])
            upper = min(1.0, rate(events, trials, claim.delta).upper / least)
            bound = Bound(definition=claim.definition, limit=plain.limit, events=events, trials=trials, upper=upper)
            bounds.append(bound)
        return tuple(bounds)


def walk_both(sample: Evidence, limits: Limits, sensitivity: Sensitivity | None) -> tuple[Walk, Walk]:
    """The walks to pass and to reject, over a sample of which every unit had the same chance."""
    scouts, tested = split_scouts(sample) if limits.definition is Risk.PER_PASSED else (None, sample)
    low = _walk(Side.PASS, tested, scouts, escape_claims(limits), sensitivity)
    return low, _walk(Side.REJECT, tested, scouts, overkill_claims(limits), None)


def _walk(
    side: Side, tested: Evidence, scouts: Scores | None, asked: list[Claim], sensitivity: Sensitivity | None
) -> Walk:
    both = [corrected(claim, sensitivity) for claim in asked]
    claims, found = [claim for claim, _ in both], [least for _, least in both]
    possible = all(claim.limit > 0 for claim in claims)
    start = None
    if scouts is not None and possible:
        start = _start(side, scouts, len(tested), claims[0])
        possible = start is not None
    counts = tally(side, tested.scores, tested.defective, start)
    proof = prove(counts, claims) if possible else None
    return Walk(counts=counts, asked=asked, claims=claims, found=found, proof=proof)


def _start(side: Side, scouts: Scores, units: int, claim: Claim) -> float | None:
    """The score, going by the scouts, by which enough units are decided to prove the claim with one error among them;
    the last of the scouts' scores if there are so many nowhere, and None without scouts that the AI could decide."""
    scores = np.sort(scouts[(scouts >= 0) & (scouts <= 1)])
    if not scores.size:
        return None
    wanted = labels_needed(claim.limit, claim.delta, events=1)
    place = min(int(np.ceil(wanted / max(units, 1) * len(scouts))), len(scores) - 1)
    return float(scores[place] if side is Side.PASS else scores[-1 - place])
