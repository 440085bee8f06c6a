"""Who may sign in, and as what: for administrators."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsAdmin
from inspection.core.people import InvalidPerson, Role
from inspection.flow import people
from inspection.store.reports import people as report

router = APIRouter(tags=["people"], route_class=SmallBody)


class Colleague(BaseModel):
    """Somebody who may sign in, or could once."""

    name: str
    role: Role
    simulated: bool
    must_change: bool = Field(description="Has a one-time password that was not changed yet.")
    has_pin: bool
    created_at: datetime
    disabled_at: datetime | None
    seen_at: datetime | None = Field(description="When a session that is open was last used.")


class Wanted(BaseModel):
    """Somebody new."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=64)
    role: Role = Role.INSPECTOR


class Changed(BaseModel):
    """Another role."""

    model_config = ConfigDict(extra="forbid")
    role: Role


class OneTime(BaseModel):
    """A one-time password, told this once; it must be changed at the first sign-in."""

    name: str
    password: str


@router.get("/people", responses=PEOPLE_PROBLEMS)
def get_people(caller: AsAdmin) -> list[Colleague]:
    """All people, those who may sign in first."""
    fields = Colleague.model_fields
    return [
        Colleague(**{name: value for name, value in vars(one).items() if name in fields})
        for one in caller.read(report.everybody)
    ]


@router.post("/people", status_code=201, responses=PEOPLE_PROBLEMS)
def post_person(caller: AsAdmin, wanted: Wanted) -> OneTime:
    """Add somebody."""
    password = people.one_time_password()
    hashed = people.hash_password(password, wanted.name)
    caller.write(
        lambda tx: people.add(
            tx, name=wanted.name, role=wanted.role, hashed=hashed, by=caller.person.name, now=caller.now,
            must_change=True,
        )
    )  # fmt: skip
    return OneTime(name=wanted.name, password=password)


@router.post("/people/{name}/role", status_code=204, responses=PEOPLE_PROBLEMS)
def post_role(caller: AsAdmin, name: str, changed: Changed) -> None:
    """Change what somebody may do."""
    caller.write(lambda tx: people.set_role(tx, name=name, role=changed.role, by=caller.person.name, now=caller.now))


@router.post("/people/{name}/password", responses=PEOPLE_PROBLEMS)
def post_password(caller: AsAdmin, name: str) -> OneTime:
    """Give somebody a new one-time password; their PIN, sessions and tokens end."""
    password = people.one_time_password()
    hashed = people.hash_password(password, name)
    caller.write(
        lambda tx: people.set_password(
            tx, name=name, hashed=hashed, by=caller.person.name, must_change=True, now=caller.now
        )
    )
    return OneTime(name=name, password=password)


@router.post("/people/{name}/disable", status_code=204, responses=PEOPLE_PROBLEMS)
def post_disable(caller: AsAdmin, name: str) -> None:
    """Let somebody sign in no more; what they did stays on record under their name."""
    if name == caller.person.name:
        raise InvalidPerson("You cannot lock yourself out: ask another administrator.")
    caller.write(lambda tx: people.disable(tx, name=name, by=caller.person.name, now=caller.now))
