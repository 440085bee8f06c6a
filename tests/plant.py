"""A small plant on a real database: one line, one camera, two inspectors, and a clock that is turned by hand."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, TypeVar

from inspection.core.capture import Capture, Quality
from inspection.core.decide import Verdict
from inspection.core.ingest import Receipt, StoredImage
from inspection.core.label import Label
from inspection.core.level import FREEDOM, Level
from inspection.core.line import Line, Recipe
from inspection.core.people import Role
from inspection.core.policy import Terms
from inspection.core.predict import Examination, NoPrediction, Prediction
from inspection.core.train import Sample, Trained
from inspection.flow import decide, ingest, label, people, policy, review, train
from inspection.flow import line as line_flow
from inspection.flow.label import Answered
from inspection.flow.review import Held
from inspection.store import lines, units
from inspection.store.database import Database, Tx

T = TypeVar("T")
MODEL = "a" * 64
FIT = Quality(brightness=120.0, contrast=80.0, sharpness=90.0, saturated=0.01)
TYPES = ("scratch", "dent")


class Plant:
    """Everything a test of flows does, in one word each."""

    def __init__(self, db: Database, views: tuple[str, ...] = ("front", "back"), audit_share: float = 0.0) -> None:
        self.db, self.views = db, views
        self.now = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
        recipe = Recipe(views=views, defect_types=TYPES, unit_timeout_s=30.0)
        line = Line(name="phones", title="Phones", recipe=recipe)
        self.write(lambda tx: line_flow.add(tx, line=line, by="setup", now=self.now))
        self.token = self.write(
            lambda tx: line_flow.add_camera(tx, line="phones", name="cam1", by="setup", now=self.now)
        )
        camera = self.read(lambda tx: lines.camera_of(tx, self.token))
        assert camera is not None
        self.camera = camera
        trained = Trained(artefact=MODEL, card={})
        samples = [Sample(view=view, sha256="0" * 64, name="x") for view in views]
        self.write(
            lambda tx: train.register(tx, line="phones", trained=trained, samples=samples, by="setup", now=self.now)
        )
        for name, role in (("ines", Role.INSPECTOR), ("ivan", Role.INSPECTOR), ("erin", Role.ENGINEER),
                           ("adam", Role.ADMIN)):  # fmt: skip
            self.write(
                lambda tx, name=name, role=role: people.add(
                    tx, name=name, role=role, hashed="-", by="setup", now=self.now
                )
            )
        self.level(Level.HUMAN_ONLY, audit_share=audit_share)

    def write(self, run: Callable[[Tx], T]) -> T:
        return self.db.write(run)

    def read(self, run: Callable[[Tx], T]) -> T:
        with self.db.read() as tx:
            return run(tx)

    def later(self, **span: float) -> None:
        """Turn the clock."""
        self.now += timedelta(**span)

    def level(self, level: Level, *, override: bool = False, **other: Any) -> None:
        """Put a level into force, straight, with thresholds at 0.3 and 0.7 and no audits unless asked for."""
        values = {
            "level": level, "model": MODEL if FREEDOM[level].runs_model else None, "pass_below": 0.3,
            "reject_above": 0.7, "audit_share": 1e-9, **other,
        }  # fmt: skip
        self.write(
            lambda tx: policy.put(
                tx, lines.in_force(tx, "phones"), Terms(**values), "erin", "test", override=override, now=self.now
            )
        )

    def capture(self, serial: str, view: str, number: int = 1) -> Capture:
        return Capture(capture_id=f"{serial}-{view}-{number}", serial=serial, view=view, captured_at=self.now)

    def record(self, serial: str, view: str, number: int = 1, body: bytes = b"") -> ingest.Recorded:
        """Send one image, up to where a model would be asked."""
        capture = self.capture(serial, view, number)
        digest = sha256(body or capture.capture_id.encode()).hexdigest()
        stored = StoredImage(sha256=digest, size=9, media_type="image/jpeg", width=64, height=48)
        return self.write(
            lambda tx: ingest.record(tx, camera=self.camera, capture=capture, stored=stored, now=self.now)
        )

    def image(self, serial: str, view: str, score: float | None = 0.1, number: int = 1, **other: Any) -> Receipt:
        """Send one image and have it judged: by a score, or by a failure where `failure` is given."""
        recorded = self.record(serial, view, number)
        if recorded.question is None or not recorded.question.models:
            return recorded.receipt
        judged = self.examination(score, **other)
        keep = decide.decide_image if recorded.decides else decide.keep_late_examination
        image_id = recorded.receipt.image_id
        self.write(lambda tx: keep(tx, image_id=image_id, examination=judged, now=self.now))
        return recorded.receipt

    def examination(self, score: float | None = 0.1, *, quality: Quality | None = FIT, **other: Any) -> Examination:
        if "failure" in other:
            opinion: Any = NoPrediction(model=MODEL, failure=other["failure"])
        else:
            opinion = Prediction(**{"model": MODEL, "score": score, "novelty": 0.0, "novel": False, **other})
        return Examination(quality=quality, opinions=(opinion,))

    def unit(self, serial: str, score: float = 0.1) -> units.Unit:
        """Send both views of a unit, both with one score."""
        for view in self.views:
            self.image(serial, view, score)
        return self.find(serial)

    def find(self, serial: str) -> units.Unit:
        found = self.read(lambda tx: units.latest(tx, self.camera.line_id, serial))
        assert found is not None
        return found

    def person(self, name: str) -> Any:
        return self.read(lambda tx: people.find(tx, name))

    def claim(self, name: str = "ines") -> Held | None:
        person = self.person(name)
        return self.write(lambda tx: review.claim(tx, person_id=person.id, line=None, now=self.now))

    def answer(self, held: Held, verdict: Verdict, name: str = "ines") -> Answered:
        given = Label(verdict=verdict, defect_types=("scratch",) if verdict is Verdict.REJECT else (), seconds=3.0)
        seen = self.images(held.unit_id)
        person = self.person(name)
        return self.write(
            lambda tx: label.answer(
                tx, task_id=held.task_id, lease=held.lease, person=person, label=given, seen=seen, now=self.now
            )
        )

    def label_many(self, count: int, verdict: Verdict = Verdict.PASS, score: float = 0.1, name: str = "good") -> None:
        """Units of one score that people give one verdict, one after the other; then the last one can no longer be
        taken back."""
        for number in range(count):
            self.unit(f"{name}-{number}", score)
            held = self.claim()
            assert held is not None
            self.answer(held, verdict)
        self.later(seconds=31)

    def images(self, unit_id: int) -> list[int]:
        from inspection.store.reports import review as sheets

        with self.db.read() as tx:
            task = tx.exec_driver_sql(f"SELECT id FROM task WHERE unit_id = {unit_id}").scalar()
            sheet = sheets.sheet(tx, task) if task else None
        return [image.image_id for image in sheet.images] if sheet else []
