"""Agreement in closed form: against statsmodels, published examples, and what must hold of any ratings."""

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from inspection.core.agreement import Band, Estimate, ac1, cohen, fleiss, observed, proportion

# Gwet's example of four raters and twelve subjects with ratings missing; 0 is no rating. The figures are those that the
# manual of his R package irrCAC prints for cac.raw4raters.
FOUR_RATERS = (
    (1, 1, 0, 1), (2, 2, 3, 2), (3, 3, 3, 3), (3, 3, 3, 3), (2, 2, 2, 2), (1, 2, 3, 4),
    (4, 4, 4, 4), (1, 1, 2, 1), (2, 2, 2, 2), (0, 5, 5, 5), (0, 0, 1, 1), (0, 0, 3, 0),
)  # fmt: skip
TABLES = st.integers(2, 4).flatmap(
    lambda k: st.lists(st.lists(st.integers(0, 30), min_size=k, max_size=k), min_size=k, max_size=k)
)
RATINGS = st.integers(2, 4).flatmap(
    lambda k: st.lists(
        st.lists(st.integers(0, k - 1), min_size=2, max_size=5).map(
            lambda said: [said.count(c) for c in range(k)]
        ),
        min_size=2, max_size=30,
    )
)  # fmt: skip


def counted(ratings: tuple[tuple[int, ...], ...], categories: int) -> list[list[int]]:
    return [[row.count(c) for c in range(1, categories + 1)] for row in ratings]


def test_gwets_example_of_four_raters_with_missing_ratings() -> None:
    table = counted(FOUR_RATERS, 5)
    assert observed(table) == pytest.approx(0.8181818, abs=1e-7)
    found = ac1(table)
    assert found is not None
    assert found.value == pytest.approx(0.77544, abs=5e-6)
    assert (found.high - found.low) == pytest.approx(1 - 0.461, abs=1e-3)
    kappa = fleiss(table)
    assert kappa is not None
    assert kappa.value == pytest.approx(0.76117, abs=5e-6)
    assert (kappa.low, kappa.high) == (pytest.approx(0.424, abs=1e-3), 1.0)


def test_the_example_of_fleiss_cohen_and_everitt() -> None:
    """Fleiss, Cohen and Everitt (1969), table 1, of 200 patients: kappa .429 by chance as in Cohen (1960)."""
    table = [[106, 10, 4], [22, 28, 10], [2, 12, 6]]
    found = cohen(table)
    assert found is not None
    assert found.value == pytest.approx(0.429, abs=5e-4)


def test_high_agreement_on_a_rare_category_is_where_kappa_misleads() -> None:
    """118 times both pass, 5 and 2 times one of them rejects, never both: Gwet (2008) opens with such a table."""
    items = [[2, 0]] * 118 + [[1, 1]] * 7
    kappa, gwet = fleiss(items), ac1(items)
    assert kappa is not None
    assert gwet is not None
    assert kappa.value < 0 < 0.93 < gwet.value < 0.95
    assert (kappa.band, gwet.band) == (Band.UNACCEPTABLE, Band.GOOD)


@settings(max_examples=300)
@given(TABLES)
def test_cohens_kappa_is_that_of_statsmodels(table: list[list[int]]) -> None:
    ours, counts = cohen(table), np.asarray(table)
    if ours is None:
        assert counts.sum() == 0 or (counts.sum() == counts.max() and counts.max() == np.trace(counts))
        return
    with np.errstate(invalid="ignore", divide="ignore"):  # its test of no agreement, where nothing varies
        theirs = cohens_kappa(counts)
    assert ours.value == pytest.approx(theirs.kappa, abs=1e-12)
    if theirs.var_kappa > 1e-9:  # ours has other answers where the formula's variance is 0
        assert ours.low == pytest.approx(max(theirs.kappa_low, -1), abs=1e-5)
        assert ours.high == pytest.approx(min(theirs.kappa_upp, 1), abs=1e-5)


