"""Sends one frame to the server, and tells what its answer means for the frame."""

import random
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

import httpx

from camera.frame import Frame


class Fate(StrEnum):
    """What becomes of a frame after one try."""

    STORED = "stored"
    REFUSED = "refused"
    LATER = "later"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The fate, the server's words, and for a later try after how many seconds at least."""

    fate: Fate
    words: str = ""
    wait_s: float = 0.0


def media_type(data: bytes) -> str:
    """The type of an image by its first bytes; the server looks for itself."""
    marks = {b"\xff\xd8": "jpeg", b"\x89PNG": "png", b"BM": "bmp", b"II": "tiff", b"MM": "tiff", b"RIFF": "webp"}
    return next((f"image/{kind}" for mark, kind in marks.items() if data.startswith(mark)), "application/octet-stream")


def send(client: httpx.Client, line: str, camera: str, token: str, frame: Frame) -> Reply:
    """PUT the frame. Only the server's word that it is stored lets a frame go; only its word that it never will be
    sets one aside; whatever else happens, it is tried again."""
    capture = frame.capture(camera)
    asked = {"serial": frame.serial, "view": frame.view, "captured_at": capture.captured_at.isoformat()}
    if frame.simulated:
        asked["simulated"] = "true"
    if frame.settings:
        asked["settings"] = frame.settings
    headers = {"Authorization": f"Bearer {token}", "Content-Type": media_type(frame.data)}
    try:
        answer = client.put(
            f"/api/v1/lines/{quote(line, safe='')}/images/{capture.capture_id}",
            params=asked,
            headers=headers,
            content=frame.data,
        )
    except httpx.HTTPError as error:
        return Reply(fate=Fate.LATER, words=f"The server cannot be reached: {error or type(error).__name__}.")
    return _reply(answer)


def _reply(answer: httpx.Response) -> Reply:
    code = answer.status_code
    if code in (200, 201, 202):
        return Reply(fate=Fate.STORED)
    words = f"{code}: {_words(answer)}"
    if code in (401, 403):
        return Reply(fate=Fate.LATER, words=words, wait_s=10.0)
    if 400 <= code < 500 and code not in (404, 408, 425, 429):
        return Reply(fate=Fate.REFUSED, words=words)
    return Reply(fate=Fate.LATER, words=words, wait_s=_retry_after(answer))


def _words(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = answer.text
    return str(detail)[:500]


def _retry_after(answer: httpx.Response) -> float:
    text = answer.headers.get("retry-after", "")
    return min(float(text), 300.0) if text.isdecimal() else 0.0


def backoff(tries: int, dice: random.Random) -> float:
    """Seconds to wait before the next try: doubling from half a second to half a minute, with jitter."""
    longest: float = min(0.5 * 2 ** min(tries, 10), 30.0)
    return longest * (0.5 + 0.5 * dice.random())
