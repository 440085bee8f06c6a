"""Disk and GPUs."""

from inspection.core import metrics
from inspection.link.machine import Gpus, disk, gpu_readings


def test_the_disk_has_room_left(tmp_path):
    found = {one.metric: one.value for one in disk(tmp_path)}
    assert 0 < found[metrics.DISK_FREE] < found[metrics.DISK_SIZE]


def test_every_gpu_is_told_in_shares_and_bytes():
    found = {(one.metric, *one.labels): one.value for one in gpu_readings("0, 37, 1024, 81559\n1, 0, 2, 81559\n")}
    assert found[metrics.GPU_LOAD, "0"] == 0.37
    assert found[metrics.GPU_USED, "0"] == 2**30
    assert found[metrics.GPU_SIZE, "1"] == 81559 * 2**20


def test_what_a_gpu_does_not_tell_is_left_out():
    assert [one.metric for one in gpu_readings("0, [N/A], 1024, 81559\n")] == [metrics.GPU_USED, metrics.GPU_SIZE]


def test_a_machine_without_gpus_has_none():
    assert Gpus(command="no-such-program")() == []
