"""The places that a person drew on a unit's images: boxes and polygons, in pixels of the image as it came."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspection.core.label import InvalidLabel
from inspection.core.predict import Finding

MAX_PLACES = 50
MAX_CORNERS = 300


def place(image_id: int, corners: Sequence[tuple[float, float]], defect_type: str | None, *, box: bool) -> Finding:
    """A place from the corners of a polygon, or from two opposite ones of a box. Raises InvalidLabel for numbers that
    are none, for too few or too many corners, and for a place without an area."""
    if not all(math.isfinite(value) and abs(value) < 1e9 for corner in corners for value in corner):
        raise InvalidLabel("A marked place has a corner that is no number. Draw it again.")
    if not (2 if box else 3) <= len(corners) <= MAX_CORNERS:
        raise InvalidLabel(f"A marked place has 3 to {MAX_CORNERS} corners. Draw it again, with fewer of them.")
    outline = tuple((round(x), round(y)) for x, y in corners)
    xs, ys = [x for x, _ in outline], [y for _, y in outline]
    around = (min(xs), min(ys), max(xs), max(ys))
    if around[0] == around[2] or around[1] == around[3]:
        raise InvalidLabel("A marked place is a line or a dot. Draw it around the defect.")
    return Finding(
        box=around, outline=() if box else outline, peak=1.0, defect_type=defect_type or None, image_id=image_id
    )


def read(text: str) -> tuple[Finding, ...]:
    """Places as the review page sends them: a JSON list of `{"image": id, "box": [left, top, right, bottom]}` or
    `{"image": id, "outline": [[x, y], ...]}`, each with an optional `"type"`. Raises InvalidLabel."""
    if not text.strip():
        return ()
    try:
        said = json.loads(text)
        if not isinstance(said, list):
            raise TypeError
        return tuple(_one(entry) for entry in said[: MAX_PLACES + 1])
    except InvalidLabel:
        raise
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError) as error:
        raise InvalidLabel("The marked places could not be read. Load the page again, and draw them anew.") from error


def _one(entry: Any) -> Finding:
    image_id, kind = entry["image"], entry.get("type")
    if not isinstance(image_id, int) or not (kind is None or isinstance(kind, str)):
        raise TypeError
    if "box" in entry:
        left, top, right, bottom = (float(value) for value in entry["box"])
        return place(image_id, [(left, top), (right, bottom)], kind, box=True)
    return place(image_id, [(float(x), float(y)) for x, y in entry["outline"]], kind, box=False)


def typed(chosen: Sequence[str], places: Sequence[Finding]) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """The types that a reject names, with those of its places; and the places, each with a type where there is one:
    the first that was chosen, unless it has its own."""
    types = tuple(dict.fromkeys((*chosen, *(one.defect_type for one in places if one.defect_type))))
    usual = types[0] if types else None
    return types, tuple(replace(one, defect_type=one.defect_type or usual) for one in places)


def check_places(places: Sequence[Finding], sizes: Mapping[int, tuple[int, int]]) -> None:
    """Raise InvalidLabel unless every place lies in an image of the unit, whose (width, height) by id are `sizes`."""
    if len(places) > MAX_PLACES:
        raise InvalidLabel(f"At most {MAX_PLACES} places can be marked on a unit. Take some away.")
    for one in places:
        if one.image_id is None or one.image_id not in sizes:
            raise InvalidLabel("A marked place belongs to no image of this unit. Draw it again.")
        width, height = sizes[one.image_id]
        left, top, right, bottom = one.box
        if left < 0 or top < 0 or right > width or bottom > height:
            raise InvalidLabel("A marked place lies outside its picture. Draw it again, inside.")
