"""Figures of a stretch merge exactly from those of its parts."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from inspection.core.stage import Stage
from inspection.core.tally import FIGURES, FINER, KEEP, Sum, enough, merge, share

WHOLE = st.integers(-1000, 1000)
ROWS = st.lists(st.tuples(st.sampled_from(["brightness", "unfit", "score"]), WHOLE), min_size=1, max_size=60)


def of(rows: list[tuple[str, int]]) -> dict[str, Sum]:
    found = {}
    for name in {name for name, _ in rows}:
        values = [value for one, value in rows if one == name]
        found[name] = Sum(len(values), sum(values), min(values), max(values))
    return found


@given(ROWS, st.lists(st.integers(0, 60), max_size=6), st.randoms(use_true_random=False))
def test_any_split_merges_to_the_figures_of_the_whole(rows, cuts, dice):
    ends = sorted({0, len(rows), *(cut for cut in cuts if cut < len(rows))})
    parts = [of(rows[a:b]) for a, b in itertools.pairwise(ends)]
    dice.shuffle(parts)
    assert merge(parts) == of(rows)
    middle = len(parts) // 2
    assert merge([merge(parts[:middle]), merge(parts[middle:])]) == of(rows)


@given(st.lists(st.booleans(), min_size=1))
def test_a_share_is_a_mean_of_noughts_and_ones(values):
    ones = [int(value) for value in values]
    assert share(len(ones), sum(ones)) == Sum(len(ones), sum(ones), min(ones), max(ones))
    assert share(len(ones), sum(ones)).mean == sum(ones) / len(ones)


def test_every_stage_has_figures_and_what_is_dropped_was_merged_before():
    assert {one.stage for one in FIGURES.values()} == set(Stage)
    assert all(KEEP[FINER[span]] > 7 * 86_400 for span in FINER)


def test_of_a_rate_its_units_are_counted_and_not_its_minutes():
    assert not enough("units", Sum(19, 19, 1, 1))
    assert enough("units", Sum(1, 20, 20, 20))
    assert not enough("verdict_time", Sum(19, 190, 10, 10))
    assert enough("verdict_time", Sum(20, 20, 1, 1))
    assert enough("images", Sum(1, 1, 1, 1)), "says nothing of what the AI says"
