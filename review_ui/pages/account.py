"""One's own account: password, PIN for shared terminals, tokens for programs."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from inspection.core.people import InvalidPerson, NotAllowed, Role
from inspection.flow import people, terminal, tokens
from review_ui.guard import TERMINAL, Desk, guard
from review_ui.pages.door import with_session

router = APIRouter()
Short = Annotated[str, Form(max_length=300)]
Anybody = Annotated[Desk, guard(Role.VIEWER, even_unchanged=True)]
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]


@router.get("/password")
def show_password(desk: Anybody, told: str = "") -> HTMLResponse:
    """Where one changes one's own password and PIN, and makes and revokes tokens for the API."""
    return _password_page(desk, pin_told=desk.speech.words.password.pin_kept if told == "pin" else "")


@router.post("/password")
def change_password(request: Request, desk: Anybody, old: Short, new: Short, again: Short) -> Response:
    """Change the password; every other session ends, and this one begins anew."""
    words, person = desk.speech.words.password, desk.person
    throttle: people.Throttle = request.app.state.throttle
    try:
        if new != again:
            raise InvalidPerson(words.differ)
        _check_old(desk, throttle, old)
        hashed = people.hash_password(new, person.name)
    except (InvalidPerson, NotAllowed) as refused:
        return _password_page(desk, status=422, problem=str(refused))

    here = request.cookies.get(TERMINAL, "")

    def change(tx: Any) -> people.SignedIn:
        people.set_password(tx, name=person.name, hashed=hashed, by=person.name, must_change=False, now=desk.now)
        return people.open_session(tx, person=person, now=desk.now, terminal=here)

    return with_session(desk.go("/"), desk.services, desk.write(change), here)


@router.post("/password/pin")
def set_pin(request: Request, desk: Inspector, pin: Short = "", old: Short = "") -> Response:
    """Choose a PIN for shared terminals, or none; the password is asked for, as a PIN opens what it opened."""
    throttle: people.Throttle = request.app.state.throttle
    try:
        _check_old(desk, throttle, old)
        hashed = terminal.hash_pin(pin.strip()) if pin.strip() else ""
    except (InvalidPerson, NotAllowed) as refused:
        return _password_page(desk, status=422, pin_problem=str(refused))
    desk.write(lambda tx: terminal.set_pin(tx, person=desk.person, hashed=hashed, now=desk.now))
    return desk.go("/password?told=pin#pin")


@router.post("/password/tokens")
def make_token(desk: Inspector, purpose: Short = "") -> Response:
    """Make a token that acts as the person here; it is shown this once."""
    try:
        token = desk.write(
            lambda tx: tokens.make(tx, name=desk.person.name, purpose=purpose, by=desk.person.name, now=desk.now)
        )
    except InvalidPerson as refused:
        return _password_page(desk, status=422, token_problem=str(refused), purpose=purpose)
    return _password_page(desk, status=201, token=token)


@router.post("/password/tokens/{token_id}/revoke")
def revoke_token(desk: Inspector, token_id: int) -> Response:
    """Take one's own token away."""
    me = desk.person.name
    desk.write(lambda tx: tokens.revoke(tx, token_id=token_id, by=me, now=desk.now, of=me))
    return desk.go("/password#tokens")


def _password_page(desk: Desk, *, status: int = 200, **told: str) -> HTMLResponse:
    kept = desk.read(lambda tx: tokens.listed(tx, name=desk.person.name))
    pin = desk.read(lambda tx: terminal.has_pin(tx, person=desk.person))
    values = {"problem": "", "pin_problem": "", "pin_told": "", "token_problem": "", "purpose": "", "token": "", **told}
    return desk.page("password.html", status=status, tokens=kept, has_pin=pin, **values)


def _check_old(desk: Desk, throttle: people.Throttle, old: str) -> None:
    throttle.attempt(desk.person.name, desk.now)
    try:
        desk.read(lambda tx: people.check_credentials(tx, desk.person.name, old))
    except NotAllowed as wrong:
        raise InvalidPerson(desk.speech.words.password.wrong) from wrong
    throttle.right(desk.person.name)
