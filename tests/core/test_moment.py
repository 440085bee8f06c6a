"""Times as the store keeps them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.moment import micros, moment

aware = st.datetimes(
    min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1),
    timezones=st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)  # fmt: skip


@given(at=aware)
def test_a_time_comes_back_to_the_microsecond_and_in_utc(at: datetime) -> None:
    assert moment(micros(at)) == at
    assert moment(micros(at)).tzinfo is UTC


@given(one=aware, other=aware)
def test_order_is_kept(one: datetime, other: datetime) -> None:
    assert (micros(one) < micros(other)) is (one < other)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        micros(datetime(2026, 1, 1))
