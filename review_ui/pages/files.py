"""Pictures, for people who are signed in."""

import io
from typing import Annotated

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response
from PIL import Image

from inspection.core.people import Role
from inspection.store.reports import files as report
from inspection.store.reports import sight
from inspection.store.reports.files import ImageFile
from review_ui.guard import Desk, guard

router = APIRouter()
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
SHOWN_BY_BROWSERS = ("image/jpeg", "image/png", "image/webp", "image/bmp")
THUMB = 360
KEEP = {"cache-control": "private, max-age=31536000, immutable"}


@router.get("/images/{image_id}")
def picture(request: Request, desk: Inspector, image_id: int) -> Response:
    """A captured image as it came; TIFF, which browsers do not show, as PNG."""
    file = _file(desk, image_id)
    if _fresh(request, file.sha256):
        return Response(status_code=304, headers={**KEEP, "etag": f'"{file.sha256}"'})
    data, media_type = _bytes(desk, file), file.media_type
    if media_type not in SHOWN_BY_BROWSERS:
        data, media_type = _as_png(data), "image/png"
    return Response(data, media_type=media_type, headers={**KEEP, "etag": f'"{file.sha256}"'})


@router.get("/images/{image_id}/thumb")
def thumb(request: Request, desk: Inspector, image_id: int) -> Response:
    """A small copy for lists."""
    file = _file(desk, image_id)
    tag = f"{file.sha256}-{THUMB}"
    if _fresh(request, tag):
        return Response(status_code=304, headers={**KEEP, "etag": f'"{tag}"'})
    return Response(small_copy(_bytes(desk, file)), media_type="image/jpeg", headers={**KEEP, "etag": f'"{tag}"'})


@router.get("/images/{image_id}/heatmap")
def heatmap(desk: Inspector, image_id: int) -> Response:
    """Where the AI looked; where it must stay unknown there is none, the same as for an image without one."""
    file = _file(desk, image_id)
    inspector = not desk.may(Role.ENGINEER)
    with desk.services.db.read() as tx:
        may = sight.may_show_ai(tx, file.unit_id, desk.person.id, desk.now, inspector=inspector)
        png = report.heatmap(tx, image_id) if may else None
    if png is None:
        raise HTTPException(404)
    return Response(png, media_type="image/png")


def kept_small(request: Request, desk: Desk, digest: str) -> Response:
    """A small copy of the bytes with that hash, which the browser may keep; whether it may be seen is asked before."""
    tag = f"{digest}-small"
    headers = {**KEEP, "etag": f'"{tag}"'}
    if _fresh(request, tag):
        return Response(status_code=304, headers=headers)
    try:
        data = desk.services.images.get(digest)
    except FileNotFoundError as error:
        raise HTTPException(404) from error
    return Response(small_copy(data), media_type="image/jpeg", headers=headers)


def _file(desk: Desk, image_id: int) -> ImageFile:
    file = desk.read(lambda tx: report.image(tx, image_id)) if 0 < image_id < 2**63 else None
    if file is None:
        raise HTTPException(404)
    return file


def _bytes(desk: Desk, file: ImageFile) -> bytes:
    try:
        return desk.services.images.get(file.sha256)
    except FileNotFoundError as error:
        raise HTTPException(404) from error


def _fresh(request: Request, tag: str) -> bool:
    return f'"{tag}"' in request.headers.get("if-none-match", "")


def _as_png(data: bytes) -> bytes:
    out = io.BytesIO()
    _decoded(data).save(out, "PNG", compress_level=1)
    return out.getvalue()


def small_copy(data: bytes) -> bytes:
    """A JPEG for lists, at most 360 pixels wide or high; 404 for bytes that cannot be shown."""
    small = _decoded(data, draft=THUMB)
    small.thumbnail((THUMB, THUMB))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=80)
    return out.getvalue()


def _decoded(data: bytes, draft: int | None = None) -> Image.Image:
    try:
        with Image.open(io.BytesIO(data)) as image:
            if draft is not None:
                image.draft("RGB", (draft, draft))  # a JPEG is decoded at a fraction of its size
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError) as error:  # stored whole, but cut short or damaged by its sender
        raise HTTPException(404) from error
