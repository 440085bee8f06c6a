"""The queue, and the sheet an inspector works from. What a blind inspector must not see is not read at all."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from inspection.core.moment import micros, moment
from inspection.core.predict import Finding
from inspection.core.review import Load, together
from inspection.store import known, lines, queue, units
from inspection.store.database import Tx
from inspection.store.records import DOUBT, IMAGE, LABEL, PREDICTION, TASK, findings_from


@dataclass(frozen=True, kw_only=True)
class QueueLine:
    """How much of one line waits for people."""

    name: str
    title: str
    simulated: bool
    load: Load
    second_opinions: int
    seconds_each: float | None


@dataclass(frozen=True, kw_only=True)
class QueueState:
    """The whole queue by line, and what this person has done today."""

    lines: tuple[QueueLine, ...]
    load: Load
    done_by_me: int


@dataclass(frozen=True, kw_only=True)
class AiImage:
    """What the model says of one image, for inspectors who may see it."""

    score: float | None
    findings: tuple[Finding, ...]
    has_heatmap: bool
    failure: str | None


@dataclass(frozen=True, kw_only=True)
class SheetImage:
    """One image of the unit under review, oldest first; `ai` is None where it must not be seen."""

    image_id: int
    view: str
    width: int
    height: int
    captured_at: datetime
    unfit: str | None
    ai: AiImage | None


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """Everything an inspector gets of a unit. `suspicious` is the AI's leaning, None where it must not be seen;
    `doubts` are the notes, some empty, of those who were unsure of the unit and left it to others."""

    task_id: int
    unit_id: int
    serial: str
    visit: int
    line: str
    line_title: str
    simulated: bool
    opened_at: datetime
    views: tuple[str, ...]
    missing_views: tuple[str, ...]
    defect_types: tuple[str, ...]
    images: tuple[SheetImage, ...]
    shows_ai: bool
    suspicious: bool | None
    doubts: tuple[str, ...]


def queue_state(tx: Tx, person_id: int, now: datetime) -> QueueState:
    """The queue as every inspector sees it: audits and all the rest are counted alike."""
    rows = [
        QueueLine(
            name=line.line.name,
            title=line.line.title,
            simulated=line.line.simulated,
            load=queue.load(tx, line.id, now),
            second_opinions=queue.second_opinions(tx, line.id),
            seconds_each=queue.typical_seconds(tx, line.id),
        )
        for line in lines.all_in_force(tx)
    ]
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    mine = tx.execute(
        select(func.count()).where(LABEL.c.person_id == person_id, LABEL.c.at >= micros(day), LABEL.c.effective)
    ).scalar_one()
    mine += known.answered_since(tx, person_id, day)
    return QueueState(lines=tuple(rows), load=together(row.load for row in rows), done_by_me=mine)


def sheet(tx: Tx, task_id: int) -> Sheet | None:
    """The sheet of a task that is leased; what it shows was fixed when it was given out."""
    task = tx.execute(select(TASK.c.unit_id, TASK.c.saw_ai).where(TASK.c.id == task_id)).one_or_none()
    if task is None:
        return None
    unit = units.get(tx, task.unit_id)
    line = lines.in_force_by_id(tx, unit.line_id).deciding(unit.rollout_id)
    model, disguised = line.policy.terms.model, known.showing(tx, task_id)
    images = tuple(
        SheetImage(
            image_id=row.id,
            view=row.view,
            width=row.width,
            height=row.height,
            captured_at=moment(row.captured_at) if disguised is None else disguised.opened_at,
            unfit=row.unfit,
            ai=_ai(tx, row.id, model) if task.saw_ai and model else None,
        )
        for row in tx.execute(
            select(IMAGE.c.id, IMAGE.c.view, IMAGE.c.width, IMAGE.c.height, IMAGE.c.captured_at, IMAGE.c.unfit)
            .where(IMAGE.c.unit_id == unit.id)
            .order_by(IMAGE.c.id)
        )
    )
    views = line.line.recipe.views
    shown = {image.view for image in images}
    return Sheet(
        task_id=task_id,
        unit_id=unit.id,
        serial=unit.serial if disguised is None else disguised.serial,
        visit=unit.visit if disguised is None else 1,
        line=line.line.name,
        line_title=line.line.title,
        simulated=unit.simulated or line.line.simulated,
        opened_at=unit.opened_at if disguised is None else disguised.opened_at,
        views=views,
        missing_views=tuple(view for view in views if view not in shown),
        defect_types=line.line.recipe.defect_types,
        images=images,
        shows_ai=task.saw_ai,
        suspicious=_suspicious(images) if task.saw_ai else None,
        doubts=_doubts(tx, task_id, task.saw_ai),
    )


def images_of(tx: Tx, unit_id: int | None) -> tuple[int, ...]:
    """The ids of a unit's images, and nothing else of it."""
    return tuple(tx.execute(select(IMAGE.c.id).where(IMAGE.c.unit_id == unit_id).order_by(IMAGE.c.id)).scalars())


def _doubts(tx: Tx, task_id: int, saw_ai: bool) -> tuple[str, ...]:
    """What those wrote who were unsure before; not those who were shown what this reader is not."""
    query = select(DOUBT.c.note, DOUBT.c.saw_ai).where(DOUBT.c.task_id == task_id).order_by(DOUBT.c.id)
    return tuple(row.note if saw_ai or not row.saw_ai else "" for row in tx.execute(query))


def _ai(tx: Tx, image_id: int, model: str) -> AiImage | None:
    columns = (
        PREDICTION.c.score,
        PREDICTION.c.findings,
        PREDICTION.c.failure,
        PREDICTION.c.heatmap.is_not(None).label("map"),
    )
    query = select(*columns).where(PREDICTION.c.image_id == image_id, PREDICTION.c.model == model)
    row = tx.execute(query.order_by(PREDICTION.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return AiImage(score=row.score, findings=findings_from(row.findings), has_heatmap=row.map, failure=row.failure)


def _suspicious(images: tuple[SheetImage, ...]) -> bool | None:
    """The AI leans to reject where its map shows a place over its own limit; None when it has no opinion."""
    opinions = [image.ai for image in images if image.ai is not None and image.ai.failure is None]
    return any(opinion.findings for opinion in opinions) if opinions else None
