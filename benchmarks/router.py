"""The rules alone, without database or disk: draw the audit, judge fitness and score, settle the unit."""

import time

from benchmarks.table import bar, show
from inspection.core.capture import Quality, QualityLimits, unfit
from inspection.core.decide import Judged, decide, settle
from inspection.core.level import FREEDOM, Level
from inspection.core.policy import Terms
from inspection.core.predict import Prediction
from inspection.core.route import draw_audit

BAR, UNITS, MODEL, VIEWS = 20_000, 20_000, "m", ("front", "back")


def main() -> None:
    """Print decisions a second for every level; a unit has two views, so two decisions and two settlements."""
    rows = []
    for level in Level:
        seconds = _decide_all(level)
        rate = 2 * UNITS / seconds
        rows.append((level, f"{rate:,.0f}", f"{seconds * 1e6 / (2 * UNITS):.1f}", bar(rate >= BAR)))
    show(("level", "decisions/s", "CPU µs each", f"{BAR:,}/s"), rows)


def _decide_all(level: Level) -> float:
    """CPU seconds for all units."""
    model = MODEL if FREEDOM[level].runs_model else None
    terms = Terms(level=level, model=model, pass_below=0.3, reject_above=0.7)
    limits = QualityLimits()
    fit = Quality(brightness=120.0, contrast=80.0, sharpness=90.0, saturated=0.01)
    opinions = [Prediction(model=MODEL, score=i / 100, novelty=0.1, novel=i % 50 == 0) for i in range(100)]
    before = time.process_time()
    for i in range(UNITS):
        draw_audit("salt", f"S{i}", terms.audit_share)
        images: list[Judged] = []
        for k, view in enumerate(VIEWS):
            outcome = decide(terms, opinions[(i + k) % 100], unfit(fit, limits)).outcome
            images.append(Judged(view=view, outcome=outcome))
            settle(VIEWS, images, None)
    return time.process_time() - before
