"""Which bytes an image or heatmap has, and who may see them is asked of."""

from dataclasses import dataclass

from sqlalchemy import case, select

from inspection.store.database import Tx
from inspection.store.records import IMAGE, LINE, PREDICTION, SAMPLE, TASK, UNIT


@dataclass(frozen=True, kw_only=True)
class ImageFile:
    """Where an image's bytes are, and whose they are."""

    image_id: int
    unit_id: int
    line: str
    sha256: str
    media_type: str


def image(tx: Tx, image_id: int) -> ImageFile | None:
    """The file of a captured image."""
    query = (
        select(
            IMAGE.c.id.label("image_id"),
            IMAGE.c.unit_id,
            LINE.c.name.label("line"),
            IMAGE.c.sha256,
            IMAGE.c.media_type,
        )
        .join(LINE, LINE.c.id == IMAGE.c.line_id)
        .where(IMAGE.c.id == image_id)
    )
    row = tx.execute(query).one_or_none()
    return None if row is None else ImageFile(**row._mapping)


def heatmap(tx: Tx, image_id: int, model: str | None = None) -> bytes | None:
    """The heatmap PNG of an image from a model, or else from the one that its unit is scored by, before any other that
    made one. Ask `may_show_ai` first."""
    query = (
        select(PREDICTION.c.heatmap)
        .join(IMAGE, IMAGE.c.id == PREDICTION.c.image_id)
        .join(UNIT, UNIT.c.id == IMAGE.c.unit_id)
        .where(PREDICTION.c.image_id == image_id, PREDICTION.c.heatmap.is_not(None))
    )
    if model is not None:
        query = query.where(PREDICTION.c.model == model)
    own = case((PREDICTION.c.model == UNIT.c.model, 0), else_=1)
    return tx.execute(query.order_by(own, PREDICTION.c.id.desc()).limit(1)).scalar()


def may_show_ai(tx: Tx, unit_id: int, person_id: int, *, inspector: bool) -> bool:
    """Whether the AI's opinion of a unit may be shown to a person at all.

    Nobody sees it in a blind review of their own; an inspector sees it only in a review where the level shows it, or
    once the unit is settled and owes nobody a review.
    """
    live = TASK.c.state.in_(("open", "leased"))
    row = tx.execute(
        select(TASK.c.saw_ai, TASK.c.leased_by, TASK.c.state).where(TASK.c.unit_id == unit_id, live)
    ).first()
    if row is not None and row.state == "leased" and row.leased_by == person_id:
        return bool(row.saw_ai)
    if not inspector:
        return True
    unit = tx.execute(
        select(UNIT.c.verdict, UNIT.c.audited, UNIT.c.person_verdict).where(UNIT.c.id == unit_id)
    ).one_or_none()
    open_audit = unit is not None and unit.audited and unit.person_verdict is None
    return row is None and unit is not None and unit.verdict is not None and not open_audit


def is_sample(tx: Tx, line: str, digest: str) -> bool:
    """Whether a line trains from that image."""
    query = select(SAMPLE.c.id).join(LINE, LINE.c.id == SAMPLE.c.line_id)
    return tx.execute(query.where(LINE.c.name == line, SAMPLE.c.sha256 == digest)).first() is not None
