"""When a known unit is due, and as what it is shown."""

import re

from hypothesis import given
from hypothesis import strategies as st

from inspection.core.known import disguise, due


def test_a_known_unit_is_due_before_a_share_of_tasks_and_for_each_person_by_itself() -> None:
    ines = [due("salt", "known", task, 1, 0.02) for task in range(20_000)]
    ivan = [due("salt", "known", task, 2, 0.02) for task in range(20_000)]
    assert 330 < sum(ines) < 470
    assert sum(one and other for one, other in zip(ines, ivan, strict=True)) < 25
    assert ines == [due("salt", "known", task, 1, 0.02) for task in range(20_000)]
    assert not any(due("salt", "known", task, 1, 0.0) for task in range(100))


@given(st.from_regex(r"[A-Z]{0,3}-?[0-9]{1,8}[A-Z]?", fullmatch=True), st.text(max_size=20))
def test_a_disguise_is_written_as_the_lines_serials_and_is_another_one(serial: str, key: str) -> None:
    made = disguise(serial, key)
    assert made != serial
    assert re.sub(r"\d", "0", made) == re.sub(r"\d", "0", serial)


@given(st.text(max_size=30), st.text(max_size=20))
def test_any_serial_has_one(serial: str, key: str) -> None:
    assert disguise(serial, key) != serial
