"""Every HTTP request: its id, its count, its time, and a line in the log."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from secrets import token_hex
from typing import Any

from inspection.core.metrics import REQUEST_TIMES, REQUESTS, Meter
from inspection.link.logs import REQUEST

log = logging.getLogger("jidoka.requests")
Message = MutableMapping[str, Any]
ASGIApp = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
_FIT = re.compile(rb"[\w.:-]{1,64}")
_METHODS = frozenset({"GET", "PUT", "POST", "HEAD", "DELETE", "OPTIONS", "PATCH"})


class Requests:
    """Wraps the whole application. A request keeps the id that it brings in X-Request-ID, or is given one; the answer
    carries it, and so does all that is logged meanwhile."""

    def __init__(self, app: ASGIApp, meter: Meter) -> None:
        self._app, self._meter = app, meter

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        brought = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
        request = brought.decode() if _FIT.fullmatch(brought) else token_hex(8)
        known, begun = REQUEST.set(request), time.perf_counter()

        began = False

        async def answered(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request.encode())]
                self._tell(scope, message["status"], time.perf_counter() - begun)
            await send(message)

        try:
            await self._app(scope, receive, answered)
        except Exception:  # the server says so, outside of here
            if not began:
                self._tell(scope, 500, time.perf_counter() - begun)
            raise
        finally:
            REQUEST.reset(known)

    def _tell(self, scope: Message, status: int, seconds: float) -> None:
        """Count an answer that begins; streams of events end hours later."""
        surface = "api" if scope["path"].startswith("/api/") or scope["path"] == "/metrics" else "pages"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._meter.count(REQUESTS, surface, method, str(status))
        self._meter.took(REQUEST_TIMES, surface, seconds=seconds)
        if log.isEnabledFor(logging.INFO):
            log.info("request method=%s path=%s status=%d ms=%.1f", method, scope["path"], status, 1000 * seconds)
