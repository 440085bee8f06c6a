"""A camera is set otherwise: journaled, and marked where its light is watched."""

from datetime import datetime

from inspection.core.capture import Capture
from inspection.core.journal import Change
from inspection.store import settings
from inspection.store.lines import Camera
from inspection.store.transaction import Tx


def camera_set(tx: Tx, camera: Camera, capture: Capture, now: datetime) -> tuple[Change, ...]:
    """What the journal says of settings that came with an image, and nothing where they are as before. A clock that
    runs ahead must not hide what is changed later."""
    if not capture.settings:
        return ()
    before = settings.note(tx, camera.id, capture.view, capture.settings, min(capture.captured_at, now))
    if before is None:
        return ()
    subject = f"line/{camera.line}/camera/{camera.name}/{capture.view}"
    actor = f"camera {camera.name}"
    return (Change(subject=subject, event="camera_set", actor=actor, before=before, after=capture.settings),)
