"""Leases, and what an inspector may see."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.decide import Verdict
from inspection.core.label import InvalidLabel, Label, check_types, compare
from inspection.core.level import Level
from inspection.core.review import TaskState, free, held_once, lease_of, lease_until, sight

T0 = datetime(2026, 1, 31, tzinfo=UTC)


@pytest.mark.parametrize("level", list(Level))
def test_an_audited_unit_is_blind_at_every_level(level: Level) -> None:
    assert not sight(level, audited=True).ai


def test_below_assist_everything_is_blind() -> None:
    assert [sight(level, audited=False).ai for level in Level] == [False, False, True, True, True]


@pytest.mark.parametrize(("usual", "minutes"), [(None, 5), (1, 1), (60, 3), (100_000, 60)])
def test_a_lease_is_three_times_the_usual_time_within_reason(usual: float | None, minutes: float) -> None:
    assert lease_until(T0, usual) - T0 == timedelta(minutes=minutes)


def test_a_lease_that_has_run_out_is_free() -> None:
    assert free(TaskState.OPEN, None, T0)
    assert free(TaskState.LEASED, T0, T0)
    assert not free(TaskState.LEASED, T0 + timedelta(seconds=1), T0)
    assert not free(TaskState.DONE, T0, T0)
    assert not free(TaskState.CANCELLED, None, T0)


def test_a_pass_has_no_defects_and_a_reject_names_one_the_line_knows() -> None:
    with pytest.raises(InvalidLabel, match="no defects"):
        Label(verdict=Verdict.PASS, defect_types=("scratch",))
    with pytest.raises(InvalidLabel, match="Name the defect"):
        check_types(Label(verdict=Verdict.REJECT), ("scratch",))
    with pytest.raises(InvalidLabel, match="no defect type 'rust'"):
        check_types(Label(verdict=Verdict.REJECT, defect_types=("rust",)), ("scratch",))
    check_types(Label(verdict=Verdict.REJECT), ())
    check_types(Label(verdict=Verdict.REJECT, defect_types=("scratch",)), ("scratch",))


@pytest.mark.parametrize("seconds", [-1.0, float("nan"), 1e9])
def test_impossible_times_are_refused(seconds: float) -> None:
    with pytest.raises(InvalidLabel, match="time taken"):
        Label(verdict=Verdict.PASS, seconds=seconds)


def test_escapes_and_overkill_are_told_apart() -> None:
    assert compare(Verdict.PASS, Verdict.REJECT) == "escape"
    assert compare(Verdict.REJECT, Verdict.PASS) == "overkill"
    assert compare(Verdict.PASS, Verdict.PASS) == "agreed"


@given(st.text(max_size=40), st.integers(1, 99), st.integers(1, 99), st.booleans())
def test_a_lease_tells_who_held_what_and_nobody_can_make_one_up(nonce: str, task: int, person: int, saw: bool) -> None:
    lease = lease_of("salt", task, person, nonce, saw)
    assert held_once(lease, "salt", task, person) is saw
    assert held_once(lease, "salt", task + 1, person) is None
    assert held_once(lease, "salt", task, person + 1) is None
    assert held_once(lease, "other", task, person) is None
    for forged in ("", "none", nonce, lease[:-1], f"{nonce}-{'b' if saw else 'a'}{lease[-13:]}"):
        assert held_once(forged, "salt", task, person) is None
