"""What inspectors said in some time, and the figures of it: bounded to the newest judgements of each line."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, case, func, select

from inspection.core.decide import Verdict
from inspection.core.label import UNDO_WITHIN
from inspection.core.moment import micros
from inspection.core.policy import Terms
from inspection.core.quality import Checked, Led, Pair, Quality, Said, ai_verdict, measure
from inspection.store import lines
from inspection.store.lines import LineInForce
from inspection.store.records import IMAGE, KNOWN, LABEL, PERSON, POLICY, PREDICTION, SHOWING, UNIT
from inspection.store.transaction import Tx

MOST = 20_000
SPANS = (7, 30, 90)
_FIRST, _SECOND = PERSON.alias("first"), PERSON.alias("second")


@dataclass(frozen=True, kw_only=True)
class Report:
    """The figures with what they are of: `whose` is a person's name, empty for all; `cut` says that only the newest
    judgements were counted."""

    quality: Quality
    lines: tuple[LineInForce, ...]
    line: str
    days: int
    until: datetime
    simulated: frozenset[str]
    cut: bool


def quality(tx: Tx, now: datetime, line: str = "", days: int = 30, only: str = "") -> Report:
    """The figures of a line, or of all lines that are not simulated, in the days before now; of one person alone where
    `only` names one, and then until midnight: nobody is to learn at once which unit was a known one. Raises Unknown."""
    every = lines.all_in_force(tx)
    chosen = [lines.in_force(tx, line)] if line else [one for one in every if not one.line.simulated] or every
    until = now.replace(hour=0, minute=0, second=0, microsecond=0) if only else now - UNDO_WITHIN
    reader = _Reader(tx, {one.id: one.policy.terms for one in chosen}, now - timedelta(days=days), until)
    given, known, pairs = reader.given(only), list(reader.known()), list(reader.pairs())
    led = list(reader.led())
    if only:
        known = [one for one in known if one.said.person == only]
        pairs = [one for one in pairs if only in (one.first.person, one.second.person)]
        led = [one for one in led if one.said.person == only]
    measured = measure(given, pairs, known, led)
    if only:
        measured = replace(measured, people=tuple(one for one in measured.people if one.name == only))
    people = select(PERSON.c.name).where(PERSON.c.simulated)
    return Report(
        quality=measured, lines=tuple(every), line=line, days=days, until=until,
        simulated=frozenset(tx.execute(people).scalars()), cut=reader.cut,
    )  # fmt: skip


class _Reader:
    """The judgements of some lines in some time, with what the AI would say of the same units today."""

    def __init__(self, tx: Tx, terms: dict[int, Terms], since: datetime, until: datetime) -> None:
        self.tx, self.terms, self.cut = tx, terms, False
        self.since, self.until = micros(since), micros(until)

    def given(self, only: str = "") -> list[Said]:
        """Labels that count, of one person where `only` names one, newest first; without their defects, which take long
        to read of so many."""
        found: list[Said] = []
        for line_id in self.terms:
            query = (
                select(*_GIVEN, PERSON.c.name, *_UNIT)
                .join(PERSON, PERSON.c.id == LABEL.c.person_id)
                .join(UNIT, UNIT.c.id == LABEL.c.unit_id)
                .where(LABEL.c.line_id == line_id, LABEL.c.at >= self.since, LABEL.c.at <= self.until)
                .where(LABEL.c.effective, *([PERSON.c.name == only] if only else []))
                .order_by(LABEL.c.at.desc())
                .limit(MOST)
            )
            rows = self.tx.execute(query).all()
            self.cut = self.cut or len(rows) == MOST
            terms = self.terms[line_id]
            found += [
                Said(
                    person=name, verdict=_VERDICT[verdict], seconds=seconds, saw_ai=bool(saw_ai),
                    ai=ai_verdict(terms, model, score),
                )
                for verdict, seconds, saw_ai, name, _, model, score in rows
            ]  # fmt: skip
        return found

    def pairs(self) -> Iterator[Pair]:
        """Units that a second person read blind."""
        query = (
            select(*_LABEL, _FIRST.c.name, *_UNIT, *_SHOWN, SHOWING.c.truth, SHOWING.c.truth_types)
            .select_from(SHOWING)
            .join(LABEL, LABEL.c.id == SHOWING.c.label_id)
            .join(UNIT, UNIT.c.id == SHOWING.c.unit_id)
            .join(_FIRST, _FIRST.c.id == LABEL.c.person_id)
            .join(_SECOND, _SECOND.c.id == SHOWING.c.person_id)
        )
        for row in self.tx.execute(self._shown(query)):
            yield Pair(
                first=self._said(row, row.name), second=self._answer(row),
                truth=Verdict(row.truth) if row.truth else None, truth_types=_types(row.truth_types),
            )  # fmt: skip

    def known(self) -> Iterator[Checked]:
        """Answers to known units; a defective one has the defects that its own review named."""
        newest = select(func.max(LABEL.c.id)).where(LABEL.c.unit_id == UNIT.c.id, LABEL.c.effective)
        query = (
            select(KNOWN.c.defective, *_UNIT, *_SHOWN, LABEL.c.defect_types)
            .select_from(SHOWING)
            .join(KNOWN, and_(KNOWN.c.id == SHOWING.c.known_id, KNOWN.c.retired_at.is_(None)))
            .join(UNIT, UNIT.c.id == SHOWING.c.unit_id)
            .join(_SECOND, _SECOND.c.id == SHOWING.c.person_id)
            .outerjoin(LABEL, LABEL.c.id == newest.correlate(UNIT).scalar_subquery())
        )
        for row in self.tx.execute(self._shown(query)):
            truth = Verdict.REJECT if row.defective else Verdict.PASS
            types = _types(row.defect_types or "[]") if row.defective else ()
            yield Checked(said=self._answer(row), truth=truth, types=types)

    def led(self) -> Iterator[Led]:
        """First judgements of units that a second person read blind, or that are known, with what the AI suggested
        then: to reject where it pointed at a place, as the review page shows it."""
        pointed = func.max(case((PREDICTION.c.findings != "[]", 1), else_=0))
        hint = (
            select(IMAGE.c.unit_id, pointed.label("pointed"))
            .join(POLICY, POLICY.c.id == IMAGE.c.policy_id)
            .join(PREDICTION, and_(PREDICTION.c.image_id == IMAGE.c.id, PREDICTION.c.model == POLICY.c.model))
            .where(PREDICTION.c.failure.is_(None))
            .group_by(IMAGE.c.unit_id)
        )
        read = self._shown(select(SHOWING.c.unit_id, SHOWING.c.label_id, SHOWING.c.verdict, SHOWING.c.truth)).where(
            SHOWING.c.label_id.is_not(None)
        )
        told = {row.label_id: Verdict(row.truth or row.verdict) for row in self.tx.execute(_of_unit(read))}
        sure = select(KNOWN.c.unit_id, KNOWN.c.defective).where(
            KNOWN.c.line_id.in_(self.terms), KNOWN.c.retired_at.is_(None)
        )
        truths = {row.unit_id: _SIDES[bool(row.defective)] for row in self.tx.execute(sure)}
        twice = _of_unit(read).subquery()  # a limit within a union needs a query of its own
        units = select(twice.c.unit_id).union(sure.with_only_columns(KNOWN.c.unit_id))
        found = hint.where(IMAGE.c.unit_id.in_(units)).subquery()
        query = (
            select(LABEL.c.id, *_LABEL, PERSON.c.name, *_UNIT, found.c.unit_id, found.c.pointed)
            .join(found, found.c.unit_id == LABEL.c.unit_id)
            .join(PERSON, PERSON.c.id == LABEL.c.person_id)
            .join(UNIT, UNIT.c.id == LABEL.c.unit_id)
            .where(LABEL.c.effective, LABEL.c.at >= self.since, LABEL.c.at <= self.until)
        )
        for row in self.tx.execute(query):
            reference = truths.get(row.unit_id) or told.get(row.id)
            if reference is not None:
                yield Led(suggested=_SIDES[row.pointed], reference=reference, said=self._said(row, row.name))

    def _shown(self, query: Select[Any]) -> Select[Any]:
        answered = query.where(SHOWING.c.at >= self.since, SHOWING.c.at <= self.until)
        return answered.where(UNIT.c.line_id.in_(self.terms)).order_by(SHOWING.c.at.desc()).limit(MOST)

    def _said(self, row: Any, name: str) -> Said:
        return Said(
            person=name, verdict=Verdict(row.verdict), types=_types(row.types), seconds=row.seconds,
            saw_ai=bool(row.saw_ai), ai=self._ai(row),
        )  # fmt: skip

    def _answer(self, row: Any) -> Said:
        return Said(
            person=row.other, verdict=Verdict(row.other_verdict), types=_types(row.other_types),
            seconds=row.other_seconds, ai=self._ai(row),
        )  # fmt: skip

    def _ai(self, row: Any) -> Verdict | None:
        return ai_verdict(self.terms[row.line_id], row.model, row.score)


_SIDES: Sequence[Verdict] = (Verdict.PASS, Verdict.REJECT)
_LABEL = (LABEL.c.verdict, LABEL.c.defect_types.label("types"), LABEL.c.seconds, LABEL.c.saw_ai)
_VERDICT = {str(one): one for one in Verdict}
_GIVEN = (LABEL.c.verdict, LABEL.c.seconds, LABEL.c.saw_ai)
_UNIT = (UNIT.c.line_id, UNIT.c.model, UNIT.c.score)
_SHOWN = (
    _SECOND.c.name.label("other"), SHOWING.c.verdict.label("other_verdict"),
    SHOWING.c.defect_types.label("other_types"), SHOWING.c.seconds.label("other_seconds"),
)  # fmt: skip


@lru_cache(maxsize=1024)
def _types(body: str) -> tuple[str, ...]:
    return tuple(json.loads(body))


def _of_unit(query: Select[Any]) -> Select[Any]:
    return query.select_from(SHOWING.join(UNIT, UNIT.c.id == SHOWING.c.unit_id))
