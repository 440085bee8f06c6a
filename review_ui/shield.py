"""Headers that every answer carries, and a limit to what is taken in."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 128 * 1024 * 1024
POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
FIXED = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class TooMuch(Exception):
    """More was sent than a page takes."""


class Shield:
    """Wraps the pages: strict headers on the way out, a counted body on the way in."""

    def __init__(self, app: ASGIApp, max_body: int = MAX_BODY) -> None:
        self._app = app
        self._max_body = max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        taken, began = 0, False

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body:
                raise TooMuch
            return message

        async def shielded(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                message["headers"] = _with_ours(scope, list(message.get("headers", ())))
            await send(message)

        try:
            if not declared.isdigit() or int(declared) > self._max_body:
                raise TooMuch
            await self._app(scope, counted, shielded)
        except TooMuch:
            if not began:
                await _refuse(shielded)


def _with_ours(scope: Scope, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    given = {name.lower() for name, _ in headers}
    ours = {**FIXED, "cache-control": _caching(scope)}
    added = [(name.encode(), value.encode()) for name, value in ours.items() if name.encode() not in given]
    return headers + added


def _caching(scope: Scope) -> str:
    if not scope["path"].startswith("/static/"):
        return "no-store"
    named_by_content = b"v=" in scope.get("query_string", b"")
    return "public, max-age=31536000, immutable" if named_by_content else "public, max-age=3600"


async def _refuse(send: Send) -> None:
    words = f"At most {MAX_BODY // 1024 // 1024} MB are taken at once. Send fewer files."
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
