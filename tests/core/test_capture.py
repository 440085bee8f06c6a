"""Metadata of a frame, its figures, and whether it is fit."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.capture import (
    Capture,
    InvalidCapture,
    Quality,
    QualityLimits,
    Region,
    unfit,
)  # fmt: skip
from inspection.core.ingest import Fingerprint, OtherBody, check_same, clock_skew

T0 = datetime(2026, 1, 31, tzinfo=UTC)
FIT = {"brightness": 120.0, "contrast": 80.0, "sharpness": 90.0, "saturated": 0.01}


def a_capture(**other: object) -> Capture:
    return Capture(**{"capture_id": "c1", "serial": "S 1", "view": "front", "captured_at": T0, **other})


@pytest.mark.parametrize(
    "wrong",
    [
        {"capture_id": ""}, {"capture_id": "../x"}, {"capture_id": "a b"}, {"capture_id": "x" * 129},
        {"capture_id": "a\n"},
        {"serial": ""}, {"serial": " x"}, {"serial": "x" * 129}, {"serial": "a\x00b"}, {"serial": "a\nb"},
        {"serial": "\u202eevil"}, {"view": "Front"}, {"view": ""}, {"view": "a/b"}, {"view": "x" * 33},
        {"captured_at": datetime(2026, 1, 31)},
        {"settings": "exposure"}, {"settings": "a=1;"}, {"settings": "A=1"}, {"settings": "a=<b>"},
        {"settings": "a=1;b=2\n"}, {"settings": ";".join(f"a{i}=1" for i in range(17))}, {"settings": "a=" + "1" * 33},
    ],
)  # fmt: skip
def test_hostile_metadata_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidCapture, match=r"[a-z ]{10,}"):
        a_capture(**wrong)


@pytest.mark.parametrize("serial", ["A", "PH-0001", "中文-7", "a b", "x" * 128, "S#2"])
def test_serials_of_real_plants_are_taken(serial: str) -> None:
    assert a_capture(serial=serial).serial == serial


@given(serial=st.text(max_size=140), capture_id=st.text(max_size=140), view=st.text(max_size=40))
def test_any_text_is_taken_or_refused_but_never_breaks(serial: str, capture_id: str, view: str) -> None:
    for other in ({"serial": serial}, {"capture_id": capture_id}, {"view": view}):
        try:
            a_capture(**other)
        except InvalidCapture:
            continue


@pytest.mark.parametrize(
    "other",
    [{"brightness": 5.0}, {"brightness": 250.0}, {"saturated": 0.9}, {"contrast": 2.0}, {"sharpness": 0.5},
     *({name: math.nan} for name in FIT)],
)  # fmt: skip
def test_each_figure_outside_its_limits_makes_a_frame_unfit(other: dict[str, float]) -> None:
    assert unfit(Quality(**FIT), QualityLimits()) is None
    assert unfit(Quality(**{**FIT, **other}), QualityLimits())


@pytest.mark.parametrize(
    "box", [(-0.1, 0, 0.5, 0.5), (0.6, 0, 0.5, 0.5), (0, 0, 0, 0.5), (0, 1, 0.1, 0.1), (math.nan, 0, 1, 1)]
)
def test_a_region_lies_inside_the_image(box: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="inside the image"):
        Region(left=box[0], top=box[1], width=box[2], height=box[3])


def test_the_same_capture_is_the_same_in_everything_that_counts() -> None:
    first = Fingerprint(sha256="a" * 64, serial="S", view="front")
    check_same("c1", first, Fingerprint(sha256="a" * 64, serial="S", view="front"))
    for other in ({"sha256": "b" * 64}, {"serial": "T"}, {"view": "back"}):
        with pytest.raises(OtherBody, match="c1"):
            check_same("c1", first, Fingerprint(**{**first.__dict__, **other}))


@given(st.floats(-1e6, 1e6))
def test_only_a_time_in_the_future_proves_a_wrong_clock(ahead_s: float) -> None:
    skew = clock_skew(T0 + timedelta(seconds=ahead_s), T0)
    assert skew == (pytest.approx(ahead_s) if ahead_s > 300.000001 else 0)
