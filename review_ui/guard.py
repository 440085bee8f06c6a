"""Who is at the page, and may they? One dependency in front of every page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import compare_digest
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from inspection.core.people import NotAllowed, Person, Role
from inspection.flow import people
from review_ui import render
from review_ui.services import Services
from review_ui.speech import Speech, speech

COOKIE, TERMINAL = "jidoka_session", "jidoka_terminal"
SAFE_METHODS = ("GET", "HEAD")
CSRF_HEADER = "x-csrf-token"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
LIVE_HEADER = "x-live"
WALL = "/andon"
T = TypeVar("T")
Id = Annotated[int, Path(ge=1, lt=2**63)]


class SignInFirst(Exception):
    """Nobody is signed in, or must choose a password before anything else; `to` is where that is done."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.to = to


@dataclass(frozen=True, kw_only=True)
class Desk:
    """Somebody's place at a page: who is there, when, and what they work with."""

    request: Request
    services: Services
    person: Person
    now: datetime

    @property
    def speech(self) -> Speech:
        """The language that the person here reads."""
        return speech(render.language_of(self.request, self.person.language))

    def may(self, role: str) -> bool:
        """Whether the person here may act as that role."""
        return self.person.role.may_act_as(Role(role))

    @property
    def in_part(self) -> bool:
        """Whether a script asks for a part of the page only."""
        return "hx-request" in self.request.headers

    def read(self, report: Callable[[Any], T]) -> T:
        """A report in one consistent state of the store."""
        with self.services.db.read() as tx:
            return report(tx)

    def write(self, flow: Callable[[Any], T]) -> T:
        """A change, durable when this returns."""
        return self.services.db.write(flow)

    def page(self, template: str, *, block: str | None = None, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, or one block of it."""
        told = {"me": self.person, "may": self.may, "now": self.now, "path": self.request.url.path,
                "theme": render.theme_of(self.request.cookies.get("theme")),
                "lock_after": int(self.services.lock_after.total_seconds()), **values}  # fmt: skip
        body = render.render(template, block, language=self.speech.language, **told)
        return HTMLResponse(body, status_code=status)

    def go(self, to: str) -> Response:
        """On to another page after a change."""
        return RedirectResponse(to, status_code=303)


async def token_sent(request: Request) -> str:
    """The CSRF token that came with a change, in the header of a script or in the form."""
    if request.method in SAFE_METHODS:
        return ""
    header = request.headers.get(CSRF_HEADER)
    if header is not None:
        return header
    if not request.headers.get("content-type", "").startswith(FORMS):
        return ""
    field = (await request.form()).get("csrf")
    return field if isinstance(field, str) else ""


def same_origin(request: Request) -> None:
    """Refuse a change that another site's page sends. Browsers say so in one of two headers; other clients in none."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        origin = request.headers.get("origin")
        foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    if foreign and request.method not in SAFE_METHODS:
        raise NotAllowed("This change came from another site's page and was not made.")


def guard(role: Role, *, even_unchanged: bool = False) -> Any:
    """The dependency for a page of that role; `even_unchanged` lets people in who must still choose a password."""

    def check(request: Request, sent: Annotated[str, Depends(token_sent)]) -> Desk:
        desk = _desk(request)
        if request.method not in SAFE_METHODS:
            same_origin(request)
            if not compare_digest(sent.encode(), desk.person.csrf.encode()):
                raise NotAllowed("This form is too old, or was not sent from here. Load the page again and repeat it.")
        if desk.person.must_change and not even_unchanged:
            raise SignInFirst("/password")
        if not desk.person.role.may_act_as(role):
            raise NotAllowed(f"This needs the role {role}; you are signed in as {desk.person.role}.")
        return desk

    return Depends(check)


def _desk(request: Request) -> Desk:
    services: Services = request.app.state.services
    now = services.clock()
    token = request.cookies.get(COOKIE, "")
    with services.db.read() as tx:
        found = people.who(tx, token=token, now=now, idle=services.lock_after) if token else None
    if found is None:
        raise SignInFirst(f"/sign-in?{urlencode({'next': _wanted(request)})}")
    person, due = found
    # Neither a page that refreshes itself nor one that listens keeps an abandoned terminal signed in.
    if due and LIVE_HEADER not in request.headers and request.url.path != "/live":
        services.db.write(lambda tx: people.touch(tx, token=token, now=now))
    return Desk(request=request, services=services, person=person, now=now)


def _wanted(request: Request) -> str:
    if request.method != "GET" or "hx-request" in request.headers:
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def local(address: str) -> str:
    """The address if it is one of this site, else the board."""
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if inside else "/"
