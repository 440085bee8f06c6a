"""Trains a line's defect model from images of good parts, and from labelled defects as soon as there are some."""

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from inspection.core.train import Progress, Sample, Trained, check_enough, manifest_hash, stop_if
from models import artefact
from models.calibrate import LIMIT_SCORE
from models.engine import Precision, check_precision
from models.features import Read
from models.labels import natural, thinned
from models.parity import Unfaithful, check_card
from models.reduced import compare
from models.view import Scores, Settings, train_view

_PROGRESS_EVERY_S = 0.5
_PASS_SHARE = 0.9
_MISSED_SHARE = 0.01


def train(
    *, line: str, views: Sequence[str], samples: Sequence[Sample], read: Read, root: Path, created: datetime,
    progress: Progress, cancelled: Callable[[], bool], settings: Settings | None = None,
) -> Trained:  # fmt: skip
    """Train on samples whose bytes `read(sha256)` gives, good ones and defective ones where there are any, and put the
    artefact under `root`.

    The same samples, settings and `created` give the same artefact. Raises Untrainable or Cancelled, and Unfaithful
    when what would be served does not compute what was fitted. A reduced precision takes twice as long, for it is held
    against f32, and is refused (Untrainable) where it does harm.
    """
    settings = settings or Settings()
    check_precision(settings.precision)
    check_enough(samples, views)
    report = _sparing(progress)
    root.mkdir(parents=True, exist_ok=True)
    cards: dict[str, Any] = {}
    graphs: dict[str, bytes] = {}
    used: list[Sample] = []
    good: list[Scores] = []
    defective: list[Scores] = []
    for number, view in enumerate(sorted(views)):
        of_view = _chosen([s for s in samples if s.view == view], settings)
        with tempfile.TemporaryDirectory(prefix=".features-", dir=root) as folder:
            one = train_view(of_view, read, number, settings, Path(folder), report, cancelled)
        if settings.precision is not Precision.F32:
            whole = replace(settings, precision=Precision.F32)
            with tempfile.TemporaryDirectory(prefix=".features-", dir=root) as folder:
                exact = train_view(of_view, read, number, whole, Path(folder), report, cancelled, one.chosen)
            one.card["compared"] = facts = compare(exact.held_out, one.held_out, one.labels, settings.precision)
            one.card["warnings"] += [facts["note"]] if "note" in facts else []
        cards[view], graphs[view] = one.card, one.graph
        used += of_view
        good.append(one.good)
        defective.append(one.defective)
    learned = any(len(scores) for scores in defective)
    card = {
        "kind": "learned" if learned else "anomaly", "name": f"{line}-{manifest_hash(used)[:8]}", "line": line,
        "created": created.isoformat(timespec="seconds"), "manifest": manifest_hash(used), "seed": settings.seed,
        "precision": settings.precision.value, "images": len(used), "views": cards,
        "backbone": {"name": settings.backbone.name, "sha256": settings.backbone.sha256},
        **_thresholds(np.concatenate(good), np.concatenate(defective)),
    }  # fmt: skip
    stop_if(cancelled)
    identity = artefact.save(root, card, graphs)
    made = artefact.load(root, identity)
    try:
        check_card(made, read)
    except Unfaithful:
        shutil.rmtree(root / identity)
        raise
    return Trained(artefact=identity, card=made.card)


def _thresholds(good: Scores, defective: Scores) -> dict[str, float]:
    """Thresholds to begin with, from held-out scores: evidence decides later which ones hold."""
    reject = max(LIMIT_SCORE, float(good.max()) + 0.02)
    passed = float(np.quantile(good, _PASS_SHARE))
    if len(defective):
        passed = min(passed, float(np.quantile(defective, _MISSED_SHARE)))
    return {"pass_below": round(min(passed, LIMIT_SCORE), 3), "reject_above": round(min(reject, 0.999), 3)}


def _chosen(samples: list[Sample], settings: Settings) -> list[Sample]:
    """One view's samples in the order of their names, each content once; the good ones evenly thinned to a bounded
    number, and of the defects, which are worth more, no more than that."""
    ordered = sorted({s.sha256: s for s in sorted(samples, key=_order)}.values(), key=_order)
    good, bad = ([s for s in ordered if bool(s.defect) == kind] for kind in (False, True))
    return sorted(thinned(good, settings.max_images) + thinned(bad, settings.max_images), key=_order)


def _order(sample: Sample) -> tuple[list[tuple[int, str]], str]:
    return natural(sample.name), sample.sha256


def _sparing(progress: Progress) -> Progress:
    """Tell the first and last step of a stage, and in between twice a second at most."""
    told_at = 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal told_at
        now = time.monotonic()
        if done in (1, total) or now - told_at >= _PROGRESS_EVERY_S:
            told_at = now
            progress(stage, done, total)

    return report
