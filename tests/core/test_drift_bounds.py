"""What docs/drift.md says of the brightness chart: false alarms a week, and windows to the alarm."""

import pytest

from benchmarks.drift import DAY, FAULTS, HEALTHY, autocorrelated, delays, false_alarms, independent

AT_MOST = dict(zip(HEALTHY, (0, 0.5, 0.5, 7.0, 14.0), strict=True))


@pytest.mark.parametrize("camera", HEALTHY)
def test_a_healthy_camera_is_left_in_peace(camera: str) -> None:
    """Daylight that swings by more than the limits is drift indeed: once out and back each day, twice at most."""
    assert false_alarms(HEALTHY[camera], weeks=2, seed=100) <= AT_MOST[camera]


@pytest.mark.parametrize(
    ("fault", "within"),
    [
        ("a lamp that loses 1 grey level an hour", 5 * 60),
        ("a lamp that loses 1 grey level a day", 5 * DAY),
        ("a step of 8 grey levels", 10),
        ("a step of 15 grey levels", 2),
        ("a lamp that goes out", 1),
    ],
)
@pytest.mark.parametrize("camera", [independent, autocorrelated])
def test_a_lamp_that_goes_is_found_in_time(camera, fault: str, within: int) -> None:  # type: ignore[no-untyped-def]
    found = delays(camera, FAULTS[fault], runs=3, seed=100)
    assert len(found) == 3, "and not before it goes"
    assert max(found) <= within
