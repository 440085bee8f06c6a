"""Lines as people see them: how each decides, what is on the way, and what the next step up asks for."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector, LineName
from inspection.api.policy import PolicyBody, ProposalBody, policy_body, proposal_body, versions
from inspection.core.level import Level
from inspection.flow import certificate, ladder
from inspection.store import alarms, lines, proposals, rollouts
from inspection.store.certificates import Kept
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.reports.board import waiting_of

router = APIRouter(tags=["lines"], route_class=SmallBody)


class UnderWay(BaseModel):
    """A rollout under way, in short."""

    number: int
    candidate: int = Field(description="Number of the policy that it brings.")
    phase: str
    weight: float = Field(description="The candidate decides so many percent of the units.")
    pause: str | None = Field(description="What it waits for a person to decide.")


class Held(BaseModel):
    """Whether a certificate of the model in force holds."""

    number: int | None = Field(description="The certificate that holds.")
    expires: datetime | None
    why: str = Field(description="Why none holds; empty where one does.")


class AlarmBody(BaseModel):
    """Something a person must look at."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    kind: str
    subject: str
    text: str
    opened_at: datetime
    acked_by: str | None


class LineBody(BaseModel):
    """A line as it stands now."""

    name: str
    title: str
    place: str
    simulated: bool
    views: list[str]
    defect_types: list[str]
    safe_level: Level = Field(description="Where guards lower it to.")
    level: Level = Field(description="The degree of automation in force.")
    policy: PolicyBody
    models: list[int] = Field(description="Versions of its models, newest first.")
    proposal: ProposalBody | None
    rollout: UnderWay | None
    certificate: Held
    alarms: list[AlarmBody]
    waiting: int = Field(description="So many units wait for people.")
    oldest_wait_s: float | None


class ConditionBody(BaseModel):
    """One condition for the step up."""

    text: str = Field(description="The condition, with its number.")
    met: bool


class Ladder(BaseModel):
    """What the step up asks for."""

    level: Level
    next: Level | None = Field(description="The level above; null at the top.")
    conditions: list[ConditionBody]
    met: bool = Field(description="Whether all are met. Thresholds must lie within the certificate besides.")


@router.get("/lines", responses=PEOPLE_PROBLEMS)
def get_lines(caller: AsInspector) -> list[LineBody]:
    """All lines, by name."""
    return caller.read(lambda tx: [_body(tx, known, caller.now) for known in lines.all_in_force(tx)])


@router.get("/lines/{line}", responses=PEOPLE_PROBLEMS)
def get_line(caller: AsInspector, line: LineName) -> LineBody:
    """How a line stands."""
    return caller.read(lambda tx: _body(tx, lines.in_force(tx, line), caller.now))


@router.get("/lines/{line}/ladder", responses=PEOPLE_PROBLEMS)
def get_ladder(caller: AsInspector, line: LineName) -> Ladder:
    """The conditions of the step up, each with its number, met or not."""

    def look(tx: Tx) -> Ladder:
        level, found = ladder.next_step(tx, line, caller.now)
        return Ladder(
            level=lines.in_force(tx, line).policy.terms.level, next=level,
            conditions=[ConditionBody(text=one.text, met=one.met) for one in found],
            met=level is not None and all(one.met for one in found),
        )  # fmt: skip

    return caller.read(look)


def _body(tx: Tx, known: LineInForce, now: datetime) -> LineBody:
    named, line, terms = versions(tx, known.id), known.line, known.policy.terms
    proposal = proposals.waiting(tx, known.id)
    held, why = certificate.held(tx, known, terms.model or next(iter(named), None), now)
    waiting, oldest = waiting_of(tx, known.id, now)
    return LineBody(
        name=line.name, title=line.title, place=line.place, simulated=line.simulated, views=list(line.recipe.views),
        defect_types=list(line.recipe.defect_types), safe_level=line.safe_level, level=terms.level,
        policy=policy_body(known.policy, named), models=list(named.values()),
        proposal=None if proposal is None else proposal_body(proposal, named), rollout=_under_way(tx, known.id),
        certificate=_held(held, why),
        alarms=[AlarmBody.model_validate(one) for one in alarms.firing(tx, known.id)],
        waiting=waiting, oldest_wait_s=oldest,
    )  # fmt: skip


def _held(kept: Kept | None, why: str) -> Held:
    if kept is None:
        return Held(number=None, expires=None, why=why)
    return Held(number=kept.number, expires=kept.certificate.expires, why="")


def _under_way(tx: Tx, line_id: int) -> UnderWay | None:
    for kept in rollouts.live(tx, line_id):
        now = kept.rollout
        return UnderWay(
            number=kept.number, candidate=kept.candidate.number, phase=now.phase, weight=now.weight, pause=now.pause
        )
    return None
