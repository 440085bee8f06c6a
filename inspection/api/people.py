"""People at the API: a token acts as the person who made it, with that person's role."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, HTTPException, Path
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

from inspection.api.app import Plant, Problem, Responses, ThePlant
from inspection.api.errors import SmallBody
from inspection.core.line import LINE_NAME
from inspection.core.people import NotAllowed, Person, Role
from inspection.flow import tokens
from inspection.store import lines
from inspection.store.database import Tx, Unavailable

router = APIRouter(tags=["people"], route_class=SmallBody)
T = TypeVar("T")
LineName = Annotated[str, Path(pattern=f"^{LINE_NAME.pattern}$", description="The line's name.")]
Id = Annotated[int, Path(ge=1, lt=2**63)]
Number = Annotated[int, Field(ge=0, lt=2**31)]
Text = Annotated[str, Field(max_length=2000)]
HOW = "Make one on the page 'Change password', or with: jidoka user token NAME --purpose '...'"
PEOPLE_PROBLEMS: Responses = {
    400: {"model": Problem, "description": "The body is no JSON."},
    401: {"model": Problem, "description": "The token is missing, not known or revoked."},
    403: {"model": Problem, "description": "The token's person has not the role, or it is a camera's token."},
    404: {"model": Problem, "description": "There is no such thing."},
    413: {"model": Problem, "description": "The body has too many bytes."},
    422: {"model": Problem, "description": "What was sent cannot be used; the words say why."},
    503: {"model": Problem, "description": "The store is busy or away; send it again after Retry-After seconds."},
}
_bearer = HTTPBearer(
    auto_error=False, scheme_name="PersonToken", description=f"A person's token, which acts as that person. {HOW}"
)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who asks, when, and what they work with."""

    plant: Plant
    person: Person
    now: datetime

    def may(self, role: Role) -> bool:
        """Whether the person may act as that role."""
        return self.person.role.may_act_as(role)

    def read(self, report: Callable[[Tx], T]) -> T:
        """A report in one consistent state of the store."""
        with self.plant.db.read() as tx:
            return report(tx)

    def write(self, flow: Callable[[Tx], T]) -> T:
        """A change, durable when this returns."""
        return self.plant.db.write(flow)


def caller(role: Role) -> Any:
    """The dependency of an endpoint of that role."""

    def check(plant: ThePlant, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> Caller:
        return who_holds(plant, credentials.credentials if credentials else "", role)

    return Depends(check)


def who_holds(plant: Plant, token: str, role: Role) -> Caller:
    """The person behind a token, if they may act as that role."""
    now = plant.clock()
    with plant.db.read() as tx:
        found = tokens.who(tx, token=token, now=now) if token else None
        camera = lines.camera_of(tx, token) if token and found is None else None
    if camera is not None:
        raise NotAllowed(f"This token is a camera's, which can only send images. {HOW}")
    if found is None:
        words = f"Send a person's token as 'Authorization: Bearer <token>'. {HOW}"
        if token:
            words = f"This token is not known: revoked, or ended with its owner's password or leave. {HOW}"
        raise HTTPException(401, words, {"WWW-Authenticate": "Bearer"})
    person, due = found
    if due is not None:
        with suppress(Unavailable):  # who cannot be written down may look all the same
            plant.db.write(lambda tx: tokens.touch(tx, token_id=due, now=now))
    if not person.role.may_act_as(role):
        raise NotAllowed(f"This needs the role {role}; the token acts as {person.name}, who is {person.role}.")
    return Caller(plant=plant, person=person, now=now)


AsInspector = Annotated[Caller, caller(Role.INSPECTOR)]
AsAdjudicator = Annotated[Caller, caller(Role.ADJUDICATOR)]
AsEngineer = Annotated[Caller, caller(Role.ENGINEER)]
AsAdmin = Annotated[Caller, caller(Role.ADMIN)]


class Me(BaseModel):
    """Whom a token acts as."""

    name: str = Field(description="The person's name, as the journal will have it.")
    role: Role = Field(description="What the person may do; each role may also do what those before it may.")


@router.get("/me", responses=PEOPLE_PROBLEMS)
def get_me(caller: AsInspector) -> Me:
    """Whom the token acts as: a way to try it."""
    return Me(name=caller.person.name, role=caller.person.role)
