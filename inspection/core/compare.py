"""Candidate and stable policy compared on the same units: what each would have said, and what a person found.

During a rollout both models are asked about every unit, so each blindly labelled unit is a pair, whoever decided it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from inspection.core.decide import Judged, Verdict, decide, settle
from inspection.core.level import FREEDOM
from inspection.core.policy import Terms
from inspection.core.predict import NoPrediction, Prediction
from inspection.core.rollout import Measured, Measurement, Plan, Rollout

MAX_MISSING = 0.05


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One image of a unit: its view, why it is unfit (None for a fit one), and what each model said of it."""

    view: str
    unfit: str | None
    opinions: dict[str, Prediction | NoPrediction]


@dataclass(frozen=True, kw_only=True)
class Compared:
    """A labelled unit: whether each policy would have settled it wrongly. What goes to a person is never wrong.
    None where the candidate's model did not speak, so that nothing can be compared."""

    stable_wrong: bool
    candidate_wrong: bool | None

    @property
    def difference(self) -> int:
        """1 where only the candidate is wrong, -1 where only the stable policy is, else 0."""
        return int(bool(self.candidate_wrong)) - int(self.stable_wrong)


@dataclass(frozen=True, kw_only=True)
class Record:
    """What a rollout has compared: units by who was wrong, since its start; units and candidate's failures to answer,
    since the present step began; and what the test keeps from one look to the next, as plain JSON values."""

    neither: int = 0
    stable_only: int = 0
    candidate_only: int = 0
    both: int = 0
    samples: int = 0
    missing: int = 0
    test: dict[str, Any] = field(default_factory=dict)

    @property
    def units(self) -> int:
        """All units compared."""
        return self.neither + self.stable_only + self.candidate_only + self.both

    def step_anew(self) -> "Record":
        """The record as the next step begins with it."""
        return replace(self, samples=0, missing=0)


def verdict_under(terms: Terms, views: Iterable[str], images: Sequence[Seen]) -> Verdict | None:
    """What a policy alone makes of a unit: pass, reject, or None for a person."""
    judged = [
        Judged(view=image.view, outcome=decide(terms, image.opinions.get(terms.model or ""), image.unfit).outcome)
        for image in images
    ]
    return settle(views, judged, None, timed_out=True).verdict


def compare(
    stable: Terms, candidate: Terms, views: Iterable[str], images: Sequence[Seen], truth: Verdict
) -> Compared | None:
    """Hold both policies against what a person found; None where neither's model could speak of the images."""
    views = tuple(views)
    silent = any(_silent(candidate, image) for image in images)
    if silent and all(_silent(stable, image) for image in images):
        return None
    old, new = verdict_under(stable, views, images), verdict_under(candidate, views, images)
    return Compared(stable_wrong=old not in (None, truth), candidate_wrong=None if silent else new not in (None, truth))


def add(record: Record, units: Iterable[Compared]) -> Record:
    """Count newly compared units."""
    units = list(units)
    told = [unit for unit in units if unit.candidate_wrong is not None]
    both = sum(unit.stable_wrong and bool(unit.candidate_wrong) for unit in told)
    stable = sum(unit.difference < 0 for unit in told)
    candidate = sum(unit.difference > 0 for unit in told)
    return replace(
        record,
        neither=record.neither + len(told) - both - stable - candidate,
        stable_only=record.stable_only + stable,
        candidate_only=record.candidate_only + candidate,
        both=record.both + both,
        samples=record.samples + len(told),
        missing=record.missing + len(units) - len(told),
    )


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What the differences seen so far prove: that the candidate is worse, that it is as good, or neither yet."""

    worse: bool
    as_good: bool
    detail: str = ""


class Test(Protocol):
    """A test that may be looked at after every unit: it adds units to what it has kept and says what is proved."""

    def __call__(self, plan: Plan, kept: dict[str, Any], fresh: Sequence[Compared], /) -> tuple[Proof, dict[str, Any]]:
        """Add units in the order of their labels; what is proved now, and what to keep."""


def measure(rollout: Rollout, record: Record, fresh: Sequence[Compared], test: Test) -> tuple[Measurement, Record]:
    """One measurement of a rollout from newly compared units, and the record after it.

    Too few units, or nothing proved yet, is Waiting. An answer that the candidate's model owes is no evidence for it:
    when none of the new units has one that is an Error, and more than 5 % of a step's units without make it
    Inconclusive.
    """
    record = add(record, fresh)
    told = [unit for unit in fresh if unit.candidate_wrong is not None]
    proof, kept = test(rollout.plan, record.test, told)
    record = replace(record, test=kept)
    asked = record.samples + record.missing
    words = proof.detail
    outcome = Measured.WAITING
    if proof.worse:
        outcome = Measured.FAILED
    elif fresh and not told:
        outcome, words = Measured.ERROR, f"The candidate said nothing of {len(fresh)} units in a row."
    elif asked >= rollout.needs and record.missing > MAX_MISSING * asked:
        outcome, words = Measured.INCONCLUSIVE, f"The candidate said nothing of {record.missing} of {asked} units."
    elif proof.as_good and record.samples >= rollout.needs:
        outcome = Measured.SUCCESSFUL
    samples = asked if outcome is Measured.INCONCLUSIVE else record.samples
    return Measurement(outcome=outcome, samples=samples, detail=words), record


def _silent(terms: Terms, image: Seen) -> bool:
    """Whether the policy's model was due to speak of an image and did not."""
    if not FREEDOM[terms.level].runs_model or image.unfit is not None:
        return False
    return not isinstance(image.opinions.get(terms.model or ""), Prediction)
