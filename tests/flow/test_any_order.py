"""Whatever happens in whatever order: no unit passes that nobody passed, and nobody is forgotten."""

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from inspection.core.compare import Proof
from inspection.core.decide import Outcome, Verdict
from inspection.core.label import Label
from inspection.core.level import FREEDOM, Level
from inspection.core.policy import InvalidPolicy, Terms
from inspection.core.predict import Failure
from inspection.core.review import Refusal
from inspection.core.rollout import InvalidRollout, Plan, Step
from inspection.flow import decide, label, policy, review, rollout
from inspection.flow.ingest import Recorded
from inspection.flow.review import Held
from inspection.store import captures, journal, lines, units
from inspection.store.database import Tx
from inspection.store.reports import integrity
from tests.databases import sqlite_at
from tests.plant import MODEL, Plant

PEOPLE = ("ines", "ivan")
SERIALS = ("S1", "S2")
VIEWS = ("front", "back")
OPINIONS: list[dict[str, Any]] = [
    {"score": 0.0}, {"score": 0.0}, {"score": 0.5}, {"score": 1.0}, {"score": float("nan")},
    {"score": 0.0, "novel": True}, {"score": 0.0, "model": "b" * 64}, {"score": 0.0, "quality": None},
    {"failure": Failure.DEADLINE, "quality": None},
]  # fmt: skip


@dataclass(frozen=True)
class Hand:
    """A task that was in somebody's hands once, with the images that were on the sheet then."""

    name: str
    held: Held
    seen: tuple[int, ...]


