"""Every figure that a server counts or measures of itself: its name as Prometheus reads it, labels and meaning.

Labels are of things that a plant has few of: lines, cameras, views, models, reasons. Units, serials and people are
none.
Seconds, bytes and shares from 0 to 1 throughout.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)


class Kind(StrEnum):
    """How a figure is read: a counter only grows, a gauge is as it is now, a histogram counts by size."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, eq=False)
class Metric:
    """One figure. Compared by identity, so that looking one up costs nothing."""

    name: str
    kind: Kind
    labels: tuple[str, ...]
    words: str


class Stage(StrEnum):
    """Where an image's time goes, in order."""

    SPOOL = "spool"
    INGEST = "ingest"
    PREDICT = "predict"
    DECIDE = "decide"
    REVIEW = "review"
    OUT = "out"


class Meter(Protocol):
    """Counts and times what happens, where it happens. A call costs a few microseconds and never raises."""

    def count(self, metric: Metric, *labels: str) -> None:
        """One more, under these values of the metric's labels, in their order."""

    def took(self, metric: Metric, *labels: str, seconds: float) -> None:
        """It took so long this time."""


class Silent:
    """Counts nothing, for commands and tests that nobody watches."""

    def count(self, metric: Metric, *labels: str) -> None:
        """Forget it."""

    def took(self, metric: Metric, *labels: str, seconds: float) -> None:
        """Forget it."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a gauge shows now, for these values of its labels."""

    metric: Metric
    labels: tuple[str, ...] = ()
    value: float


def short(model: str) -> str:
    """A model's identity as labels have it: its first 12 digits."""
    return model[:12]


METRICS: list[Metric] = []


def _metric(name: str, kind: Kind, labels: str, words: str) -> Metric:
    METRICS.append(Metric(name, kind, tuple(labels.split()), words))
    return METRICS[-1]


def _counter(name: str, labels: str, words: str) -> Metric:
    return _metric(f"{name}_total", Kind.COUNTER, labels, words)


def _gauge(name: str, labels: str, words: str) -> Metric:
    return _metric(name, Kind.GAUGE, labels, words)


def _times(name: str, labels: str, words: str) -> Metric:
    return _metric(f"{name}_seconds", Kind.HISTOGRAM, labels, words)


IMAGES = _counter("inspection_images", "line camera", "Images stored durably; one that is sent again counts once.")
REPEATED = _counter("inspection_repeated_images", "line", "Images that were sent again, and are stored once.")
REFUSED = _counter("inspection_refused_images", "line status", "Images not taken in, by the HTTP status that says why.")
DECISIONS = _counter(
    "inspection_decisions", "line outcome reason", "Decisions on images: pass, reject, or refer to a person, and why."
)
UNITS = _counter(
    "inspection",
    "line verdict by reason",
    "Units settled as pass or reject, by the AI or a person; again when changed.",
)
LABELS = _counter("inspection_labels", "line verdict blind", "Answers of people that count; blind: yes or no.")
ESCAPES = _counter("audit_escape", "line", "Units that the AI passed and a person then rejected.")
OVERKILL = _counter("audit_overkill", "line", "Units that the AI rejected and a person then passed.")
PREDICTIONS = _counter("inspection_predictions", "line model", "Opinions asked of a model, failures among them.")
FAILURES = _counter(
    "inspection_failures", "line model kind", "Opinions that a model failed to give, by kind of failure."
)
DEADLINES = _counter("inspection_deadline_missed", "line", "Images of which a model said nothing before the deadline.")
REQUESTS = _counter("jidoka_http_requests", "surface method status", "HTTP requests answered; surface: api or pages.")
LOG_EVENTS = _counter("jidoka_log_events", "level event", "Warnings and errors logged, by event.")

STAGE_TIMES = _times(
    "inspection_stage", "line stage",
    "Time at each stage: spool (capture until it arrives), ingest (until it is durable), predict (waiting for a free "
    "thread included), decide, review (a person looks at it), out (a verdict until it is told to a listener).",
)  # fmt: skip
MODEL_TIMES = _times("inspection_model", "model", "Time a model works on one image, without waiting.")
REQUEST_TIMES = _times("jidoka_http_request", "surface", "Time until an HTTP answer begins.")

LINE_INFO = _gauge(
    "line_info", "line level policy model version", "1, with the level, policy and model in force; model as 12 digits."
)
LEVEL = _gauge("line_level", "line", "Degree of automation: 0 for human only to 4 for full automation.")
OVERRIDE = _gauge("line_override", "line", "1 while the policy in force is an engineer's override without proof.")
CERTIFICATE = _gauge("certificate_valid", "line", "1 while a certificate proves the policy in force, else 0.")
EXPIRES = _gauge("certificate_expiry_timestamp_seconds", "line", "When the certificate that proves the policy ends.")
WEIGHT = _gauge("rollout_weight", "line", "Share of units that a rollout's candidate decides; 0 without one.")
QUEUE_DEPTH = _gauge("review_queue_depth", "line", "Units that wait for a person.")
QUEUE_AGE = _gauge("review_age_seconds", "line", "How long the oldest of them has waited; 0 where none does.")
ALARMS = _gauge("inspection_alarms", "line kind state", "Alarms not cleared: firing, acknowledged or shelved.")
BRIGHTNESS = _gauge("camera_brightness", "line camera view", "Median brightness of the last window, in grey levels.")
LIGHT = _gauge("camera_light", "line camera view state", "1 for what the last window's chart says, 0 for the others.")
SCORE_PSI = _gauge("score_psi", "line camera view", "How far the model's scores have shifted since it came, as PSI.")
FEATURE_PSI = _gauge("feature_psi", "line camera view", "The same of its features, where it has them.")
LAST_IMAGE = _gauge("camera_last_image_timestamp_seconds", "line camera", "When the camera's last image came.")
MODEL_LOADED = _gauge("model_loaded", "line model", "1 while the model in force would answer at once, else 0.")
LISTENERS = _gauge("jidoka_event_listeners", "line", "Connections that hear a line's events.")
EVENT_LAG = _gauge("jidoka_event_lag_seconds", "line", "Since when the slowest is not up to date; under 2 is usual.")
DISK_FREE = _gauge("jidoka_disk_free_bytes", "", "Room left on the disk of the data folder.")
DISK_SIZE = _gauge("jidoka_disk_size_bytes", "", "Size of that disk.")
MEMORY = _gauge("jidoka_memory_bytes", "", "Memory that the server's process holds.")
CORES_BUSY = _gauge("jidoka_cpu_cores", "", "Cores that the process kept busy since it was last asked, on average.")
GPU_LOAD = _gauge("jidoka_gpu_utilization_ratio", "gpu", "Share of the last second that the GPU worked.")
GPU_USED = _gauge("jidoka_gpu_memory_used_bytes", "gpu", "Memory taken on the GPU, by all programs.")
GPU_SIZE = _gauge("jidoka_gpu_memory_size_bytes", "gpu", "Memory of the GPU.")
INFO = _gauge("jidoka_info", "version", "1, with the version of the product.")
SOURCE_UP = _gauge("jidoka_source_up", "source", "1 where a source of gauges answered, 0 where it failed.")
SOURCE_TIME = _gauge("jidoka_source_seconds", "source", "How long a source of gauges took to answer.")
