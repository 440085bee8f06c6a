"""`kill -9` at every step of a rollout under load: it goes on where it was, and each unit has one disposition."""

import random
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inspection.core.decide import Verdict
from inspection.core.label import Label
from inspection.core.level import Level
from inspection.core.people import Person, Role
from inspection.core.policy import Terms
from inspection.core.rollout import Pause, Phase, Plan, Step
from inspection.flow import label, people, review, rollout
from inspection.store import lines, rollouts
from inspection.store.database import Database
from inspection.store.reports import integrity
from inspection.store.rollouts import KeptRollout
from tests.faults.serving import Process, add_line, jidoka, wait_for
from tests.faults.test_kill import load

# A margin of a half is proved by a few units: what is tried here is the way, not the statistics.
PLAN = Plan(
    steps=(Step(weight=30), Step(weight=100, gate=True)), shadow_samples=5, min_samples=5,
    interval_s=1, bake_s=3, margin=0.5, alpha=0.4,
)  # fmt: skip
ROUNDS = 12


def now() -> datetime:
    return datetime.now(UTC)


class Bench:
    """The database of a server beside it, with an inspector who labels and an engineer who approves."""

    def __init__(self, data_dir: Path) -> None:
        self.db = Database(f"sqlite:///{data_dir / 'jidoka.db'}")
        self.db.write(lambda tx: people.add(tx, name="ines", role=Role.INSPECTOR, hashed="-", by="setup", now=now()))
        with self.db.read() as tx:
            person, known = people.find(tx, "ines"), lines.in_force(tx, "tiles")
        assert person is not None
        self.ines: Person = person
        self.line_id, self.stable = known.id, known.policy_id
        terms = Terms(level=Level.HUMAN_ONLY, deadline_ms=900)
        self.db.write(lambda tx: rollout.start(
            tx, line="tiles", terms=terms, plan=PLAN, by="erin", reason="Another deadline.", now=now()
        ))  # fmt: skip

    def state(self) -> KeptRollout:
        with self.db.read() as tx:
            return rollouts.of_line(tx, self.line_id)[0]

    def where(self) -> tuple[str, int, str | None]:
        stands = self.state().rollout
        return stands.phase, stands.step, stands.pause

    def label_one(self) -> None:
        """Settle a unit, long enough ago that it can no longer be taken back."""
        held = self.db.write(lambda tx: review.claim(tx, person_id=self.ines.id, line=None, now=now()))
        if held is not None:
            given, then = Label(verdict=Verdict.REJECT, defect_types=("crack",)), now() - timedelta(minutes=1)
            self.db.write(lambda tx: label.answer(
                tx, task_id=held.task_id, lease=held.lease, person=self.ines, label=given, seen=(), now=then
            ))  # fmt: skip

    def approve(self) -> None:
        self.db.write(lambda tx: rollout.approve(tx, line="tiles", by="erin", reason="Go on.", now=now()))

    def check(self) -> None:
        """One disposition each, by the policy that the unit was drawn for, and a line that fits its rollout."""
        kept = self.state()
        with self.db.read() as tx:
            assert integrity.units(tx)[1] == []
            known = lines.in_force(tx, "tiles")
            mixed = tx.exec_driver_sql(
                "SELECT u.serial, count(DISTINCT i.policy_id) FROM unit u JOIN image i ON i.unit_id = u.id"
                " WHERE i.policy_id IS NOT NULL GROUP BY u.id HAVING count(DISTINCT i.policy_id) > 1"
            ).all()
            drawn = tx.exec_driver_sql(
                "SELECT count(*) FROM unit u JOIN image i ON i.unit_id = u.id WHERE i.policy_id IS NOT NULL"
                f" AND (u.rollout_id IS NULL) <> (i.policy_id = {self.stable})"
            ).scalar_one()
        assert mixed == []
        if kept.rollout.live:
            assert drawn == 0
            assert known.candidate is not None
            assert (known.candidate.weight, known.policy_id) == (kept.rollout.weight, self.stable)
        else:
            assert (known.candidate, known.policy_id) == (None, kept.candidate_id)


@pytest.mark.timeout(300)
def test_a_rollout_outlives_a_kill_at_every_step(tmp_path: Path) -> None:
    data_dir, dice = tmp_path / "data", random.Random(7)
    token = add_line(data_dir)
    bench = Bench(data_dir)
    killed_in = set()
    for round_ in range(ROUNDS):
        before = bench.where()
        if before[0] == Phase.DONE:
            break
        if before[2] == Pause.GATE:
            bench.approve()
            before = bench.where()
        server, enough = Process(data_dir), threading.Event()
        sender = threading.Thread(target=load, args=(server, token, f"r{round_}", {}, enough))
        sender.start()

        def moved(before: tuple[str, int, str | None] = before) -> bool:
            """Whether it has moved on; while it bakes, the first kill waits for nothing."""
            bench.label_one()
            return bench.where() != before or (before[0] == Phase.BAKING and before not in killed_in)

        try:
            wait_for(moved, 90)
            threading.Event().wait(dice.uniform(0, 0.3))  # any moment will do
        finally:
            server.kill()
            sender.join(30)
        bench.check()
        killed_in.add(bench.where())
    assert bench.where()[0] == Phase.DONE
    assert {(phase, pause) for phase, _, pause in killed_in} == {
        ("canary", None), ("canary", "gate"), ("baking", None), ("done", None),
    }  # fmt: skip
    server = Process(data_dir)
    server.stop()
    bench.check()
    bench.db.close()
    verified = jidoka("verify", data_dir=data_dir)
    assert verified.returncode == 0, verified.stdout
