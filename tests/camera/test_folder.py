"""The watched folder: nothing half-written is taken, nothing is lost, nothing is overwritten."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camera.folder import FolderSource
from camera.frame import Frame, SourceFailed


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def source(tmp_path: Path, told: list[str]) -> FolderSource:
    folder = FolderSource(tmp_path, views=("front", "back"), log=told.append, settle_s=0.0)
    folder.open()
    return folder


def drop(path: Path, data: bytes = b"picture", at: float = 1_700_000_000.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    os.utime(path, (at, at))
    return path


def all_of(source: FolderSource, looks: int = 4) -> list[Frame]:
    return [frame for frame in (source.read() for _ in range(looks)) if frame is not None]


def test_a_file_is_taken_once_it_lies_still(source: FolderSource, tmp_path: Path) -> None:
    path = drop(tmp_path / "A1_front.jpg", b"half")
    assert source.read() is None
    drop(path, b"half and half")  # it has grown between two looks
    assert source.read() is None
    frame = source.read()
    assert frame is not None
    assert (frame.serial, frame.view, frame.data) == ("A1", "front", b"half and half")
    assert frame.captured_at == datetime.fromtimestamp(1_700_000_000, UTC)


def test_names_give_serial_and_view(source: FolderSource, tmp_path: Path) -> None:
    drop(tmp_path / "A_1_back.png")
    drop(tmp_path / "front" / "Größe-7.jpg")
    assert {(f.serial, f.view) for f in all_of(source)} == {("A_1", "back"), ("Größe-7", "front")}


def test_with_one_view_the_whole_name_is_the_serial(tmp_path: Path) -> None:
    source = FolderSource(tmp_path, views=("top",), settle_s=0.0)
    source.open()
    drop(tmp_path / "exp1_num_42.jpg")
    assert [(f.serial, f.view) for f in all_of(source)] == [("exp1_num_42", "top")]


def test_a_sent_frame_moves_to_done_and_never_over_another(source: FolderSource, tmp_path: Path) -> None:
    for data in (b"first", b"second"):
        drop(tmp_path / "A1_front.jpg", data)
        (frame,) = all_of(source)
        source.sent(frame)
    assert {path.read_bytes() for path in (tmp_path / "done").iterdir()} == {b"first", b"second"}
    assert source.read() is None


def test_an_unsent_frame_stays_where_it_is(source: FolderSource, tmp_path: Path) -> None:
    path = drop(tmp_path / "A1_front.jpg")
    assert len(all_of(source)) == 1
    assert path.exists()
    source.close()  # a new start takes it again: the server knows the capture by its id
    assert len(all_of(source)) == 1


@pytest.mark.parametrize("name", ["no-view-here.jpg", "A1_side.jpg", "_front.jpg"])
def test_a_name_that_tells_no_view_is_set_aside(
    source: FolderSource, tmp_path: Path, told: list[str], name: str
) -> None:
    drop(tmp_path / name)
    drop(tmp_path / "B_back.jpg")
    assert [f.serial for f in all_of(source)] == ["B"]
    assert (tmp_path / "failed" / name).exists()
    assert name in told[0]


def test_other_files_and_hidden_ones_are_left_alone(source: FolderSource, tmp_path: Path) -> None:
    for name in ("notes.txt", ".A_front.jpg", "Thumbs.db"):
        drop(tmp_path / name)
    assert all_of(source) == []
    assert (tmp_path / "notes.txt").exists()


def test_a_missing_folder_is_a_failure_that_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceFailed, match="There is no folder"):
        FolderSource(tmp_path / "gone").open()


def test_an_empty_file_waits(source: FolderSource, tmp_path: Path) -> None:
    drop(tmp_path / "A_front.jpg", b"")
    assert all_of(source) == []


def test_a_writer_that_pauses_is_waited_for(tmp_path: Path) -> None:
    at = [0.0]
    source = FolderSource(tmp_path, views=("top",), settle_s=2.0, clock=lambda: at[0])
    source.open()
    drop(tmp_path / "A.jpg", b"half")
    for at[0] in (0.0, 0.5, 1.9):
        assert source.read() is None
    drop(tmp_path / "A.jpg", b"half and half")
    for at[0] in (2.1, 4.0):
        assert source.read() is None
    at[0] = 4.2
    frame = source.read()
    assert frame is not None
    assert frame.data == b"half and half"


def test_a_folder_that_goes_away_is_a_failure(source: FolderSource, tmp_path: Path) -> None:
    tmp_path.rename(tmp_path.with_name("unmounted"))
    with pytest.raises(SourceFailed, match="mounted"):
        source.read()
    tmp_path.with_name("unmounted").rename(tmp_path)


def test_a_file_that_cannot_be_moved_is_sent_once(
    source: FolderSource, tmp_path: Path, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("camera.folder.shutil.move", refused)
    drop(tmp_path / "A_front.jpg")
    (frame,) = all_of(source)
    source.sent(frame)
    assert all_of(source, 6) == []
    assert "Permission denied" in told[0]
