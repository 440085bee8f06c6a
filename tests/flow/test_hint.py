"""ADWIN marks where the mean has changed."""

from itertools import islice

from benchmarks.drift import after, independent
from inspection.flow.hint import changes


def test_steady_light_is_hardly_ever_marked() -> None:
    assert sum(len(changes(list(islice(independent(seed), 1440)))) for seed in range(10)) <= 2


def test_a_step_that_the_limits_let_pass_is_marked_soon() -> None:
    for seed in range(10):
        marked = changes(list(islice(after(independent(seed), 300, lambda _t: -2.0), 400)))
        assert marked
        assert 300 <= marked[0] <= 330


def test_nothing_is_marked_without_values() -> None:
    assert changes([]) == changes([120.0]) == ()
