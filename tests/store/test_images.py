"""Images by content: whole or not at all, and nothing that is no image."""

import io
import os
import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inspection.core.ingest import MEDIA_TYPES, UnfitBytes
from inspection.store.images import FolderImageStore, check_image


def encoded(kind: str = "JPEG", size: tuple[int, int] = (64, 48), mode: str = "RGB", colour: int = 90) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, colour if mode != "RGB" else (colour, 20, 30)).save(out, kind)
    return out.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.fixture
def store(tmp_path: Path) -> FolderImageStore:
    return FolderImageStore(tmp_path / "images")


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", list(MEDIA_TYPES))
def test_every_format_is_taken_and_comes_back_as_it_was(store: FolderImageStore, kind: str) -> None:
    data = encoded(kind)
    stored = store.put(data)
    assert (stored.media_type, stored.width, stored.height, stored.size) == (MEDIA_TYPES[kind], 64, 48, len(data))
    assert store.get(stored.sha256) == data


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "I;16"])
def test_unusual_pixels_are_taken(store: FolderImageStore, mode: str) -> None:
    assert store.put(encoded("TIFF", mode=mode, colour=0)).width == 64


def test_the_same_content_is_one_file(store: FolderImageStore, tmp_path: Path) -> None:
    assert store.put(encoded()) == store.put(encoded())
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\x00", b"hello", b"<html>", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"PK\x03\x04zip", b"%PDF-1.7",
        b"GIF89a" + b"\x00" * 50,
        b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"II*\x00",
        b"MM\x00*\xff\xff\xff\xff",
        b"RIFF\x00\x00\x00\x00WEBP",
        b"II*\x00\x08\x00\x00\x00\xff\xff" + b"\xff" * 60, encoded()[:20], encoded("PNG")[:20],
        encoded("TIFF")[:9], encoded("WEBP")[:16], encoded("BMP")[:20], png_claiming(0, 5),
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused_in_words_and_leaves_nothing(
    store: FolderImageStore, tmp_path: Path, data: bytes
) -> None:
    with pytest.raises(UnfitBytes, match=r"[A-Za-z ,]{20,}"):
        store.put(data)
    assert files(tmp_path) == []


@pytest.mark.parametrize("size", [(100_000, 100_000), (65_000, 2000), (2**31 - 1, 1), (8001, 8001)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    with pytest.raises(UnfitBytes):
        check_image(png_claiming(*size))


def test_an_image_too_small_to_show_anything_is_refused() -> None:
    with pytest.raises(UnfitBytes, match="shows nothing"):
        check_image(encoded("PNG", (7, 100)))


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400), kind=st.sampled_from([*MEDIA_TYPES, None]), at=st.integers(0, 300))
def test_no_bytes_whatever_break_the_check(data: bytes, kind: str | None, at: int) -> None:
    if kind is not None:
        whole = encoded(kind)
        data = whole[:at] + data + whole[at + len(data) :]
    try:
        media_type, width, height = check_image(data)
    except UnfitBytes:
        return
    assert media_type in MEDIA_TYPES.values()
    assert width * height <= 64_000_000


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 63 + "/"])
def test_no_digest_leads_out_of_the_folder(store: FolderImageStore, digest: str) -> None:
    with pytest.raises(FileNotFoundError):
        store.get(digest)


@pytest.mark.parametrize("step", ["write", "fdatasync", "rename"])
def test_a_write_that_fails_at_any_step_leaves_nothing(
    store: FolderImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space"):
        store.put(encoded())
    assert files(tmp_path) == []
    monkeypatch.undo()
    assert store.get(store.put(encoded()).sha256) == encoded()


def test_what_a_crash_left_half_written_is_cleared_and_written_again(store: FolderImageStore, tmp_path: Path) -> None:
    stored = store.put(encoded())
    left_over = tmp_path / "images" / "new" / "left-over"
    left_over.write_bytes(b"half")
    os.utime(left_over, (time.time() - 7200,) * 2)
    os.utime(tmp_path / "images" / "new" / "left-over", (1, 1))
    path = next(p for p in files(tmp_path / "images") if p.name != "left-over")
    path.write_bytes(b"cut off")
    again = FolderImageStore(tmp_path / "images")
    assert again.put(encoded()) == stored
    assert again.get(stored.sha256) == encoded()
    assert len(files(tmp_path)) == 1


@pytest.mark.usefixtures("store")
def test_what_another_process_is_writing_now_is_left_alone(tmp_path: Path) -> None:
    at_work = tmp_path / "images" / "new" / "at-work"
    at_work.write_bytes(b"half")
    FolderImageStore(tmp_path / "images")
    assert at_work.exists()


def test_a_command_beside_a_running_server_does_not_take_its_files_away(
    store: FolderImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    force = os.fdatasync

    def meanwhile(handle: int) -> None:
        FolderImageStore(tmp_path / "images")
        force(handle)

    monkeypatch.setattr(os, "fdatasync", meanwhile)
    assert store.get(store.put(encoded()).sha256) == encoded()
