"""E-processes: valid at every look, exact against their definitions, and stored and continued without a difference."""

import json
import math
from functools import reduce
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import beta, binom

from inspection.core import eprocess
from inspection.core.eprocess import (
    MOST_STARTS,
    NonInferiority,
    Process,
    RateProcess,
    UnpairedProcess,
    as_json,
    average,
    bonferroni,
    from_json,
    log_bets,
    log_block,
    log_ratio,
    paired,
    rates_so_far,
)

RUNS, LEVEL = 10_000, 0.05
TOLERATED = int(binom.ppf(0.999, RUNS, LEVEL))


def rate_process(limit: float, labels: list[bool]) -> RateProcess:
    return reduce(RateProcess.update, labels, RateProcess(limit=limit))


@pytest.mark.parametrize(("limit", "k", "n"), [(0.1, 0, 0), (0.1, 3, 10), (0.02, 1, 100), (0.5, 9, 10), (0.3, 0, 20)])
def test_the_ratio_is_the_mixture_it_says(limit: float, k: int, n: int) -> None:
    law = beta(1, 1 / (2 * limit))

    def part(q: float) -> float:
        return float(law.pdf(q) / law.sf(limit) * binom.pmf(k, n, q) / binom.pmf(k, n, limit))

    assert math.exp(log_ratio(k, n, limit)) == pytest.approx(quad(part, limit, 1)[0], rel=1e-6)


@settings(max_examples=60, deadline=None)
@given(limit=st.floats(0.02, 0.9), share=st.floats(0, 1), labels=st.lists(st.booleans(), max_size=120))
def test_one_more_label_raises_no_hopes_while_the_limit_is_kept(limit: float, share: float, labels: list[bool]) -> None:
    """The expected next E is at most E for any rate up to the limit: what makes each look a fair one."""
    now, p = rate_process(limit, labels), share * limit
    after = p * math.exp(now.update(True).log_e) + (1 - p) * math.exp(now.update(False).log_e)
    assert after <= math.exp(now.log_e) * (1 + 1e-9)


@settings(max_examples=60, deadline=None)
@given(limit=st.floats(0.02, 0.9), labels=st.lists(st.booleans(), max_size=120))
def test_restarts_average_over_ratios_that_began_later(limit: float, labels: list[bool]) -> None:
    stretch, seen = math.ceil(1 / limit), np.array(labels, dtype=bool)
    started = len(labels) // stretch + 1
    parts = [seen[j * stretch :] for j in range(started)]
    each = [math.exp(log_ratio(part.sum(), len(part), limit)) / ((j + 1) * (j + 2)) for j, part in enumerate(parts)]
    assert math.exp(rate_process(limit, labels).log_e) == pytest.approx(sum(each) + 1 / (started + 1))


def test_a_long_good_run_does_not_hide_a_jump() -> None:
    """30 times 1 / limit labels without an event, then one in 33: the alarm comes within 10 times 1 / limit labels."""
    good, jumped = [False] * 3000, [i % 33 == 0 for i in range(1000)]
    assert rate_process(0.01, good + jumped).alarm(LEVEL)
    alone = reduce(RateProcess.update, good + jumped, RateProcess(limit=0.01, restarts=False))
    assert not alone.alarm(LEVEL)


def test_the_oldest_starts_are_dropped_and_only_lower_e(monkeypatch: pytest.MonkeyPatch) -> None:
    labels = (np.random.default_rng(4).random(400) < 0.3).tolist()
    whole = rate_process(0.2, labels)
    monkeypatch.setattr(eprocess, "MOST_STARTS", 10)
    short = rate_process(0.2, labels)
    assert len(whole.marks) == 81 <= MOST_STARTS
    assert (len(short.marks), short.marks) == (10, whole.marks[-10:])
    kept = sum(math.exp(log_ratio(sum(labels[5 * j :]), 400 - 5 * j, 0.2)) / ((j + 1) * (j + 2)) for j in range(71, 81))
    assert math.exp(short.log_e) == pytest.approx(kept + 1 / 82)
    assert short.log_e < whole.log_e


def table(limit: float, most_events: int, most_trials: int) -> np.ndarray:
    """E without restarts for all counts [events, trials], so that 10,000 runs need only look it up."""
    k, n = np.arange(most_events + 1)[:, None], np.arange(most_trials + 1)
    return np.exp(log_ratio(np.minimum(k, n), n, limit))


