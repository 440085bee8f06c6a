"""Signing in and out, and changing one's password."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from inspection.core.people import InvalidPerson, NotAllowed, Role
from inspection.flow import people, tokens
from review_ui import render, texts
from review_ui.guard import COOKIE, Desk, guard, local, same_origin
from review_ui.services import Services

router = APIRouter()
Short = Annotated[str, Form(max_length=300)]
Anybody = Annotated[Desk, guard(Role.INSPECTOR, even_unchanged=True)]
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]


@router.get("/sign-in")
def door(request: Request, next: str = "/", told: str = "") -> HTMLResponse:
    """Where strangers come in."""
    words = texts.catalogue().sign_in
    return _door(request, next=local(next), told=getattr(words, told, "") if told in ("out", "changed") else "")


@router.post("/sign-in", dependencies=[Depends(same_origin)])
def sign_in(request: Request, name: Short = "", password: Short = "", next: Short = "/") -> Response:
    """1 slow down guessing, 2 check the password, 3 open a session."""
    services: Services = request.app.state.services
    throttle: people.Throttle = request.app.state.throttle
    name, now = name.strip().lower(), services.clock()
    try:
        throttle.check(name, now)
        with services.db.read() as tx:
            person = people.check_credentials(tx, name, password)
    except NotAllowed as refused:
        if "wrong" in str(refused).lower() and "many" not in str(refused).lower():
            throttle.wrong(name, now)
        return _door(request, status=403, next=local(next), name=name, problem=str(refused))
    throttle.right(name)
    signed = services.db.write(lambda tx: people.open_session(tx, person=person, now=now))
    return _with_session(RedirectResponse(local(next), status_code=303), services, signed.token)


@router.post("/sign-out")
def sign_out(request: Request, desk: Anybody) -> Response:
    """End the session here."""
    token = request.cookies.get(COOKIE, "")
    desk.write(lambda tx: people.sign_out(tx, token=token, now=desk.now))
    answer = desk.go("/sign-in?told=out")
    answer.delete_cookie(COOKIE)
    return answer


@router.get("/password")
def show_password(desk: Anybody) -> HTMLResponse:
    """Where one changes one's own password, and makes and revokes tokens for the API."""
    return _password_page(desk)


@router.post("/password")
def change_password(request: Request, desk: Anybody, old: Short, new: Short, again: Short) -> Response:
    """Change the password; every other session ends, and this one begins anew."""
    words, person = texts.catalogue().password, desk.person
    throttle: people.Throttle = request.app.state.throttle
    try:
        if new != again:
            raise InvalidPerson(words.differ)
        throttle.check(person.name, desk.now)
        _check_old(desk, throttle, old)
        hashed = people.hash_password(new, person.name)
    except (InvalidPerson, NotAllowed) as refused:
        return _password_page(desk, status=422, problem=str(refused))

    def change(tx: Any) -> people.SignedIn:
        people.set_password(tx, name=person.name, hashed=hashed, by=person.name, must_change=False, now=desk.now)
        return people.open_session(tx, person=person, now=desk.now)

    return _with_session(desk.go("/"), desk.services, desk.write(change).token)


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
    values = {"problem": "", "token_problem": "", "purpose": "", "token": "", **told}
    return desk.page("password.html", status=status, tokens=kept, **values)


def _check_old(desk: Desk, throttle: people.Throttle, old: str) -> None:
    try:
        desk.read(lambda tx: people.check_credentials(tx, desk.person.name, old))
    except NotAllowed as wrong:
        throttle.wrong(desk.person.name, desk.now)
        raise InvalidPerson(texts.catalogue().password.wrong) from wrong


def _with_session(answer: Response, services: Services, token: str) -> Response:
    lasts = int(people.SESSION_LASTS.total_seconds())
    answer.set_cookie(
        COOKIE, token, max_age=lasts, httponly=True, samesite="lax", secure=services.secure_cookies, path="/"
    )
    return answer


def _door(
    request: Request, *, status: int = 200, next: str = "/", name: str = "", problem: str = "", told: str = ""
) -> HTMLResponse:
    body = render.render(
        "sign_in.html", me=None, path="/sign-in", next=next, name=name, problem=problem, told=told,
        theme=render.theme_of(request.cookies.get("theme")),
    )  # fmt: skip
    return HTMLResponse(body, status_code=status)
