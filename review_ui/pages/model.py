"""One model: what it was trained from, what was tried, how far its figures can be trusted, and what looks wrong."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, Response

from inspection.core.people import Role
from inspection.store.reports import model as report
from review_ui import card
from review_ui.guard import Desk, guard
from review_ui.pages.files import kept_small

router = APIRouter()
Version = Annotated[int, Path(ge=1, lt=2**31)]


@router.get("/lines/{line}/models/{version}")
def show(desk: Annotated[Desk, guard(Role.INSPECTOR)], line: str, version: Version) -> HTMLResponse:
    """A model's card. Which good images look like defects is told to engineers alone, and nobody is told of an image
    that a person judges now."""
    page = desk.read(lambda tx: report.page(tx, line, version))
    predictor = desk.services.predictor
    costs = predictor.figures(page.model.artefact) if predictor is not None else None
    hidden = {digest for digest, origin in page.origins.items() if origin.in_review}
    return desk.page(
        "model.html", page=page, line=page.line, card=page.model.card,
        views=card.views(desk.speech.words, page.model.card), hidden=hidden, figure=card.figure, costs=costs,
    )  # fmt: skip


@router.get("/lines/{line}/models/{version}/suspects/{digest}")
def suspect(
    request: Request, desk: Annotated[Desk, guard(Role.ENGINEER)], line: str, version: Version, digest: str
) -> Response:
    """A small copy of a good image that looks like a defect."""
    origin = desk.read(lambda tx: report.page(tx, line, version)).origins.get(digest)
    if origin is None or origin.in_review:
        raise HTTPException(404)
    return kept_small(request, desk, digest)
