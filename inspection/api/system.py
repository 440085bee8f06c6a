"""How the software does, in numbers."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsEngineer
from inspection.core.software import StageTimes

router = APIRouter(tags=["system"], route_class=SmallBody)


class Stage(BaseModel):
    """How long images spent at one stage, in seconds; null where none did."""

    stage: str
    count: int
    p50: float | None
    p95: float | None
    p99: float | None

    @classmethod
    def of(cls, times: StageTimes) -> "Stage":
        """A stage with its quantiles."""
        spread = times.spread
        p50, p95, p99 = (spread.quantile(share) for share in (0.5, 0.95, 0.99))
        return cls(stage=times.stage, count=spread.count, p50=p50, p95=p95, p99=p99)


class LineOf(BaseModel):
    """One line's traffic, queue and listeners."""

    line: str
    images: int
    deadlines_missed: int
    waiting: int
    oldest_s: float
    listeners: int
    lag_s: float | None


class TroubleOf(BaseModel):
    """What went wrong and how often: of a model, of an image refused, or logged as a warning or error."""

    source: str
    kind: str
    where: str
    count: int


class GpuOf(BaseModel):
    """One GPU: busy as a share, memory in bytes."""

    name: str
    busy: float | None
    used: float | None
    size: float | None


class System(BaseModel):
    """The last hour, or the time since the server began; sizes in bytes."""

    seconds: float = Field(description="How long was counted, at most an hour.")
    images: int
    stages: list[Stage]
    lines: list[LineOf]
    troubles: list[TroubleOf]
    memory: float | None
    cores_busy: float | None
    disk_free: float | None
    disk_size: float | None
    gpus: list[GpuOf]


@router.get("/system", responses=PEOPLE_PROBLEMS)
def get_system(caller: AsEngineer) -> System:
    """Throughput, times at each stage, errors, queues, memory, CPU, disk and GPU of this server."""
    now = caller.plant.figures.software()
    plain = ("seconds", "images", "memory", "cores_busy", "disk_free", "disk_size")
    return System(
        **{name: getattr(now, name) for name in plain},
        stages=[Stage.of(one) for one in now.stages],
        lines=[LineOf(**one.__dict__) for one in now.lines],
        troubles=[TroubleOf(**one.__dict__) for one in now.troubles],
        gpus=[GpuOf(**one.__dict__) for one in now.gpus],
    )
