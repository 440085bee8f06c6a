"""The order of the queue: what holds up the line first, audits mixed in by a hash that knows nothing of the AI."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from inspection.core.decide import Verdict
from inspection.core.level import FREEDOM, Level
from inspection.core.review import MIXED_WITHIN, Load, due, together
from inspection.store.reports import review as report
from tests.plant import Plant

T0 = datetime(2026, 1, 31, 8, 0)
SERIALS = st.text(min_size=1, max_size=20)


@given(st.sampled_from(list(Level)), st.booleans(), SERIALS, SERIALS, st.integers(0, 10**6))
def test_nothing_is_due_before_it_is_ready_nor_kept_back_for_long(
    level: Level, audited: bool, serial: str, salt: str, seconds: int
) -> None:
    ready = T0 + timedelta(seconds=seconds)
    at = due(level, audited, ready, salt, serial)
    assert ready <= at < ready + MIXED_WITHIN
    if not (audited and FREEDOM[level].ai_decides):
        assert at == ready, "what holds up the line is due at once, and nothing tells audits where people decide"
    assert at == due(level, audited, ready, salt, serial), "the same on every server"


@given(SERIALS, SERIALS, st.integers(0, 3600))
def test_units_that_hold_up_the_line_keep_their_order(one: str, other: str, apart: int) -> None:
    later = T0 + timedelta(seconds=apart)
    assert due(Level.FULL_AUTOMATION, False, T0, "s", one) <= due(Level.FULL_AUTOMATION, False, later, "s", other)


def test_audits_are_spread_evenly_and_not_in_groups() -> None:
    lateness = sorted(
        (due(Level.PARTIAL_AUTOMATION, True, T0, "salt", f"SN{i:05}") - T0) / MIXED_WITHIN for i in range(2000)
    )
    furthest = max(abs(share - i / 2000) for i, share in enumerate(lateness))
    assert furthest < 0.04  # Kolmogorov's distance; 0.036 at one per cent


def claimed(plant: Plant) -> list[str]:
    order = []
    while (held := plant.claim("ines")) is not None:
        found = plant.read(lambda tx, held=held: report.sheet(tx, held.task_id))
        assert found is not None
        order.append(found.serial)
        plant.answer(held, Verdict.PASS)
    return order


def test_audits_come_between_units_that_hold_up_the_line_and_all_of_them_come(any_plant: Plant) -> None:
    plant = any_plant
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=0.4)
    for i in range(60):
        plant.unit(f"U{i:02}", 0.5 if i % 2 else 0.1)
        plant.later(seconds=20)
    waiting = [f"U{i:02}" for i in range(60) if i % 2 or plant.find(f"U{i:02}").audited]
    order = claimed(plant)
    assert sorted(order) == waiting
    blocking = [serial for serial in order if not plant.find(serial).audited]
    assert blocking == sorted(blocking)
    audits = [i for i, serial in enumerate(order) if plant.find(serial).audited]
    assert audits[0] < len(order) / 2, "an audit does not wait until the queue is empty"
    assert audits != list(range(len(order) - len(audits), len(order)))


def test_what_the_ai_said_does_not_change_when_an_audit_comes(plant: Plant) -> None:
    plant.level(Level.PARTIAL_AUTOMATION, audit_share=1.0)
    lateness = {}
    for i, score in enumerate((0.1, 0.5, 0.9) * 4):
        plant.unit(f"U{i}", score)
        row = plant.read(
            lambda tx: tx.execute(text("SELECT ready_at, due_at FROM task ORDER BY id DESC LIMIT 1")).one()
        )
        asked = due(Level.PARTIAL_AUTOMATION, True, plant.now, salt(plant), f"U{i}") - plant.now
        lateness[i] = (timedelta(microseconds=row.due_at - row.ready_at), asked)
    assert all(abs(kept - asked) < timedelta(milliseconds=1) for kept, asked in lateness.values())


def salt(plant: Plant) -> str:
    return str(plant.read(lambda tx: tx.execute(text("SELECT audit_salt FROM line")).scalar_one()))


def test_the_next_task_is_found_by_an_index_of_what_is_open(plant: Plant) -> None:
    plant.unit("S1")
    for where in ("", "AND line_id = 1"):
        plan = plant.read(
            lambda tx, where=where: tx.execute(
                text(
                    "EXPLAIN QUERY PLAN SELECT id FROM task WHERE closed_at IS NULL AND (state = 'open' OR state = "
                    f"'leased' AND leased_until <= 9) AND ready_at <= 9 {where} ORDER BY due_at, id LIMIT 1"
                )
            ).all()
        )
        assert any("_due" in row[3] for row in plan), plan


def test_the_load_counts_an_hour_in_and_out_and_says_when_it_clears(any_plant: Plant) -> None:
    plant, person = any_plant, any_plant.person("ines")
    for i in range(6):
        plant.unit(f"U{i}")
    for _ in range(2):
        held = plant.claim()
        assert held is not None
        plant.answer(held, Verdict.PASS)
    plant.later(minutes=30)
    state = plant.read(lambda tx: report.queue_state(tx, person.id, plant.now))
    assert state.load == Load(waiting=4, oldest_s=1800.0, came=6, done=2)
    assert (state.load.clears_s, state.load.late) == (None, True)
    plant.later(minutes=31)
    state = plant.read(lambda tx: report.queue_state(tx, person.id, plant.now))
    assert (state.load.came, state.load.done) == (0, 0)


def test_what_is_expected_of_a_load() -> None:
    assert Load(waiting=0, oldest_s=None, came=9, done=3).clears_s == 0
    assert Load(waiting=10, oldest_s=60.0, came=20, done=40).clears_s == 1800
    assert not Load(waiting=10, oldest_s=60.0, came=40, done=20).late
    both = together([Load(waiting=1, oldest_s=5.0, came=2, done=3), Load(waiting=2, oldest_s=None, came=1, done=1)])
    assert both == Load(waiting=3, oldest_s=5.0, came=3, done=4)
