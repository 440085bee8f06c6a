"""An attribute-agreement study: orders that never repeat, and the report of judgements that are written out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.decide import Verdict
from inspection.core.study import InvalidStudy, Judgement, Result, check_design, orders, result

PASS, REJECT = Verdict.PASS, Verdict.REJECT
TRUTHS = {1: PASS, 2: PASS, 3: REJECT, 4: REJECT, 5: REJECT}


@given(st.integers(5, 40), st.integers(1, 12), st.integers(2, 5), st.text(max_size=5))
def test_every_order_has_every_part_once_and_no_two_are_alike(parts: int, people: int, rounds: int, salt: str) -> None:
    found = orders(range(parts), range(people), rounds, salt)
    assert set(found) == {(person, n) for person in range(people) for n in range(1, rounds + 1)}
    assert all(sorted(order) == list(range(parts)) for order in found.values())
    assert len(set(found.values())) == people * rounds
    assert found == orders(range(parts), range(people), rounds, salt)


def test_another_salt_gives_other_orders() -> None:
    assert orders(range(30), [7], 2, "a") != orders(range(30), [7], 2, "b")


def test_too_few_parts_for_so_many_orders_are_refused() -> None:
    with pytest.raises(InvalidStudy, match="too few parts"):
        orders(range(3), range(4), 2, "a")


@pytest.mark.parametrize(
    ("truths", "people", "rounds", "words"),
    [([PASS] * 4, 2, 2, "5 to 100"), ([PASS] * 9, 2, 2, "defective"), ([PASS, REJECT] * 5, 0, 2, "inspectors"),
     ([PASS, REJECT] * 5, 13, 2, "inspectors"), ([PASS, REJECT] * 5, 2, 1, "rounds"),
     ([PASS, REJECT] * 60, 2, 2, "100")],
)  # fmt: skip
def test_a_design_that_tells_too_little_or_takes_too_long_is_refused(
    truths: list[Verdict], people: int, rounds: int, words: str
) -> None:
    with pytest.raises(InvalidStudy, match=words):
        check_design(truths, range(people), rounds)


def judged(**said: str) -> list[Judgement]:
    """Each person's rounds as strings of p and r, one letter for each part."""
    return [
        Judgement(person=person, round=number, part=part, verdict=PASS if letter == "p" else REJECT)
        for person, rounds in said.items()
        for number, letters in enumerate(rounds.split(), 1)
        for part, letter in enumerate(letters, 1)
    ]


@pytest.fixture
def report() -> Result:
    """Ann is right always; bob is of two minds about part 4, and misses part 5 twice; the AI is silent on part 5."""
    return result(TRUTHS, {1: PASS, 2: REJECT, 3: REJECT, 4: PASS}, judged(ann="pprrr pprrr", bob="pprrp pprpp"))


def test_each_appraiser_is_measured_against_themselves_and_the_truth(report: Result) -> None:
    ann, bob = report.people
    assert ann.repeated is not None
    assert ann.right is not None
    assert bob.repeated is not None
    assert bob.right is not None
    assert (ann.repeated.value, ann.right.value, ann.effective) == (1, 1, True)
    assert (bob.repeated.value, bob.right.value, bob.effective) == (0.8, 0.6, False)
    assert (bob.misses.events, bob.misses.of, bob.misses.met) == (3, 6, False)
    assert (bob.false_alarms.events, bob.false_alarms.of, bob.false_alarms.met) == (0, 4, True)
    assert ann.right_kappa is not None
    assert bob.right_kappa is not None
    assert (ann.right_kappa.value, bob.right_kappa.value) == (1, pytest.approx(8 / 13))


def test_all_together(report: Result) -> None:
    assert report.between is not None
    assert report.all_right is not None
    assert (report.between.value, report.all_right.value) == (0.6, 0.6)
    assert report.between_kappa is not None
    assert report.between_ac1 is not None


def test_the_ai_is_an_appraiser_of_what_it_speaks_of(report: Result) -> None:
    assert report.ai.right is not None
    assert (report.ai.right.value, report.ai.right.items, report.ai_silent) == (0.5, 4, 1)
    assert (report.ai.misses.events, report.ai.misses.of, report.ai.false_alarms.events) == (1, 2, 1)
    assert report.ai.repeated is None


def test_one_person_has_nobody_to_agree_with_and_nobody_is_nothing() -> None:
    alone = result(TRUTHS, {}, judged(ann="pprrr pprrr"))
    assert (alone.between, alone.between_kappa) == (None, None)
    assert alone.all_right is not None
    nobody = result(TRUTHS, {}, [])
    assert (nobody.people, nobody.all_right, nobody.ai.right, nobody.ai_silent) == ((), None, None, 5)
