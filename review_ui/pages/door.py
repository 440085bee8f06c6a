"""Coming in and going out: by password, by PIN at a shared terminal, in one's own language."""

import secrets
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from inspection.core.people import NotAllowed, Role
from inspection.flow import people, terminal
from review_ui import render, texts
from review_ui.guard import COOKIE, TERMINAL, Desk, guard, local, same_origin
from review_ui.services import Services

router = APIRouter()
Short = Annotated[str, Form(max_length=300)]
Anybody = Annotated[Desk, guard(Role.VIEWER, even_unchanged=True)]
YEAR_S = 365 * 24 * 3600
TOLD = ("out", "changed", "locked")


@router.get("/sign-in")
def show(request: Request, next: str = "/", told: str = "", language: str = "") -> Response:
    """Where strangers come in, and those who left a locked terminal come back."""
    if language in texts.LANGUAGES:
        return speaks(RedirectResponse(f"/sign-in?{urlencode({'next': local(next)})}", status_code=303), language)
    words = texts.catalogue(render.language_of(request)).sign_in
    return _door(request, next=local(next), told=getattr(words, told, "") if told in TOLD else "")


@router.post("/sign-in", dependencies=[Depends(same_origin)])
def sign_in(request: Request, name: Short = "", password: Short = "", next: Short = "/") -> Response:
    """1 slow down guessing, 2 check the password, 3 open a session."""
    services: Services = request.app.state.services
    throttle: people.Throttle = request.app.state.throttle
    name, now, here = name.strip().lower(), services.clock(), _terminal(request)
    try:
        throttle.attempt(name, now)
        with services.db.read() as tx:
            person = people.check_credentials(tx, name, password)
    except NotAllowed as refused:
        return _door(request, status=403, next=local(next), name=name, problem=str(refused))
    throttle.right(name)
    signed = services.db.write(lambda tx: people.open_session(tx, person=person, now=now, terminal=here))
    return with_session(RedirectResponse(local(next), status_code=303), services, signed, here)


@router.post("/pin", dependencies=[Depends(same_origin)])
def by_pin(request: Request, name: Short = "", pin: Short = "", next: Short = "/") -> Response:
    """Back at a terminal by PIN; after too many wrong ones the password is asked for again."""
    services: Services = request.app.state.services
    throttle: people.Throttle = request.app.state.pin_throttle
    now, here = services.clock(), _terminal(request)
    key = f"{name} at {here}"
    with services.db.read() as tx:  # guesses at terminals that know nobody of that name count for nothing
        known = name in (one.name for one in terminal.known_at(tx, terminal=here, now=now))
    try:
        if known:
            throttle.attempt(key, now)
        with services.db.read() as tx:
            person, until = terminal.check(tx, terminal=here, name=name, pin=pin, now=now)
    except NotAllowed as refused:
        if throttle.is_spent(key):
            services.db.write(lambda tx: terminal.forget(tx, terminal=here, name=name, now=now))
            throttle.right(key)
        return _door(request, status=403, next=local(next), chosen=name, problem=str(refused))
    throttle.right(key)
    signed = services.db.write(lambda tx: terminal.come_back(tx, terminal=here, person=person, until=until, now=now))
    return with_session(RedirectResponse(local(next), status_code=303), services, signed, here)


@router.post("/lock")
def lock(request: Request, desk: Anybody, next: Short = "/") -> Response:
    """Lock the terminal, for a break or for somebody else."""
    token = request.cookies.get(COOKIE, "")
    desk.write(lambda tx: terminal.lock(tx, token=token, person=desk.person, now=desk.now))
    answer = desk.go(f"/sign-in?{urlencode({'told': 'locked', 'next': local(next)})}")
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/sign-out")
def sign_out(request: Request, desk: Anybody) -> Response:
    """End the session here."""
    token = request.cookies.get(COOKIE, "")
    desk.write(lambda tx: people.sign_out(tx, token=token, now=desk.now))
    answer = desk.go("/sign-in?told=out")
    answer.delete_cookie(COOKIE)
    return answer


@router.post("/language")
def language(desk: Anybody, language: Short, next: Short = "/") -> Response:
    """Read the pages in another language, here and wherever this person signs in."""
    if language not in texts.LANGUAGES:
        return desk.go(local(next))
    desk.write(lambda tx: people.choose_language(tx, person=desk.person, language=language))
    return speaks(desk.go(local(next)), language)


def speaks(answer: Response, language: str) -> Response:
    """Let this browser ask for a language from now on, also where nobody is signed in."""
    answer.set_cookie("language", language, max_age=YEAR_S, samesite="lax", httponly=True)
    return answer


def with_session(answer: Response, services: Services, signed: people.SignedIn, here: str) -> Response:
    """Give the browser the session's cookie, and the one that tells this terminal from others."""
    lasts = int(people.lasts(signed.person).total_seconds())
    for name, value, seconds in ((COOKIE, signed.token, lasts), (TERMINAL, here, YEAR_S)):
        answer.set_cookie(
            name, value, max_age=seconds, httponly=True, samesite="lax", secure=services.secure_cookies, path="/"
        )
    return answer


def _terminal(request: Request) -> str:
    """This browser's own secret; a new one for a browser that has none."""
    known = request.cookies.get(TERMINAL, "")
    return known if 20 <= len(known) <= 100 else secrets.token_urlsafe(32)


def _door(
    request: Request, *, status: int = 200, next: str = "/", name: str = "", problem: str = "", told: str = "",
    chosen: str = "",
) -> HTMLResponse:  # fmt: skip
    services: Services = request.app.state.services
    here = request.cookies.get(TERMINAL, "")
    with services.db.read() as tx:
        known = terminal.known_at(tx, terminal=here, now=services.clock())
    body = render.render(
        "sign_in.html", language=render.language_of(request), me=None, path="/sign-in", next=next, name=name,
        problem=problem, told=told, theme=render.theme_of(request.cookies.get("theme")), known=known, chosen=chosen,
    )  # fmt: skip
    return HTMLResponse(body, status_code=status)
