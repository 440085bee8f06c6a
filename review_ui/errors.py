"""What went wrong, in words, with a way on."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from inspection.core.alarm import InvalidAlarm
from inspection.core.ingest import Refused
from inspection.core.known import InvalidKnown
from inspection.core.label import InvalidLabel
from inspection.core.line import InvalidLine, Unknown
from inspection.core.people import InvalidPerson, NotAllowed
from inspection.core.policy import InvalidPolicy
from inspection.core.review import Refusal
from inspection.core.rollout import InvalidRollout
from inspection.core.study import InvalidStudy
from inspection.core.train import Untrainable
from review_ui import render, texts
from review_ui.guard import SignInFirst

STATUS: dict[type[Exception], int] = {
    NotAllowed: 403, Unknown: 404, Refusal: 409, InvalidKnown: 422, InvalidLabel: 422, InvalidLine: 422,
    InvalidPerson: 422, InvalidAlarm: 422, InvalidPolicy: 422, InvalidRollout: 422, InvalidStudy: 422, Untrainable: 422,
    Refused: 422,
}  # fmt: skip
log = logging.getLogger("jidoka.pages")


def install(app: FastAPI, unavailable: type[Exception] | None) -> None:
    """Let every error end in a page with words."""
    app.add_exception_handler(SignInFirst, _sign_in)
    app.add_exception_handler(RequestValidationError, _misread)
    for status in (400, 401, 403, 404, 405, 413):  # by number: the router's own errors are of no class of ours
        app.add_exception_handler(status, _http)
    app.add_exception_handler(Exception, _unexpected)
    for kind in STATUS:
        app.add_exception_handler(kind, _known)
    if unavailable is not None:
        app.add_exception_handler(unavailable, _unavailable)


def page(request: Request, status: int, words: str = "") -> HTMLResponse:
    """The error page of a status; without words of its own it says what such an error means."""
    language = render.language_of(request)
    t = texts.catalogue(language).error
    title, meaning = getattr(t, f"s{status}", t.s500)
    told = texts.said(language, words) or meaning
    body = render.render(
        "error.html", language=language, status=status, title=title, words=told, me=None, may=lambda _: False,
        path=request.url.path, theme=render.theme_of(request.cookies.get("theme")),
    )  # fmt: skip
    return HTMLResponse(body, status_code=status, headers={"HX-Reswap": "none"})


def _known(request: Request, error: Exception) -> Response:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    return page(request, status, str(error))


def _unavailable(request: Request, error: Exception) -> Response:
    log.warning("store_unavailable reason=%s", error)
    answer = page(request, 503)
    answer.headers["retry-after"] = "5"
    return answer


def _sign_in(request: Request, error: Exception) -> Response:
    to = error.to if isinstance(error, SignInFirst) else "/sign-in"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": to})
    return RedirectResponse(to, status_code=303)


def _misread(request: Request, error: Exception) -> Response:
    fields = [str(e["loc"][-1]) for e in error.errors()] if isinstance(error, RequestValidationError) else []
    words = texts.catalogue(render.language_of(request)).error.fields.format(fields=", ".join(fields))
    return page(request, 400, words)


def _http(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    headers: Any = getattr(error, "headers", None)
    answer = page(request, status)
    answer.headers.update(headers or {})
    return answer


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("page_failed", exc_info=error, extra={"path": request.url.path})
    return page(request, 500)
