"""The API on a real server on the loopback address."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from camera.simulated.controls import Controls
from inspection.api.app import Plant as ApiPlant
from inspection.api.app import Tokens, install
from inspection.core.counted import count_all
from inspection.core.predict import Examination, Question
from inspection.flow import tokens
from inspection.flow.changes import Changes
from inspection.flow.ingest import Intake
from inspection.flow.listeners import Listeners
from inspection.flow.stages import Stages
from inspection.link.metrics import Exposition, Tally
from inspection.store.images import FolderImageStore
from tests.plant import Plant

MAX_BYTES = 300_000


class Predictor:
    """Gives every image the score it was told, at once."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self.score = plant, 0.0

    def predict(self, _image: bytes, question: Question) -> "Future[Examination]":
        future: Future[Examination] = Future()
        future.set_result(
            self.plant.examination(self.score) if question.models else Examination(quality=None, opinions=())
        )
        return future


class Served:
    """A running server, and a client that holds the camera's token."""

    def __init__(self, plant: Plant, app: FastAPI, predictor: Predictor, changes: Changes) -> None:
        self.plant, self.app, self.predictor, self.changes = plant, app, predictor, changes
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=5)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.clients: list[httpx.Client] = []
        self.client = httpx.Client(
            base_url=self.address, headers={"Authorization": f"Bearer {plant.token}"}, timeout=30
        )

    def put(self, data: bytes, capture: str = "c1", line: str = "phones", **query: str) -> httpx.Response:
        asked = {"serial": "S1", "view": "front", "captured_at": "2026-01-31T08:00:00Z", **query}
        return self.client.put(f"/api/v1/lines/{line}/images/{capture}", params=asked, content=data)

    def token(self, name: str) -> str:
        """A new token that acts as somebody of the cast."""
        plant = self.plant
        return plant.write(lambda tx: tokens.make(tx, name=name, purpose="tests", by=name, now=plant.now))

    def as_(self, name: str) -> httpx.Client:
        """A client that acts as somebody of the cast, or as a stranger where the name is empty."""
        headers = {"Authorization": f"Bearer {self.token(name)}"} if name else {}
        made = httpx.Client(base_url=f"{self.address}/api/v1", headers=headers, timeout=30)
        self.clients.append(made)
        return made

    def stop(self) -> None:
        self.changes.stop()
        self.server.should_exit = True
        self.thread.join(15)
        for made in (self.client, *self.clients):
            made.close()


@pytest.fixture
def served(plant: Plant, tmp_path: Path) -> Iterator[Served]:
    """The API over the plant of the tests."""
    predictor, changes = Predictor(plant), Changes()
    images = FolderImageStore(tmp_path / "images")
    tally, listeners = Tally(), Listeners()
    intake = Intake(
        db=plant.db, images=images, predictor=predictor, clock=lambda: plant.now, stages=Stages(tally),  # type: ignore[arg-type]
    )  # fmt: skip
    plant.db.on_changes(lambda changes: count_all(tally, changes))
    figures = Exposition(tally, {"listeners": listeners.readings}, keep_s=0)
    started = threading.Event()

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        changes.bind(asyncio.get_running_loop())
        started.set()
        yield
        await intake.drain()

    app = FastAPI(lifespan=lifespan, openapi_url="/api/v1/openapi.json", docs_url=None, redoc_url=None)
    plant.db.on_commit(changes.committed)
    install(
        app,
        ApiPlant(
            db=plant.db, intake=intake, changes=changes, clock=lambda: plant.now, max_image_bytes=MAX_BYTES,
            tokens=Tokens(plant.db), images=images, demo=Controls(), meter=tally, listeners=listeners,
            figures=figures, metrics_token="scraped",
        ),
    )  # fmt: skip
    running = Served(plant, app, predictor, changes)
    running.thread.start()
    assert started.wait(15)
    while not running.server.started:
        assert running.thread.is_alive()
    yield running
    running.stop()
    running.socket.close()
