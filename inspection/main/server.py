"""Puts a server together: database, images, models, API, pages, and what goes on in the background."""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import IO, Any

from fastapi import FastAPI

from inspection.api.app import Plant, Tokens, install
from inspection.core.line import Recipe
from inspection.core.people import Role
from inspection.core.predict import Predictor
from inspection.core.train import Progress, Sample, Trained
from inspection.flow import people, train
from inspection.flow.changes import Changes
from inspection.flow.ingest import Intake
from inspection.flow.listeners import Listeners
from inspection.flow.stages import Stages
from inspection.link.metrics import Tally
from inspection.link.trace import open_tracer
from inspection.settings import Settings
from inspection.store import people as persons
from inspection.store.database import Database, Unavailable
from inspection.store.images import FolderImageStore
from inspection.store.lock import hold
from inspection.store.migrations import upgrade

log = logging.getLogger("jidoka")


def now() -> datetime:
    """The clock that everything is told the time by."""
    return datetime.now(UTC)


@dataclass
class Server:
    """Everything one running server holds; `close` lets go of it in order."""

    settings: Settings
    db: Database
    images: FolderImageStore
    predictor: Predictor
    changes: Changes
    tally: Tally
    lock: IO[str] | None
    stop: threading.Event = field(default_factory=threading.Event)
    train_now: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def run_in_background(self, work: Callable[[], None], name: str) -> None:
        """Run `work` in a thread that `close` waits for; it must look at `stop`."""
        thread = threading.Thread(target=work, name=f"jidoka-{name}", daemon=True)
        self.threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Stop what runs in the background, finish what is queued, and free the data folder."""
        self.stop.set()
        self.train_now.set()
        for thread in self.threads:
            thread.join(timeout=15)
        close = getattr(self.predictor, "close", None)
        if close is not None:
            close()
        self.db.close()
        if self.lock is not None:
            self.lock.close()


def open_database(settings: Settings) -> Database:
    """The database of the settings, at this version's tables."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    db = Database(settings.database)
    try:
        upgrade(db.engine)
    except BaseException:
        db.close()
        raise
    return db


def open_images(settings: Settings) -> FolderImageStore:
    """The image store of the settings."""
    return FolderImageStore(settings.data_dir / "images", int(settings.max_megapixels * 1e6))


def open_server(settings: Settings) -> Server:
    """Open everything a server needs; raises AlreadyServed when the SQLite has one."""
    lock = None if settings.database_url.startswith("postgres") else hold(settings.data_dir)
    try:
        db = open_database(settings)
    except BaseException:
        if lock is not None:
            lock.close()
        raise
    from models.engine import Runtime
    from models.runtime import OpenVinoPredictor

    predictor = OpenVinoPredictor(
        settings.data_dir / "models",
        threads=settings.predict_threads or os.cpu_count() or 1,
        max_pixels=int(settings.max_megapixels * 1e6),
        runtime=Runtime(settings.runtime),
    )
    return Server(
        settings=settings, db=db, images=open_images(settings), predictor=predictor, changes=Changes(), tally=Tally(),
        lock=lock,
    )  # fmt: skip


def build(server: Server, demo: Any = None) -> FastAPI:
    """The web application of a server: the API under /api/v1, the pages at /."""
    from inspection.main.figures import exposition
    from inspection.main.version import VERSION
    from review_ui.app import Services
    from review_ui.app import build as build_pages

    settings = server.settings
    tally, listeners = server.tally, Listeners()
    tracer = open_tracer(VERSION) if settings.traces else None
    stages = Stages(tally, tracer)
    intake = Intake(db=server.db, images=server.images, predictor=server.predictor, clock=now, stages=stages)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        server.changes.bind(asyncio.get_running_loop())
        yield
        await intake.drain()
        if tracer is not None:
            await asyncio.to_thread(tracer.close)

    app = FastAPI(
        title="Jidoka",
        version=VERSION,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        description="Images in, verdicts out, and what people do about them. A camera's token sends images of its "
        "line; a person's token acts as that person.",
    )
    server.db.on_commit(server.changes.committed)
    plant = Plant(
        db=server.db,
        intake=intake,
        changes=server.changes,
        clock=now,
        max_image_bytes=int(settings.max_image_mb * 1e6),
        tokens=Tokens(server.db),
        images=server.images,
        predictor=server.predictor,
        demo=demo,
        two_people=settings.two_people,
        second_readings=settings.second_readings,
        meter=tally,
        listeners=listeners,
        figures=exposition(server, listeners),
        metrics_token=settings.metrics_token,
    )
    install(app, plant)
    services = Services(
        db=server.db,
        images=server.images,
        clock=now,
        changes=server.changes,
        demo=demo,
        software=plant.figures.software,
        secure_cookies=settings.secure_cookies,
        two_people=settings.two_people,
        second_readings=settings.second_readings,
        lock_after=timedelta(minutes=settings.lock_minutes),
        start_job=server.train_now.set,
        predictor=server.predictor,
        unavailable=Unavailable,
    )
    app.mount("/", build_pages(services))
    return app


def make_trainer(settings: Settings, seed: int = 0) -> train.Trainer:
    """The trainer of defect models, which keeps artefacts in the data folder."""
    from models.outside import choose_backbone
    from models.train import train as train_model
    from models.view import Settings as How

    threads = settings.predict_threads or os.cpu_count() or 1

    def trainer(
        *,
        line: str,
        recipe: Recipe,
        samples: list[Sample],
        read: Callable[[str], bytes],
        progress: Progress,
        cancelled: Callable[[], bool],
    ) -> Trained:
        how = How(
            seed=seed, threads=threads, locate=recipe.locate, size=recipe.input_size, budget_ms=recipe.budget_ms,
            backbone=choose_backbone(
                settings.backbone, settings.backbone_weights, threads, progress, cancelled
            ),
        )  # fmt: skip
        return train_model(
            line=line, views=recipe.views, samples=samples, read=read, root=settings.data_dir / "models",
            created=now(), progress=progress, cancelled=cancelled, settings=how,
        )  # fmt: skip

    return trainer


def first_admin(db: Database) -> str | None:
    """A one-time password for `admin` as long as nobody has signed in and changed it; None after that."""
    with db.read() as tx:
        admin = persons.find(tx, "admin")
        if (admin is not None and not admin.must_change) or (admin is None and persons.count(tx) > 0):
            return None
    password = people.one_time_password()
    hashed = people.hash_password(password, "admin")
    if admin is None:
        db.write(
            lambda tx: people.add(
                tx, name="admin", role=Role.ADMIN, hashed=hashed, by="setup", now=now(), must_change=True
            )
        )
    else:
        db.write(
            lambda tx: people.set_password(tx, name="admin", hashed=hashed, by="setup", must_change=True, now=now())
        )
    return password
