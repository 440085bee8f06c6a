"""Wakes the pages that are open when something has changed."""

from asyncio import sleep
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter
from sse_starlette import EventSourceResponse, ServerSentEvent

from inspection.core.people import Role
from inspection.flow.changes import Changes
from review_ui.guard import Desk, guard

router = APIRouter()
PAUSE_S = 0.5
LISTEN_S = 15.0
ROUNDS = 60  # then the browser connects anew, and is asked again who it is


@router.get("/live")
async def live(desk: Annotated[Desk, guard(Role.VIEWER)]) -> EventSourceResponse:
    """One word for every kind of change: it tells nobody what has changed, so it gives no audit away."""
    return EventSourceResponse(_tell(desk.services.changes), headers={"cache-control": "no-store"})


async def _tell(changes: Changes) -> AsyncIterator[ServerSentEvent]:
    seen = changes.count
    for _ in range(ROUNDS):
        count = await changes.after(seen, LISTEN_S)
        if changes.stopping:
            return
        if count != seen:
            yield ServerSentEvent(event="changed", data="", retry=2000)
        seen = count
        await sleep(PAUSE_S)
