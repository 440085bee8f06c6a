"""Candidate and stable policy compared on the same units: what each would have said, and what a person found.

During a rollout both models are asked about every unit, so each blindly labelled unit is a pair, whoever decided it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from inspection.core.decide import Verdict, own_opinion
from inspection.core.eprocess import NonInferiority, log_bets
from inspection.core.eprocess import paired as paired_process
from inspection.core.level import FREEDOM
from inspection.core.policy import Terms
from inspection.core.predict import Prediction
from inspection.core.replay import PastImage, verdict_under
from inspection.core.rollout import Measured, Measurement, Plan, Rollout

MAX_MISSING = 0.05


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A labelled unit: whether each policy would have settled it wrongly, and whether both would have settled it. A
    unit that goes to a person is never wrong. `candidate_wrong` is None where the candidate's model did not speak."""

    stable_wrong: bool
    candidate_wrong: bool | None
    both_settle: bool = True

    @property
    def difference(self) -> int:
        """1 where only the candidate is wrong, -1 where only the stable policy is, else 0."""
        return int(bool(self.candidate_wrong)) - int(self.stable_wrong)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a rollout has compared: units by who was wrong, since its start (`like_...`: among units that both policies
    settle); units, and answers that the candidate's model owes, since the present step began."""

    neither: int = 0
    stable_only: int = 0
    candidate_only: int = 0
    both: int = 0
    like_stable_only: int = 0
    like_candidate_only: int = 0
    samples: int = 0
    missing: int = 0

    @property
    def units(self) -> int:
        """All units compared."""
        return self.neither + self.stable_only + self.candidate_only + self.both

    def step_anew(self) -> "Record":
        """The record as the next step begins with it."""
        return replace(self, samples=0, missing=0)


def compare(
    stable: Terms, candidate: Terms, views: Iterable[str], images: Sequence[PastImage], truth: Verdict
) -> Compared | None:
    """Hold both policies against what a person found; None where neither's model could speak of the images."""
    views = tuple(views)
    silent = any(_silent(candidate, image) for image in images)
    if silent and all(_silent(stable, image) for image in images):
        return None
    old, new = verdict_under(stable, views, images), verdict_under(candidate, views, images)
    return Compared(
        stable_wrong=old not in (None, truth), candidate_wrong=None if silent else new not in (None, truth),
        both_settle=None not in (old, new),
    )  # fmt: skip


def add(record: Record, units: Iterable[Compared]) -> Record:
    """Count newly compared units."""
    units = list(units)
    told = [unit for unit in units if unit.candidate_wrong is not None]
    both = sum(unit.stable_wrong and bool(unit.candidate_wrong) for unit in told)
    stable = [unit for unit in told if unit.difference < 0]
    candidate = [unit for unit in told if unit.difference > 0]
    return replace(
        record,
        neither=record.neither + len(told) - both - len(stable) - len(candidate),
        stable_only=record.stable_only + len(stable),
        candidate_only=record.candidate_only + len(candidate),
        both=record.both + both,
        like_stable_only=record.like_stable_only + sum(unit.both_settle for unit in stable),
        like_candidate_only=record.like_candidate_only + sum(unit.both_settle for unit in candidate),
        samples=record.samples + len(told),
        missing=record.missing + len(units) - len(told),
    )


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What was compared so far proves: that the candidate is worse, that it is as good, or neither yet."""

    worse: bool
    as_good: bool
    detail: str = ""


# A test may be looked at after every unit.
Test = Callable[[Plan, Record], Proof]


def prove(plan: Plan, record: Record) -> Proof:
    """Look at the three e-processes of a rollout; they may be looked at after every unit (see core.eprocess).

    Worse, each at alpha / 2: among units that both policies settle and disagree on, the candidate is wrong in more than
    half (paired); or of all units it settles more than `margin` more wrongly, which is the limit where the candidate
    settles what people settled before. As good, at alpha: of all units it does not settle `margin` more wrongly.
    """
    worse, better = record.candidate_only, record.stable_only
    alike = record.units - worse - better
    like = record.like_candidate_only + record.like_stable_only
    paired = replace(paired_process(), events=record.like_candidate_only, trials=like).log_e
    # The same bets the other way round: H0 says that the mean of -d is at least -margin.
    over = float(log_bets(better, worse, alike, -plan.margin))
    good = NonInferiority(margin=plan.margin, only_candidate_wrong=worse, only_stable_wrong=better, alike=alike).log_e
    harm, bar = max(paired, over), -math.log(plan.alpha)
    words = (
        f"Of {record.units} units only the candidate was wrong on {worse}, only the stable policy on {better}; "
        f"evidence that it is worse {_share(harm, bar + math.log(2))}, as good {_share(good, bar)}."
    )
    return Proof(worse=harm >= bar + math.log(2), as_good=good >= bar, detail=words)


def _share(log_e: float, bar: float) -> str:
    """How far an e-process has come on its way to the bar."""
    return f"{100 * min(1.0, max(0.0, log_e / bar)):.0f} %"


def measure(
    rollout: Rollout, record: Record, fresh: Sequence[Compared], test: Test = prove
) -> tuple[Measurement, Record]:
    """One measurement of a rollout from newly compared units, and the record after it.

    Too few units, or nothing proved yet, is Waiting. An answer that the candidate's model owes is no evidence for it:
    when none of the new units has one that is an Error, and more than 5 % of a step's units without make it
    Inconclusive.
    """
    record = add(record, fresh)
    proof = test(rollout.plan, record)
    asked = record.samples + record.missing
    outcome, samples, words = Measured.WAITING, record.samples, proof.detail
    if proof.worse:
        outcome = Measured.FAILED
    elif fresh and all(unit.candidate_wrong is None for unit in fresh):
        outcome, words = Measured.ERROR, f"The candidate said nothing of {len(fresh)} units in a row."
    elif asked >= rollout.needs and record.missing > MAX_MISSING * asked:
        words = f"The candidate said nothing of {record.missing} of {asked} units."
        outcome, samples = Measured.INCONCLUSIVE, asked
    elif proof.as_good and record.samples >= rollout.needs:
        outcome = Measured.SUCCESSFUL
    return Measurement(outcome=outcome, samples=samples, detail=words), record


def _silent(terms: Terms, image: PastImage) -> bool:
    """Whether the policy's model was due to speak of an image and did not."""
    if not FREEDOM[terms.level].runs_model or image.unfit is not None:
        return False
    said = own_opinion(terms, image.opinions)
    return not isinstance(said, Prediction) or said.model != terms.model or not math.isfinite(said.score)
