"""The last hour of the software, in words of one page."""

from inspection.core import metrics
from inspection.core.metrics import SECONDS, Reading, Stage
from inspection.core.software import nothing, summary
from inspection.core.spread import Counted, Spread, bin_of


def once(seconds: float) -> Spread:
    counts = [0] * (len(SECONDS) + 1)
    counts[bin_of(seconds)] = 1
    return Spread(counts=tuple(counts), total_s=seconds)


def test_stages_come_in_the_order_of_the_way_with_all_lines_as_one():
    times = {(metrics.STAGE_TIMES, (line, Stage.DECIDE)): once(0.02) for line in ("a", "b")}
    found = summary(Counted(counts={}, times=times), (), 60.0)
    assert [one.stage for one in found.stages] == list(Stage)
    assert {one.stage: one.spread.count for one in found.stages}[Stage.DECIDE] == 2


def test_troubles_are_put_together_and_the_most_frequent_come_first():
    counts = {
        (metrics.FAILURES, ("a", "m1", "model_error")): 2, (metrics.FAILURES, ("a", "m2", "model_error")): 3,
        (metrics.REFUSED, ("b", "415")): 1, (metrics.LOG_EVENTS, ("error", "watch_failed")): 9,
        (metrics.FAILURES, ("b", "m1", "model_error")): 0,
    }  # fmt: skip
    found = summary(Counted(counts=counts, times={}), (), 60.0).troubles
    assert [(one.source, one.kind, one.where, one.count) for one in found] == [
        ("error", "watch_failed", "", 9), ("model", "model_error", "a", 5), ("refused", "415", "b", 1),
    ]  # fmt: skip


def test_a_line_has_its_counts_beside_what_waits():
    counts = {(metrics.IMAGES, ("a", "cam1")): 30, (metrics.IMAGES, ("a", "cam2")): 30, (metrics.IMAGES, ("b", "c")): 1}
    readings = [
        Reading(metric=metrics.QUEUE_DEPTH, labels=("a",), value=4), Reading(metric=metrics.DISK_FREE, value=5e9),
        Reading(metric=metrics.SOURCE_UP, labels=("gpu",), value=0), Reading(metric=metrics.SOURCE_UP, value=1),
    ]  # fmt: skip
    found = summary(Counted(counts=counts, times={}), readings, 120.0)
    (line,) = found.lines
    assert (line.images, line.waiting, line.lag_s) == (60, 4, None)
    assert (found.images_per_minute, found.disk_free, found.silent) == (30.0, 5e9, ("gpu",))


def test_where_nobody_counts_there_is_nothing():
    assert nothing().images == nothing().failed == 0
    assert nothing().memory is None
