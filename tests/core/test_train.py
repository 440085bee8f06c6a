"""Training sets: named by their content, and refused when there is too little."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspection.core.train import (
    MIN_GOOD_IMAGES,
    Sample,
    Untrainable,
    agreed,
    check_enough,
    check_labels,
    manifest_hash,
)

samples = st.lists(
    st.builds(
        Sample, view=st.sampled_from(["front", "back"]), sha256=st.sampled_from(["a" * 64, "b" * 64, "c" * 64]),
        name=st.text(max_size=5),
    )
)  # fmt: skip


@given(samples=samples, data=st.data())
def test_the_same_images_have_one_name_in_any_order_and_under_any_title(
    samples: list[Sample], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(samples))
    renamed = [Sample(view=s.view, sha256=s.sha256, name="other") for s in shuffled]
    assert manifest_hash(renamed + renamed) == manifest_hash(samples)


@given(one=samples, other=samples)
def test_other_images_have_another_name(one: list[Sample], other: list[Sample]) -> None:
    def content(some: list[Sample]) -> set[tuple[str, str]]:
        return {(s.view, s.sha256) for s in some}

    assert (manifest_hash(one) == manifest_hash(other)) is (content(one) == content(other))


def good(view: str, count: int) -> list[Sample]:
    return [Sample(view=view, sha256=f"{i:064}", name="x") for i in range(count)]


def test_every_view_needs_enough_different_images() -> None:
    check_enough(good("front", MIN_GOOD_IMAGES) + good("back", MIN_GOOD_IMAGES), ("front", "back"))
    with pytest.raises(Untrainable, match=r"'back' has 0 .* at least 10"):
        check_enough(good("front", 50), ("front", "back"))
    with pytest.raises(Untrainable, match=r"'front' has 9 "):
        check_enough(good("front", MIN_GOOD_IMAGES - 1) * 5, ("front",))


def judged(name: str, digest: str, defect: str = "") -> Sample:
    return Sample(view="front", sha256=digest, name=name, defect=defect)


def test_one_picture_that_people_judged_both_ways_is_left_out_and_named() -> None:
    units = [judged("A-1", "a"), judged("A-2", "b"), judged("A-3", "a", "dent"), judged("A-4", "a"), judged("A-5", "c")]
    kept, torn = agreed(units)
    assert [sample.name for sample in kept] == ["A-2", "A-5"]
    assert torn == ["A-1 (good) and A-3 (dent)"]


def test_no_more_pairs_are_named_than_can_be_read() -> None:
    both = [judged(f"{i}{kind}", str(i), kind) for i in range(7) for kind in ("", "dent")]
    with pytest.raises(
        Untrainable, match=r"0 \(good\) and 0dent \(dent\);.*4 \(good\) and 4dent \(dent\); and 2 more\.$"
    ):
        check_labels(both)