@given(st.integers(2, 5), st.integers(2, 4), st.data())
def test_fleiss_kappa_is_that_of_statsmodels(raters: int, categories: int, data: st.DataObject) -> None:
    one = st.lists(st.integers(0, categories - 1), min_size=raters, max_size=raters)
    said = data.draw(st.lists(one, min_size=2, max_size=25))
    table = np.array([[row.count(c) for c in range(categories)] for row in said])
    ours = fleiss(table)
    if ours is None:
        assert (table.sum(axis=0) > 0).sum() == 1
    else:
        assert ours.value == pytest.approx(fleiss_kappa(table), abs=1e-12)


@given(RATINGS)
def test_neither_the_order_of_categories_nor_of_items_matters(table: list[list[int]]) -> None:
    for figure in (ac1, fleiss):
        found = figure(table)
        for order in list(permutations(range(len(table[0]))))[:6]:
            moved = figure([[row[c] for c in order] for row in reversed(table)])
            assert (found is None) == (moved is None)
            if found is not None and moved is not None:
                assert moved.value == pytest.approx(found.value)
                assert (moved.low, moved.high) == (pytest.approx(found.low), pytest.approx(found.high))


@given(RATINGS)
def test_a_figure_lies_in_its_interval_and_is_a_number(table: list[list[int]]) -> None:
    for found in (ac1(table), fleiss(table)):
        if found is not None:
            assert all(math.isfinite(one) for one in (found.value, found.low, found.high))
            assert -1 <= found.low <= found.value + 1e-12
            assert found.value - 1e-12 <= found.high <= 1


@pytest.mark.parametrize("figure", [ac1, fleiss])
def test_all_of_one_mind_is_one_and_few_items_leave_much_open(figure) -> None:
    few, many = figure([[2, 0], [0, 2], [2, 0]]), figure([[2, 0], [0, 2]] * 100)
    assert few.value == many.value == many.high == 1
    assert few.low < 0.2 < 0.9 < many.low
    both = cohen([[2, 0], [0, 1]])
    assert both is not None
    assert (both.value, both.low < 0.2) == (1, True)


def test_nothing_to_say_is_none_and_not_a_number_that_is_none() -> None:
    assert proportion(0, 0) is None
    assert cohen([[0, 0], [0, 0]]) is None
    assert cohen([[9, 0], [0, 0]]) is None
    assert fleiss([[9, 0], [7, 0]]) is None
    for figure in (ac1, fleiss, observed):
        assert figure(np.zeros((0, 2))) is None
        assert figure([[1, 0], [0, 1]]) is None  # one rater alone
    only = ac1([[3, 0]] * 5)
    assert only is not None
    assert only.value == 1


@pytest.mark.parametrize("found", [ac1([[1, 1]]), cohen([[0, 0], [1, 2]])], ids=["one item", "a rater of one answer"])
def test_where_nothing_can_vary_everything_is_open(found: Estimate | None) -> None:
    assert found is not None
    assert (found.low, found.high) == (-1, 1)


def test_a_share_has_the_exact_interval() -> None:
    found = proportion(0, 20)
    assert found is not None
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 20))


@pytest.mark.parametrize(
    ("value", "band"), [(1, Band.GOOD), (0.9, Band.GOOD), (0.89, "marginal"), (0.7, "marginal"), (0.69, "unacceptable")]
)
def test_bands(value: float, band: str) -> None:
    assert Estimate(value=value, low=0, high=1, items=9).band == band


@pytest.mark.parametrize("bad", [[[1, -1], [0, 1]], [[0.5, 0.5], [1, 0]], [[math.nan, 1], [1, 1]], [1, 2]])
def test_what_is_no_table_of_counts_is_refused(bad: list[object]) -> None:
    for figure in (cohen, ac1, fleiss):
        with pytest.raises(ValueError, match="Ratings"):
            figure(bad)


def test_tables_of_the_wrong_form_are_refused() -> None:
    with pytest.raises(ValueError, match="square"):
        cohen([[1, 2, 3], [4, 5, 6]])
    with pytest.raises(ValueError, match="two categories"):
        ac1([[1], [2]])
