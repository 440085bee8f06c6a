"""Images in, verdicts out."""

import asyncio
import logging
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from inspection.api.app import CAMERA_PROBLEMS, IMAGE_PROBLEMS, CameraFor, Plant, ThePlant, camera_with, in_words
from inspection.core.capture import Capture
from inspection.core.ingest import MEDIA_TYPES, Receipt
from inspection.core.metrics import REFUSED
from inspection.store import captures, units
from inspection.store.database import Unavailable
from inspection.store.lines import Camera

log = logging.getLogger("jidoka.images")
router = APIRouter(tags=["images"])
MAX_WAIT_S = 60.0
CAPTURE_ID = "The camera's own id of this capture; the same id is the same image."
CaptureId = Annotated[str, Path(description=CAPTURE_ID)]


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


class Sent(BaseModel):
    """What is said of an image next to its bytes."""

    serial: str = Field(description="The unit's serial number.")
    view: str = Field(description="Which of the recipe's views the image shows, such as 'front'.")
    captured_at: AwareDatetime = Field(description="When the image was taken, with its time zone.")
    simulated: bool = Field(False, description="True for images that no camera has taken.")
    settings: str = Field(
        "",
        description="What the camera was set to, such as `exposure_us=8000;gain_db=2`; changes are marked on charts.",
    )


_SENT = Sent.model_json_schema()
_TEXT = {"type": "string"}
_PUT: dict[str, Any] = {
    "security": [{"HTTPBearer": []}],
    "parameters": [
        {"name": "line", "in": "path", "required": True, "schema": _TEXT},
        {"name": "capture_id", "in": "path", "required": True, "schema": _TEXT, "description": CAPTURE_ID},
        *(
            {"name": name, "in": "query", "required": name in _SENT["required"], "schema": schema}
            for name, schema in _SENT["properties"].items()
        ),
    ],
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {**_TEXT, "format": "binary"}} for kind in MEDIA_TYPES.values()},
    },
}


@router.put(
    "/lines/{line}/images/{capture_id}",
    status_code=201,
    response_model=Answer,
    responses={
        200: {"model": Answer, "description": "The same capture was stored before; this is how its unit stands."},
        **IMAGE_PROBLEMS,
    },
    openapi_extra=_PUT,
)
async def put_image(request: Request) -> Response:
    """Store one image durably, and decide on it where the line's level lets the model decide.

    The body is the file as the camera made it: JPEG, PNG, BMP, TIFF or WebP. The answer comes only after the bytes and
    the record are on disk. Sending the same capture again gives the same image, never a second one.
    """
    # Everything is taken from the bare request: on the hot path, resolving parameters costs as much as storing.
    plant: Plant = request.app.state.plant
    camera = await camera_with(plant, request.path_params["line"], _token(request))
    try:
        with in_words():
            capture = _capture(camera, request)
            data = await _body(request, plant.max_image_bytes)
            receipt = await plant.intake.take_in(camera, capture, data)
    except (HTTPException, RequestValidationError, Unavailable, OSError) as error:
        plant.meter.count(REFUSED, camera.line, _status(error))
        log.info("image_refused line=%s camera=%s status=%s", camera.line, camera.name, _status(error))
        raise
    log.info(
        "image_taken_in line=%s camera=%s unit=%d image=%d repeated=%s",
        camera.line, camera.name, receipt.unit_id, receipt.image_id, receipt.repeated,
    )  # fmt: skip
    body = _answer(camera, receipt).model_dump_json()
    return Response(body, 200 if receipt.repeated else 201, media_type="application/json")


def _status(error: Exception) -> str:
    """The status that an image is not taken in with; see errors.py."""
    if isinstance(error, HTTPException):
        return str(error.status_code)
    return "422" if isinstance(error, RequestValidationError) else "503"


def _token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _capture(camera: Camera, request: Request) -> Capture:
    try:
        sent = Sent.model_validate(dict(request.query_params))
    except ValidationError as error:
        wrong = [{**e, "loc": ("query", *e["loc"])} for e in error.errors(include_url=False)]
        raise RequestValidationError(wrong) from error
    return Capture(
        capture_id=request.path_params["capture_id"],
        serial=sent.serial,
        view=sent.view,
        captured_at=sent.captured_at,
        simulated=sent.simulated or camera.simulated,
        settings=sent.settings,
    )


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
    chunks, size = [], 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > most:
            raise HTTPException(413, f"The image has more than {most / 1e6:.0f} MB. Send a smaller file.")
    return b"".join(chunks)


def _look(plant: Plant, camera: Camera, capture_id: str) -> Receipt:
    with plant.db.read() as tx:
        known = captures.known_image(tx, camera.line_id, capture_id)
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
