"""What happens to a line's units, as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Path, Request
from pydantic import BaseModel
from sse_starlette import EventSourceResponse, ServerSentEvent

from inspection.api.app import CAMERA_PROBLEMS, CameraFor, Plant, ThePlant, in_words
from inspection.core import metrics
from inspection.core.journal import Entry
from inspection.core.line import Unknown
from inspection.core.metrics import Stage
from inspection.core.moment import moment
from inspection.store import journal, units

router = APIRouter(tags=["units"])
_PAGE = 200


class UnitAnswer(BaseModel):
    """Where the newest visit of a unit stands."""

    serial: str
    visit: int
    disposition: str
    by: str
    reason: str


@router.get("/lines/{line}/units/{serial:path}", responses=CAMERA_PROBLEMS)
def get_unit(camera: CameraFor, plant: ThePlant, serial: Annotated[str, Path(max_length=128)]) -> UnitAnswer:
    """How a unit stands, by its serial."""
    with in_words(), plant.db.read() as tx:
        unit = units.latest(tx, camera.line_id, serial)
        if unit is None:
            raise Unknown(f"Line {camera.line!r} has never seen a unit {serial!r}.")
    return UnitAnswer(
        serial=unit.serial,
        visit=unit.visit,
        disposition=unit.verdict.value if unit.verdict else "pending",
        by=unit.by,
        reason=unit.reason,
    )


@router.get(
    "/lines/{line}/events",
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "An event for each change of a disposition."},
        **CAMERA_PROBLEMS,
    },
    response_class=EventSourceResponse,
)
async def get_events(
    camera: CameraFor,
    plant: ThePlant,
    request: Request,
    last_event_id: Annotated[str | None, Header(description="Go on after this event; the newest without it.")] = None,
) -> EventSourceResponse:
    """Every change of a unit's disposition on this line from now on, or from after `Last-Event-ID`."""
    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() and len(last_event_id) < 19 else None
    return EventSourceResponse(_events(plant, camera.line, after, request), ping=15)


async def _events(plant: Plant, line: str, after: int | None, request: Request) -> AsyncIterator[ServerSentEvent]:
    known = await asyncio.to_thread(_newest, plant)
    at = known if after is None else after
    seen = plant.changes.count
    with plant.listeners.hearing(line) as listener:
        while not plant.changes.stopping and not await request.is_disconnected():
            page = await asyncio.to_thread(_page, plant, line, at)
            for entry in page:
                at = entry.seq
                if entry.change.event == "unit_disposed":
                    if entry.seq > known:  # what was missed while nobody listened says nothing of our own speed
                        age = plant.clock() - moment(entry.at)
                        plant.meter.took(metrics.STAGE_TIMES, line, Stage.OUT, seconds=max(age.total_seconds(), 0.0))
                    yield _event(entry)
            if len(page) < _PAGE:
                listener.up_to_date()
                seen = await plant.changes.after(seen, 1.0)


def _newest(plant: Plant) -> int:
    with plant.db.read() as tx:
        return journal.last_seq(tx)


def _page(plant: Plant, line: str, after: int) -> list[Entry]:
    with plant.db.read() as tx:
        return list(journal.entries(tx, after=after, limit=_PAGE, subject=f"line/{line}/unit"))


def _event(entry: Entry) -> ServerSentEvent:
    told = json.loads(entry.change.facts)
    body = {
        "serial": told["serial"],
        "visit": told["visit"],
        "disposition": entry.change.after,
        "before": entry.change.before,
        "by": entry.change.actor,
        "reason": entry.change.reason,
        "simulated": told["simulated"],
        "at": moment(entry.at).isoformat(),
    }
    return ServerSentEvent(data=json.dumps(body), event="disposition", id=str(entry.seq))
