"""Large inputs run through the first stages in tiles, and nothing shows where the tiles meet."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import backbone, tiling
from models.engine import Compiled, Precision
from models.graph import Graph
from models.tiling import RIM, spans_of


@given(st.integers(1, 256).map(lambda n: 32 * n))
def test_tiles_keep_every_pixel_once_with_a_rim_where_the_image_goes_on(side: int) -> None:
    kept = []
    for span in spans_of(side):
        assert 0 <= span.start < span.end <= side
        assert span.start % 32 == span.keep_from % 32 == 0
        assert span.start == 0 or span.keep_from == RIM
        assert span.end == side or span.end - span.start - span.keep_to == RIM
        kept += range(span.start + span.keep_from, span.start + span.keep_to)
    assert kept == list(range(side))


def stage2(size: tuple[int, int], image: np.ndarray) -> np.ndarray:
    graph = Graph(*size)
    graph.output(backbone.add_taps(graph)["s2"], "s2", (1, 40, size[0] // 8, size[1] // 8))
    return Compiled(graph.model(), Precision.F32, 1).run(image, 0)["s2"]


@pytest.mark.parametrize("size", [(192, 416), (320, 128)])
def test_tiled_features_are_those_of_the_whole_image(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    whole = stage2(size, image)
    monkeypatch.setattr(tiling, "TILE", 128)
    assert max(len(spans_of(side)) for side in size) > 1
    np.testing.assert_allclose(stage2(size, image), whole, rtol=1e-4, atol=1e-4)
    monkeypatch.setattr(tiling, "RIM", 0)
    assert np.abs(stage2(size, image) - whole).max() > 0.1  # without the rim, the seams show
