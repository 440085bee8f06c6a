"""A model on another machine, asked by the Open Inference Protocol v2; the image is prepared and judged here."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inspection.core.predict import Failure
from models.contract import Input, Output, Server, Unusable, checked
from models.engine import NoAnswer
from models.v2 import Line, Offer, Tensor

_FAILURES = 3
_REST_S = 2.0


class Remote:
    """A model behind a server. An Engine for any number of workers.

    After three failures in a row the server is left alone for two seconds, so that a dead one does not hold up the
    threads that other models need: until then the answer is a failure at once.
    """

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._server = checked(Server, facts["server"])
        self._input, self._output = checked(Input, facts["input"]), checked(Output, facts["output"])
        self._lock, self._failed, self._rest_until = threading.Lock(), 0, 0.0
        self._line = Line(self._server)
        try:
            offer = self._line.meet()
            self._tensor, self._binary = tensor_of(offer, self._input), offer.binary
            self._infer(np.zeros((*self._size, 3), np.uint8), patient=True)
        except BaseException:
            self._line.close()
            raise

    def run(self, image: NDArray[np.uint8], worker: int) -> Mapping[str, NDArray[np.float32]]:
        """Outputs by name for one image (rows, columns, 3; BGR); raises NoAnswer."""
        del worker  # connections are shared
        with self._lock:
            if time.monotonic() < self._rest_until:
                raise NoAnswer(Failure.ERROR, f"The inference server {self._server.url} failed just now.")
        try:
            answer = self._infer(image)
        except NoAnswer:
            with self._lock:
                self._failed += 1
                if self._failed >= _FAILURES:
                    self._rest_until = time.monotonic() + _REST_S
            raise
        with self._lock:
            self._failed = 0
        return answer

    def close(self) -> None:
        """Close the connections to the server."""
        self._line.close()

    @property
    def _size(self) -> tuple[int, int]:
        shape = self._input.shape()
        return (shape[2], shape[3]) if self._input.layout == "NCHW" else (shape[1], shape[2])

    def _infer(self, image: NDArray[np.uint8], *, patient: bool = False) -> dict[str, NDArray[np.float32]]:
        x = self._input.prepare(image)
        try:
            outputs = self._line.infer(self._tensor, x, self._output.wanted, binary=self._binary, patient=patient)
            return self._output.interpret(outputs)
        except Unusable as error:
            raise NoAnswer(Failure.ERROR, f"The server's answer cannot be used: {error}") from error


def tensor_of(offer: Offer, wanted: Input) -> Tensor:
    """The tensor on the server that takes the image; raises Unusable where the card does not fit the server's model."""
    named = [tensor for tensor in offer.inputs if wanted.name in (None, tensor.name)]
    if len(offer.inputs) != 1 or len(named) != 1:
        names = ", ".join(repr(tensor.name) for tensor in offer.inputs) or "none"
        raise Unusable(f"The server's model has the inputs {names}. It must take one image and nothing else.")
    wanted.fixed(named[0].shape)
    if named[0].datatype == "UINT8":
        wanted.check_bytes()
    return named[0]
