"""Which images are measured where no model runs."""

from contextlib import ExitStack, suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from inspection.flow.sampling import CROWDED_EVERY_S, EVERY_S, Sampling


def measured(eyes: int, moments: list[float], *, crowded: bool) -> dict[int, list[float]]:
    """When each view was measured, if all of them send at those moments, always in the same order."""
    now = [0.0]
    sampling = Sampling(8, lambda: now[0])
    found: dict[int, list[float]] = {eye: [] for eye in range(eyes)}
    with ExitStack() as others:
        for _ in range(5 if crowded else 4):
            others.enter_context(sampling.storing())
        for moment in moments:
            now[0] = moment
            for eye in range(eyes):
                if sampling.due((eye, "front")):
                    found[eye].append(moment)
    return found


def every(seconds: float, until: float) -> list[float]:
    return [n * seconds for n in range(int(until / seconds))]


def test_up_to_five_images_a_second_of_a_view_are_all_measured() -> None:
    moments = every(0.25, 60)
    assert measured(3, moments, crowded=False) == dict.fromkeys(range(3), moments)


@settings(deadline=None)
@given(st.integers(1, 40), st.sampled_from([0.03, 0.1, 1.0]), st.booleans())
def test_every_view_gets_its_share_whatever_the_order_they_come_in(eyes: int, apart: float, crowded: bool) -> None:
    found = measured(eyes, every(apart, 120), crowded=crowded)
    numbers = [len(moments) for moments in found.values()]
    assert max(numbers) - min(numbers) <= 1
    assert min(numbers) >= 120 / max(EVERY_S + apart, CROWDED_EVERY_S * eyes + apart) - 1


@settings(deadline=None)
@given(st.integers(1, 40))
def test_where_images_wait_the_pace_does_not_grow_with_the_views(eyes: int) -> None:
    found = measured(eyes, every(0.04, 120), crowded=True)
    assert sum(map(len, found.values())) <= 120 / CROWDED_EVERY_S + eyes


def test_what_waited_a_moment_ago_still_counts() -> None:
    now = [0.0]
    sampling = Sampling(8, lambda: now[0])

    def due(at: float, storing: int) -> bool:
        now[0] = at
        with ExitStack() as group:
            for _ in range(storing):
                group.enter_context(sampling.storing())
        return sampling.due((1, "front"))  # all of the group are stored

    assert due(0.0, 5)
    assert not due(EVERY_S + 0.1, 5)
    assert not due(CROWDED_EVERY_S - 0.1, 4)
    assert due(CROWDED_EVERY_S + EVERY_S + 0.2, 4)
    assert due(CROWDED_EVERY_S + 2 * EVERY_S + 0.3, 4)


def test_two_cameras_of_the_same_view_do_not_stand_in_for_each_other() -> None:
    sampling = Sampling(8, lambda: 1.0)
    assert sampling.due((1, "front"))
    assert not sampling.due((1, "front"))
    assert sampling.due((2, "front"))


def test_no_more_wait_to_be_measured_than_there_are_threads_and_one_that_fails_waits_no_longer() -> None:
    sampling = Sampling(1, lambda: 1.0)
    with suppress(RuntimeError), sampling.measuring(), sampling.storing():
        assert not sampling.due((1, "front"))
        raise RuntimeError
    assert sampling.due((1, "front"))
