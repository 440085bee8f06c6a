"""The figures of one frame, from its pixels: one histogram and a few sums, which cost little beside the decode."""

import math
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from inspection.core.capture import WHOLE_IMAGE, Quality, Region

Bytes = NDArray[np.uint8]
_GREYS = 256
_NOISE = math.sqrt(math.pi / 2) / 6  # from the mean absolute answer of Immerkaer's mask to a standard deviation


def measure(grey: Bytes, reference: Region = WHOLE_IMAGE, colour: Bytes | None = None) -> Quality:
    """Measure a grey image (rows, columns; uint8), scaled by the caller to about 320 pixels wide, and the same in
    `colour` (rows, columns, 3; BGR) where there is one.

    Brightness, mean, colour and noise speak of the lamp and the sensor: they are taken over `reference`, which should
    show the fixture and not the part. Contrast, sharpness, saturated and black say whether the picture can be judged:
    they are taken over all of it. Sharpness is the variance of the 4-neighbour Laplacian (Pech-Pacheco et al., 2000),
    noise the mean absolute second difference along both sides (Immerkaer, 1996); what is left of it at this size.
    """
    if grey.ndim != 2 or grey.size == 0:
        raise ValueError("measure() wants a grey image of two dimensions.")
    patch = reference.cut(grey)
    whole = _histogram(grey)
    lamp = whole if patch.size == grey.size else _histogram(patch)
    red, blue = (None, None) if colour is None else _cast(reference.cut(colour))
    return Quality(
        brightness=_percentile(lamp, 0.5),
        contrast=_percentile(whole, 0.95) - _percentile(whole, 0.05),
        sharpness=_laplacian_variance(grey),
        saturated=float(whole[:2].sum() + whole[-2:].sum()) / grey.size,
        mean=float(lamp @ np.arange(_GREYS)) / patch.size,
        black=float(whole[:2].sum()) / grey.size,
        red=red,
        blue=blue,
        noise=_noise(patch),
        picture=fingerprint(grey),
    )


def fingerprint(grey: Bytes) -> int:
    """A number of 64 bits, with sign, that tells whether two pictures are the same in every pixel."""
    digest = sha256(b"%d %d " % grey.shape)
    digest.update(np.ascontiguousarray(grey).data)
    return int.from_bytes(digest.digest()[:8], "big", signed=True)


def _histogram(grey: Bytes) -> NDArray[np.int64]:
    return np.bincount(grey.ravel(), minlength=_GREYS)


def _percentile(histogram: NDArray[np.int64], share: float) -> float:
    """What numpy.percentile says of the values: between the two nearest it goes in proportion."""
    until = histogram.cumsum()
    place = share * (int(until[-1]) - 1)
    low, high = np.searchsorted(until, (math.floor(place), math.ceil(place)), side="right")
    return float(low + (high - low) * (place - math.floor(place)))


def _laplacian_variance(grey: Bytes) -> float:
    """In place and by one product: numpy's own variance of whole numbers takes five times as long."""
    if min(grey.shape) < 3:
        return 0.0
    g = grey.astype(np.int16)
    answer = g[:-2, 1:-1] + g[2:, 1:-1]
    answer += g[1:-1, :-2]
    answer += g[1:-1, 2:]
    answer -= 4 * g[1:-1, 1:-1]
    flat = answer.ravel().astype(np.float32)
    return max(0.0, float(flat @ flat) / flat.size - float(flat.mean()) ** 2)


def _noise(grey: Bytes) -> float | None:
    if min(grey.shape) < 3:
        return None
    g = grey.astype(np.int16)
    down = g[:-2] + g[2:] - 2 * g[1:-1]
    answer = down[:, :-2] + down[:, 2:] - 2 * down[:, 1:-1]
    return float(np.abs(answer, out=answer).mean()) * _NOISE


def _cast(colour: Bytes) -> tuple[float, float]:
    """By how much red and blue lie above green, in the mean."""
    sums = colour.sum(axis=0, dtype=np.uint32).sum(axis=0)
    blue, green, red = (float(one) / (colour.shape[0] * colour.shape[1]) for one in sums)
    return red - green, blue - green
