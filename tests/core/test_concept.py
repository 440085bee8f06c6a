"""Agreement and escapes over time, and the evidence of the guards, from blind labels alone."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_confint

from inspection.core.concept import Judged, courses, share, stretches
from inspection.core.decide import Verdict
from inspection.core.eprocess import RateProcess

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
LIMITS = {"escapes": 0.01, "overkill": 0.05, "overturns": 0.06}
P, R = Verdict.PASS, Verdict.REJECT


def labels(*pairs: tuple[Verdict | None, Verdict]) -> list[Judged]:
    return [Judged(at=START + timedelta(minutes=i), ai=ai, person=said) for i, (ai, said) in enumerate(pairs)]


@given(st.integers(0, 30), st.integers(1, 30))
def test_intervals_are_those_of_clopper_and_pearson(events, more):
    found = share(events, events + more)
    low, high = proportion_confint(events, events + more, 0.05, "beta")
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))


def test_a_share_of_nothing_says_nothing():
    assert (share(0, 0).low, share(0, 0).high) == (0, 1)


def test_what_the_guards_hear_of_a_label():
    said = [one.events for one in labels((P, R), (R, P), (P, P), (R, R), (None, R))]
    assert [one["escapes"] for one in said] == [True, False, False, False, False]
    assert [one["overkill"] for one in said] == [False, True, False, False, False]
    assert [one["overturns"] for one in said] == [True, True, False, False, False]


def test_agreement_is_of_what_the_ai_had_a_verdict_on_and_escapes_are_of_all():
    (found,) = stretches(labels((P, P), (P, R), (None, R), (R, R)))
    assert (found.agreed.events, found.agreed.of) == (2, 3)
    assert (found.escapes.events, found.escapes.of) == (1, 4)
    assert (found.since, found.until) == (START, START + timedelta(minutes=3))


def test_stretches_are_of_equal_number_and_the_newest_is_whole():
    few = stretches(labels(*[(P, P)] * 30))
    assert [one.labels for one in few] == [30]
    some = stretches(labels(*[(P, P)] * 130, (P, R)))
    assert [one.labels for one in some] == [50, 50]
    assert some[-1].escapes.events == 1
    many = stretches(labels(*[(P, P)] * 4000))
    assert [one.labels for one in many] == [100] * 40
    assert stretches([]) == ()


def test_evidence_is_that_of_the_guards_and_grows_with_the_escapes():
    healthy = labels(*[(P, P)] * 300)
    sick = healthy + [Judged(at=one.at + timedelta(days=1), ai=P, person=R) for one in healthy[:20]]
    found = {one.kind: one for one in courses(sick, LIMITS)}
    process = RateProcess(limit=0.01)
    for one in sick:
        process = process.update(one.ai is P and one.person is R)
    assert found["escapes"].log_e[-1] == pytest.approx(process.log_e)
    assert (found["escapes"].events, found["escapes"].labels) == (20, 320)
    assert found["escapes"].at[-1] == sick[-1].at
    assert len(found["escapes"].at) <= 200
    assert found["overkill"].log_e[-1] < 0 < 5 < found["escapes"].log_e[-1]
    assert found["escapes"].log_e[140] < 0.1, "nothing before they came"


@given(st.lists(st.booleans(), min_size=1, max_size=700), st.sampled_from([0.5, 0.1, 0.01]))
def test_counts_are_the_process_of_the_guards(events, limit):
    process = RateProcess(limit=limit)
    for event in events:
        process = process.update(event)
    counts = np.concatenate([[0], np.cumsum(events, dtype=np.int64)])
    assert RateProcess.counted(limit, counts, len(events)) == process


def test_no_labels_are_no_evidence():
    assert [one.log_e for one in courses([], LIMITS)] == [(), (), ()]
