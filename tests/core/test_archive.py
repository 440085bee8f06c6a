"""Archives that are written into a stream open like any other."""

import io
import zipfile
import zlib
from datetime import UTC, datetime

import pytest

from inspection.core.archive import Archive

AT = datetime(2026, 2, 28, 23, 59, 58, tzinfo=UTC)


def written(*entries: tuple[str, bytes], at: datetime = AT) -> zipfile.ZipFile:
    archive, parts = Archive(io.BytesIO()), []
    for name, data in entries:
        parts += archive.entry(name, data, at)
    return zipfile.ZipFile(io.BytesIO(b"".join([*parts, *archive.end()])))


def test_entries_come_back_as_they_were_put_in():
    given = [("phones/A-1/1/front.jpg", b"\xff\xd8" * 500), ("leer.txt", b""), ("电话/Ü.png", b"x")]
    with written(*given) as found:
        assert found.testzip() is None
        assert [(one.filename, found.read(one)) for one in found.infolist()] == given
        assert {one.date_time for one in found.infolist()} == {(2026, 2, 28, 23, 59, 58)}
        assert {one.compress_type for one in found.infolist()} == {zipfile.ZIP_STORED}


def test_an_archive_of_nothing_opens():
    with written() as found:
        assert found.namelist() == []


def test_more_entries_than_an_old_archive_can_count():
    with written(*((f"{i}.txt", b"x") for i in range(66_000))) as found:
        assert len(found.namelist()) == 66_000
        assert found.read("65999.txt") == b"x"


def test_entries_beyond_four_gigabytes_are_found():
    """The bytes before are left out of the test, not of the counting: a reader makes up for what lies before."""
    archive, block = Archive(io.BytesIO()), bytes(1 << 20)
    blocks, crc = 4097, 0
    for _ in range(blocks):
        crc = zlib.crc32(block, crc)
    head = next(archive.long_entry("big.bin", iter(()), blocks << 20, crc, AT))
    tail = b"".join([*archive.entry("after.txt", b"here", AT), *archive.end()])

    class Sparse(io.RawIOBase):
        """A file with a hole in it."""

        place = 0

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.place = offset + (0, self.place, len(head) + (blocks << 20) + len(tail))[whence]
            return self.place

        def tell(self) -> int:
            return self.place

        def read(self, size: int = -1) -> bytes:
            behind = self.place - len(head) - (blocks << 20)
            found = head[self.place :][:size] if behind < 0 else tail[behind:][: None if size < 0 else size]
            self.place += len(found)
            return found

    with zipfile.ZipFile(Sparse()) as found:  # type: ignore[arg-type]
        assert found.getinfo("big.bin").file_size == blocks << 20
        assert found.read("after.txt") == b"here"


@pytest.mark.parametrize("year", [1970, 2200])
def test_a_time_that_the_format_cannot_say_breaks_nothing(year):
    with written(("a", b"x"), at=AT.replace(year=year)) as found:
        assert found.infolist()[0].date_time[0] in (1980, 2107)
