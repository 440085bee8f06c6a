"""What is proved on a line now, what labels lack, and what its guards and inspectors have done."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from inspection.api.certificate import (
    CertificateBody,
    LackBody,
    LimitsBody,
    artefact,
    certificate_body,
    lack_body,
    limits_body,
)
from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector, LineName
from inspection.api.policy import versions
from inspection.core.people import Role
from inspection.flow import proof as flow
from inspection.store import lines
from inspection.store.database import Tx

router = APIRouter(tags=["proof"], route_class=SmallBody)


class GuardBody(BaseModel):
    """What a guard has seen of the policy in force; it lowers the line when `evidence` reaches 1."""

    kind: str
    events: int
    trials: int
    limit: float
    evidence: float


class AuditBody(BaseModel):
    """The audit that would prove the escape limit anew each week."""

    weekly_units: int = Field(description="Units of the last seven days.")
    labels: int = Field(description="So many audited units prove the limit, if none is an escape.")
    share: float = Field(description="That share of the line's units; over 1 where a week has too few.")


class CurveBody(BaseModel):
    """Risk over coverage of the side that passes: at each threshold the share settled and the bound on escapes."""

    thresholds: list[float]
    automated: list[float]
    upper: list[float]


class MissesBody(BaseModel):
    """Known units, each by its newest judgement: how many defective ones were found, how many good ones rejected."""

    defective_shown: int
    found: int
    good_shown: int
    rejected: int


class ReadingsBody(BaseModel):
    """Units read twice, blind: rejected by both, by the second inspector alone, and those that wait to be settled."""

    read: int
    both: int
    second_only: int
    differ: int


class ProofBody(BaseModel):
    """What is proved on a line now, and what is missing."""

    model: int | None = Field(description="Version of the model that it speaks of.")
    certificate: CertificateBody | None = Field(description="The one that holds.")
    why: str = Field(description="Why none holds; empty where one does.")
    labels: int = Field(description="Blind labels at hand, after thinning.")
    defective: int
    limits: LimitsBody = Field(description="What `lacks` and `curve` are told for: those of the last certificate.")
    lacks: list[LackBody] = Field(description="What the labels at hand lack to prove these limits.")
    curve: CurveBody | None
    guards: list[GuardBody] | None = Field(description="Null for inspectors: the guards move with each audit.")
    audit: AuditBody | None = Field(description="Null while the line has passed no units.")
    misses: MissesBody | None = Field(description="What inspectors said of known units; null for inspectors.")
    readings: ReadingsBody | None = Field(description="What came of second readings; null for inspectors.")


@router.get("/lines/{line}/proof", responses=PEOPLE_PROBLEMS)
def get_proof(
    caller: AsInspector, line: LineName, model: Annotated[int | None, Query(ge=0, lt=2**31)] = None
) -> ProofBody:
    """The certificate of a model that holds or what is missing, the risk-coverage curve, guards, and the audit it
    takes; of the model in force, where no version is named."""

    def look(tx: Tx) -> ProofBody:
        known = lines.in_force(tx, line)
        told = flow.proof(tx, line, caller.now, artefact(tx, known, model))
        named = versions(tx, known.id)
        rates = told.curve
        return ProofBody(
            model=named.get(told.model or ""), why=told.why, labels=told.labels, defective=told.defective,
            certificate=None if told.held is None else certificate_body(tx, known, told.held, named, caller.now),
            limits=limits_body(told.limits), lacks=[lack_body(one) for one in told.lacks],
            guards=[GuardBody(**one.__dict__) for one in told.watches] if caller.may(Role.ENGINEER) else None,
            curve=None if rates is None else CurveBody(
                thresholds=rates.thresholds.tolist(), automated=rates.automated.tolist(), upper=rates.upper.tolist()
            ),
            audit=None if told.audit is None else AuditBody(
                weekly_units=told.weekly_units, labels=told.audit.labels, share=told.audit.share
            ),
            misses=MissesBody(**told.misses.__dict__) if caller.may(Role.ENGINEER) else None,
            readings=ReadingsBody(**told.readings.__dict__) if caller.may(Role.ENGINEER) else None,
        )  # fmt: skip

    return caller.read(look)
