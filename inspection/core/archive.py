"""A zip archive written straight into a stream: entries are stored as they are, and no list of them is held in memory.

The format is PKWARE's APPNOTE 6.3.10: local headers (4.3.7), the central directory (4.3.12), and the zip64 records of
4.3.14 to 4.3.16, which are always written and never needed by a small archive. Python's own zipfile keeps an object for
every entry until the end, and puts sizes behind the bytes where it cannot seek.
"""

import struct
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Protocol

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_END64, _LOCATOR = b"PK\x06\x06", b"PK\x06\x07"
_VERSION = 45  # the first that knows zip64
_UTF8 = 0x0800
_FULL, _FULL16 = 0xFFFFFFFF, 0xFFFF
_CHUNK = 1 << 16


class Spool(Protocol):
    """Where the directory waits until the end: an empty file."""

    def write(self, data: bytes, /) -> int:
        """Add at the end."""

    def seek(self, offset: int, /) -> int:
        """Go to a place."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, none at the end."""


class Archive:
    """Yields the bytes of an archive, entry by entry; then `end`."""

    def __init__(self, directory: Spool) -> None:
        self._directory = directory
        self._directory_size = 0
        self._offset = 0
        self._entries = 0

    def entry(self, name: str, data: bytes, at: datetime) -> Iterator[bytes]:
        """One file of bytes at hand."""
        yield from self.long_entry(name, iter((data,)), len(data), zlib.crc32(data), at)

    def long_entry(self, name: str, parts: Iterator[bytes], size: int, crc: int, at: datetime) -> Iterator[bytes]:
        """One file in parts, of which size in bytes and CRC-32 are known before."""
        encoded, when = name.encode(), _dos_time(at)
        wide = struct.pack("<HHQQ", 1, 16, size, size)
        fixed = (_VERSION, _UTF8, 0, *when, crc, _FULL, _FULL, len(encoded))
        head = _LOCAL + struct.pack("<5H3L2H", *fixed, len(wide)) + encoded + wide
        wide = struct.pack("<HHQQQ", 1, 24, size, size, self._offset)
        row = _CENTRAL + struct.pack("<6H3L5H2L", _VERSION, *fixed, len(wide), 0, 0, 0, 0, _FULL) + encoded + wide
        self._directory_size += self._directory.write(row)
        self._offset += len(head) + size
        self._entries += 1
        yield head
        yield from parts

    def end(self) -> Iterator[bytes]:
        """The directory, without which nobody can open the archive."""
        self._directory.seek(0)
        while part := self._directory.read(_CHUNK):
            yield part
        count, size, offset = self._entries, self._directory_size, self._offset
        yield _END64 + struct.pack("<Q2H2L4Q", 44, _VERSION, _VERSION, 0, 0, count, count, size, offset)
        yield _LOCATOR + struct.pack("<LQL", 0, offset + size, 1)
        few = min(count, _FULL16)
        yield _END + struct.pack("<4H2LH", 0, 0, few, few, min(size, _FULL), min(offset, _FULL), 0)


def _dos_time(at: datetime) -> tuple[int, int]:
    """Time and date in two words each of 16 bits, to two seconds, from 1980 on."""
    year = min(max(at.year, 1980), 2107)
    return at.hour << 11 | at.minute << 5 | at.second // 2, (year - 1980) << 9 | at.month << 5 | at.day
