"""Images in, verdicts out."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from pydantic import AwareDatetime, BaseModel

from inspection.api.app import CAMERA_PROBLEMS, IMAGE_PROBLEMS, CameraFor, Plant, ThePlant, in_words
from inspection.core.capture import Capture
from inspection.core.ingest import Receipt
from inspection.store import units
from inspection.store.lines import Camera

router = APIRouter(tags=["images"])
MAX_WAIT_S = 60.0
CaptureId = Annotated[str, Path(description="The camera's own id of this capture; the same id is the same image.")]


class Answer(BaseModel):
    """Where a unit stands. `pending` means that a person, a model or another view is awaited: ask `wait` for news."""

    capture_id: str
    serial: str
    view: str
    visit: int
    disposition: Literal["pass", "reject", "pending"]
    by: str
    reason: str
    repeated: bool
    wait: str
    events: str


@router.put(
    "/lines/{line}/images/{capture_id}",
    status_code=201,
    responses={
        200: {"model": Answer, "description": "The same capture was stored before; this is how its unit stands."},
        **IMAGE_PROBLEMS,
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("image/jpeg", "image/png", "image/bmp", "image/tiff", "image/webp")
            },
        }
    },
)
async def put_image(
    camera: CameraFor,
    plant: ThePlant,
    request: Request,
    response: Response,
    capture_id: CaptureId,
    serial: Annotated[str, Query(description="The unit's serial number.")],
    view: Annotated[str, Query(description="Which of the recipe's views the image shows, such as 'front'.")],
    captured_at: Annotated[AwareDatetime, Query(description="When the image was taken, with its time zone.")],
    simulated: Annotated[bool, Query(description="True for images that no camera has taken.")] = False,
) -> Answer:
    """Store one image durably, and decide on it where the line's level lets the model decide.

    The body is the file as the camera made it: JPEG, PNG, BMP, TIFF or WebP. The answer comes only after the bytes and
    the record are on disk. Sending the same capture again gives the same image, never a second one.
    """
    with in_words():
        capture = Capture(
            capture_id=capture_id,
            serial=serial,
            view=view,
            captured_at=captured_at,
            simulated=simulated or camera.simulated,
        )
        data = await _body(request, plant.max_image_bytes)
        receipt = await plant.intake.take_in(camera, capture, data)
    if receipt.repeated:
        response.status_code = 200
    return _answer(camera, receipt)


@router.get("/lines/{line}/images/{capture_id}", responses=CAMERA_PROBLEMS)
async def get_image(
    camera: CameraFor,
    plant: ThePlant,
    capture_id: CaptureId,
    wait_s: Annotated[float, Query(ge=0, le=MAX_WAIT_S, description="Wait so long for a disposition.")] = 0.0,
) -> Answer:
    """How the unit of a capture stands; with `wait_s`, answered as soon as it is settled."""
    until = asyncio.get_running_loop().time() + wait_s
    seen = plant.changes.count
    while True:
        receipt = await asyncio.to_thread(_look, plant, camera, capture_id)
        left = until - asyncio.get_running_loop().time()
        if receipt.verdict is not None or left <= 0 or plant.changes.stopping:
            return _answer(camera, receipt)
        seen = await plant.changes.after(seen, min(left, 1.0))


async def _body(request: Request, most: int) -> bytes:
    """The whole body, never holding more than `most` bytes of it."""
    stated = request.headers.get("content-length", "")
    if stated and (not stated.isdigit() or int(stated) > most):
        raise HTTPException(413, f"The image has more than {most / 1e6:.0f} MB. Send a smaller file.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise HTTPException(413, f"The image has more than {most / 1e6:.0f} MB. Send a smaller file.")
    return bytes(body)


def _look(plant: Plant, camera: Camera, capture_id: str) -> Receipt:
    with plant.db.read() as tx:
        known = units.known_image(tx, camera.line_id, capture_id)
        if known is None:
            raise HTTPException(404, f"Line {camera.line!r} has no capture {capture_id!r}.")
        unit = units.get(tx, known.unit_id)
    return Receipt(
        image_id=known.id,
        unit_id=unit.id,
        capture_id=capture_id,
        serial=unit.serial,
        visit=unit.visit,
        view=known.fingerprint.view,
        verdict=unit.verdict,
        by=unit.by,
        reason=unit.reason,
    )


def _answer(camera: Camera, receipt: Receipt) -> Answer:
    here = f"/api/v1/lines/{camera.line}"
    return Answer(
        capture_id=receipt.capture_id,
        serial=receipt.serial,
        view=receipt.view,
        visit=receipt.visit,
        disposition=receipt.verdict.value if receipt.verdict else "pending",
        by=receipt.by,
        reason=receipt.reason,
        repeated=receipt.repeated,
        wait=f"{here}/images/{receipt.capture_id}?wait_s=30",
        events=f"{here}/events",
    )
