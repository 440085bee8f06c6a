"""docs/metrics.md names every metric as the catalogue has it, and no other."""

import re
from pathlib import Path

from prometheus_client import CollectorRegistry, ProcessCollector

from inspection.core.metrics import METRICS, SECONDS

TEXT = (Path(__file__).parents[1] / "docs/metrics.md").read_text()


def test_the_table_is_the_catalogue():
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+?) \| (.+) \|$", TEXT, flags=re.MULTILINE)
    told = [(name, kind, tuple(re.findall(r"`(\w+)`", labels)), words) for name, kind, labels, words in rows]
    assert told == [(metric.name, str(metric.kind), metric.labels, metric.words) for metric in METRICS]


def test_the_bounds_of_histograms_are_told():
    bounds = re.search(r"have the bounds ([\d., ]+) s\.", TEXT)
    assert tuple(float(one) for one in bounds[1].split(", ")) == SECONDS


def test_the_figures_of_the_process_are_those_that_are_exported():
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    exported = {sample.name for family in registry.collect() for sample in family.samples}
    assert set(re.findall(r"`(process_\w+)`", TEXT)) == exported
