"""The journal: who or what changed which state from what to what, why and when; and whether it is whole."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer
from inspection.core.journal import GENESIS, Entry, plain
from inspection.core.moment import moment
from inspection.store import journal
from inspection.store.reports import journal as report

router = APIRouter(tags=["journal"], route_class=SmallBody)
Seq = Annotated[int, Query(ge=0, lt=2**63)]


class EntryBody(BaseModel):
    """One change of state."""

    seq: int = Field(description="Entries are numbered without a gap.")
    at: datetime
    subject: str = Field(description="What changed, such as line/phones or line/phones/unit/S-1.")
    event: str
    actor: str
    before: str
    after: str
    reason: str
    facts: str = Field(description="What belongs to it, as JSON.")
    seal: str = Field(description="SHA-256 over the seal before it and all of its fields.")


class Page(BaseModel):
    """Entries in order."""

    entries: list[EntryBody]
    next: int | None = Field(description="Go on with `after` this; null at the end.")
    withheld: list[int] = Field(
        description="Entries left out because a blind review is open: ask for them again when it is over."
    )


class Verified(BaseModel):
    """How far the seals fit. Go on with `after` and `seal` until `complete`, or until something is broken."""

    after: int = Field(description="All entries up to this one fit, those before the call included.")
    seal: str = Field(description="The seal of that entry.")
    complete: bool = Field(description="Whether the journal ends there.")
    broken: str | None = Field(description="Names the first entry that does not fit; null while all do.")


@router.get("/journal", responses=PEOPLE_PROBLEMS)
def get_journal(
    caller: AsEngineer,
    after: Seq = 0,
    subject: Annotated[str, Query(max_length=300)] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Page:
    """Entries after one, of a subject and all that lies under it. What would tell the AI's opinion of a unit whose
    blind review is open waits until that is over."""

    told = caller.read(lambda tx: report.after(tx, after, caller.now, subject=plain(subject), limit=limit))
    return Page(
        entries=[_body(one) for one in told.entries], next=told.last if told.whole else None,
        withheld=list(told.withheld),
    )  # fmt: skip


@router.get("/journal/verify", responses=PEOPLE_PROBLEMS)
def verify(
    caller: AsEngineer,
    after: Seq = 0,
    seal: Annotated[str, Query(pattern="^[0-9a-f]{64}$")] = GENESIS,
    limit: Annotated[int, Query(ge=1, le=100_000)] = 20_000,
) -> Verified:
    """Walk the seals of up to `limit` entries, and name the first that was altered or is missing. A long journal is
    walked call by call, so that each takes a bounded time."""
    told = caller.read(lambda tx: journal.verify_part(tx, after, seal, limit))
    return Verified(after=told.seq, seal=told.seal, complete=told.complete, broken=told.broken)


def _body(entry: Entry) -> EntryBody:
    c = entry.change
    return EntryBody(
        seq=entry.seq, at=moment(entry.at), subject=c.subject, event=c.event, actor=c.actor, before=c.before,
        after=c.after, reason=c.reason, facts=c.facts, seal=entry.seal,
    )  # fmt: skip
