"""A rollout: a candidate policy takes over from the stable one step by step, and evidence has to open each step.

    draft -> shadow -> canary (5 -> 10 -> 25 -> 50 %) -> baking (100 %) -> done, and from anywhere -> aborted

What a measurement does follows Argo Rollouts' AnalysisRun; a limit is broken by more than it, never by it alone.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

WHOLE = 100.0  # the weight, in percent of all units, at which the candidate decides everything


class InvalidRollout(ValueError):
    """A rollout that cannot be planned or moved so; the message says what to change."""


class Strategy(StrEnum):
    """Canary takes several steps; blue/green is compared in shadow, then switched at once."""

    CANARY = "canary"
    BLUE_GREEN = "blue_green"


class Phase(StrEnum):
    """Where a rollout is. In shadow the candidate is only asked; baking is the watch after the switch."""

    DRAFT = "draft"
    SHADOW = "shadow"
    CANARY = "canary"
    BAKING = "baking"
    DONE = "done"
    ABORTED = "aborted"


class Pause(StrEnum):
    """What a rollout that stands still waits for a person to decide. It is measured all the same."""

    GATE = "gate"
    INCONCLUSIVE = "inconclusive"
    DEADLINE = "deadline"


class Measured(StrEnum):
    """What one measurement says. Failed: the candidate is bad. Error: it could not be measured. Waiting: too few
    samples yet, which counts neither way."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    WAITING = "waiting"


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One look at candidate and stable; `samples` are the units compared since the present step began."""

    outcome: Measured
    samples: int = 0
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A share of units in percent that the candidate decides; at a gate a person must first let it."""

    weight: float
    gate: bool = False


CANARY_STEPS = (Step(weight=5), Step(weight=10), Step(weight=25), Step(weight=50), Step(weight=WHOLE, gate=True))
BLUE_GREEN_STEPS = (Step(weight=WHOLE, gate=True),)


def steps_from(words: str, strategy: Strategy) -> tuple[Step, ...]:
    """Steps out of words like `5, 25, 50, 100!`, where ! is a gate; the strategy's usual ones out of none."""
    if not words.strip():
        return BLUE_GREEN_STEPS if strategy is Strategy.BLUE_GREEN else CANARY_STEPS
    try:
        parts = [part.strip() for part in words.split(",")]
        return tuple(Step(weight=float(part.removesuffix("!")), gate=part.endswith("!")) for part in parts)
    except ValueError as error:
        raise InvalidRollout(
            f"{words!r} are no steps: write percentages such as 5, 25, 50, 100! with commas."
        ) from error


