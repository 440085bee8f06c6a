"""Which bytes an image or heatmap has."""

from dataclasses import dataclass

from sqlalchemy import case, select

from inspection.store.database import Tx
from inspection.store.records import IMAGE, LINE, PREDICTION, SAMPLE, UNIT


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
    made one. Ask `sight.may_show_ai` first."""
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


def is_sample(tx: Tx, line: str, digest: str) -> bool:
    """Whether a line trains from that image."""
    query = select(SAMPLE.c.id).join(LINE, LINE.c.id == SAMPLE.c.line_id)
    return tx.execute(query.where(LINE.c.name == line, SAMPLE.c.sha256 == digest)).first() is not None
