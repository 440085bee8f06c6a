"""Good photos are put in, and models are trained from them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, HTTPException, Query, Request, UploadFile
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from inspection.core.ingest import UnfitBytes
from inspection.core.people import Role
from inspection.core.train import MIN_GOOD_IMAGES, UNNAMED, Untrainable
from inspection.flow import train
from inspection.store.reports import files
from inspection.store.reports import line as report
from inspection.store.reports import train as training
from review_ui import texts
from review_ui.card import suspects_in
from review_ui.guard import Desk, guard
from review_ui.pages.files import kept_small

router = APIRouter()
Engineer = Annotated[Desk, guard(Role.ENGINEER)]
Inspector = Annotated[Desk, guard(Role.INSPECTOR)]
MAX_FILE = 64 * 1024 * 1024
USEFUL_IMAGES = 50
NEWEST, MOST_FOUND = 24, 120


@router.get("/lines/{line}/training")
def show(desk: Inspector, line: str, find: Annotated[str, Query(max_length=200)] = "") -> HTMLResponse:
    """The line's photos, or those with `find` in their name or type, its trainings and models."""
    return _page(desk, line, find=find.strip())


@router.post("/lines/{line}/samples")
def add_samples(
    desk: Engineer, line: str, view: Annotated[str, Form(max_length=64)], files: list[UploadFile],
    shows: Annotated[Literal["good", "defect"], Form()] = "good", defect: Annotated[str, Form(max_length=100)] = "",
) -> Response:  # fmt: skip
    """Keep photos of good parts, or of a defect whose type may stay unnamed; a script sends them one by one, a plain
    form all at once."""
    added, refused = 0, []
    for file in files:
        try:
            added += _keep(desk, line, view, file, (defect.strip() or UNNAMED) if shows == "defect" else "")
        except (UnfitBytes, Untrainable) as error:
            refused.append(f"{file.filename}: {desk.speech.said(error)}")
    if "x-csrf-token" in desk.request.headers:
        words = texts.plural(desk.speech.words.training.added, added)
        return PlainTextResponse(" ".join(refused) or words, status_code=422 if refused else 200)
    if refused:
        return _page(desk, line, status=422, problem=" ".join(refused))
    return desk.go(f"/lines/{line}/training")


@router.post("/lines/{line}/samples/{digest}/remove")
def remove_sample(
    desk: Engineer, line: str, digest: str, model: Annotated[int, Form(ge=0)] = 0,
    view: Annotated[str, Form(max_length=64)] = "",
) -> Response:  # fmt: skip
    """Take a photo out of what the line trains from; back to the suspects of the model and view it was seen at."""
    desk.write(lambda tx: train.remove_sample(tx, line=line, sha256=digest, by=desk.person.name, now=desk.now))
    return desk.go(f"/lines/{line}/models/{model}#suspects-{view}" if model else f"/lines/{line}/training#photos")


@router.get("/lines/{line}/samples/{digest}")
def sample(request: Request, desk: Inspector, line: str, digest: str) -> Response:
    """A small copy of a training photo."""
    if not desk.read(lambda tx: files.is_sample(tx, line, digest)):
        raise HTTPException(404)
    return kept_small(request, desk, digest)


@router.post("/lines/{line}/train")
def start(desk: Engineer, line: str) -> Response:
    """Train a new model in the background."""
    try:
        desk.write(lambda tx: train.request(tx, line=line, by=desk.person.name, now=desk.now))
    except Untrainable as refused:
        return _page(desk, line, status=422, problem=str(refused))
    desk.services.start_job()
    return desk.go(f"/lines/{line}/training")


@router.post("/lines/{line}/train/{job_id}/cancel")
def cancel(desk: Engineer, line: str, job_id: int) -> Response:
    """Stop a training."""
    desk.write(lambda tx: train.cancel(tx, job_id=job_id, by=desk.person.name, now=desk.now))
    return desk.go(f"/lines/{line}/training")


def _keep(desk: Desk, line: str, view: str, file: UploadFile, defect: str) -> bool:
    data = file.file.read(MAX_FILE + 1)
    if len(data) > MAX_FILE:
        raise UnfitBytes(f"A photo has at most {MAX_FILE // 1024 // 1024} MB.")
    stored = desk.services.images.put(data)
    return desk.write(
        lambda tx: train.add_sample(
            tx, line=line, view=view, name=(file.filename or "")[-200:], sha256=stored.sha256, by=desk.person.name,
            now=desk.now, defect=defect,
        )
    )  # fmt: skip


def _page(desk: Desk, name: str, *, status: int = 200, problem: str = "", find: str = "") -> HTMLResponse:
    with desk.services.db.read() as tx:
        page = report.page(tx, name, desk.now)
        photos = training.samples(tx, name, MOST_FOUND if find else NEWEST, find)
        live = training.running(tx, name, desk.now)
    ready = all(count.put_in + count.passed >= MIN_GOOD_IMAGES for count in page.samples)
    told: dict[str, Any] = {"problem": problem, "find": find, "least": MIN_GOOD_IMAGES, "useful": USEFUL_IMAGES}
    suspects = {model.version: suspects_in(model.card) for model in page.models}
    return desk.page(
        "training.html",
        suspects=suspects,
        status=status,
        page=page,
        line=page.line,
        photos=photos,
        live=live,
        ready=ready,
        **told,
    )