def steps_in_words(steps: tuple[Step, ...]) -> str:
    """What `steps_from` reads."""
    return ", ".join(f"{step.weight:g}{'!' if step.gate else ''}" for step in steps)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a rollout is to go; it never changes once it is started.

    Samples are compared units. `error_limit` counts errors one after another. A step that is not over after
    `deadline_s` pauses for a person. Candidate and stable count as equal within `margin` (share of all units that the
    one settles wrongly and the other does not), each conclusion with confidence 1 - `alpha`.
    """

    strategy: Strategy = Strategy.CANARY
    steps: tuple[Step, ...] = CANARY_STEPS
    shadow_samples: int = 100
    min_samples: int = 30
    failure_limit: int = 0
    inconclusive_limit: int = 0
    error_limit: int = 4
    interval_s: float = 10.0
    deadline_s: float = 7 * 86_400.0
    bake_s: float = 8 * 3_600.0
    margin: float = 0.01
    alpha: float = 0.05

    def __post_init__(self) -> None:
        weights = [step.weight for step in self.steps]
        if not weights or weights[-1] != WHOLE:
            raise InvalidRollout("The last step of a rollout is 100 percent: else it would end with nothing in force.")
        if not all(0 < low < high for low, high in pairwise(weights)) or not weights[0] > 0:
            raise InvalidRollout("Steps rise from above 0 to 100 percent: a unit once let in stays in.")
        if self.strategy is Strategy.BLUE_GREEN and len(weights) != 1:
            raise InvalidRollout("Blue/green has one step, of 100 percent. Choose canary for several.")
        if self.shadow_samples < 1 or self.min_samples < 1:
            raise InvalidRollout("Each step needs at least one compared unit: nothing is promoted for want of data.")
        if min(self.failure_limit, self.inconclusive_limit, self.error_limit) < 0:
            raise InvalidRollout("A limit of failures, errors or open results is 0 or more.")
        if not 1 <= self.interval_s <= 86_400 or not self.deadline_s > 0 or not self.bake_s >= 0:
            raise InvalidRollout("Measure every 1 to 86400 seconds, with a deadline above 0 and a bake of 0 or more.")
        if not 0 < self.margin < 1 or not 0 < self.alpha < 1:
            raise InvalidRollout("The margin and alpha lie between 0 and 1.")


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """Where a rollout stands: its phase, which step (in canary and baking), what it waits for, since when the step
    runs, and what was counted: failures of the whole rollout, the rest since the step began."""

    plan: Plan = field(default_factory=Plan)
    phase: Phase = Phase.DRAFT
    step: int = 0
    pause: Pause | None = None
    since: datetime | None = None
    failed: int = 0
    inconclusive: int = 0
    errors: int = 0

    @property
    def live(self) -> bool:
        """Whether it is under way."""
        return self.phase in (Phase.SHADOW, Phase.CANARY, Phase.BAKING)

    @property
    def weight(self) -> float:
        """The share of units that the candidate decides now, in percent."""
        if self.phase is Phase.CANARY:
            return self.plan.steps[self.step].weight
        return WHOLE if self.phase in (Phase.BAKING, Phase.DONE) else 0.0

    @property
    def needs(self) -> int:
        """How many compared units the present step asks for."""
        return self.plan.shadow_samples if self.phase is Phase.SHADOW else self.plan.min_samples


def start(rollout: Rollout, now: datetime) -> Rollout:
    """A person starts the plan, and with that approves of where it leads."""
    if rollout.phase is not Phase.DRAFT:
        raise InvalidRollout("This rollout was started before: plan another one.")
    return _entered(rollout, Phase.SHADOW, 0, now)


def approve(rollout: Rollout, now: datetime) -> Rollout:
    """A person lets a rollout go on: through the gate, or else with the same step once more from its beginning."""
    if not rollout.live or rollout.pause is None:
        raise InvalidRollout("This rollout waits for nobody: there is nothing to approve.")
    if rollout.pause is Pause.GATE:
        return _next(rollout, now)
    return _entered(rollout, rollout.phase, rollout.step, now)


def abort(rollout: Rollout, now: datetime) -> Rollout:
    """All units back to the stable policy, from whatever phase: it wins over everything. What is over stays over."""
    if rollout.phase in (Phase.DONE, Phase.ABORTED):
        return rollout
    return replace(rollout, phase=Phase.ABORTED, pause=None, since=now)


def advance(rollout: Rollout, measurement: Measurement, now: datetime) -> tuple[Rollout, str]:
    """What a measurement makes of a rollout, with words for each change of phase, step or pause (else empty).

    1 harm aborts, also while it is paused, 2 an open result pauses, 3 success with enough samples moves on or waits at
    a gate, 4 a step that takes too long pauses. Nothing else moves it on.
    """
    if not rollout.live:
        return rollout, ""
    enough = measurement.samples >= rollout.needs
    rollout = _counted(rollout, measurement, enough=enough)
    plan = rollout.plan
    if rollout.failed > plan.failure_limit:
        return abort(rollout, now), f"The candidate is worse than the stable policy. {measurement.detail}".strip()
    if rollout.errors > plan.error_limit:
        return abort(rollout, now), f"It could not be measured {rollout.errors} times. {measurement.detail}".strip()
    if rollout.inconclusive > plan.inconclusive_limit:
        return _paused(rollout, Pause.INCONCLUSIVE, f"The comparison stays open. {measurement.detail}".strip())
    if rollout.pause is not None:
        return rollout, ""
    if measurement.outcome is Measured.SUCCESSFUL and enough and _baked(rollout, now):
        return _through(rollout, measurement, now)
    if _overdue(rollout, now):
        return _paused(rollout, Pause.DEADLINE, "The step takes longer than planned; it needs a person's decision.")
    return rollout, ""


def _through(rollout: Rollout, measurement: Measurement, now: datetime) -> tuple[Rollout, str]:
    words = f"{measurement.samples} units compared. {measurement.detail}".strip()
    if _gated(rollout):
        return _paused(rollout, Pause.GATE, f"A person has to let it go on: {words}")
    return _next(rollout, now), words


def _gated(rollout: Rollout) -> bool:
    """Whether the next step asks for a person."""
    steps = rollout.plan.steps
    ahead = 0 if rollout.phase is Phase.SHADOW else rollout.step + 1
    return ahead < len(steps) and steps[ahead].gate


def _next(rollout: Rollout, now: datetime) -> Rollout:
    if rollout.phase is Phase.BAKING:
        return replace(rollout, phase=Phase.DONE, pause=None, since=now)
    ahead = 0 if rollout.phase is Phase.SHADOW else rollout.step + 1
    last = ahead == len(rollout.plan.steps) - 1
    return _entered(rollout, Phase.BAKING if last else Phase.CANARY, ahead, now)


def _entered(rollout: Rollout, phase: Phase, step: int, now: datetime) -> Rollout:
    return replace(rollout, phase=phase, step=step, pause=None, since=now, inconclusive=0, errors=0)


def _paused(rollout: Rollout, pause: Pause, words: str) -> tuple[Rollout, str]:
    return (rollout, "") if rollout.pause is pause else (replace(rollout, pause=pause), words)


def _counted(rollout: Rollout, measurement: Measurement, *, enough: bool) -> Rollout:
    """Harm that is proved needs no minimum of samples; success and open results do."""
    outcome = measurement.outcome
    if outcome is Measured.FAILED:
        return replace(rollout, failed=rollout.failed + 1, errors=0)
    if outcome is Measured.ERROR:
        return replace(rollout, errors=rollout.errors + 1)
    if outcome is Measured.WAITING or not enough:
        return rollout
    if outcome is Measured.INCONCLUSIVE:
        return replace(rollout, inconclusive=rollout.inconclusive + 1, errors=0)
    return replace(rollout, errors=0)


def _baked(rollout: Rollout, now: datetime) -> bool:
    return rollout.phase is not Phase.BAKING or _runs(rollout, now) >= timedelta(seconds=rollout.plan.bake_s)


def _overdue(rollout: Rollout, now: datetime) -> bool:
    bake = rollout.plan.bake_s if rollout.phase is Phase.BAKING else 0.0
    return _runs(rollout, now) > timedelta(seconds=rollout.plan.deadline_s + bake)


def _runs(rollout: Rollout, now: datetime) -> timedelta:
    return timedelta(0) if rollout.since is None else now - rollout.since
