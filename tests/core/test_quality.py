"""The figures of inspectors, from judgements that are written out."""

import pytest

from inspection.core.bias import Bias
from inspection.core.decide import Verdict
from inspection.core.level import Level
from inspection.core.policy import Terms
from inspection.core.quality import Checked, Led, Pair, Said, ai_verdict, measure

PASS, REJECT = Verdict.PASS, Verdict.REJECT


def said(person: str, verdict: Verdict, *types: str, **other: object) -> Said:
    return Said(person=person, verdict=verdict, types=types, **{"seconds": 2.0, **other})  # type: ignore[arg-type]


PAIRS = [
    *[Pair(first=said("ann", PASS), second=said("bob", PASS))] * 6,
    *[Pair(first=said("bob", REJECT, "dent"), second=said("ann", REJECT, "dent"))] * 2,
    Pair(first=said("ann", PASS), second=said("bob", REJECT, "dent"), truth=REJECT, truth_types=("dent",)),
    Pair(first=said("ann", REJECT, "scratch"), second=said("bob", PASS), truth=PASS),
    Pair(first=said("bob", PASS), second=said("ann", REJECT, "scratch")),  # not settled yet
]


def test_people_are_measured_against_each_other_and_against_the_truth() -> None:
    known = [Checked(said=said("ann", REJECT), truth=REJECT, types=("dent",))] * 2
    found = measure([said("ann", PASS, seconds=s) for s in (1.0, 2.0, 9.0)], PAIRS, known, [])
    ann, bob = found.people
    assert (ann.name, ann.judged, ann.seconds, bob.judged, bob.seconds) == ("ann", 3, 2.0, 0, None)
    assert ann.agreed is not None
    assert (ann.agreed.items, ann.agreed.value) == (11, pytest.approx(8 / 11))
    assert ann.found is not None
    assert (ann.found.items, ann.found.value) == (5, pytest.approx(4 / 5))  # 2 known, 2 of one mind, 1 missed
    assert ann.cleared is not None
    assert (ann.cleared.items, ann.cleared.value) == (7, pytest.approx(6 / 7))
    assert bob.found is not None
    assert bob.found.value == 1
    assert ann.kappa == bob.kappa
    assert found.everybody.kappa is not None
    assert found.everybody.agreed == ann.agreed


def test_defects_are_measured_by_type() -> None:
    dent, scratch = measure([], PAIRS, [], []).types
    assert (dent.name, dent.judged, scratch.name, scratch.judged) == ("dent", 3, "scratch", 2)
    assert dent.agreed is not None
    assert dent.agreed.value == pytest.approx(10 / 11)
    assert dent.found is not None
    assert (dent.found.items, dent.found.value) == (6, pytest.approx(5 / 6))
    assert scratch.found is None


def test_who_saw_the_ai_counts_neither_as_agreement_nor_as_finding() -> None:
    led = Pair(first=said("ann", REJECT, saw_ai=True), second=said("bob", REJECT))
    found = measure([], [led], [], [])
    assert found.everybody.agreed is None
    ann, bob = found.people
    assert (ann.found, bob.name) == (None, "bob")
    assert bob.found is not None
    assert bob.found.items == 1


def test_the_ai_is_one_more_who_judges() -> None:
    given = [said("ann", PASS, ai=PASS)] * 3 + [said("bob", PASS, ai=REJECT), said("bob", PASS)]
    given.append(said("bob", REJECT, ai=REJECT, saw_ai=True))
    known = [Checked(said=said("ann", PASS, ai=REJECT), truth=REJECT)]
    found = measure(given, [], known, [])
    assert (found.ai.judged, found.ai.seconds) == (4, None)
    assert found.ai.agreed is not None
    assert found.ai.agreed.value == pytest.approx(3 / 4)
    assert found.ai.found is not None
    assert found.ai.found.value == 1


def test_the_meter_of_bias_counts_wrong_suggestions_alone() -> None:
    led = [
        Led(suggested=PASS, reference=REJECT, said=said("ann", PASS, saw_ai=True)),
        Led(suggested=PASS, reference=REJECT, said=said("ann", REJECT, saw_ai=True)),
        Led(suggested=REJECT, reference=PASS, said=said("ann", PASS)),
        Led(suggested=REJECT, reference=REJECT, said=said("ann", REJECT, saw_ai=True)),
    ]
    assert measure([], [], [], led).bias == Bias(shown=2, went_along=1, hidden=1, said_so_too=0)


def test_nothing_at_all_is_told_as_nothing() -> None:
    found = measure([], [], [], [])
    assert (found.people, found.types, found.everybody.kappa, found.ai.ac1) == ((), (), None, None)


@pytest.mark.parametrize(
    ("level", "score", "model", "verdict"),
    [
        (Level.PARTIAL_AUTOMATION, 0.3, "m", PASS), (Level.PARTIAL_AUTOMATION, 0.5, "m", None),
        (Level.PARTIAL_AUTOMATION, 0.7, "m", REJECT), (Level.FULL_AUTOMATION, 0.5, "m", PASS),
        (Level.SHADOW, 0.9, "other", None), (Level.SHADOW, None, "m", None),
    ],
)  # fmt: skip
def test_what_the_ai_would_say(level: Level, score: float | None, model: str, verdict: Verdict | None) -> None:
    terms = Terms(level=level, model="m", pass_below=0.3, reject_above=0.7, audit_share=0.1)
    assert ai_verdict(terms, model, score) is verdict
