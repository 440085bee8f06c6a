"""Watches the light of every camera, raises alarms, and lowers a line when its light has gone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspection.core.capture import FROZEN
from inspection.core.journal import Change, facts, plain
from inspection.core.line import Unknown
from inspection.core.monitor import Baseline, Chart, Light, advance, learn, window_value
from inspection.core.policy import InvalidPolicy
from inspection.core.serials import missing
from inspection.flow import alarm, certificate, policy, relight
from inspection.store import journal, lines, monitor
from inspection.store.database import Tx
from inspection.store.lines import LineInForce
from inspection.store.monitor import Eye, Measured

LOOK_BACK = timedelta(hours=1)
MIN_IMAGES = 3
MOST_SERIALS = 1000


@dataclass(frozen=True, kw_only=True)
class WindowRule:
    """When a window is full: after so many images, or so much time with at least three."""

    images: int = 20
    seconds: float = 60.0


def watch(tx: Tx, *, rule: WindowRule, now: datetime) -> int:
    """Close every window that is full, and act on what its chart says; how many were closed."""
    closed = 0
    for line in lines.all_in_force(tx):
        for eye in monitor.eyes(tx, line.id, line.line.recipe.views, now - LOOK_BACK):
            while _close_one(tx, line, eye, rule, now):
                closed += 1
    return closed


def _close_one(tx: Tx, line: LineInForce, eye: Eye, rule: WindowRule, now: datetime) -> bool:
    """1 take a full window's images, 2 advance the chart, 3 keep both, 4 alarm and guard."""
    last = monitor.last_window(tx, eye, line.recipe_id)
    images = monitor.measured_after(tx, eye, last.last_image_id, rule.images)
    if not _full(images, rule, now):
        return False
    brightness = window_value([image.brightness for image in images])
    baseline = _baseline(tx, eye, line)
    chart = None if baseline is None else advance(last.chart, baseline, brightness)
    monitor.add_window(tx, eye, line.recipe_id, images, _figures(tx, eye, images, last.last_image_id), chart, now)
    if baseline is None:
        _learn(tx, eye, line, now)
    elif chart is not None and chart.light is Light.ALARM:
        _alarm(tx, line, eye, chart, baseline, brightness, now)
    return True


def _figures(tx: Tx, eye: Eye, images: Sequence[Measured], last_image_id: int) -> dict[str, float | int | None]:
    """A window's medians, how many of its images repeat a picture, and how many serials lack since the window before.
    Where people decide only some images are measured, but all came."""
    came = monitor.serials(tx, eye, last_image_id or images[0].image_id, images[-1].image_id, MOST_SERIALS)
    return {
        **{name: _median(images, name) for name in monitor.FIGURES},
        "repeated": sum(image.unfit == FROZEN for image in images),
        "missing": None if came is None else missing(came),
    }


def _median(images: Sequence[Measured], name: str) -> float | None:
    values = [value for image in images if (value := getattr(image, name)) is not None]
    return window_value(values) if values else None


def _full(images: Sequence[Measured], rule: WindowRule, now: datetime) -> bool:
    if len(images) >= rule.images:
        return True
    return len(images) >= MIN_IMAGES and now - images[0].received_at >= timedelta(seconds=rule.seconds)


def _baseline(tx: Tx, eye: Eye, line: LineInForce) -> Baseline | None:
    in_force = monitor.baseline(tx, eye, line.recipe_id)
    return None if in_force is None else in_force.baseline


def _learn(tx: Tx, eye: Eye, line: LineInForce, now: datetime) -> None:
    in_force = monitor.baseline(tx, eye, line.recipe_id)
    after = 0 if in_force is None else in_force.after_window_id
    learned = learn(monitor.window_values(tx, eye, line.recipe_id, after))
    if learned is None:
        return
    by, reason = ("monitor", "Learned from the first windows.") if in_force is None else (in_force.by, in_force.reason)
    monitor.set_baseline(tx, eye, line.recipe_id, learned, after, by, reason, now)
    told = facts(mean=round(learned.mean, 2), deviation=round(learned.deviation, 3), windows=learned.windows)
    journal.append(
        tx,
        now,
        Change(subject=_subject(line, eye), event="baseline_learned", actor=by, reason=reason, facts=told),
    )


def _alarm(tx: Tx, line: LineInForce, eye: Eye, chart: Chart, baseline: Baseline, value: float, now: datetime) -> None:
    text = (
        f"The light of view {eye.view} has drifted: brightness {value:.0f}, smoothed {chart.ewma:.0f}, "
        f"where {baseline.mean:.0f} ± {baseline.half_width:.0f} is healthy. Look at the lamp and the lens."
    )
    told = {"brightness": round(value, 2), "ewma": round(chart.ewma, 2), "mean": round(baseline.mean, 2)}
    if alarm.fire(tx, line, "light", f"{eye.camera_id}/{eye.view}", text, now, **told) and line.policy.terms.model:
        relight.begin(tx, line, eye, line.policy.terms.model, "monitor", now)
    known = lines.in_force_by_id(tx, line.id)
    certificate.void(tx, known, f"The light has drifted: {text}", policy.GUARD, now)
    # Also while the alarm already fires: nobody raises a line in bad light and has it stay there.
    policy.lower(tx, known, f"Guard: {text}", now)


def rebaseline(tx: Tx, *, line: str, camera: str, view: str, by: str, reason: str, now: datetime) -> None:
    """Learn the light of a camera's view anew, from the windows to come: a signed act, after maintenance."""
    if len(reason.strip()) < 10:
        raise InvalidPolicy("Write why the light may be learned anew, in ten characters or more.")
    known = lines.in_force(tx, line)
    camera_id = lines.camera_id(tx, known.id, camera)
    if camera_id is None or view not in known.line.recipe.views:
        raise Unknown(f"Line {line!r} has no camera {camera!r} with a view {view!r}.")
    eye = Eye(line_id=known.id, camera_id=camera_id, view=view)
    after = monitor.newest_window_id(tx, eye)
    monitor.set_baseline(tx, eye, known.recipe_id, None, after, by, plain(reason.strip()), now)
    journal.append(
        tx, now, Change(subject=_subject(known, eye), event="baseline_reset", actor=by, reason=reason.strip())
    )


def _subject(line: LineInForce, eye: Eye) -> str:
    return f"line/{line.line.name}/light/{eye.camera_id}/{eye.view}"
