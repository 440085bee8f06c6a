"""The Open Inference Protocol v2 over HTTP: what a server offers, and one inference, as JSON or with binary tensors."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
from numpy.typing import NDArray

from inspection.core.predict import Failure
from models.contract import Server
from models.engine import NoAnswer

_BINARY = "binary_tensor_data"
_LENGTH = "Inference-Header-Content-Length"
_MAX_BYTES = 64 * 1024 * 1024
_CONNECT_S = 1.0
_LOAD_S = 10.0
_TYPES = {"FP32": "<f4", "FP64": "<f8", "FP16": "<f2", "UINT8": "u1", "INT8": "i1", "INT32": "<i4", "INT64": "<i8"}
_KINDS = {429: Failure.OVERLOADED, 503: Failure.OVERLOADED, 504: Failure.DEADLINE, 404: Failure.MISSING}


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """An input or output of a model: its datatype in the protocol's words, and its shape, None where open."""

    name: str
    datatype: str
    shape: tuple[int | None, ...]


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What a server says of a model, and whether it takes binary tensors."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    binary: bool


class Line:
    """A connection to one model on one server, for use by several threads. Everything that goes wrong is a NoAnswer
    with words; no answer takes longer than the server's `timeout_s`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        version = f"/versions/{quote(server.version, safe='')}" if server.version else ""
        self._model = f"/v2/models/{quote(server.model, safe='')}{version}"
        self._client = httpx.Client(base_url=server.url.rstrip("/"), trust_env=False)

    def close(self) -> None:
        """Close the connections; who still waits for an answer gets none."""
        self._client.close()

    def meet(self) -> Offer:
        """Ask whether server and model are ready, and what the model takes and gives."""
        words = f"The server {self._server.url} or its model {self._server.model!r} is not ready"
        for path in ("/v2/health/ready", f"{self._model}/ready"):
            self._ask("GET", path, _LOAD_S, words=words)
        extensions = _json(self._ask("GET", "/v2", _LOAD_S)[1]).get("extensions") or []
        known = _json(self._ask("GET", self._model, _LOAD_S)[1])
        try:
            inputs, outputs = (tuple(_tensor(facts) for facts in known[side]) for side in ("inputs", "outputs"))
        except (KeyError, TypeError, ValueError) as error:
            raise NoAnswer(Failure.ERROR, "The server's metadata of the model are not those of protocol v2.") from error
        return Offer(inputs=inputs, outputs=outputs, binary=_BINARY in extensions)

    def infer(
        self, tensor: Tensor, values: NDArray[Any], outputs: Sequence[str], *, binary: bool, patient: bool = False
    ) -> dict[str, NDArray[np.float32]]:
        """One inference; the outputs asked for by name. `patient` waits for a server that must warm up first."""
        head, body, headers = _request(tensor, values, outputs, binary=binary)
        seconds = max(_LOAD_S, self._server.timeout_s) if patient else self._server.timeout_s
        length, answer = self._ask("POST", f"{self._model}/infer", seconds, content=head + body, headers=headers)
        try:
            return _read(answer, length, outputs)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            detail = f"The server's answer is not what was asked for: {error}."
            raise NoAnswer(Failure.ERROR, detail) from error

    def _ask(
        self, method: str, path: str, seconds: float, *, words: str = "The inference server did not do as asked",
        content: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> tuple[int | None, bytes]:  # fmt: skip
        """The length of the answer's JSON, where it says so, and its body."""
        until = time.monotonic() + seconds
        timeout = httpx.Timeout(seconds, connect=min(_CONNECT_S, seconds))
        try:
            with self._client.stream(method, path, content=content, headers=headers, timeout=timeout) as response:
                body = _body(response, until, seconds)
        except httpx.TimeoutException as error:
            raise _late(seconds) from error
        except (httpx.HTTPError, httpx.InvalidURL, RuntimeError) as error:
            if isinstance(error, NoAnswer):
                raise
            detail = f"The inference server {self._server.url} cannot be reached: {error or type(error).__name__}."
            raise NoAnswer(Failure.ERROR, detail) from error
        if response.status_code != 200:
            failure = _KINDS.get(response.status_code, Failure.ERROR)
            raise NoAnswer(failure, f"{words}: HTTP {response.status_code}{_reason(body)}.")
        length = response.headers.get(_LENGTH, "")
        return (int(length) if length.isdecimal() else None), body


def _late(seconds: float) -> NoAnswer:
    return NoAnswer(Failure.DEADLINE, f"The inference server gave no answer within {seconds:g} seconds.")


def _body(response: httpx.Response, until: float, seconds: float) -> bytes:
    """The whole body; a server that trickles is late, and one that never ends is cut off."""
    parts, size = [], 0
    for part in response.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise _late(seconds)
        if size > _MAX_BYTES:
            raise NoAnswer(Failure.ERROR, f"The inference server's answer is larger than {_MAX_BYTES >> 20} MB.")
    return b"".join(parts)


def _reason(body: bytes) -> str:
    """What the server says is wrong."""
    try:
        return f" ({str(json.loads(body)['error'])[:200]})"
    except (ValueError, KeyError, TypeError):
        return ""


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise NoAnswer(Failure.ERROR, "The server does not speak the Open Inference Protocol v2: see [server] url.")
    return found


def _tensor(facts: Mapping[str, Any]) -> Tensor:
    shape = tuple(None if int(side) < 0 else int(side) for side in facts["shape"])
    return Tensor(name=str(facts["name"]), datatype=str(facts["datatype"]), shape=shape)


def _request(
    tensor: Tensor, values: NDArray[Any], outputs: Sequence[str], *, binary: bool
) -> tuple[bytes, bytes, dict[str, str]]:
    """JSON, binary tensors and headers of a request."""
    kind = _TYPES.get(tensor.datatype, "")
    if not kind or (tensor.datatype == "FP16" and not binary):
        raise NoAnswer(Failure.ERROR, f"The server wants its input as {tensor.datatype}: serve the model with FP32.")
    typed = np.ascontiguousarray(values, np.dtype(kind))
    body = typed.tobytes() if binary else b""
    told: dict[str, Any] = {"name": tensor.name, "shape": list(typed.shape), "datatype": tensor.datatype}
    told |= {"parameters": {"binary_data_size": len(body)}} if binary else {"data": typed.ravel().tolist()}
    wanted = [{"name": name, **({"parameters": {"binary_data": True}} if binary else {})} for name in outputs]
    head = json.dumps({"inputs": [told], "outputs": wanted}).encode()
    if not binary:
        return head, b"", {"Content-Type": "application/json"}
    return head, body, {"Content-Type": "application/octet-stream", _LENGTH: str(len(head))}


def _read(answer: bytes, length: int | None, wanted: Sequence[str]) -> dict[str, NDArray[np.float32]]:
    """Outputs by name; the binary ones follow the JSON in its own order."""
    told = json.loads(answer if length is None else answer[:length])
    rest, found = (b"" if length is None else answer[length:]), {}
    for output in told["outputs"]:
        name, shape = str(output["name"]), [int(side) for side in output["shape"]]
        size = (output.get("parameters") or {}).get("binary_data_size")
        if size is not None:
            mine, rest = rest[: int(size)], rest[int(size) :]
            values = np.frombuffer(mine, _TYPES[output["datatype"]]) if name in wanted else np.zeros(0)
        else:
            values = np.asarray(output["data"] if name in wanted else 0, np.float64)
        if name in wanted:
            found[name] = values.reshape(shape).astype(np.float32)
    missing = [name for name in wanted if name not in found]
    if missing:
        raise ValueError(f"output {missing[0]!r} is missing")
    return found
