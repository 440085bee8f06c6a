"""What a camera is set to: kept and journaled when it changes, and marked where its light is watched."""

from dataclasses import replace
from datetime import timedelta

from inspection.core.ingest import StoredImage
from inspection.flow import ingest
from inspection.store import journal
from inspection.store.monitor import Eye
from inspection.store.reports.light_marks import Mark, marks
from tests.plant import Plant


def send(plant: Plant, serial: str, settings: str, view: str = "front", age_s: float = 0.0) -> None:
    plant.later(minutes=1)
    at = plant.now - timedelta(seconds=age_s)
    capture = replace(plant.capture(serial, view), settings=settings, captured_at=at)
    stored = StoredImage(sha256="0" * 64, size=9, media_type="image/jpeg", width=64, height=48)
    plant.write(lambda tx: ingest.record(tx, camera=plant.camera, capture=capture, stored=stored, now=plant.now))


def seen(plant: Plant, view: str = "front") -> list[Mark]:
    eye = Eye(line_id=plant.camera.line_id, camera_id=plant.camera.id, view=view)
    since = plant.now - timedelta(days=7)
    return [mark for mark in plant.read(lambda tx: marks(tx, eye, since)) if mark.kind == "settings"]


def test_only_what_changes_is_marked_and_journaled(any_plant: Plant) -> None:
    for serial, settings in (("A", "gain=1"), ("B", "gain=1"), ("C", "gain=4"), ("D", "")):
        send(any_plant, serial, settings)
    assert [(mark.what, mark.by) for mark in seen(any_plant)] == [("gain=1", "cam1"), ("gain=4", "cam1")]
    assert seen(any_plant, "back") == []
    told = [
        entry.change for entry in any_plant.read(lambda tx: journal.entries(tx)) if entry.change.event == "camera_set"
    ]
    assert [(one.subject, one.before, one.after) for one in told] == [
        ("line/phones/camera/cam1/front", "", "gain=1"),
        ("line/phones/camera/cam1/front", "gain=1", "gain=4"),
    ]


def test_what_waited_in_a_spool_does_not_set_the_camera_back(any_plant: Plant) -> None:
    send(any_plant, "A", "gain=4")
    send(any_plant, "B", "gain=1", age_s=3600)
    send(any_plant, "C", "gain=4")
    assert [mark.what for mark in seen(any_plant)] == ["gain=4"]


def test_a_camera_clock_that_runs_ahead_hides_no_later_change(any_plant: Plant) -> None:
    send(any_plant, "A", "gain=4", age_s=-86_400)
    send(any_plant, "B", "gain=1")
    assert [mark.what for mark in seen(any_plant)] == ["gain=4", "gain=1"]


def test_a_camera_that_sets_itself_fills_neither_journal_nor_chart(any_plant: Plant) -> None:
    for number in range(50):
        any_plant.later(seconds=-57)  # three seconds apart: sending turns the clock by a minute
        send(any_plant, f"S{number}", f"exposure_us={8000 + number}")
    assert len(seen(any_plant)) <= 4
