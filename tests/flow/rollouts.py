"""A plant with a rollout from one model to another, in which is proved what the test says."""

from dataclasses import replace
from typing import Any

from inspection.core.compare import Proof
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.predict import Examination, Failure, NoPrediction, Prediction
from inspection.core.rollout import Plan, Step
from inspection.core.train import Sample, Trained
from inspection.flow import decide, rollout, train
from inspection.store import lines, rollouts, units
from inspection.store.rollouts import KeptRollout
from tests.plant import FIT, MODEL, Plant

NEW = "b" * 64
WHY = "The new model finds more scratches."
PLAN = Plan(
    steps=(Step(weight=10), Step(weight=50), Step(weight=100, gate=True)), shadow_samples=4, min_samples=2, bake_s=60,
    inconclusive_limit=0, error_limit=1, deadline_s=3600,
)  # fmt: skip


def terms(level: Level = Level.PARTIAL_AUTOMATION, model: str | None = NEW, **other: Any) -> Terms:
    values = {"level": level, "model": model, "pass_below": 0.3, "reject_above": 0.7, "audit_share": 1.0, **other}
    return Terms(**values)


class Trial:
    """A line at partial automation with every unit audited, and one word for each thing that happens to a rollout."""

    def __init__(self, plant: Plant, level: Level = Level.PARTIAL_AUTOMATION) -> None:
        self.plant, self.number = plant, 0
        self.proof = Proof(worse=False, as_good=True)
        trained = Trained(artefact=NEW, card={})
        samples = [Sample(view=view, sha256="1" * 64, name="x") for view in plant.views]
        plant.write(lambda tx: train.register(
            tx, line="phones", trained=trained, samples=samples, by="setup", now=plant.now
        ))  # fmt: skip
        plant.level(level, audit_share=1.0)

    def start(self, plan: Plan = PLAN, new: Terms | None = None, **other: Any) -> int:
        given = {"accept_override": True, "reason": WHY, **other}
        return self.plant.write(lambda tx: rollout.start(
            tx, line="phones", terms=new or terms(), plan=plan, by="erin", now=self.plant.now, **given
        ))  # fmt: skip

    def tick(self, seconds: float = 40.0) -> int:
        """Let the labels settle, and measure."""
        self.plant.later(seconds=seconds)
        return self.plant.write(lambda tx: rollout.tick(tx, now=self.plant.now, test=lambda *_: self.proof))

    def image(self, serial: str, view: str, old: float = 0.1, new: float | None = 0.1, number: int = 1) -> None:
        """One image with the opinions of both models; the candidate fails where it has none."""
        recorded = self.plant.record(serial, view, number)
        if recorded.question is None or not recorded.question.models:
            return
        said = {MODEL: opinion(MODEL, old), NEW: opinion(NEW, new)}
        judged = Examination(quality=FIT, opinions=tuple(said[model] for model in recorded.question.models))
        keep = decide.decide_image if recorded.decides else decide.keep_late_examination
        image_id = recorded.receipt.image_id
        self.plant.write(lambda tx: keep(tx, image_id=image_id, examination=judged, now=self.plant.now))

    def unit(self, serial: str = "", old: float = 0.1, new: float | None = 0.1) -> units.Unit:
        self.number += 1
        serial = serial or f"U{self.number:04d}"
        for view in self.plant.views:
            self.image(serial, view, old, new)
        return self.plant.find(serial)

    def labelled(self, count: int, truth: Verdict = Verdict.PASS, old: float = 0.1, new: float | None = 0.1) -> None:
        """Units that both models are asked about, and a blind person."""
        for _ in range(count):
            self.unit(old=old, new=new)
            held = self.plant.claim()
            assert held is not None
            self.plant.answer(held, truth)

    def state(self) -> KeptRollout:
        line_id = self.plant.camera.line_id
        return self.plant.read(lambda tx: rollouts.of_line(tx, line_id))[0]

    def in_force(self) -> lines.LineInForce:
        return self.plant.read(lambda tx: lines.in_force(tx, "phones"))

    def policy_of(self, serial: str) -> list[int]:
        """The numbers of the policies that decided a unit's images."""
        query = "SELECT p.number FROM image i JOIN policy p ON p.id = i.policy_id JOIN unit u ON u.id = i.unit_id"
        with self.plant.db.read() as tx:
            return [n for (n,) in tx.exec_driver_sql(f"{query} WHERE u.serial = '{serial}' ORDER BY i.id")]

    def at(self, phase: str) -> None:
        """Walk a started rollout to a phase (or to `gate`) by proof alone."""
        for _ in range(12):
            stands = self.state().rollout
            if phase in (stands.phase, stands.pause):
                return
            if stands.pause == "gate":
                self.approve()
                continue
            self.labelled(4)
            self.tick()
        raise AssertionError(f"It never came to {phase}: {self.state().rollout}")

    def approve(self) -> None:
        self.plant.write(lambda tx: rollout.approve(
            tx, line="phones", by="erin", reason="Looks good to me.", now=self.plant.now
        ))  # fmt: skip

    def abort(self) -> None:
        self.plant.write(lambda tx: rollout.abort(
            tx, line="phones", by="erin", reason="Had enough.", now=self.plant.now
        ))  # fmt: skip


def opinion(model: str, score: float | None) -> Prediction | NoPrediction:
    if score is None:
        return NoPrediction(model=model, failure=Failure.ERROR)
    return Prediction(model=model, score=score, novelty=0.0, novel=False)


def plan(**changes: Any) -> Plan:
    return replace(PLAN, **changes)
