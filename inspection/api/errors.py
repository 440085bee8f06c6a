"""What went wrong, in words that say what to do; and bodies that are too large."""

from collections.abc import Callable, Coroutine, MutableMapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from inspection.core.alarm import InvalidAlarm
from inspection.core.book import InvalidPage
from inspection.core.journal import plain
from inspection.core.known import InvalidKnown
from inspection.core.label import InvalidLabel
from inspection.core.line import InvalidLine, Unknown
from inspection.core.people import InvalidPerson, NotAllowed
from inspection.core.policy import InvalidPolicy, Outdated
from inspection.core.review import Refusal
from inspection.core.rollout import InvalidRollout
from inspection.core.study import InvalidStudy
from inspection.store.database import Unavailable

STATUS: dict[type[Exception], int] = {  # an error's own kind comes before what it is a kind of
    NotAllowed: 403, Unknown: 404, Outdated: 409, Refusal: 409, InvalidAlarm: 422, InvalidPolicy: 422,
    InvalidRollout: 422,
    InvalidLabel: 422, InvalidLine: 422, InvalidKnown: 422, InvalidStudy: 422, InvalidPerson: 422,
    InvalidPage: 422,
}  # fmt: skip
MOST = 1 << 20  # bytes of a body of JSON


class SmallBody(APIRoute):
    """A route that holds no more of a body than a megabyte: it is read before anybody asks who sends it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with a counted body."""
        answer = super().get_route_handler()

        async def counted(request: Request) -> Response:
            taken = 0

            async def receive() -> MutableMapping[str, Any]:
                nonlocal taken
                message = await request.receive()
                taken += len(message.get("body", b""))
                if taken > MOST:
                    raise HTTPException(413, f"At most {MOST} bytes are taken here.")
                return message

            return await answer(Request(request.scope, receive))

        return counted


def install(app: FastAPI) -> None:
    """Let every error end in words."""
    for kind in STATUS:
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(Unavailable, _unavailable)
    app.add_exception_handler(OSError, _disk)


async def _refused(_request: Request, error: Exception) -> JSONResponse:
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    return JSONResponse({"detail": str(error)}, status)


async def _misread(_request: Request, error: Exception) -> JSONResponse:
    """Which fields cannot be used and why, without a word of what was sent."""
    assert isinstance(error, RequestValidationError)
    told = (
        f"{'.'.join(str(part) for part in one['loc'][1:]) or one['loc'][0]}: {one['msg']}" for one in error.errors()
    )
    return JSONResponse({"detail": plain("This cannot be used. " + ". ".join(told))}, 422)


async def _unavailable(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "2"})


async def _disk(_request: Request, error: Exception) -> JSONResponse:
    words = f"The server's disk did not take this ({error}). Keep the image and send it again."
    return JSONResponse({"detail": words}, 503, {"Retry-After": "10"})
