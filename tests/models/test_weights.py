"""Pretrained weights are read as numbers and nothing else."""

import io
import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.backbone import pretrained
from models.weights import UnusableWeights, parse_weights, read_weights

MAGIC = 0x1950A86A20F9469CFC6C


class _Pretender:
    """Pickles as a call of any function."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.module, self.name, self.arguments = module, name, arguments


class _Pickler(pickle._Pickler):  # type: ignore[name-defined,misc]
    """Writes what only PyTorch could write."""

    def save(self, thing: Any, *rest: Any, **more: Any) -> None:
        if isinstance(thing, _Pretender):
            self.write(f"c{thing.module}\n{thing.name}\n".encode())
            if thing.arguments:
                super().save(thing.arguments)
                self.write(pickle.REDUCE)
            return
        super().save(thing, *rest, **more)

    def persistent_id(self, thing: Any) -> Any:
        return thing[1:] if isinstance(thing, tuple) and thing[:1] == ("persistent",) else None


def pickled(thing: Any) -> bytes:
    """A pickle of protocol 2 without memo, as far as the tests need."""
    file = io.BytesIO()
    pickler = _Pickler(file, 2)
    pickler.fast = True
    pickler.dump(thing)
    return file.getvalue()


def tensor(offset: int = 0, shape: tuple[int, ...] = (2, 3), stride: tuple[int, ...] = (3, 1), count: int = 6) -> Any:
    storage = ("persistent", "storage", _Pretender("torch", "FloatStorage"), "key", "cpu", count, None)
    return _Pretender("torch._utils", "_rebuild_tensor_v2", storage, offset, shape, stride, False, None)


def legacy_file(state: Any, numbers: bytes | None = None, count: int = 6) -> bytes:
    """The bytes of a file with one tensor of six numbers."""
    head = [pickle.dumps(part, 2) for part in (MAGIC, 1001, {"little_endian": True})]
    data = np.arange(count, dtype="<f4").tobytes() if numbers is None else numbers
    return b"".join(head) + pickled(state) + pickle.dumps(["key"], 2) + struct.pack("<q", count) + data


def state(**tensors: Any) -> bytes:
    return legacy_file(OrderedDict(tensors))


def test_the_pretrained_weights_are_all_there() -> None:
    arrays = pretrained().arrays
    assert len(arrays) == 296
    assert arrays["_conv_stem.weight"].shape == (32, 3, 3, 3)
    assert arrays["_fc.weight"].shape == (1000, 1280)
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert pretrained().sha256.startswith("57934424")


def test_a_tensor_is_read_with_its_strides() -> None:
    arrays = parse_weights(state(a=tensor(), b=tensor(shape=(3, 2), stride=(1, 3)))).arrays
    np.testing.assert_array_equal(arrays["a"], [[0, 1, 2], [3, 4, 5]])
    np.testing.assert_array_equal(arrays["b"], [[0, 3], [1, 4], [2, 5]])


@pytest.mark.parametrize(
    "hostile",
    [
        _Pretender("os", "system", "true"),
        _Pretender("builtins", "eval", "1 + 1"),
        _Pretender("builtins", "getattr"),
        _Pretender("torch", "load"),
        _Pretender("numpy", "load"),
    ],
)
def test_a_file_that_wants_to_run_something_is_refused_and_named(hostile: _Pretender) -> None:
    with pytest.raises(UnusableWeights, match=rf"wants to run {hostile.module}\.{hostile.name}.*refused"):
        parse_weights(legacy_file(OrderedDict(a=hostile)))


@pytest.mark.parametrize(
    "reaching",
    [
        tensor(offset=1),
        tensor(offset=-1),
        tensor(shape=(2, 4)),
        tensor(shape=(2, 3), stride=(1000, 1)),
        tensor(shape=(2, 3), stride=(-3, 1)),
        tensor(shape=(10**6, 10**6), stride=(0, 0)),
        tensor(shape=(2**32, 2**32), stride=(0, 0)),
        tensor(shape=(2,), stride=(3, 1)),
    ],
)
def test_a_tensor_that_reaches_outside_of_its_numbers_is_refused(reaching: Any) -> None:
    with pytest.raises(UnusableWeights):
        parse_weights(state(a=reaching))


def test_a_file_that_asks_for_gigabytes_is_refused_before_it_has_them() -> None:
    hoarding = pickle.PROTO + b"\x02" + pickle.EMPTY_DICT + pickle.LONG_BINPUT + struct.pack("<I", 2**31) + pickle.STOP
    with pytest.raises(UnusableWeights, match="more memory than it can need"):
        parse_weights(hoarding)


def test_a_file_cut_off_anywhere_is_refused() -> None:
    whole = state(a=tensor())
    parse_weights(whole)
    for length in range(len(whole)):
        with pytest.raises(UnusableWeights):
            parse_weights(whole[:length])


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_damaged_file_is_refused_or_read_but_never_anything_else(where: int, flip: int) -> None:
    data = bytearray(state(a=tensor()))
    data[where % len(data)] ^= flip
    try:
        arrays = parse_weights(bytes(data)).arrays
    except UnusableWeights:
        return
    assert all(isinstance(array, np.ndarray) and array.size <= 6 for array in arrays.values())


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(UnusableWeights, match=r"gone\.pth cannot be read"):
        read_weights(tmp_path / "gone.pth")


def test_another_format_is_named(tmp_path: Path) -> None:
    (tmp_path / "zip.pth").write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(UnusableWeights, match=r"zip\.pth is damaged or in another format"):
        read_weights(tmp_path / "zip.pth")
