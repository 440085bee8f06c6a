"""Certificates of a line, the labels they are made from, and the state of its guards."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import case, delete, exists, func, insert, or_, select, update

from inspection.core.certificate import Certificate, as_json, from_json
from inspection.core.decide import Verdict
from inspection.core.eprocess import Process
from inspection.core.eprocess import as_json as process_body
from inspection.core.eprocess import from_json as process_from
from inspection.core.label import UNDO_WITHIN
from inspection.core.level import Level
from inspection.core.moment import micros, moment
from inspection.core.sample import Evidence
from inspection.store.records import (
    ALARM,
    CAMERA,
    CERTIFICATE,
    DISPUTE,
    GUARD,
    IMAGE,
    LABEL,
    POLICY,
    PREDICTION,
    SHOWING,
    UNIT,
    dump,
)
from inspection.store.transaction import Tx

_UPSET = ("light", "escapes", "overkill", "overturns")  # alarms after which labels from before prove nothing
_ALL_LABELLED = (str(Level.HUMAN_ONLY), str(Level.SHADOW))  # people inspect every unit there, blind


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A certificate as its row has it."""

    id: int
    number: int
    certificate: Certificate
    by: str
    at: datetime
    voided_at: datetime | None
    void_reason: str


def add(tx: Tx, line_id: int, certificate: Certificate, by: str, now: datetime) -> int:
    """Keep a certificate; its number on the line."""
    last = tx.execute(select(func.max(CERTIFICATE.c.number)).where(CERTIFICATE.c.line_id == line_id)).scalar()
    number = (last or 0) + 1
    values = {
        "line_id": line_id, "number": number, "model": certificate.model, "body": dump(as_json(certificate)), "by": by,
        "at": micros(now), "void_reason": "",
    }  # fmt: skip
    tx.execute(insert(CERTIFICATE).values(values))
    return number


def of_model(tx: Tx, line_id: int, model: str | None, limit: int = 20) -> list[Kept]:
    """The newest certificates of that model on the line, or of any model, voided ones too, newest first."""
    query = select(CERTIFICATE).where(CERTIFICATE.c.line_id == line_id)
    if model is not None:
        query = query.where(CERTIFICATE.c.model == model)
    return [
        Kept(
            id=row.id,
            number=row.number,
            certificate=from_json(json.loads(row.body)),
            by=row.by,
            at=moment(row.at),
            voided_at=None if row.voided_at is None else moment(row.voided_at),
            void_reason=row.void_reason,
        )
        for row in tx.execute(query.order_by(CERTIFICATE.c.id.desc()).limit(limit))
    ]


def void(tx: Tx, certificate_id: int, reason: str, now: datetime) -> None:
    """End a certificate for good; the first reason stays."""
    query = update(CERTIFICATE).where(CERTIFICATE.c.id == certificate_id, CERTIFICATE.c.voided_at.is_(None))
    tx.execute(query.values(voided_at=micros(now), void_reason=reason))


def cameras(tx: Tx, line_id: int) -> tuple[str, ...]:
    """Names of the line's cameras that may send images."""
    query = select(CAMERA.c.name).where(CAMERA.c.line_id == line_id, CAMERA.c.revoked_at.is_(None))
    return tuple(tx.execute(query.order_by(CAMERA.c.name)).scalars())


def settled_since(tx: Tx, line_id: int) -> datetime:
    """Since when the line has been as it is: its last camera came or went, its light was mended, a certificate was
    voided, or a guard said that the AI errs too often, whatever was last. A camera's new token changes nothing."""
    device = func.coalesce(CAMERA.c.revoked_at, CAMERA.c.created_at)
    came = select(func.max(device)).where(CAMERA.c.line_id == line_id)
    voided = select(func.max(CERTIFICATE.c.voided_at)).where(CERTIFICATE.c.line_id == line_id)
    mended = select(func.max(func.coalesce(ALARM.c.cleared_at, ALARM.c.opened_at))).where(
        ALARM.c.line_id == line_id, ALARM.c.kind.in_(_UPSET)
    )
    return moment(max(tx.execute(query).scalar() or 0 for query in (came, voided, mended)))


