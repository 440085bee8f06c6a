"""Who may sign in, and as what: the administrators' page."""

from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response

from inspection.core.people import InvalidPerson, Role
from inspection.flow import people
from inspection.store.reports import people as report
from review_ui.guard import Desk, guard

router = APIRouter()
Admin = Annotated[Desk, guard(Role.ADMIN)]
Short = Annotated[str, Form(max_length=300)]


@router.get("/people")
def show(desk: Admin) -> HTMLResponse:
    """Everybody who may sign in, and those who no longer may."""
    return _page(desk)


@router.post("/people")
def add(desk: Admin, name: Short = "", role: Short = "") -> HTMLResponse:
    """Add somebody; the one-time password is shown this once."""
    name = name.strip().lower()
    try:
        chosen, password = _role(role), people.one_time_password()
        hashed = people.hash_password(password, name)
        desk.write(
            lambda tx: people.add(
                tx, name=name, role=chosen, hashed=hashed, by=desk.person.name, now=desk.now, must_change=True
            )
        )
    except InvalidPerson as refused:
        return _page(desk, status=422, problem=str(refused), typed=name)
    return _page(desk, status=201, given=name, password=password)


@router.post("/people/{name}/role")
def change_role(desk: Admin, name: str, role: Short = "") -> Response:
    """Change what somebody may do, from their next click on."""
    try:
        chosen = _role(role)
        desk.write(lambda tx: people.set_role(tx, name=name, role=chosen, by=desk.person.name, now=desk.now))
    except InvalidPerson as refused:
        return _page(desk, status=422, problem=str(refused))
    return desk.go("/people")


@router.post("/people/{name}/password")
def new_password(desk: Admin, name: str) -> HTMLResponse:
    """Give somebody a new one-time password; their PIN, sessions and tokens end."""
    try:
        password = people.one_time_password()
        hashed = people.hash_password(password, name)
        desk.write(
            lambda tx: people.set_password(
                tx, name=name, hashed=hashed, by=desk.person.name, must_change=True, now=desk.now
            )
        )
    except InvalidPerson as refused:
        return _page(desk, status=422, problem=str(refused))
    return _page(desk, given=name, password=password)


@router.post("/people/{name}/disable")
def disable(desk: Admin, name: str) -> Response:
    """Let somebody sign in no more; what they did stays on record under their name."""
    try:
        if name == desk.person.name:
            raise InvalidPerson("You cannot lock yourself out: ask another administrator.")
        desk.write(lambda tx: people.disable(tx, name=name, by=desk.person.name, now=desk.now))
    except InvalidPerson as refused:
        return _page(desk, status=422, problem=str(refused))
    return desk.go("/people")


def _role(role: str) -> Role:
    if role not in tuple(Role):
        raise InvalidPerson("Choose what the person may do.")
    return Role(role)


def _page(desk: Desk, *, status: int = 200, **told: Any) -> HTMLResponse:
    everybody = desk.read(report.everybody)
    cameras = desk.read(report.cameras)
    values = {"problem": "", "typed": "", "given": "", "password": "", **told}
    return desk.page("people.html", status=status, everybody=everybody, cameras=cameras, roles=tuple(Role), **values)
