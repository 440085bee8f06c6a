"""A small plant for the tests of the pages: real store, real flows, a clock that stands still, and a standing cast."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from inspection.core.capture import Capture, Quality
from inspection.core.counted import count_all
from inspection.core.level import Level
from inspection.core.line import Line, Recipe
from inspection.core.metrics import Reading
from inspection.core.people import Person, Role
from inspection.core.policy import Terms
from inspection.core.predict import Examination, Finding, Prediction
from inspection.core.train import Sample
from inspection.flow import decide, figures, ingest, label, monitor, people, policy, review, train
from inspection.flow import line as line_flow
from inspection.flow.changes import Changes
from inspection.flow.train import Trained
from inspection.link.metrics import Exposition, Tally
from inspection.store import lines
from inspection.store.database import Database, Unavailable
from inspection.store.images import FolderImageStore
from inspection.store.migrations import upgrade
from review_ui.app import Services, build

PASSWORD = "a long enough one"
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


class Knobs:
    """A simulated line's knobs, as the demo has them."""

    def __init__(self) -> None:
        self.turned: dict[str, float | bool] = {
            "lamp": 1.0, "defect_rate": 0.1, "pace": 60.0, "unfit": 0.0, "lost": 0.0, "repeated": 0.0,
            "paused": False, "inspectors": False,
        }  # fmt: skip

    def state(self) -> dict[str, float | bool]:
        return dict(self.turned)

    def set(self, name: str, value: float) -> None:
        self.turned[name] = bool(value) if isinstance(self.turned[name], bool) else value


def picture(seed: int, size: tuple[int, int] = (320, 240), *, kind: str = "JPEG") -> bytes:
    """A small grey part on a fixture, different for every seed."""
    width, height = size
    dice = np.random.default_rng(seed)
    grey = (np.linspace(90, 150, width)[None, :] + dice.normal(0, 4, (height, width))).clip(0, 255).astype(np.uint8)
    image = Image.fromarray(grey).convert("RGB")
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((width * 0.2, height * 0.1, width * 0.8, height * 0.9), radius=18, fill=(40, 44, 52))
    pen.line((width * 0.4, height * 0.4, width * 0.5, height * 0.45 + seed % 20), fill=(210, 210, 205), width=2)
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def heatmap() -> bytes:
    """A heat spot with transparency around it."""
    out = io.BytesIO()
    spot = Image.new("RGBA", (40, 30), (0, 0, 0, 0))
    ImageDraw.Draw(spot).ellipse((15, 10, 24, 18), fill=(224, 96, 10, 170))
    spot.save(out, "PNG")
    return out.getvalue()


