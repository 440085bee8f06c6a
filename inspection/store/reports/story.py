"""The whole story of a unit."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from inspection.core.capture import Quality
from inspection.core.decide import Verdict
from inspection.core.line import Unknown
from inspection.core.moment import moment
from inspection.core.predict import Finding
from inspection.store import journal
from inspection.store.database import Tx
from inspection.store.records import (
    CAMERA,
    IMAGE,
    LABEL,
    LINE,
    MODEL,
    PERSON,
    POLICY,
    PREDICTION,
    UNIT,
    findings_from,
)
from inspection.store.reports import sight


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """What one model said of one image, or why it said nothing."""

    model_version: int | None
    score: float | None
    novelty: float | None
    novel: bool
    findings: tuple[Finding, ...]
    has_heatmap: bool
    milliseconds: float
    failure: str | None
    detail: str


@dataclass(frozen=True, kw_only=True)
class StoryImage:
    """One image of a unit: how it came, how it looked, and what was decided. `outcome` and what belongs to it are
    None or empty where the reader must not know the AI's opinion."""

    image_id: int
    view: str
    camera: str
    capture_id: str
    width: int
    height: int
    size: int
    sha256: str
    captured_at: datetime
    received_at: datetime
    skew_s: float
    quality: Quality | None
    unfit: str | None
    policy: int | None
    outcome: str | None
    reason: str
    detail: str
    decided_at: datetime | None
    opinions: tuple[Opinion, ...]


@dataclass(frozen=True, kw_only=True)
class StoryLabel:
    """What a person said of a unit."""

    person: str
    verdict: Verdict
    defect_types: tuple[str, ...]
    findings: tuple[Finding, ...]
    note: str
    seconds: float
    saw_ai: bool
    effective: bool
    simulated: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class StoryEntry:
    """One change of state of a unit, from the journal."""

    seq: int
    at: datetime
    event: str
    actor: str
    before: str
    after: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One visit of a unit to the line. `audited` is None where the reader must not know."""

    unit_id: int
    serial: str
    visit: int
    verdict: Verdict | None
    by: str
    reason: str
    audited: bool | None
    simulated: bool
    opened_at: datetime
    settled_at: datetime | None
    images: tuple[StoryImage, ...]
    labels: tuple[StoryLabel, ...]
    journal: tuple[StoryEntry, ...]


def story(
    tx: Tx, line: str, serial: str, hide_ai: frozenset[int] = frozenset(), hide_all: frozenset[int] = frozenset(),
    *, without: frozenset[int] = frozenset(),
) -> tuple[Visit, ...]:  # fmt: skip
    """Every visit of a unit, newest first; `hide_ai` names visits (by unit id) whose AI opinion must stay unknown
    (see sight.may_show_ai), `hide_all` those of which what people said must as well, and `without` those that are left
    out.

    Raises Unknown when no visit is left.
    """
    query = select(UNIT).join(LINE, LINE.c.id == UNIT.c.line_id).where(LINE.c.name == line, UNIT.c.serial == serial)
    rows = [row for row in tx.execute(query.order_by(UNIT.c.visit.desc())) if row.id not in without]
    if not rows:
        raise Unknown(
            f"Line {line!r} knows no unit {serial!r}. Check the serial, or search the list; of a unit that somebody "
            "judges just now nothing is told for a while."
        )
    return tuple(_visit(tx, line, row._mapping, hide=row.id in hide_ai, hide_all=row.id in hide_all) for row in rows)


def story_for(tx: Tx, line: str, serial: str, person_id: int, now: datetime, *, inspector: bool) -> tuple[Visit, ...]:
    """The story as that person may know it: of a visit whose blind review is open, nothing of the AI. A unit in hand is
    as unknown to inspectors as the serial of one in disguise."""
    line_id = select(LINE.c.id).where(LINE.c.name == line).scalar_subquery()
    own = (UNIT.c.line_id == line_id, UNIT.c.serial == serial)  # the index has serials line by line
    in_hand = sight.in_hand(now) if inspector else sight.in_disguise(now)
    unseen = frozenset(tx.execute(select(UNIT.c.id).where(*own, in_hand)).scalars())
    hide = frozenset(
        unit_id
        for unit_id in visits(tx, line, serial)
        if not sight.may_show_ai(tx, unit_id, person_id, now, inspector=inspector)
    )
    return story(tx, line, serial, hide, unseen, without=unseen if inspector else frozenset())


def visits(tx: Tx, line: str, serial: str) -> tuple[int, ...]:
    """The unit ids of a serial's visits."""
    query = (
        select(UNIT.c.id).join(LINE, LINE.c.id == UNIT.c.line_id).where(LINE.c.name == line, UNIT.c.serial == serial)
    )
    return tuple(tx.execute(query).scalars())


