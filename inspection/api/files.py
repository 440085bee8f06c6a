"""Pictures, for people whose token may see them."""

from fastapi import APIRouter, Response

from inspection.api.errors import SmallBody
from inspection.api.people import PEOPLE_PROBLEMS, AsInspector, Caller, Id
from inspection.core.ingest import MEDIA_TYPES
from inspection.core.line import Unknown
from inspection.core.people import Role
from inspection.store.reports import files as report
from inspection.store.reports import sight
from inspection.store.reports.files import ImageFile

router = APIRouter(tags=["images"], route_class=SmallBody)
_BINARY = {"schema": {"type": "string", "format": "binary"}}
# Pictures are what cameras sent: a browser must not take one for a page.
_HEADERS = {"x-content-type-options": "nosniff", "cache-control": "private, no-store"}


@router.get(
    "/images/{image_id}",
    response_class=Response,
    responses={200: {"content": dict.fromkeys(MEDIA_TYPES.values(), _BINARY)}, **PEOPLE_PROBLEMS},
)
def get_picture(caller: AsInspector, image_id: Id) -> Response:
    """An image as it came."""
    file = _file(caller, image_id)
    try:
        data = caller.plant.images.get(file.sha256)
    except FileNotFoundError as error:
        raise Unknown(f"The bytes of image {image_id} are gone: run 'jidoka verify' on the server.") from error
    return Response(data, media_type=file.media_type, headers=_HEADERS)


@router.get(
    "/images/{image_id}/heatmap",
    response_class=Response,
    responses={200: {"content": {"image/png": _BINARY}}, **PEOPLE_PROBLEMS},
)
def get_heatmap(caller: AsInspector, image_id: Id) -> Response:
    """Where the AI looked. Where that must stay unknown there is none, the same as for an image without one."""
    none = Unknown("There is no heatmap of this image.")
    file = caller.read(lambda tx: report.image(tx, image_id))
    if file is None:
        raise none
    with caller.plant.db.read() as tx:
        may = sight.may_show_ai(tx, file.unit_id, caller.person.id, caller.now, inspector=not caller.may(Role.ENGINEER))
        png = report.heatmap(tx, image_id) if may else None
    if png is None:
        raise none
    return Response(png, media_type="image/png", headers=_HEADERS)


def _file(caller: Caller, image_id: int) -> ImageFile:
    file = caller.read(lambda tx: report.image(tx, image_id))
    if file is None:
        raise Unknown(f"There is no image {image_id}.")
    return file
