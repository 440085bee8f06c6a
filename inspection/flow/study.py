"""A study is made, judged, stopped, gone on with, and ends when everybody has judged every part in every round."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from inspection.core.decide import Verdict
from inspection.core.journal import Change, facts, plain
from inspection.core.people import NotAllowed, Person
from inspection.core.quality import ai_verdict
from inspection.core.study import InvalidStudy, check_design, orders
from inspection.store import journal, lines, people, studies
from inspection.store.database import Tx
from inspection.store.studies import ENDED, RUNNING, STOPPED, Part, Study


@dataclass(frozen=True, kw_only=True)
class Turn:
    """What a person judges next: the part, in which round, as which judgement of how many."""

    part: Part
    round: int
    number: int
    of: int


def begin(
    tx: Tx, *, line: str, title: str, unit_ids: Sequence[int], names: Sequence[str], rounds: int, by: str,
    now: datetime,
) -> int:  # fmt: skip
    """Begin a study of units whose truth is known; its number. Raises InvalidStudy with what to change."""
    on = lines.in_force(tx, line)
    known = {one.unit_id: one for one in studies.candidates(tx, on.id, on.recipe_id)}
    strange = [unit_id for unit_id in unit_ids if unit_id not in known]
    if strange:
        raise InvalidStudy("Choose parts of which it is known what they are: known units, and units that were settled.")
    chosen = [known[unit_id] for unit_id in dict.fromkeys(unit_ids)]
    told = {person.name: person.id for person in people.everybody(tx)}
    if set(names) - set(told):
        raise InvalidStudy("Choose inspectors from the list.")
    who = [told[name] for name in dict.fromkeys(names)]
    check_design([one.truth for one in chosen], who, rounds)
    orders([one.unit_id for one in chosen], who, rounds, "")
    called = plain(title.strip())[:100]
    if len(called) < 3:
        raise InvalidStudy("Give the study a title, so that inspectors know it.")
    terms = on.policy.terms
    parts = [(one.unit_id, one.truth, ai_verdict(terms, one.model, one.score)) for one in chosen]
    number = studies.add(
        tx, on.id, title=called, rounds=rounds, salt=secrets.token_hex(8), parts=parts, people=who, by=by, now=now
    )
    more = facts(title=called, parts=len(parts), people=sorted(names), rounds=rounds, model=terms.model)
    _tell(tx, line, number, "study_begun", by, "", RUNNING, now, more)
    return number


def turn(tx: Tx, study: Study, person: Person) -> Turn | None:
    """What this person judges next in a study; None when they have finished. Raises NotAllowed for others."""
    who, parts = studies.people(tx, study.id), {part.id: part for part in studies.parts(tx, study.id)}
    if person.id not in who:
        raise NotAllowed("You do not judge in this study. Whoever made it chose others.")
    drawn = orders(list(parts), list(who), study.rounds, study.salt)
    due = [(number, part) for number in range(1, study.rounds + 1) for part in drawn[person.id, number]]
    done = studies.done_by(tx, study.id).get(person.id, 0)
    if done >= len(due):
        return None
    number, part = due[done]
    return Turn(part=parts[part], round=number, number=done + 1, of=len(due))


def judge(
    tx: Tx, *, study_id: int, number: int, verdict: str, seconds: float, person: Person, now: datetime
) -> bool:  # fmt: skip
    """Keep this person's judgement `number`; False for one that was given already. Raises InvalidStudy while the study
    stands still, and for what is no verdict."""
    study = studies.get(tx, study_id)
    if study.state != RUNNING:
        raise InvalidStudy("This study stands still. Ask who made it.")
    if verdict not in tuple(Verdict):
        raise InvalidStudy("The verdict is pass or reject.")
    due = turn(tx, study, person)
    if due is None or due.number != number:
        return False
    studies.judge(tx, study_id, person.id, due.round, due.part.id, Verdict(verdict), seconds, now)
    if due.number == due.of:
        _tell(tx, study.line, study_id, "study_judged", person.name, RUNNING, "finished", now)
        all_done = len(studies.people(tx, study_id)) * due.of
        if sum(studies.done_by(tx, study_id).values()) == all_done:
            move(tx, study_id=study_id, state=ENDED, by=person.name, now=now)
    return True


def move(tx: Tx, *, study_id: int, state: str, by: str, now: datetime) -> None:
    """Stop a study, go on with it, or end it with what there is. One that has ended stays so."""
    study = studies.get(tx, study_id)
    if state not in (RUNNING, STOPPED, ENDED) or study.state in (ENDED, state):
        raise InvalidStudy("This cannot be done with the study as it stands now.")
    studies.set_state(tx, study_id, state, now)
    _tell(tx, study.line, study_id, f"study_{state}", by, study.state, state, now)


def _tell(
    tx: Tx, line: str, number: int, event: str, by: str, before: str, after: str, now: datetime, more: str = "{}"
) -> None:
    subject = f"line/{line}/study/{number}"
    journal.append(tx, now, Change(subject=subject, event=event, actor=by, before=before, after=after, facts=more))
