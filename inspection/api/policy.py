"""How a line decides: its policies, putting another one into force, proposals, and the way back."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat

from inspection.api.app import Problem, Responses
from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer, AsInspector, Id, LineName, Number, Text
from inspection.core.level import FREEDOM, Level
from inspection.core.line import Unknown
from inspection.core.policy import Policy, Terms
from inspection.flow import approval, policy
from inspection.store import lines, models, proposals
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.proposals import Proposal

router = APIRouter(tags=["policies"], route_class=SmallBody)
OUTDATED: Responses = {409: {"model": Problem, "description": "The line has changed since it was looked at."}}


class TermsBody(BaseModel):
    """What a policy says."""

    level: Level = Field(description="The degree of automation.")
    model: int | None = Field(description="Version of the line's model that is asked.")
    pass_below: float | None = Field(description="The AI passes up to this score (0 good to 1 defective).")
    reject_above: float | None = Field(description="The AI rejects from this score on.")
    audit_share: float = Field(description="Share of units, 0 to 1, that people judge blind whatever the AI says.")
    deadline_ms: int = Field(description="So long a prediction may take; then a person decides.")


class PolicyBody(BaseModel):
    """An immutable, numbered version of how a line decides."""

    number: int
    terms: TermsBody
    by: str = Field(description="Who put it into force: a person, 'guard' or a rollout's starter.")
    reason: str
    at: datetime
    override: bool = Field(description="The AI was given more freedom than was proved, in this person's name.")


class ProposalBody(BaseModel):
    """More freedom for the AI that waits for a second person's approval."""

    id: int
    expected: int = Field(description="It was proposed in place of the policy of this number.")
    terms: TermsBody
    rollout: bool = Field(description="Whether approval starts a rollout instead of a change at once.")
    by: str
    reason: str
    override: bool
    at: datetime


class WantedTerms(BaseModel):
    """Terms that are asked for. What is left out stays as it is in the policy in force; null takes a threshold away."""

    model_config = ConfigDict(extra="forbid")
    level: Level | None = Field(None, description="The degree of automation.")
    model: Number | None = Field(None, description="Version of the line's model; the newest where none is in force.")
    pass_below: FiniteFloat | None = Field(None, description="The AI passes up to this score (0 good to 1 defective).")
    reject_above: FiniteFloat | None = Field(None, description="The AI rejects from this score on.")
    audit_share: FiniteFloat | None = Field(None, description="Share of units, 0 to 1, that people judge blind.")
    deadline_ms: Number | None = Field(None, description="So long a prediction may take, in milliseconds.")

    def terms(self, tx: Tx, known: LineInForce) -> Terms:
        """What is asked for, in full; raises InvalidPolicy or Unknown."""
        now = known.policy.terms
        asked = {name: getattr(self, name) for name in self.model_fields_set & set(WantedTerms.model_fields)}
        values = {
            **now.__dict__,
            **{k: v for k, v in asked.items() if v is not None or k in ("pass_below", "reject_above")},
        }
        registry = models.all_of_line(tx, known.id)
        if self.model is not None:
            values["model"] = next((m.artefact for m in registry if m.version == self.model), None)
            if values["model"] is None:
                raise Unknown(f"Line {known.line.name!r} has no model {self.model}.")
        elif values["model"] is None and FREEDOM[values["level"]].runs_model and registry:
            values["model"] = registry[0].artefact
        return Terms(**values)


class WantedPolicy(WantedTerms):
    """A policy to put into force."""

    expected: Number = Field(description="Number of the policy that you were looking at; another one since is told.")
    reason: Text = Field(description="Why; it is kept in the journal.")
    override: bool = Field(False, description="Accept, in your name, more freedom for the AI than is proved.")


class WantedBack(BaseModel):
    """The way back."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field("", description="Why; it is kept in the journal.")
    to: Number | None = Field(None, description="Number of a recent policy; the one before without it.")


def versions(tx: Tx, line_id: int) -> dict[str, int]:
    """Version of each of the line's models by artefact."""
    return {model.artefact: model.version for model in models.all_of_line(tx, line_id)}


def terms_body(terms: Terms, known: Mapping[str, int]) -> TermsBody:
    """Terms as the API tells them."""
    return TermsBody(**{**terms.__dict__, "model": None if terms.model is None else known.get(terms.model)})


def policy_body(one: Policy, known: Mapping[str, int]) -> PolicyBody:
    """A policy as the API tells it."""
    return PolicyBody(
        number=one.number, terms=terms_body(one.terms, known), by=one.by, reason=one.reason, at=one.at,
        override=one.override,
    )  # fmt: skip


