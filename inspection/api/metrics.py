"""Figures for Prometheus. Not part of the API's versions: Prometheus reads it where it reads everybody's."""

import asyncio
from secrets import compare_digest

from fastapi import APIRouter, Request, Response

from inspection.api.app import Plant
from inspection.api.people import who_holds
from inspection.core.people import Role

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
async def get_metrics(request: Request) -> Response:
    """Everything that is counted and measured. It tells of the AI within seconds, so it is closed to inspectors and to
    whoever has no token: it takes the one of the settings, or an engineer's."""
    plant: Plant = request.app.state.plant
    text, media_type = await asyncio.to_thread(_text, plant, request)
    return Response(text, media_type=media_type, headers={"cache-control": "no-store"})


def _text(plant: Plant, request: Request) -> tuple[bytes, str]:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    fixed = plant.metrics_token
    if not (fixed and compare_digest(token.encode(), fixed.encode())):
        who_holds(plant, token, Role.ENGINEER)
    return plant.figures.text(request.headers.get("accept", ""))