@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_a_line_at_its_limit_is_seldom_alarmed_however_often_one_looks(rate: float) -> None:
    """10,000 lines of 1,000 labels, looked at after each. E can only rise with an event, so these are all the looks."""
    limit, length = 0.02, 1000
    stretch = math.ceil(1 / limit)
    events = np.random.default_rng(1).random((RUNS, length)) < rate * limit
    before = np.pad(events.cumsum(axis=1), ((0, 0), (1, 0)))
    run, at = np.nonzero(events)
    starts = np.arange(length // stretch) * stretch
    since, seen = at[:, None] + 1 - starts, before[run, at + 1][:, None] - before[run][:, starts]
    begun = since > 0
    ratios = np.where(begun, table(limit, int(seen.max()), length)[np.where(begun, seen, 0), since * begun], 1.0)
    weights = 1 / np.array([(j + 1) * (j + 2) for j in range(len(starts))])
    e = ratios @ weights + 1 / (len(starts) + 1)
    alarmed = len(np.unique(run[e >= 1 / LEVEL]))
    assert alarmed <= TOLERATED
    assert rate < 1 or alarmed > 0.002 * RUNS


def test_paired_models_of_equal_skill_are_seldom_told_apart() -> None:
    """10,000 pairs, looked at after each of 300 units on which they differ."""
    wrong = np.random.default_rng(2).random((RUNS, 300)) < 0.5
    e = table(0.5, 300, 300)[wrong.cumsum(axis=1), np.arange(1, 301)]
    alarmed = (e >= 1 / LEVEL).any(axis=1).sum()
    assert 0.002 * RUNS < alarmed <= TOLERATED


def test_a_paired_process_takes_a_worse_candidate_out() -> None:
    worse = reduce(RateProcess.update, [True] * 8, paired())
    assert not reduce(RateProcess.update, [True] * 5, paired()).alarm(LEVEL)
    assert worse.alarm(LEVEL)
    # The closed form of the uniform mixture on (1/2, 1].
    assert math.exp(worse.log_e) == pytest.approx(2 * (1 - 0.5**9) / 9 * 2**8)


@settings(max_examples=100, deadline=None)
@given(
    stable=st.floats(0.001, 0.9),
    ratio=st.floats(1, 20),
    sizes=st.tuples(st.integers(1, 19), st.integers(1, 4)),
    null=st.integers(0, 1000).map(lambda i: i / 1000),
    share=st.sampled_from([0.0, 0.2, 0.9, 1.0]),
)
def test_a_block_is_a_fair_bet_whenever_the_candidate_is_no_worse(
    stable: float, ratio: float, sizes: tuple[int, int], null: float, share: float
) -> None:
    """All outcomes of a block, counted out: the expected factor is at most 1 for any rates p_b <= p_a."""
    na, nb = sizes
    candidate, p_b = min(stable * ratio, 0.99), share * null
    ka, kb = (np.array(side) for side in zip(*product(range(na + 1), range(nb + 1)), strict=True))
    chance = binom.pmf(ka, na, null) * binom.pmf(kb, nb, p_b)
    factor = np.exp(log_block(stable, max(stable, candidate), ka, na, kb, nb))
    assert float(chance @ factor) <= 1 + 1e-9


def test_a_candidate_that_errs_less_is_never_bet_against() -> None:
    """The two rates are the same then, so that a better candidate raises no suspicion by being different."""
    stable, candidate = rates_so_far(50, 100, 2, 100)
    assert stable == candidate
    assert log_block(stable, candidate, 3, 10, 1, 10) == 0


def unpaired_runs(p_stable: float, p_candidate: float, runs: int, blocks: int) -> np.ndarray:
    """Candidate units until the alarm in each run, infinite where there is none; 19 stable units for each."""
    dice, seen, log_e = np.random.default_rng(3), np.zeros((4, runs)), np.zeros(runs)
    until = np.full(runs, np.inf)
    for block in range(1, blocks + 1):
        ka, kb = dice.binomial(19, p_stable, runs), dice.binomial(1, p_candidate, runs)
        log_e += log_block(*rates_so_far(*seen), ka, 19, kb, 1)
        seen += np.array([ka, np.full(runs, 19), kb, np.full(runs, 1)])
        until = np.where(np.isinf(until) & (log_e >= -math.log(LEVEL)), block, until)
    return until


def test_a_canary_as_good_as_the_stable_model_is_seldom_stopped() -> None:
    assert np.isfinite(unpaired_runs(0.02, 0.02, RUNS, 500)).sum() <= TOLERATED


def test_a_canary_three_times_as_bad_is_stopped_within_some_hundred_units() -> None:
    assert 100 < np.median(unpaired_runs(0.02, 0.06, 500, 1000)) < 250


def test_an_unpaired_process_adds_up_its_blocks() -> None:
    process, log_e, seen = UnpairedProcess(), 0.0, np.zeros(4)
    for ka, kb in [(0, 1), (1, 1), (0, 0), (0, 2)]:
        log_e += float(log_block(*rates_so_far(*seen), ka, 10, kb, 3))
        seen += [ka, 10, kb, 3]
        process = process.update(stable_events=ka, stable_trials=10, candidate_events=kb, candidate_trials=3)
    assert process.log_e == pytest.approx(log_e)
    assert (process.stable_events, process.candidate_events, process.candidate_trials) == (1, 4, 12)
    assert log_e > 0
    with pytest.raises(ValueError, match="at least one"):
        process.update(stable_events=0, stable_trials=3, candidate_events=0, candidate_trials=0)


def test_a_candidate_worse_by_the_margin_is_seldom_called_no_worse() -> None:
    """10,000 rollouts of 300 labelled units at the very margin, looked at after each."""
    margin, length = 0.1, 300
    d = np.random.default_rng(5).choice([1, -1, 0], p=[0.15, 0.05, 0.8], size=(RUNS, length)).astype(np.int8)
    called = np.zeros(RUNS, dtype=bool)
    for part in np.array_split(np.arange(RUNS), 20):
        counts = [(d[part] == value).cumsum(axis=1) for value in (1, -1, 0)]
        called[part] = (log_bets(*counts, margin) >= -math.log(LEVEL)).any(axis=1)
    assert 0.002 * RUNS < called.sum() <= TOLERATED


@settings(max_examples=60, deadline=None)
@given(
    margin=st.floats(0.001, 0.9),
    excess=st.floats(0, 1),
    better=st.floats(0, 1),
    past=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=60),
)
def test_no_candidate_beyond_the_margin_can_hope_for_a_promotion(
    margin: float, excess: float, better: float, past: list[tuple[bool, bool]]
) -> None:
    """The expected next E is at most E where the candidate errs more often by the margin or more."""
    now = NonInferiority(margin=margin)
    for stable_wrong, candidate_wrong in past:
        now = now.update(stable_wrong=stable_wrong, candidate_wrong=candidate_wrong)
    difference = margin + excess * (1 - margin)
    p_better = better * (1 - difference) / 2
    p_worse = p_better + difference
    after = (
        p_worse * math.exp(now.update(stable_wrong=False, candidate_wrong=True).log_e)
        + p_better * math.exp(now.update(stable_wrong=True, candidate_wrong=False).log_e)
        + (1 - p_worse - p_better) * math.exp(now.update(stable_wrong=True, candidate_wrong=True).log_e)
    )
    assert after <= math.exp(now.log_e) * (1 + 1e-9)


