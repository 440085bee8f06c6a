"""The spool: what was put is there, in order, whatever happens."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from camera.frame import Frame
from camera.spool import Spool, SpoolFull

T0 = datetime(2026, 1, 31, 8, 15, tzinfo=UTC)


def a_frame(serial: str = "S1", **other: object) -> Frame:
    values: dict[str, object] = {"data": serial.encode() * 100, "serial": serial, "view": "top", "captured_at": T0}
    return Frame(**{**values, **other})


def test_frames_come_out_in_order_and_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    frames = [a_frame(f"S{i}", finding="dark" if i == 1 else "", simulated=i == 2) for i in range(12)]
    names = [spool.put(frame) for frame in frames]
    assert spool.waiting() == names
    assert [spool.get(name) for name in names] == frames


def test_a_new_start_finds_what_was_there_and_goes_on_behind_it(tmp_path: Path) -> None:
    first = Spool(tmp_path).put(a_frame("A"))
    spool = Spool(tmp_path)
    second = spool.put(a_frame("B"))
    assert spool.waiting() == [first, second]
    assert second > first


def test_what_the_server_has_is_gone(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.done(spool.put(a_frame()))
    assert len(spool) == 0
    assert len(Spool(tmp_path)) == 0
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_what_the_server_refuses_is_kept_with_its_words(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    name = spool.put(a_frame())
    spool.refuse(name, "415: no image")
    assert len(spool) == 0
    assert (tmp_path / "refused" / f"{name}.img").read_bytes() == a_frame().data
    assert "415: no image" in (tmp_path / "refused" / f"{name}.why.txt").read_text()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"serial": 3}', b"\xff\xfe\x00"])
def test_a_damaged_entry_is_set_aside_and_the_rest_goes_on(tmp_path: Path, damage: bytes) -> None:
    spool = Spool(tmp_path)
    broken, whole = spool.put(a_frame("A")), spool.put(a_frame("B"))
    (tmp_path / f"{broken}.json").write_bytes(damage)
    assert spool.get(broken) is None
    assert spool.waiting() == [whole]
    assert (tmp_path / "bad" / f"{broken}.img").exists()
    assert spool.get(whole) == a_frame("B")


def test_a_picture_without_its_metadata_was_never_acknowledged(tmp_path: Path) -> None:
    name = Spool(tmp_path).put(a_frame())
    (tmp_path / f"{name}.json").unlink()
    assert Spool(tmp_path).waiting() == []


@pytest.mark.parametrize("limits", [{"max_frames": 2}, {"max_bytes": 450}])
def test_a_full_spool_says_so_and_takes_more_when_there_is_room(tmp_path: Path, limits: dict[str, int]) -> None:
    spool = Spool(tmp_path, **limits)
    first = spool.put(a_frame("S1"))
    spool.put(a_frame("S2"))
    with pytest.raises(SpoolFull, match="2 frames wait"):
        spool.put(a_frame("S3"))
    spool.done(first)
    spool.put(a_frame("S3"))
    assert len(spool) == 2


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from camera.frame import Frame
from camera.spool import Spool
spool = Spool(Path(sys.argv[1]))
for i in range(100_000):
    spool.put(Frame(data=b"%d" % i * 2000, serial=f"S{i}", view="top", captured_at=datetime.now(UTC)))
    print(i, flush=True)
"""


def test_whatever_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    for _ in range(3):
        before = len(Spool(tmp_path))
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        os.kill(writer.pid, signal.SIGKILL)
        rest = writer.stdout.read().split()
        acknowledged = int(rest[-1]) if rest else acknowledged
        writer.stdout.close()
        writer.wait()
        spool = Spool(tmp_path)
        frames = [spool.get(name) for name in spool.waiting(10_000)[before:]]
        assert [f.serial for f in frames if f][: acknowledged + 1] == [f"S{i}" for i in range(acknowledged + 1)]
        assert all(f and f.data == f.serial[1:].encode() * 2000 for f in frames)
