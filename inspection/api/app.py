"""The API as one router, with its errors in words."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Protocol

from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from inspection.core.capture import InvalidCapture
from inspection.core.ingest import OtherBody, UnfitBytes
from inspection.core.line import Unknown
from inspection.core.metrics import Meter, Silent
from inspection.core.predict import Predictor
from inspection.core.software import Software, nothing
from inspection.flow.changes import Changes
from inspection.flow.demo import DemoControl
from inspection.flow.ingest import Intake
from inspection.flow.listeners import Listeners
from inspection.store import lines, tokens
from inspection.store.database import Database
from inspection.store.images import ImageStore
from inspection.store.lines import Camera


@dataclass(frozen=True, kw_only=True)
class Plant:
    """What the API works with; `demo` turns the knobs of simulated lines, where there are any."""

    db: Database
    intake: Intake
    changes: Changes
    clock: Callable[[], datetime]
    max_image_bytes: int
    tokens: "Tokens"
    images: ImageStore
    predictor: Predictor | None = None
    demo: DemoControl | None = None
    two_people: bool = False
    second_readings: float = 0.0
    meter: Meter = field(default_factory=Silent)
    listeners: Listeners = field(default_factory=Listeners)
    figures: "Figures" = field(default_factory=lambda: NoFigures())
    metrics_token: str = ""


class Figures(Protocol):
    """All figures that the server counts and measures."""

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """As Prometheus reads them, and the media type of that."""

    def software(self) -> Software:
        """How the software did in the last hour."""


class NoFigures:
    """None, where nobody counts."""

    def software(self) -> Software:
        """Nothing."""
        return nothing()

    def text(self, accept: str = "") -> tuple[bytes, str]:  # noqa: ARG002
        """Nothing."""
        return b"", "text/plain; charset=utf-8"


class Problem(BaseModel):
    """What went wrong, in words that say what to do."""

    detail: str


Responses = dict[int | str, dict[str, Any]]
CAMERA_PROBLEMS: Responses = {
    401: {"model": Problem, "description": "The token is missing or not known."},
    403: {"model": Problem, "description": "The token belongs to another line, or to a person."},
    404: {"model": Problem, "description": "There is no such line, image or unit."},
    422: {"model": Problem, "description": "The serial, view, time or capture id cannot be used."},
    503: {"model": Problem, "description": "Not stored now; send it again after the seconds in Retry-After."},
}
IMAGE_PROBLEMS: Responses = {
    **CAMERA_PROBLEMS,
    400: {"model": Problem, "description": "The request itself is damaged."},
    409: {"model": Problem, "description": "The capture id is taken by another body, serial or view."},
    413: {"model": Problem, "description": "The image has too many bytes."},
    415: {"model": Problem, "description": "The body is no image that can be taken in."},
}

_bearer = HTTPBearer(auto_error=False, description="The camera's token, shown once when the camera was added.")


async def plant(request: Request) -> Plant:
    """What this server works with."""
    found: Plant = request.app.state.plant
    return found


class Tokens:
    """Which camera holds which token, asked of the store at most once a second for each token."""

    KEEP_S = 1.0

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, tuple[float, Camera]] = {}

    async def camera_of(self, token: str) -> Camera | None:
        """The camera that holds the token. One that was revoked is refused within a second."""
        now = time.monotonic()
        known = self._known.get(token)
        if known is not None and now - known[0] < self.KEEP_S:
            return known[1]
        camera = await asyncio.to_thread(self._look, token)
        self._known.pop(token, None)
        if camera is not None:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[token] = (now, camera)
        return camera

    def _look(self, token: str) -> Camera | None:
        with self._db.read() as tx:
            return lines.camera_of(tx, token)


async def camera_for(
    line: str,
    plant: Annotated[Plant, Depends(plant)],
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Camera:
    """The camera behind the token, if it may speak for the line."""
    return await camera_with(plant, line, credentials.credentials if credentials else None)


async def camera_with(plant: Plant, line: str, token: str | None) -> Camera:
    """The camera that holds the token, if it may speak for the line."""
    camera = await plant.tokens.camera_of(token) if token else None
    if camera is None:
        words = "Send the camera's token as 'Authorization: Bearer <token>'. Tokens are made on the line's page."
        persons = await asyncio.to_thread(_is_persons, plant, token or "")
        if persons:
            raise HTTPException(403, f"This token is a person's, and images come from cameras. {words}")
        raise HTTPException(401, words, {"WWW-Authenticate": "Bearer"})
    if camera.line != line:
        raise HTTPException(403, f"This token belongs to line {camera.line!r}, not to {line!r}.")
    return camera


def _is_persons(plant: Plant, token: str) -> bool:
    with plant.db.read() as tx:
        return tokens.holder(tx, token) is not None


CameraFor = Annotated[Camera, Depends(camera_for)]
ThePlant = Annotated[Plant, Depends(plant)]


@contextmanager
def in_words() -> Iterator[None]:
    """Turn what the domain refuses into an answer that a camera's log can show."""
    try:
        yield
    except UnfitBytes as error:
        raise HTTPException(415, str(error)) from error
    except OtherBody as error:
        raise HTTPException(409, str(error)) from error
    except InvalidCapture as error:
        raise HTTPException(422, str(error)) from error
    except Unknown as error:
        raise HTTPException(404, str(error)) from error


def install(app: FastAPI, plant: Plant) -> None:
    """Put the API into an app."""
    from inspection.api import errors, metrics
    from inspection.api.requests import Requests
    from inspection.api.routes import ROUTERS

    app.state.plant = plant
    app.add_middleware(Requests, meter=plant.meter)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    app.include_router(metrics.router)
    errors.install(app)