def evidence(tx: Tx, line_id: int, recipe_id: int, model: str, since: datetime, until: datetime) -> Evidence:
    """Units of the window that the model was asked about, in force or in shadow, with a blind label that counts and
    cannot be taken back any more.

    Where people inspect every unit blind, each was sure to be labelled; elsewhere only audited ones count, each with
    the probability it was drawn with. The score is the worst of the images that could be settled by it, those that are
    neither unfit nor novel, and no number where there is none. A unit with another image besides would go to a person
    unless it is rejected; it counts as settled by its score, which errs to the safe side.
    """
    judged = (  # few of all units, so that no others' images are read
        select(UNIT.c.id)
        .where(UNIT.c.line_id == line_id, UNIT.c.recipe_id == recipe_id, UNIT.c.person_verdict.is_not(None))
        .where(UNIT.c.opened_at >= micros(since), UNIT.c.opened_at < micros(until))
        .subquery()
    )
    ordinary = IMAGE.c.unfit.is_(None) & PREDICTION.c.novel.is_(False)
    seen = (
        select(
            IMAGE.c.unit_id,
            func.max(case((ordinary, PREDICTION.c.score), else_=None)).label("score"),
            func.max(case((POLICY.c.level.in_(_ALL_LABELLED), 0), else_=1)).label("drawn"),
        )
        .join(PREDICTION, PREDICTION.c.image_id == IMAGE.c.id)
        .join(POLICY, POLICY.c.id == IMAGE.c.policy_id)
        .join(judged, judged.c.id == IMAGE.c.unit_id)
        .where(PREDICTION.c.model == model, IMAGE.c.received_at >= micros(since))
        .group_by(IMAGE.c.unit_id)
        .subquery()
    )
    counts = (LABEL.c.unit_id == UNIT.c.id, LABEL.c.effective, LABEL.c.saw_ai.is_(False))
    blind = exists(select(LABEL.c.id).where(*counts, LABEL.c.at <= micros(until - UNDO_WITHIN)))
    # What was settled as defective later is; what was settled as good stays as its label says.
    proved_defective = or_(
        *(exists().where(one.c.unit_id == UNIT.c.id, one.c.truth == str(Verdict.REJECT)) for one in (SHOWING, DISPUTE))
    )
    query = (
        select(
            UNIT.c.serial,
            UNIT.c.visit,
            or_(UNIT.c.person_verdict == str(Verdict.REJECT), proved_defective).label("defective"),
            UNIT.c.audited,
            UNIT.c.audit_probability,
            seen.c.score,
            seen.c.drawn,
        )
        .join(seen, seen.c.unit_id == UNIT.c.id)
        .where(blind)
        .order_by(UNIT.c.id)
    )
    return _evidence([row for row in tx.execute(query).all() if row.audited or not row.drawn])


def _evidence(rows: Sequence[Any]) -> Evidence:
    return Evidence(
        units=tuple(f"{row.serial}#{row.visit}" for row in rows),
        scores=np.array([math.nan if row.score is None else row.score for row in rows], np.float64),
        defective=np.array([row.defective for row in rows], bool),
        inclusion=np.array([row.audit_probability if row.drawn else 1.0 for row in rows], np.float64),
    )


@dataclass(frozen=True, kw_only=True)
class KeptGuard:
    """A guard's process under a key; another key means another policy, for which it begins anew."""

    key: str
    process: Process
    begun_at: datetime


def guard(tx: Tx, line_id: int, kind: str) -> KeptGuard | None:
    """The line's guard of that kind, as it stands after the last label."""
    query = select(GUARD).where(GUARD.c.line_id == line_id, GUARD.c.kind == kind)
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    return KeptGuard(key=row.key, process=process_from(json.loads(row.body)), begun_at=moment(row.begun_at))


def keep_guard(tx: Tx, line_id: int, kind: str, kept: KeptGuard, now: datetime) -> None:
    """Write where a guard stands."""
    values = {
        "key": kept.key, "body": dump(process_body(kept.process)), "at": micros(now), "begun_at": micros(kept.begun_at),
    }  # fmt: skip
    changed = tx.execute(update(GUARD).where(GUARD.c.line_id == line_id, GUARD.c.kind == kind).values(values))
    if not changed.rowcount:
        tx.execute(insert(GUARD).values({"line_id": line_id, "kind": kind, **values}))


def drop_guard(tx: Tx, line_id: int, kind: str) -> None:
    """Forget what a guard has seen."""
    tx.execute(delete(GUARD).where(GUARD.c.line_id == line_id, GUARD.c.kind == kind))