def proposal_body(one: Proposal, known: Mapping[str, int]) -> ProposalBody:
    """A proposal as the API tells it."""
    return ProposalBody(
        id=one.id, expected=one.expected, terms=terms_body(one.terms, known), rollout=one.plan is not None, by=one.by,
        reason=one.reason, override=one.override, at=one.at,
    )  # fmt: skip


def in_force(tx: Tx, line: str) -> PolicyBody:
    """The line's policy as it stands."""
    known = lines.in_force(tx, line)
    return policy_body(known.policy, versions(tx, known.id))


@router.get("/lines/{line}/policies", responses=PEOPLE_PROBLEMS)
def get_policies(
    caller: AsInspector, line: LineName, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> list[PolicyBody]:
    """The policies that are or were in force, newest first."""

    def look(tx: Tx) -> list[PolicyBody]:
        known = lines.in_force(tx, line)
        named = versions(tx, known.id)
        return [policy_body(one, named) for one in lines.policies(tx, known.id, limit)]

    return caller.read(look)


@router.post(
    "/lines/{line}/policies",
    status_code=201,
    response_model=PolicyBody,
    responses={
        202: {"model": ProposalBody, "description": "Two people are asked for: it waits for somebody else's approval."},
        **OUTDATED,
        **PEOPLE_PROBLEMS,
    },
)
def post_policy(caller: AsEngineer, line: LineName, wanted: WantedPolicy) -> PolicyBody | Response:
    """Put other terms into force from the next image on. More freedom for the AI than is proved is refused with what is
    missing, unless it is accepted as an override."""
    terms = caller.read(lambda tx: wanted.terms(tx, lines.in_force(tx, line)))
    ready = policy.warmed(caller.plant.predictor, terms.model)

    def act(tx: Tx) -> PolicyBody | ProposalBody:
        number = approval.submit(
            tx, line=line, terms=terms, by=caller.person.name, reason=wanted.reason, now=caller.now,
            accept_override=wanted.override, expected=wanted.expected, ready=ready, two_people=caller.plant.two_people,
        )  # fmt: skip
        return in_force(tx, line) if number is not None else waiting(tx, line)

    done = caller.write(act)
    return done if isinstance(done, PolicyBody) else JSONResponse(done.model_dump(mode="json"), 202)


def waiting(tx: Tx, line: str) -> ProposalBody:
    """What waits on the line for a second person."""
    known = lines.in_force(tx, line)
    kept = proposals.waiting(tx, known.id)
    if kept is None:
        raise Unknown(f"Nothing on line {line!r} waits for a second person.")
    return proposal_body(kept, versions(tx, known.id))


@router.post("/lines/{line}/rollback", responses=PEOPLE_PROBLEMS)
def rollback(caller: AsEngineer, line: LineName, wanted: WantedBack) -> PolicyBody:
    """Back at once: from a rollout under way to the stable policy, else to the policy before, or a recent one."""

    def act(tx: Tx) -> PolicyBody:
        policy.rollback(
            tx, line=line, by=caller.person.name, reason=wanted.reason.strip(), now=caller.now, to=wanted.to,
            two_people=caller.plant.two_people,
        )  # fmt: skip
        return in_force(tx, line)

    return caller.write(act)


@router.post("/lines/{line}/proposals/{proposal}/approve", responses={**OUTDATED, **PEOPLE_PROBLEMS})
def approve(caller: AsEngineer, line: LineName, proposal: Id) -> PolicyBody:
    """A second person lets more freedom come into force, or its rollout start; the policy that is then in force."""
    kept = caller.read(lambda tx: proposals.waiting(tx, lines.in_force(tx, line).id))
    ready = policy.warmed(caller.plant.predictor, None if kept is None else kept.terms.model)

    def act(tx: Tx) -> PolicyBody:
        approval.approve(tx, line=line, proposal=proposal, by=caller.person.name, now=caller.now, ready=ready)
        return in_force(tx, line)

    return caller.write(act)


@router.post("/lines/{line}/proposals/{proposal}/decline", status_code=204, responses=PEOPLE_PROBLEMS)
def decline(caller: AsEngineer, line: LineName, proposal: Id) -> None:
    """Nothing comes of a proposal; who made it takes it back like this."""
    caller.write(lambda tx: approval.decline(tx, line=line, proposal=proposal, by=caller.person.name, now=caller.now))