@dataclass
class Plant:
    """One plant in a folder; `at` is its clock."""

    folder: Path
    at: datetime = START
    knobs: Knobs = field(default_factory=Knobs)
    changes: Changes = field(default_factory=Changes)
    jobs_started: int = 0

    def __post_init__(self) -> None:
        self.db = Database(f"sqlite:///{self.folder / 'plant.db'}")
        upgrade(self.db.engine)
        self.db.on_commit(self.changes.committed)
        self.images = FolderImageStore(self.folder / "images")
        self.tally = Tally()
        self.db.on_changes(lambda changes: count_all(self.tally, changes))
        self.figures = Exposition(self.tally, {"lines": self._lines}, keep_s=0)
        self.pages = build(self.services())
        self._captures = 0

    def services(self) -> Services:
        """What the pages are handed."""
        return Services(
            db=self.db,
            images=self.images,
            clock=lambda: self.at,
            changes=self.changes,
            start_job=self._job,
            unavailable=Unavailable,
            demo=self.knobs,
            software=self.figures.software,
        )

    def _lines(self) -> list[Reading]:
        with self.db.read() as tx:
            return list(figures.of_lines(tx, None, self.at))

    def _job(self) -> None:
        self.jobs_started += 1

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)

    def person(self, name: str, role: Role, *, must_change: bool = False) -> Person:
        """Somebody who may sign in with PASSWORD."""
        self.db.write(lambda tx: people.add(tx, name=name, role=role, hashed=_hashed(), by="test", now=self.at,
                                            must_change=must_change))  # fmt: skip
        with self.db.read() as tx:
            return people.find(tx, name)

    def session(self, name: str) -> tuple[str, str]:
        """A signed-in browser's cookie and CSRF token."""
        with self.db.read() as tx:
            person = people.find(tx, name)
        signed = self.db.write(lambda tx: people.open_session(tx, person=person, now=self.at))
        return signed.token, signed.person.csrf

    def line(
        self, name: str = "phones", *, views: tuple[str, ...] = ("front", "back"), simulated: bool = False,
        defects: tuple[str, ...] = ("scratch", "crack", "dent"), title: str = "Phones, final check",
    ) -> None:  # fmt: skip
        """A line with one camera."""
        line = Line(name=name, title=title, place="Acme / Shenzhen / Hall 2", simulated=simulated,
                    recipe=Recipe(views=views, defect_types=defects))  # fmt: skip
        self.db.write(lambda tx: line_flow.add(tx, line=line, by="erin", now=self.at))
        self.db.write(
            lambda tx: line_flow.add_camera(tx, line=name, name="cam1", by="erin", now=self.at, simulated=simulated)
        )

    def model(self, line: str = "phones", artefact: str = "a1b2c3d4e5f6", card: dict[str, Any] | None = None) -> str:
        """A registered model."""
        trained = Trained(artefact=artefact, card=card or {})
        samples = [Sample(view="front", sha256="0" * 64, name="good.jpg")]
        self.db.write(
            lambda tx: train.register(tx, line=line, trained=trained, samples=samples, by="erin", now=self.at)
        )
        return artefact

    def level(self, level: Level, line: str = "phones", **terms: object) -> None:
        """Put a policy into force, accepting it as an override where it needs one."""
        self.db.write(lambda tx: policy.change(tx, line=line, terms=Terms(level=level, **terms), by="erin", now=self.at,
                                               reason="for the test of a page", accept_override=True))  # fmt: skip

    def unit(
        self, serial: str, *, line: str = "phones", views: tuple[str, ...] = ("front", "back"),
        score: float | None = None, brightness: float = 120.0, size: tuple[int, int] = (320, 240),
        pictures: tuple[bytes, ...] = (),
    ) -> list[int]:  # fmt: skip
        """A unit comes by; with a score, a model judges each of its images. The images' ids."""
        return [self._image(serial, line, view, score, brightness, pictures[i] if pictures else None, size)
                for i, view in enumerate(views)]  # fmt: skip

    def _image(
        self, serial: str, line: str, view: str, score: float | None, brightness: float, data: bytes | None,
        size: tuple[int, int],
    ) -> int:  # fmt: skip
        self._captures += 1
        with self.db.read() as tx:
            camera = lines.find_camera(tx, line, "cam1")
            model = lines.in_force(tx, line).policy.terms.model
        stored = self.images.put(data or picture(self._captures, size))
        capture = Capture(capture_id=f"c{self._captures}", serial=serial, view=view, captured_at=self.at)
        taken = self.db.write(lambda tx: ingest.record(tx, camera=camera, capture=capture, stored=stored, now=self.at))
        image_id = taken.receipt.image_id
        opinions = (self.opinion(model, score),) if model and score is not None else ()
        quality = Quality(brightness=brightness, contrast=80, sharpness=90, saturated=0.01)
        seen = Examination(quality=quality, opinions=opinions)
        keep = decide.decide_image if taken.decides else decide.keep_late_examination
        self.db.write(lambda tx: keep(tx, image_id=image_id, examination=seen, now=self.at))
        return image_id

    def opinion(self, model: str, score: float) -> Prediction:
        """What the model says: from 0.5 on it points at a place."""
        found = (
            (Finding(box=(120, 90, 170, 130), outline=((120, 90), (170, 95), (150, 130)), peak=score),)
            if score >= 0.5
            else ()
        )
        return Prediction(
            model=model, score=score, novelty=0.3, novel=False, findings=found, heatmap_png=heatmap(), milliseconds=21
        )

    def answer(
        self,
        name: str,
        given: label.Label,
        line: str | None = None,
        seen: Sequence[int] = (),
        known: float = 0.0,
        second: float = 0.0,
    ) -> str:
        """A person takes the next unit, sees those images and judges it; its serial. Before these shares of units
        comes a known one, or one for a second reading."""
        with self.db.read() as tx:
            person = people.find(tx, name)
        held = self.db.write(
            lambda tx: review.claim(
                tx, person_id=person.id, line=line, now=self.at, known_share=known, second_share=second
            )
        )
        answered = self.db.write(
            lambda tx: label.answer(
                tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=seen, now=self.at
            )
        )
        return answered.serial

    def windows(self, values: list[float], line: str = "phones", score: float | None = None) -> None:
        """Windows of images with these brightnesses go by, three images each."""
        rule = monitor.WindowRule(images=3, seconds=60)
        for i, value in enumerate(values):
            for k in range(3):
                self.wait(2)
                serial = f"W{self._captures}-{i}-{k}"
                self.unit(serial, line=line, views=("front",), brightness=value, score=score)
            self.db.write(lambda tx: monitor.watch(tx, rule=rule, now=self.at))

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()


_HASHES: list[str] = []


def _hashed() -> str:
    # Argon2 is slow on purpose; the whole cast shares one hash.
    if not _HASHES:
        _HASHES.append(people.hash_password(PASSWORD, "nobody"))
    return _HASHES[0]
