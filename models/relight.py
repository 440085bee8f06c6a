"""An image in other light."""

import cv2
import numpy as np

from models.decode import Unreadable


def relit(image: bytes, gain: float) -> bytes:
    """The encoded image, upright and with all grey levels multiplied by `gain`, as BMP, which loses nothing; raises
    Unreadable.

    What was clipped stays clipped: of a picture that was burnt out or black no gain brings anything back.
    """
    pixels = cv2.imdecode(np.frombuffer(image, np.uint8), cv2.IMREAD_COLOR) if image else None
    if pixels is None:
        raise Unreadable("This is no image that can be read.")
    written, out = cv2.imencode(".bmp", cv2.convertScaleAbs(pixels, alpha=gain))
    if not written:
        raise Unreadable("This image could not be written again.")
    return out.tobytes()
