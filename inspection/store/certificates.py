"""Certificates of a line, the labels they are made from, and the state of its guards."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import case, exists, func, insert, or_, select, update

from inspection.core.certificate import Certificate, as_json, from_json
from inspection.core.decide import Verdict
from inspection.core.eprocess import Process
from inspection.core.eprocess import as_json as process_body
from inspection.core.eprocess import from_json as process_from
from inspection.core.level import Level
from inspection.core.moment import micros, moment
from inspection.core.sample import Evidence
from inspection.store.records import CAMERA, CERTIFICATE, GUARD, IMAGE, LABEL, POLICY, PREDICTION, UNIT, dump
from inspection.store.transaction import Tx

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


def newest(tx: Tx, line_id: int, model: str) -> Kept | None:
    """The newest certificate of that model on the line, voided or not."""
    query = select(CERTIFICATE).where(CERTIFICATE.c.line_id == line_id, CERTIFICATE.c.model == model)
    row = tx.execute(query.order_by(CERTIFICATE.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return Kept(
        id=row.id, number=row.number, certificate=from_json(json.loads(row.body)), by=row.by, at=moment(row.at),
        voided_at=None if row.voided_at is None else moment(row.voided_at), void_reason=row.void_reason,
    )  # fmt: skip


def void(tx: Tx, certificate_id: int, reason: str, now: datetime) -> None:
    """End a certificate for good; the first reason stays."""
    query = update(CERTIFICATE).where(CERTIFICATE.c.id == certificate_id, CERTIFICATE.c.voided_at.is_(None))
    tx.execute(query.values(voided_at=micros(now), void_reason=reason))


def cameras(tx: Tx, line_id: int) -> tuple[str, ...]:
    """Names of the line's cameras that may send images."""
    query = select(CAMERA.c.name).where(CAMERA.c.line_id == line_id, CAMERA.c.revoked_at.is_(None))
    return tuple(tx.execute(query.order_by(CAMERA.c.name)).scalars())


def evidence(tx: Tx, line_id: int, recipe_id: int, model: str, since: datetime, until: datetime) -> Evidence:
    """Units of the window with a blind label that counts and a score of the model.

    Where people inspect every unit blind, each was sure to be labelled; elsewhere only audited ones count, each with
    the probability it was drawn with. Of a unit with an image that went to a person whatever its score (unfit, novel,
    or without an opinion), the score is no number.
    """
    levels = (
        select(func.max(case((POLICY.c.level.in_(_ALL_LABELLED), 0), else_=1)))
        .select_from(IMAGE)
        .join(POLICY, POLICY.c.id == IMAGE.c.policy_id)
        .where(IMAGE.c.unit_id == UNIT.c.id)
        .scalar_subquery()
    )
    odd = exists(
        select(IMAGE.c.id)
        .outerjoin(PREDICTION, (PREDICTION.c.image_id == IMAGE.c.id) & (PREDICTION.c.model == model))
        .where(IMAGE.c.unit_id == UNIT.c.id)
        .where(or_(IMAGE.c.unfit.is_not(None), PREDICTION.c.novel, PREDICTION.c.score.is_(None)))
    )
    query = (
        select(
            UNIT.c.serial,
            UNIT.c.visit,
            UNIT.c.score,
            UNIT.c.person_verdict,
            UNIT.c.audited,
            UNIT.c.audit_probability,
            levels.label("drawn"),
            odd.label("odd"),
        )
        .where(UNIT.c.line_id == line_id, UNIT.c.recipe_id == recipe_id, UNIT.c.model == model)
        .where(UNIT.c.opened_at >= micros(since), UNIT.c.opened_at < micros(until))
        .where(
            exists(select(LABEL.c.id).where(LABEL.c.unit_id == UNIT.c.id, LABEL.c.effective, LABEL.c.saw_ai.is_(False)))
        )
        .where(UNIT.c.person_verdict.is_not(None), UNIT.c.score.is_not(None))
        .order_by(UNIT.c.id)
    )
    return _evidence([row for row in tx.execute(query) if row.audited or not row.drawn])


def _evidence(rows: Sequence[Any]) -> Evidence:
    return Evidence(
        units=tuple(f"{row.serial}#{row.visit}" for row in rows),
        scores=np.array([math.nan if row.odd else row.score for row in rows], np.float64),
        defective=np.array([row.person_verdict == Verdict.REJECT for row in rows], bool),
        inclusion=np.array([row.audit_probability if row.drawn else 1.0 for row in rows], np.float64),
    )


@dataclass(frozen=True, kw_only=True)
class KeptGuard:
    """A guard's process under a key; another key means another policy, for which it begins anew."""

    key: str
    process: Process


def guard(tx: Tx, line_id: int, kind: str) -> KeptGuard | None:
    """The line's guard of that kind, as it stands after the last label."""
    query = select(GUARD).where(GUARD.c.line_id == line_id, GUARD.c.kind == kind)
    row = tx.execute(query).one_or_none()
    if row is None:
        return None
    return KeptGuard(key=row.key, process=process_from(json.loads(row.body)))


def keep_guard(tx: Tx, line_id: int, kind: str, kept: KeptGuard, now: datetime) -> None:
    """Write where a guard stands."""
    values = {"key": kept.key, "body": dump(process_body(kept.process)), "at": micros(now)}
    changed = tx.execute(update(GUARD).where(GUARD.c.line_id == line_id, GUARD.c.kind == kind).values(values))
    if not changed.rowcount:
        tx.execute(insert(GUARD).values({"line_id": line_id, "kind": kind, **values}))
