"""What leaves the system of units and images: rows of a table, names of files, and parts of a COCO file."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from inspection.core.predict import Finding

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_QUOTED = re.compile(r'[",;\r\n\t]')  # a semicolon parts cells where the comma is a decimal point
_UNSAFE = re.compile(r'[<>:"/\\|?*%\x00-\x1f\x7f]|^ | $|\.$|^\.')
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/bmp": "bmp", "image/tiff": "tif", "image/webp": "webp"}
UNNAMED = "defect"


@dataclass(frozen=True, kw_only=True)
class ExportedImage:
    """One image with its unit: a row of the table. What the reader must not know is None or empty."""

    line: str
    serial: str
    visit: int
    view: str
    image_id: int
    file: str
    verdict: str | None
    decided_by: str
    reason: str
    ai_verdict: str | None
    person_verdict: str | None
    defect_types: tuple[str, ...]
    audited: bool | None
    unit_score: float | None
    image_score: float | None
    outcome: str | None
    opened_at: datetime
    settled_at: datetime | None
    captured_at: datetime
    camera: str
    width: int
    height: int
    bytes: int
    media_type: str
    sha256: str
    simulated: bool
    problem: str = ""


_COLUMNS = tuple(field.name for field in fields(ExportedImage))
HEAD = ",".join(_COLUMNS) + "\r\n"


def table_row(image: ExportedImage) -> str:
    """The image's row as RFC 4180 has it, with CRLF at its end."""
    return ",".join(cell(getattr(image, name)) for name in _COLUMNS) + "\r\n"


def cell(value: Any) -> str:
    """A value in a table. Text that a spreadsheet would take for a formula begins with an apostrophe instead (OWASP,
    "CSV injection"); it is quoted, so that the apostrophe is seen to belong to it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, datetime):
        return value.isoformat()
    text = value if isinstance(value, str) else "; ".join(value)
    if text.lstrip(" ").startswith(_FORMULA):
        text = "'" + text
    elif not _QUOTED.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'


def file_name(line: str, serial: str, visit: int, view: str, media_type: str, again: int | None = None) -> str:
    """`line/serial/visit/view.jpg`, where every part is a file's name on any system; `again` numbers an image whose
    view the visit has already."""
    last = safe(view) if again is None else f"{safe(view)}-{again}"
    return f"{safe(line)}/{safe(serial)}/{visit}/{last}.{_ENDINGS.get(media_type, 'bin')}"


def safe(name: str) -> str:
    """A name with every character that some file system would refuse or follow written as %XX."""
    return _UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", name)


def coco_image(image: ExportedImage) -> dict[str, Any]:
    """The image as COCO has it, with what it lacks under `jidoka`."""
    told = {name: getattr(image, name) for name in ("line", "serial", "visit", "view", "verdict", "sha256")}
    return {
        "id": image.image_id, "width": image.width, "height": image.height, "file_name": image.file,
        "date_captured": image.captured_at.isoformat(), "jidoka": {**told, "defect_types": list(image.defect_types)},
    }  # fmt: skip


def coco_annotation(number: int, image_id: int, place: Finding, category: int) -> dict[str, Any]:
    """A person's region as COCO has it: box as left, top, width, height; a region without an outline is its box."""
    left, top, right, bottom = place.box
    corners = place.outline if len(place.outline) > 2 else ((left, top), (right, top), (right, bottom), (left, bottom))
    return {
        "id": number, "image_id": image_id, "category_id": category, "bbox": [left, top, right - left, bottom - top],
        "segmentation": [[coordinate for corner in corners for coordinate in corner]], "area": area(corners),
        "iscrowd": 0,
    }  # fmt: skip


def area(corners: Sequence[tuple[int, int]]) -> float:
    """The area of a polygon in pixels, by the shoelace formula."""
    following = (*corners[1:], corners[0])
    return abs(sum(x * v - u * y for (x, y), (u, v) in zip(corners, following, strict=True))) / 2


class Categories:
    """Numbers for defect types, in the order in which they come; recipes' own come first."""

    def __init__(self, known: Iterable[str]) -> None:
        self._numbers: dict[str, int] = {}
        for name in known:
            self.number(name)

    def number(self, name: str) -> int:
        """The type's number, from 1 on."""
        return self._numbers.setdefault(name, len(self._numbers) + 1)

    def body(self) -> list[dict[str, Any]]:
        """As COCO has them."""
        return [{"id": number, "name": name, "supercategory": UNNAMED} for name, number in self._numbers.items()]
