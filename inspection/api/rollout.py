"""Rollouts: a candidate policy takes over in steps that proof opens."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, LineName, Number, Text
from inspection.api.policy import OUTDATED, PolicyBody, ProposalBody, WantedPolicy, policy_body, versions, waiting
from inspection.core.rollout import Measured, Pause, Phase, Plan, Strategy, steps_from, steps_in_words
from inspection.flow import approval, rollout
from inspection.store import lines, rollouts
from inspection.store.database import Tx
from inspection.store.rollouts import KeptRollout

router = APIRouter(tags=["rollouts"], route_class=SmallBody)
_USUAL = Plan()
Seconds = Annotated[FiniteFloat, Field(ge=0, le=3.2e7)]


class RecordBody(BaseModel):
    """What was compared: the same blindly labelled units under both policies."""

    units: int
    neither: int = Field(description="Units that neither policy would have settled wrongly.")
    stable_only: int = Field(description="Units that only the stable policy would have.")
    candidate_only: int = Field(description="Units that only the candidate would have.")
    both: int
    samples: int = Field(description="Units compared since the present step began.")
    missing: int = Field(description="Answers that the candidate's model owes.")


class RolloutBody(BaseModel):
    """A rollout as it stands, or as it ended."""

    number: int
    phase: Phase
    weight: float = Field(description="The candidate decides so many percent of the units.")
    pause: Pause | None = Field(description="What it waits for a person to decide.")
    strategy: Strategy
    steps: str = Field(description="Percentages; at a ! a person must let it go on.")
    needs: int = Field(description="Compared units that the present step asks for.")
    stable: PolicyBody
    candidate: PolicyBody
    record: RecordBody
    outcome: Measured | None = Field(description="What the last measurement said.")
    detail: str
    measured_at: datetime | None
    by: str
    reason: str
    at: datetime
    ended_at: datetime | None


class Rollouts(BaseModel):
    """The rollout under way, and those before it, newest first."""

    live: RolloutBody | None
    past: list[RolloutBody]


class WantedRollout(WantedPolicy):
    """A candidate policy, and the plan by which it takes over."""

    strategy: Strategy = Field(Strategy.CANARY, description="Several steps, or one switch.")
    steps: str = Field(
        "", max_length=200, description="Percent of units, such as '5, 25, 100!'; the usual ones if empty."
    )
    shadow_samples: Number = Field(_USUAL.shadow_samples, description="Compared units before the first step.")
    min_samples: Number = Field(_USUAL.min_samples, description="Compared units that each step asks for.")
    margin: FiniteFloat = Field(_USUAL.margin, description="Share of units by which the candidate may be worse.")
    bake_s: Seconds = Field(_USUAL.bake_s, description="Watch after the switch, in seconds.")

    def plan(self) -> Plan:
        """The plan; raises InvalidRollout."""
        return Plan(
            strategy=self.strategy, steps=steps_from(self.steps, self.strategy), shadow_samples=self.shadow_samples,
            min_samples=self.min_samples, margin=self.margin, bake_s=self.bake_s,
        )  # fmt: skip


class Because(BaseModel):
    """Why."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(description="Why; it is kept in the journal.")


@router.get("/lines/{line}/rollout", responses=PEOPLE_PROBLEMS)
def get_rollout(caller: AsEngineer, line: LineName) -> Rollouts:
    """The rollout under way with its comparison, and those before it."""
    return caller.read(lambda tx: _all(tx, line))


@router.post(
    "/lines/{line}/rollout",
    status_code=201,
    response_model=RolloutBody,
    responses={
        202: {"model": ProposalBody, "description": "Two people are asked for: it waits for somebody else's approval."},
        **OUTDATED,
        **PEOPLE_PROBLEMS,
    },
)
def post_rollout(caller: AsEngineer, line: LineName, wanted: WantedRollout) -> RolloutBody | Response:
    """Begin a rollout, in shadow first. What its level asks for is asked for when the shadow ends."""
    plan = wanted.plan()

    def act(tx: Tx) -> RolloutBody | ProposalBody:
        number = approval.submit(
            tx, line=line, terms=wanted.terms(tx, lines.in_force(tx, line)), plan=plan, by=caller.person.name,
            reason=wanted.reason, now=caller.now, accept_override=wanted.override, expected=wanted.expected,
            two_people=caller.plant.two_people,
        )  # fmt: skip
        return waiting(tx, line) if number is None else _newest(tx, line)

    done = caller.write(act)
    return done if isinstance(done, RolloutBody) else JSONResponse(done.model_dump(mode="json"), 202)


@router.post("/lines/{line}/rollout/approve", responses=PEOPLE_PROBLEMS)
def approve(caller: AsEngineer, line: LineName, wanted: Because) -> RolloutBody:
    """Let a paused rollout go on."""

    def act(tx: Tx) -> RolloutBody:
        rollout.approve(tx, line=line, by=caller.person.name, reason=wanted.reason, now=caller.now)
        return _newest(tx, line)

    return caller.write(act)


@router.post("/lines/{line}/rollout/abort", responses=PEOPLE_PROBLEMS)
def abort(caller: AsEngineer, line: LineName, wanted: Because) -> RolloutBody:
    """End the rollout: all units back to the stable policy, from the next image on."""

    def act(tx: Tx) -> RolloutBody:
        rollout.abort(tx, line=line, by=caller.person.name, reason=wanted.reason, now=caller.now)
        return _newest(tx, line)

    return caller.write(act)


def _all(tx: Tx, line: str) -> Rollouts:
    known = lines.in_force(tx, line)
    named = versions(tx, known.id)
    told = [_body(kept, named) for kept in rollouts.of_line(tx, known.id)]
    live = next((one for one in told if one.ended_at is None), None)
    return Rollouts(live=live, past=[one for one in told if one is not live])


def _newest(tx: Tx, line: str) -> RolloutBody:
    told = _all(tx, line)
    return told.live or told.past[0]


def _body(kept: KeptRollout, named: Mapping[str, int]) -> RolloutBody:
    now, record = kept.rollout, kept.record
    counts = {name: getattr(record, name) for name in RecordBody.model_fields}
    return RolloutBody(
        number=kept.number, phase=now.phase, weight=now.weight, pause=now.pause, strategy=now.plan.strategy,
        steps=steps_in_words(now.plan.steps), needs=now.needs, stable=policy_body(kept.stable, named),
        candidate=policy_body(kept.candidate, named), record=RecordBody(**counts),
        outcome=None if kept.measured is None else kept.measured.outcome,
        detail="" if kept.measured is None else kept.measured.detail, measured_at=kept.measured_at, by=kept.by,
        reason=kept.reason, at=kept.at, ended_at=kept.ended_at,
    )  # fmt: skip
