"""A selection of units leaves the system as a stream of any length: a table, a COCO file, or an archive of images.

Units are read in batches, each in a transaction of its own, so nothing waits for a slow reader. What has to come last
is kept in a file meanwhile, so memory stays bounded.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any, Protocol

from inspection.core import export
from inspection.core.archive import Archive
from inspection.core.export import UNNAMED, Categories, ExportedImage
from inspection.store.database import Tx
from inspection.store.reports import export as report
from inspection.store.reports import units
from inspection.store.reports.export import Batch
from inspection.store.reports.units import UnitFilter

_CHUNK = 1 << 16
_TABLE = "images.csv"


class Kind(StrEnum):
    """What a selection can be had as."""

    CSV = "csv"
    COCO = "coco"
    ZIP = "zip"


@dataclass(frozen=True, kw_only=True)
class Form:
    """How a kind is sent."""

    media_type: str
    ending: str

    def name(self, line: str, now: datetime) -> str:
        """A file's name that tells of where and when."""
        return f"{line or 'units'}-{now:%Y%m%d-%H%M%S}.{self.ending}"


FORMS = {
    Kind.CSV: Form(media_type="text/csv; charset=utf-8", ending="csv"),
    Kind.COCO: Form(media_type="application/json", ending="coco.json"),
    Kind.ZIP: Form(media_type="application/zip", ending="zip"),
}


class Store(Protocol):
    """The database, to read from."""

    def read(self) -> AbstractContextManager[Tx]:
        """One consistent state."""


class Images(Protocol):
    """Image bytes by their hash."""

    def get(self, digest: str) -> bytes:
        """The bytes of that hash; raises FileNotFoundError."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What is asked for, when, and from where."""

    db: Store
    images: Images
    wanted: UnitFilter
    now: datetime

    def batches(self) -> Iterator[Batch]:
        """All of it, newest first; no transaction is open between two of them."""
        before: int | None = None
        while True:
            with self.db.read() as tx:
                batch = report.batch(tx, self.wanted, self.now, before)
            yield batch
            if batch.next is None:
                return
            before = batch.next


def stream(selection: Selection, kind: Kind) -> Iterator[bytes]:
    """The selection's bytes. Raises Unknown at once, and not in the middle, where there is no such line."""
    with selection.db.read() as tx:
        choices = units.choices(tx, selection.wanted.line)
    if kind is Kind.CSV:
        return _table(selection)
    if kind is Kind.COCO:
        return _coco(selection, choices.defects)
    return _archive(selection)


def _table(selection: Selection) -> Iterator[bytes]:
    yield export.HEAD.encode()
    for batch in selection.batches():
        yield "".join(map(export.table_row, batch.images)).encode()


def _coco(selection: Selection, defects: tuple[str, ...]) -> Iterator[bytes]:
    categories, annotations = Categories(defects), 0
    info = {"description": "Jidoka", "date_created": selection.now.isoformat()}
    with TemporaryFile() as kept:
        yield f'{{"info":{_json(info)},"licenses":[],"images":['.encode()
        comma = ""
        for batch in selection.batches():
            for image in batch.images:
                yield (comma + "\n" + _json(export.coco_image(image))).encode()
                comma = ","
                for place in batch.places.get(image.image_id, ()):
                    kind = categories.number(place.defect_type or next(iter(image.defect_types), UNNAMED))
                    told = export.coco_annotation(annotations + 1, image.image_id, place, kind)
                    kept.write((("," if annotations else "") + "\n" + _json(told)).encode())
                    annotations += 1
        yield b'\n],"annotations":['
        yield from _parts(kept)
        yield f'\n],"categories":{_json(categories.body())}}}\n'.encode()


def _archive(selection: Selection) -> Iterator[bytes]:
    """Images that are missing or damaged are not in it; its table says which, and why."""
    with TemporaryFile() as directory, TemporaryFile() as table:
        archive, written = Archive(directory), _Counted(table)
        written.write(export.HEAD.encode())
        for batch in selection.batches():
            for image in batch.images:
                data, problem = _bytes(selection.images, image)
                if data is not None:
                    yield from archive.entry(image.file, data, image.captured_at)
                written.write(export.table_row(replace(image, problem=problem)).encode())
        yield from archive.long_entry(_TABLE, _parts(table), written.size, written.crc, selection.now)
        yield from archive.end()


def _bytes(images: Images, image: ExportedImage) -> tuple[bytes | None, str]:
    """The image's bytes, or why there are none."""
    try:
        data = images.get(image.sha256)
    except FileNotFoundError:
        return None, "missing"
    except OSError:
        return None, "unreadable"
    return (data, "") if sha256(data).hexdigest() == image.sha256 else (None, "damaged")


class _Counted:
    """A file that knows its size and checksum."""

    def __init__(self, file: IO[bytes]) -> None:
        self._write: Callable[[bytes], int] = file.write
        self.size, self.crc = 0, 0

    def write(self, data: bytes) -> None:
        """Add at the end."""
        self.size += self._write(data)
        self.crc = zlib.crc32(data, self.crc)


def _parts(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while part := file.read(_CHUNK):
        yield part


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
