"""How the software does, from what was counted in the last hour and what the clock drives."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from inspection.core import metrics
from inspection.core.metrics import Metric, Reading, Stage
from inspection.core.spread import Counted, Spread, together

MOST_ERRORS = 20


@dataclass(frozen=True, kw_only=True)
class StageTimes:
    """How long images spent at a stage."""

    stage: Stage
    spread: Spread


@dataclass(frozen=True, kw_only=True)
class LineTraffic:
    """What came through one line, and what waits; ages and lags in seconds, the lag None where nobody listens."""

    line: str
    images: int
    deadlines_missed: int
    waiting: int
    oldest_s: float
    listeners: int
    lag_s: float | None


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """What went wrong, and how often: a model's failure, an image that was not taken in, or a logged error. `where` is
    the line, or empty."""

    source: str
    kind: str
    where: str
    count: int


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU: share of its time that it works, bytes of its memory taken and there."""

    name: str
    busy: float | None
    used: float | None
    size: float | None


@dataclass(frozen=True, kw_only=True)
class Software:
    """The last hour, or the `seconds` since the server began; memory and disk in bytes, None where nobody knows."""

    seconds: float
    stages: tuple[StageTimes, ...]
    lines: tuple[LineTraffic, ...]
    troubles: tuple[Trouble, ...]
    memory: float | None
    cores_busy: float | None
    disk_free: float | None
    disk_size: float | None
    gpus: tuple[Gpu, ...]
    silent: tuple[str, ...]

    @property
    def images(self) -> int:
        """Images stored."""
        return sum(line.images for line in self.lines)

    @property
    def images_per_minute(self) -> float:
        """Images stored a minute, on average."""
        return 60 * self.images / max(self.seconds, 1.0)

    @property
    def deadlines_missed(self) -> int:
        """Images of which no model said anything in time."""
        return sum(line.deadlines_missed for line in self.lines)

    @property
    def failed(self) -> int:
        """Everything that went wrong."""
        return sum(trouble.count for trouble in self.troubles)


def nothing() -> Software:
    """Where nobody counts."""
    return summary(Counted(counts={}, times={}), (), 0.0)


def summary(hour: Counted, readings: Sequence[Reading], seconds: float) -> Software:
    """What people are shown of it; `hour` is what was counted in the last `seconds`."""

    def counted(metric: Metric, *first: str) -> int:
        return sum(n for (one, labels), n in hour.counts.items() if one is metric and labels[: len(first)] == first)

    def shown(metric: Metric, *labels: str) -> float | None:
        return next((one.value for one in readings if one.metric is metric and one.labels == labels), None)

    def line(name: str) -> LineTraffic:
        return LineTraffic(
            line=name, images=counted(metrics.IMAGES, name), deadlines_missed=counted(metrics.DEADLINES, name),
            waiting=int(shown(metrics.QUEUE_DEPTH, name) or 0), oldest_s=shown(metrics.QUEUE_AGE, name) or 0.0,
            listeners=int(shown(metrics.LISTENERS, name) or 0), lag_s=shown(metrics.EVENT_LAG, name),
        )  # fmt: skip

    gpus = sorted({one.labels[0] for one in readings if one.metric is metrics.GPU_SIZE})
    return Software(
        seconds=seconds, stages=tuple(_stages(hour)), troubles=tuple(_troubles(hour))[:MOST_ERRORS],
        lines=tuple(line(one.labels[0]) for one in readings if one.metric is metrics.QUEUE_DEPTH),
        memory=shown(metrics.MEMORY), cores_busy=shown(metrics.CORES_BUSY), disk_free=shown(metrics.DISK_FREE),
        disk_size=shown(metrics.DISK_SIZE),
        gpus=tuple(
            Gpu(name=gpu, busy=shown(metrics.GPU_LOAD, gpu), used=shown(metrics.GPU_USED, gpu),
                size=shown(metrics.GPU_SIZE, gpu))
            for gpu in gpus
        ),
        silent=tuple(one.labels[0] for one in readings if one.metric is metrics.SOURCE_UP and not one.value),
    )  # fmt: skip


def _stages(hour: Counted) -> Iterable[StageTimes]:
    """Every stage, over all lines."""
    for stage in Stage:
        spreads = (
            spread for (one, labels), spread in hour.times.items() if one is metrics.STAGE_TIMES and labels[1] == stage
        )
        yield StageTimes(stage=stage, spread=together(spreads))


def _troubles(hour: Counted) -> list[Trouble]:
    """What went wrong, the most frequent first; a model's failures on a line are one, whichever model."""
    found: dict[tuple[str, str, str], int] = {}
    for (one, labels), n in hour.counts.items():
        if one is metrics.FAILURES:
            key = ("model", labels[2], labels[0])
        elif one is metrics.REFUSED:
            key = ("refused", labels[1], labels[0])
        elif one is metrics.LOG_EVENTS:
            key = (labels[0], labels[1], "")
        else:
            continue
        found[key] = found.get(key, 0) + n
    told = [Trouble(source=key[0], kind=key[1], where=key[2], count=n) for key, n in found.items() if n]
    return sorted(told, key=lambda one: (-one.count, one.source, one.kind, one.where))
