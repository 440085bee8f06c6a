"""An image in other light keeps its size and way up, and its light is what was asked for."""

import io

import numpy as np
import pytest
from PIL import Image

from models.decode import Unreadable, read_header
from models.relight import relit


def jpeg(grey: int, orientation: int = 1) -> bytes:
    image = Image.new("RGB", (64, 32), (grey, grey, grey))
    exif = image.getexif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize(("by", "grey"), [(1.0, 80), (1.5, 120), (0.5, 40), (4.0, 255)])
def test_grey_levels_are_multiplied_and_clip(by: float, grey: int) -> None:
    image = Image.open(io.BytesIO(relit(jpeg(80), by)))
    assert np.asarray(image).mean() == pytest.approx(grey, abs=1)


def test_a_turned_image_is_upright() -> None:
    assert read_header(relit(jpeg(80, orientation=6), 1.0)).upright == (64, 32)


@pytest.mark.parametrize("image", [b"", b"no image"])
def test_what_is_no_image_is_said_to_be_none(image: bytes) -> None:
    with pytest.raises(Unreadable):
        relit(image, 1.0)
