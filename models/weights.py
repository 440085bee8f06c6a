"""Pretrained weights read from PyTorch's legacy file format without PyTorch, by an unpickler that runs nothing."""

import io
import math
import pickle
import pickletools
import struct
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
_MAX_BYTES = 512 * 1024 * 1024
_MEMO_WRITES = {"PUT", "BINPUT", "LONG_BINPUT"}
_ELEMENTS = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class UnusableWeights(ValueError):
    """The weights file cannot be used; the message says what is wrong and what to do."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Named arrays of one network, and the SHA-256 of the file they came from."""

    arrays: dict[str, NDArray[Any]]
    sha256: str


@dataclass(frozen=True, kw_only=True)
class _Storage:
    key: str
    element: np.dtype[Any]
    count: int


@dataclass(frozen=True, kw_only=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]


def read_weights(path: Path) -> Weights:
    """Read a legacy `torch.save` state dict; raises UnusableWeights for anything else."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise UnusableWeights(f"{path.name} is larger than {_MAX_BYTES >> 20} MiB; it is no such network.")
        data = path.read_bytes()
    except OSError as error:
        raise UnusableWeights(f"The weights file {path} cannot be read: {error.strerror}.") from error
    return parse_weights(data, path.name)


def parse_weights(data: bytes, name: str = "the weights") -> Weights:
    """Read a state dict from the bytes of a legacy file; `name` is what errors call it."""
    try:
        arrays = _parse(io.BytesIO(data))
    except UnusableWeights as error:
        raise UnusableWeights(f"{name}: {error} Install the weights package again.") from error
    except Exception as error:  # hostile bytes may trip the unpickler in any way
        raise UnusableWeights(f"{name} is damaged or in another format. Install the weights package again.") from error
    return Weights(arrays=arrays, sha256=sha256(data).hexdigest())


def _parse(file: BinaryIO) -> dict[str, NDArray[Any]]:
    if _load(file) != _MAGIC or _load(file) != _PROTOCOL or not _load(file).get("little_endian"):
        raise UnusableWeights("This is not the legacy format that is read here.")
    tensors = _load(file)
    if not isinstance(tensors, OrderedDict):
        raise UnusableWeights("There is no state dict in it.")
    storages = {key: _read_storage(file, key, tensors) for key in _load(file)}
    return {name: _materialise(tensor, storages) for name, tensor in tensors.items()}


def _load(file: BinaryIO) -> Any:
    start = file.tell()
    # The unpickler makes room for whatever index its memo is told to write, be it gigabytes.
    memo = max((int(index or 0) for code, index, _ in pickletools.genops(file) if code.name in _MEMO_WRITES), default=0)
    if memo > file.tell() - start:
        raise UnusableWeights("It asks for more memory than it can need; it was refused.")
    file.seek(start)
    return _Unpickler(file).load()


class _Unpickler(pickle.Unpickler):
    """Rebuilds nothing but ordered dicts and descriptions of tensors."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _tensor_maker()
        if module == "torch" and name in _ELEMENTS:
            return _ELEMENTS[name]
        raise UnusableWeights(f"It wants to run {module}.{name}, which no weights need; it was refused.")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, element, key, _device, count, view = pid
        if kind != "storage" or view is not None or not isinstance(element, np.dtype):
            raise UnusableWeights("It refers to something else than plain numbers.")
        return _Storage(key=str(key), element=element, count=int(count))


def _tensor_maker() -> Callable[..., _Tensor]:
    # A new function for each use, so that a hostile file has none of ours to change.
    def tensor(storage: _Storage, offset: int, shape: tuple[int, ...], stride: tuple[int, ...], *_: Any) -> _Tensor:
        return _Tensor(storage=storage, offset=offset, shape=tuple(shape), stride=tuple(stride))

    return tensor


def _read_storage(file: BinaryIO, key: str, tensors: OrderedDict[str, _Tensor]) -> NDArray[Any]:
    storage = next(tensor.storage for tensor in tensors.values() if tensor.storage.key == key)
    (count,) = struct.unpack("<q", file.read(8))
    data = file.read(max(count, 0) * storage.element.itemsize)
    if count != storage.count or len(data) != count * storage.element.itemsize:
        raise UnusableWeights("It is cut off.")
    return np.frombuffer(data, storage.element)


def _materialise(tensor: _Tensor, storages: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Copy a tensor out of its storage; what would reach outside of it is refused."""
    storage, size = storages[tensor.storage.key], math.prod(tensor.shape)
    last = tensor.offset + sum((n - 1) * step for n, step in zip(tensor.shape, tensor.stride, strict=True))
    if min(tensor.offset, *tensor.shape, *tensor.stride, 0) < 0 or max(last + 1, size) > len(storage):
        raise UnusableWeights("A tensor in it reaches outside of its numbers.")
    strides = [step * storage.itemsize for step in tensor.stride]
    return as_strided(storage[tensor.offset :], tensor.shape, strides, writeable=False).copy()
