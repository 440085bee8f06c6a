"""What is counted in memory, and how Prometheus reads it."""

import re
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from inspection.core import metrics
from inspection.core.metrics import METRICS, Kind, Reading, Stage
from inspection.link.metrics import Exposition, Tally


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def samples(exposition: Exposition) -> dict[str, dict[tuple[str, ...], float]]:
    """Every sample of the text by its name and its labels' values, in the order of their names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(exposition.text()[0].decode()):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(value for _, value in sorted(one.labels.items()))] = one.value
    return found


def test_counts_and_times_are_read_as_they_were_counted(clock):
    tally = Tally(clock)
    for _ in range(3):
        tally.count(metrics.IMAGES, "phones", "cam1")
    tally.took(metrics.STAGE_TIMES, "phones", Stage.INGEST, seconds=0.02)
    tally.took(metrics.STAGE_TIMES, "phones", Stage.INGEST, seconds=9999.0)
    found = samples(Exposition(tally, {}))
    assert found["inspection_images_total"] == {("cam1", "phones"): 3}
    buckets = found["inspection_stage_seconds_bucket"]
    assert buckets["0.01", "phones", "ingest"] == 0
    assert buckets["0.025", "phones", "ingest"] == buckets["1800.0", "phones", "ingest"] == 1
    assert buckets["+Inf", "phones", "ingest"] == found["inspection_stage_seconds_count"]["phones", "ingest"] == 2
    assert found["inspection_stage_seconds_sum"]["phones", "ingest"] == pytest.approx(9999.02)


def test_threads_lose_no_count():
    tally = Tally()
    workers = [
        threading.Thread(target=lambda: [tally.count(metrics.ESCAPES, "phones") for _ in range(5000)]) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert tally.all().counts[(metrics.ESCAPES, ("phones",))] == 20_000


def test_the_last_hour_forgets_what_came_before_it(clock):
    tally = Tally(clock)
    key, timed = (metrics.ESCAPES, ("phones",)), (metrics.STAGE_TIMES, ("phones", "out"))
    tally.count(metrics.ESCAPES, "phones")
    tally.took(metrics.STAGE_TIMES, "phones", Stage.OUT, seconds=0.5)
    clock.now += 30 * 60
    tally.count(metrics.ESCAPES, "phones")
    assert tally.last_hour().counts[key] == 2
    clock.now += 31 * 60
    tally.count(metrics.ESCAPES, "phones")
    assert tally.last_hour().counts[key] == 2
    assert tally.last_hour().times[timed].count == 0
    clock.now += 61 * 60
    assert tally.last_hour().counts[key] == 0
    assert tally.all().counts[key] == 3


def test_a_busy_day_keeps_an_hour_and_no_more(clock):
    tally = Tally(clock)
    for _ in range(24 * 60):
        tally.count(metrics.ESCAPES, "phones")
        clock.now += 60
    clock.now -= 60
    assert tally.last_hour().counts[(metrics.ESCAPES, ("phones",))] == 60


def test_sources_are_asked_once_in_some_seconds_and_one_that_fails_hides_no_other(clock):
    asked = []

    def lines() -> list[Reading]:
        asked.append(clock.now)
        return [Reading(metric=metrics.QUEUE_DEPTH, labels=("phones",), value=len(asked))]

    def away() -> list[Reading]:
        raise OSError("the disk is gone")

    exposition = Exposition(Tally(clock), {"disk": away, "lines": lines}, keep_s=5, clock=clock)
    for _ in range(10):
        found = samples(exposition)
    assert len(asked) == 1
    assert found["review_queue_depth"] == {("phones",): 1}
    assert found["jidoka_source_up"] == {("disk",): 0, ("lines",): 1}
    clock.now += 5
    assert samples(exposition)["review_queue_depth"] == {("phones",): 2}


def test_a_source_that_fails_is_logged_once_until_it_answers_again(clock, caplog):
    broken = [True]

    def disk() -> list[Reading]:
        if broken[0]:
            raise OSError("the disk is gone")
        return []

    exposition = Exposition(Tally(clock), {"disk": disk}, keep_s=0, clock=clock)
    for state in (True, True, False, True):
        broken[0] = state
        exposition.readings()
    told = [record.getMessage() for record in caplog.records]
    assert told == ["figures_missing source=disk kind=OSError reason=the disk is gone"] * 2


def test_values_that_could_break_the_format_do_not(clock):
    tally = Tally(clock)
    tally.count(metrics.IMAGES, "phones", 'cam "1"\n\\x')
    assert samples(Exposition(tally, {}))["inspection_images_total"] == {('cam "1"\n\\x', "phones"): 1}


def test_a_reader_of_openmetrics_gets_it():
    body, media_type = Exposition(Tally(), {}).text("application/openmetrics-text; version=1.0.0")
    assert media_type.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_the_process_tells_its_memory_and_cpu():
    found = samples(Exposition(Tally(), {}))
    assert found["process_resident_memory_bytes"][()] > 1e6
    assert found["process_cpu_seconds_total"][()] > 0


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_names_and_labels_follow_prometheus(metric):
    assert re.fullmatch(r"[a-z][a-z0-9_]*", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    if metric.kind is Kind.HISTOGRAM:
        assert metric.name.endswith("_seconds")
    assert not {"unit", "serial", "person", "image"} & set(metric.labels)
    assert metric.words.endswith(".")


def test_names_are_said_once():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