def _visit(tx: Tx, line: str, r: object, *, hide: bool, hide_all: bool) -> Visit:
    row = dict(r)  # type: ignore[call-overload]
    label = row["serial"] if row["visit"] == 1 else f"{row['serial']}#{row['visit']}"
    entries = journal.of(tx, f"line/{line}/unit/{label}", limit=500)
    shown = [e for e in entries if not hide or e.change.event in sight.UNTELLING]
    shown = [e for e in shown if not hide_all or e.change.event == "image_stored"]
    blank = hide_all or (hide and (row["person_verdict"] is None or row["by"] != "person"))
    settled = row["settled_at"]
    return Visit(
        unit_id=row["id"],
        serial=row["serial"],
        visit=row["visit"],
        verdict=Verdict(row["verdict"]) if row["verdict"] and not blank else None,
        by="person" if blank else row["by"],
        reason="waits_for_review" if blank else row["reason"],
        audited=None if hide else row["audited"],
        simulated=row["simulated"],
        opened_at=moment(row["opened_at"]),
        settled_at=moment(settled) if settled is not None and not blank else None,
        images=tuple(_images(tx, row["id"], hide=hide)),
        labels=() if hide_all else tuple(_labels(tx, row["id"])),
        journal=tuple(
            StoryEntry(
                seq=e.seq,
                at=moment(e.at),
                event=e.change.event,
                actor=e.change.actor,
                before=e.change.before,
                after=e.change.after,
                reason=e.change.reason,
            )
            for e in shown
        ),
    )


def _images(tx: Tx, unit_id: int, *, hide: bool) -> list[StoryImage]:
    query = (
        select(IMAGE, CAMERA.c.name.label("camera"), POLICY.c.number.label("policy"))
        .join(CAMERA, CAMERA.c.id == IMAGE.c.camera_id)
        .outerjoin(POLICY, POLICY.c.id == IMAGE.c.policy_id)
        .where(IMAGE.c.unit_id == unit_id)
        .order_by(IMAGE.c.id)
    )
    return [_image(tx, row._mapping, hide=hide) for row in tx.execute(query)]


def _image(tx: Tx, r: object, *, hide: bool) -> StoryImage:
    row = dict(r)  # type: ignore[call-overload]
    quality = None
    if row["brightness"] is not None:
        quality = Quality(**{name: row[name] for name in ("brightness", "contrast", "sharpness", "saturated")})
    decided = row["decided_at"]
    same = ("view", "camera", "capture_id", "width", "height", "size", "sha256", "skew_s", "unfit")
    return StoryImage(
        image_id=row["id"],
        quality=quality,
        captured_at=moment(row["captured_at"]),
        received_at=moment(row["received_at"]),
        decided_at=moment(decided) if decided is not None else None,
        policy=None if hide else row["policy"],
        outcome=None if hide else row["outcome"],
        reason="" if hide else row["reason"],
        detail="" if hide else row["detail"],
        opinions=() if hide else tuple(_opinions(tx, row["id"])),
        **{name: row[name] for name in same},
    )


def _opinions(tx: Tx, image_id: int) -> list[Opinion]:
    query = (
        select(PREDICTION, MODEL.c.version)
        .outerjoin(MODEL, MODEL.c.artefact == PREDICTION.c.model)
        .where(PREDICTION.c.image_id == image_id)
        .order_by(PREDICTION.c.id)
    )
    return [
        Opinion(
            model_version=r.version,
            score=r.score,
            novelty=r.novelty,
            novel=r.novel,
            findings=findings_from(r.findings),
            has_heatmap=r.heatmap is not None,
            milliseconds=r.milliseconds,
            failure=r.failure,
            detail=r.detail,
        )
        for r in tx.execute(query)
    ]


def _labels(tx: Tx, unit_id: int) -> list[StoryLabel]:
    query = (
        select(LABEL, PERSON.c.name).join(PERSON, PERSON.c.id == LABEL.c.person_id).where(LABEL.c.unit_id == unit_id)
    )
    return [
        StoryLabel(
            person=r.name,
            verdict=Verdict(r.verdict),
            defect_types=tuple(json.loads(r.defect_types)),
            findings=findings_from(r.findings),
            note=r.note,
            seconds=r.seconds,
            saw_ai=r.saw_ai,
            effective=r.effective,
            simulated=r.simulated,
            at=moment(r.at),
        )
        for r in tx.execute(query.order_by(LABEL.c.id))
    ]