class Line(RuleBasedStateMachine):
    """A line with two inspectors, an engineer, a guard and a camera that sends what it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.db = sqlite_at(self.folder / "jidoka.db")
        self.plant = Plant(self.db, VIEWS)
        self.predicted: list[Recorded] = []
        self.hands: list[Hand] = []
        self.ceiling = Level.HUMAN_ONLY
        self.number = 0

    def teardown(self) -> None:
        with self.db.read() as tx:
            assert journal.verify(tx)[1] is None
            assert integrity.units(tx)[1] == []
        self.db.close()
        shutil.rmtree(self.folder)

    @rule(serial=st.sampled_from(SERIALS), view=st.sampled_from(VIEWS), opinion=st.sampled_from([None, *OPINIONS]))
    def an_image_comes(self, serial: str, view: str, opinion: dict[str, Any] | None) -> None:
        """Its opinion comes at once, or later where there is none yet."""
        self.number += 1
        recorded = self.plant.record(serial, view, self.number)
        assert self.plant.record(serial, view, self.number).receipt.image_id == recorded.receipt.image_id
        if recorded.question is not None:
            self.predicted.append(recorded)
            if opinion is not None:
                self.an_opinion_comes(len(self.predicted) - 1, opinion)

    @rule(serial=st.sampled_from(SERIALS), opinion=st.sampled_from(OPINIONS))
    def a_whole_unit_comes(self, serial: str, opinion: dict[str, Any]) -> None:
        for view in VIEWS:
            self.an_image_comes(serial, view, opinion)

    @precondition(lambda self: self.predicted)
    @rule(at=st.integers(0, 9), opinion=st.sampled_from(OPINIONS))
    def an_opinion_comes(self, at: int, opinion: dict[str, Any]) -> None:
        recorded = self.predicted.pop(at % len(self.predicted))
        examination = self.plant.examination(**opinion)
        keep = decide.decide_image if recorded.decides else decide.keep_late_examination
        image_id = recorded.receipt.image_id
        self.plant.write(lambda tx: keep(tx, image_id=image_id, examination=examination, now=self.plant.now))

    @rule(name=st.sampled_from(PEOPLE))
    def somebody_claims(self, name: str) -> None:
        held = self.plant.claim(name)
        if held is not None:
            self.hands.append(Hand(name, held, tuple(self.plant.images(held.unit_id))))

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 4), verdict=st.sampled_from(Verdict), all_seen=st.booleans())
    def somebody_answers(self, back: int, verdict: Verdict, all_seen: bool) -> None:
        """With what they hold, or with something they held long ago; having seen all of its images, or the first."""
        hand = self.hands[-1 - back % len(self.hands)]
        given = Label(verdict=verdict, defect_types=("dent",) if verdict is Verdict.REJECT else (), seconds=2.0)
        person, seen = self.plant.person(hand.name), hand.seen if all_seen else hand.seen[:1]
        task_id, lease, now = hand.held.task_id, hand.held.lease, self.plant.now
        self.plant.write(
            lambda tx: label.answer(tx, task_id=task_id, lease=lease, person=person, label=given, seen=seen, now=now)
        )

    @rule(name=st.sampled_from(PEOPLE), verdict=st.sampled_from(Verdict))
    def somebody_settles_the_next(self, name: str, verdict: Verdict) -> None:
        before = len(self.hands)
        self.somebody_claims(name)
        if len(self.hands) > before:
            self.somebody_answers(0, verdict, True)

    @precondition(lambda self: self.hands)
    @rule(back=st.integers(0, 4), keep=st.booleans())
    def somebody_gives_back_or_keeps(self, back: int, keep: bool) -> None:
        hand = self.hands[-1 - back % len(self.hands)]
        act = review.keep if keep else review.give_back
        self._unless_refused(lambda tx: act(tx, task_id=hand.held.task_id, lease=hand.held.lease, now=self.plant.now))

    @rule(name=st.sampled_from(PEOPLE))
    def somebody_undoes(self, name: str) -> None:
        person = self.plant.person(name)
        held = self._unless_refused(lambda tx: label.undo(tx, person=person, now=self.plant.now))
        if held is not None:
            self.hands.append(Hand(name, held, tuple(self.plant.images(held.unit_id))))

    @rule(level=st.sampled_from(Level), audit_share=st.sampled_from([1e-9, 0.5, 1.0]))
    def the_engineer_changes_the_level(self, level: Level, audit_share: float) -> None:
        self.plant.level(level, audit_share=audit_share)
        self.ceiling = level

    @rule()
    def somebody_rolls_back(self) -> None:
        def back(tx: Tx) -> Level:
            policy.rollback(tx, line="phones", by="erin", reason="Not so good.", now=self.plant.now)
            return lines.in_force(tx, "phones").policy.terms.level

        before, after = self.ceiling, self._unless_refused(back)
        if after is not None:
            assert after.rung <= max(before.rung, Level.AI_ASSIST.rung), "a rollback is no way up to automation"
            self.ceiling = after

    @rule(level=st.sampled_from(Level), weight=st.sampled_from([5, 60]))
    def the_engineer_starts_a_rollout(self, level: Level, weight: int) -> None:
        model = MODEL if FREEDOM[level].runs_model else None
        terms = Terms(level=level, model=model, pass_below=0.4, reject_above=0.6, audit_share=0.5)
        steps = (Step(weight=weight), Step(weight=100, gate=True))
        plan = Plan(steps=steps, shadow_samples=1, min_samples=1, interval_s=1, bake_s=0)
        number = self._unless_refused(lambda tx: rollout.start(
            tx, line="phones", terms=terms, plan=plan, by="erin", reason="A rollout at random.", now=self.plant.now,
            accept_override=True,
        ))  # fmt: skip
        if number is not None:
            self.ceiling = max(self.ceiling, level, key=lambda one: one.rung)

    @rule(worse=st.sampled_from([False, False, False, True]), seconds=st.sampled_from([1, 31]))
    def the_rollout_is_measured(self, worse: bool, seconds: int) -> None:
        proof = Proof(worse=worse, as_good=not worse)
        self.plant.later(seconds=seconds)
        self.plant.write(lambda tx: rollout.tick(tx, now=self.plant.now, test=lambda *_: proof))

    @rule(go_on=st.booleans())
    def the_engineer_approves_or_aborts(self, go_on: bool) -> None:
        act = rollout.approve if go_on else rollout.abort
        self._unless_refused(lambda tx: act(tx, line="phones", by="erin", reason="At random.", now=self.plant.now))

    @rule()
    def the_guard_lowers(self) -> None:
        self.plant.write(lambda tx: policy.lower(tx, lines.in_force(tx, "phones"), "Guard: dark.", self.plant.now))

    @rule(seconds=st.sampled_from([1, 1, 31, 4000]))
    def time_goes_by(self, seconds: int) -> None:
        self.plant.later(seconds=seconds)
        self.plant.write(lambda tx: decide.refer_incomplete(tx, now=self.plant.now))

    @rule()
    def the_server_restarts(self) -> None:
        self.plant.later(seconds=1)
        self.plant.write(lambda tx: decide.refer_undecided(tx, before=self.plant.now, now=self.plant.now))

    def _unless_refused(self, run: Any) -> Any:
        try:
            return self.plant.write(run)
        except (Refusal, InvalidPolicy, InvalidRollout):
            return None

    @invariant()
    def every_disposition_is_earned_and_nobody_rises_alone(self) -> None:
        with self.db.read() as tx:
            line = lines.in_force(tx, "phones")
            assert line.policy.terms.level.rung <= self.ceiling.rung
            assert line.candidate is None or line.candidate.policy.terms.level.rung <= self.ceiling.rung
            for (unit_id,) in tx.exec_driver_sql("SELECT id FROM unit").all():
                self._check_unit(tx, units.get(tx, unit_id))

    def _check_unit(self, tx: Tx, unit: units.Unit) -> None:
        images = captures.judged(tx, unit.id)
        live = self._count(tx, "task", unit, "state IN ('open', 'leased')")
        passes, rejects = (self._count(tx, "label", unit, f"effective AND verdict = '{v}'") for v in Verdict)
        rejected = rejects > 0 or any(image.outcome is Outcome.REJECT for image in images)
        assert (unit.verdict is Verdict.REJECT) is rejected
        if unit.verdict is Verdict.PASS and not passes:
            assert {image.view for image in images} == set(VIEWS)
            assert all(image.outcome is Outcome.PASS for image in images)
        elif unit.verdict is Verdict.PASS:
            assert all(image.outcome is Outcome.PASS or image.seen_by_person for image in images)
        assert live <= 1, "a unit is in the queue once"
        assert live or (unit.verdict, unit.by) != (None, "person"), "who waits for a person is in the queue"
        assert not live or unit.verdict is None or unit.audited, "what is settled is in no queue, but for audits"

    def _count(self, tx: Tx, table: str, unit: units.Unit, which: str) -> int:
        query = f"SELECT count(*) FROM {table} WHERE unit_id = {unit.id} AND {which}"
        return int(tx.exec_driver_sql(query).scalar_one())


TestAnyOrder = Line.TestCase
TestAnyOrder.settings = settings(
    max_examples=20, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
)
