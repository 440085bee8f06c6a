"""Counts in this process, and all figures as Prometheus reads them."""

import logging
import threading
import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from inspection.core.metrics import METRICS, SECONDS, SOURCE_TIME, SOURCE_UP, Kind, Metric, Reading
from inspection.core.software import Software, summary
from inspection.core.spread import Counted, Series, Spread, bin_of

log = logging.getLogger("jidoka")
KEEP_S = 5.0
HOUR_MINUTES = 60
Source = Callable[[], Iterable[Reading]]


class Tally:
    """A Meter that counts in memory, and knows the last hour. `clock` is seconds that never run back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.since = clock()
        self._lock = threading.Lock()
        self._counts: dict[Series, int] = {}
        self._bins: dict[Series, list[int]] = {}
        self._sums: dict[Series, float] = {}
        self._minute = self._now_minute()
        self._before: deque[tuple[int, Counted]] = deque([(self._minute, self._frozen())], maxlen=HOUR_MINUTES + 1)

    def count(self, metric: Metric, *labels: str) -> None:
        """One more."""
        series = (metric, labels)
        with self._lock:
            self._turn_page()
            self._counts[series] = self._counts.get(series, 0) + 1

    def took(self, metric: Metric, *labels: str, seconds: float) -> None:
        """It took so long this time."""
        series, number = (metric, labels), bin_of(seconds)
        with self._lock:
            self._turn_page()
            bins = self._bins.get(series)
            if bins is None:
                bins = self._bins[series] = [0] * (len(SECONDS) + 1)
            bins[number] += 1
            self._sums[series] = self._sums.get(series, 0.0) + seconds

    def all(self) -> Counted:
        """Everything since the start."""
        with self._lock:
            return self._frozen()

    def last_hour(self) -> Counted:
        """What came in the last sixty minutes, the running one included."""
        now = self._now_minute()
        with self._lock:
            whole = self._frozen()
            kept = [minute for minute, _ in self._before]
            first = bisect_left(kept, now - HOUR_MINUTES + 1)
            before = self._before[first][1] if first < len(kept) else whole
        return Counted(
            counts={key: n - before.counts.get(key, 0) for key, n in whole.counts.items()},
            times={key: spread - before.times.get(key, Spread()) for key, spread in whole.times.items()},
        )

    def _now_minute(self) -> int:
        return int(self._clock() // 60)

    def _turn_page(self) -> None:
        """At the first count of a minute, keep what was counted before it."""
        minute = self._now_minute()
        if minute != self._minute:
            self._minute = minute
            self._before.append((minute, self._frozen()))

    def _frozen(self) -> Counted:
        times = {key: Spread(counts=tuple(bins), total_s=self._sums[key]) for key, bins in self._bins.items()}
        return Counted(counts=dict(self._counts), times=times)


class Exposition:
    """All figures in the text that Prometheus reads. Sources of gauges are asked at most every few seconds, however
    many scrape, and one that fails is left out and told of."""

    def __init__(
        self, tally: Tally, sources: Mapping[str, Source], *, keep_s: float = KEEP_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._tally, self._sources, self._keep_s, self._clock = tally, sources, keep_s, clock
        self._lock = threading.Lock()
        self._readings: list[Reading] = []
        self._read_at: float | None = None
        self._failing: set[str] = set()
        self._registry = CollectorRegistry()
        self._registry.register(_Families(self))
        ProcessCollector(registry=self._registry)

    def text(self, accept: str = "") -> tuple[bytes, str]:
        """The figures and their media type, as the reader accepts it."""
        encode, media_type = choose_encoder(accept)
        return encode(self._registry), media_type

    def software(self) -> Software:
        """The figures of the software in the last hour, for people."""
        seconds = min(self._clock() - self._tally.since, 3600.0)
        return summary(self._tally.last_hour(), self.readings(), seconds)

    def readings(self) -> list[Reading]:
        """What the sources said last, at most a few seconds ago."""
        with self._lock:
            now = self._clock()
            if self._read_at is None or now - self._read_at >= self._keep_s:
                self._readings, self._read_at = list(self._ask()), now
            return self._readings

    def families(self) -> Iterator[Family]:
        """Every metric with its series, also one that has none yet."""
        counted, shown = self._tally.all(), self.readings()
        for metric in METRICS:
            match metric.kind:
                case Kind.COUNTER:
                    counter = CounterMetricFamily(metric.name, metric.words, labels=metric.labels)
                    for (one, labels), n in counted.counts.items():
                        if one is metric:
                            counter.add_metric(labels, n)
                    yield counter
                case Kind.HISTOGRAM:
                    yield _histogram(metric, counted)
                case Kind.GAUGE:
                    gauge = GaugeMetricFamily(metric.name, metric.words, labels=metric.labels)
                    for reading in shown:
                        if reading.metric is metric:
                            gauge.add_metric(reading.labels, reading.value)
                    yield gauge

    def _ask(self) -> Iterator[Reading]:
        for name, source in self._sources.items():
            begun, up = self._clock(), 1.0
            try:
                yield from list(source())
            except Exception as error:  # the other figures are worth having, and this one is seen to be missing
                up = 0.0
                if name not in self._failing:  # once, not with every scrape
                    log.warning("figures_missing source=%s kind=%s reason=%s", name, type(error).__name__, error)
                self._failing.add(name)
            else:
                self._failing.discard(name)
            yield Reading(metric=SOURCE_UP, labels=(name,), value=up)
            yield Reading(metric=SOURCE_TIME, labels=(name,), value=self._clock() - begun)


class _Families(Collector):
    """What the registry asks at a scrape; nothing is asked when it is registered."""

    def __init__(self, exposition: Exposition) -> None:
        self._exposition = exposition

    def describe(self) -> Iterable[Family]:
        return ()

    def collect(self) -> Iterable[Family]:
        return self._exposition.families()


def _histogram(metric: Metric, counted: Counted) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.words, labels=metric.labels)
    for (one, labels), spread in counted.times.items():
        if one is not metric:
            continue
        buckets, below = [], 0
        for bound, n in zip((*map(str, SECONDS), "+Inf"), spread.counts, strict=True):
            below += n
            buckets.append((bound, below))
        family.add_metric(labels, buckets, sum_value=spread.total_s)
    return family