def test_a_candidate_that_never_differs_is_proved_no_worse() -> None:
    def after(units: int) -> NonInferiority:
        return NonInferiority(margin=0.01, alike=units)

    assert not after(500).proved(LEVEL)
    assert after(519).proved(LEVEL)
    assert not NonInferiority(margin=0.01, alike=519, only_candidate_wrong=3).proved(LEVEL)


@pytest.mark.parametrize("wrong", [0.0, 1.0, -0.1])
def test_limits_and_margins_that_mean_nothing_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        RateProcess(limit=wrong)
    with pytest.raises(ValueError, match="between 0 and 1"):
        NonInferiority(margin=wrong)


@pytest.mark.parametrize(
    "process",
    [
        rate_process(0.3, [False, True] * 20),
        reduce(RateProcess.update, [True, False, True], paired()),
        UnpairedProcess().update(stable_events=0, stable_trials=19, candidate_events=1, candidate_trials=1),
        NonInferiority(margin=0.02).update(stable_wrong=False, candidate_wrong=True),
    ],
)
def test_a_process_is_stored_as_json_and_goes_on_from_there(process: Process) -> None:
    again = from_json(json.loads(json.dumps(as_json(process))))
    assert again == process
    assert again.log_e == process.log_e
    if isinstance(process, RateProcess) and isinstance(again, RateProcess):
        assert again.update(True).log_e == process.update(True).log_e


def test_several_processes_are_read_together() -> None:
    assert average([math.log(40), math.log(1), -math.inf]) == pytest.approx(math.log(41 / 3))
    assert bonferroni({"escapes": math.log(41), "overkill": math.log(39)}, LEVEL) == ["escapes"]


@given(st.integers(1, 400), st.data())
def test_a_late_event_counts_but_never_for_more_than_if_it_had_been_known(trials: int, data: st.DataObject) -> None:
    """An event that is told late gives no more evidence than the same one told in time, and more than none."""
    at = data.draw(st.integers(0, trials - 1))
    others = data.draw(st.sets(st.integers(0, trials - 1), max_size=12)) - {at}
    quiet = known = RateProcess(limit=0.05)
    for i in range(trials):
        quiet, known = quiet.update(i in others), known.update(i in others or i == at)
    late = quiet.late()
    assert (late.events, late.trials) == (known.events, known.trials)
    assert quiet.log_e <= late.log_e + 1e-9
    assert late.log_e <= known.log_e + 1e-9
