"""Sends images to a server over keep-alive connections and times the answers; runs as a process of its own.

python -m benchmarks.load '{"port": 8000, ...}'      prints one line of JSON
"""

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

import uvloop

_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
WARM_UP_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """What to send where: `images` are files sent in turn, each made unique by a few bytes at its end. Without `rate`
    each connection sends as soon as it is answered; with it, so many images a second are due, each timed from then."""

    port: int
    pid: int
    path: str
    token: str
    images: list[str]
    connections: int = 16
    seconds: float = 8.0
    rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What came of it, after warming up; times in milliseconds, CPU of server and sender per image."""

    images: int
    failed: int
    pending: int
    rate: float
    p50: float
    p99: float
    worst: float
    server_user: float
    server_system: float
    sender: float

    @property
    def server(self) -> float:
        """CPU milliseconds of the server for each image."""
        return self.server_user + self.server_system


def run(order: Order) -> Outcome:
    """Send from a process of its own, so that the sender's work is not the server's."""
    command = [sys.executable, "-m", "benchmarks.load", json.dumps(asdict(order))]
    return Outcome(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


def server_cpu(pid: int) -> tuple[float, float]:
    """Seconds that a process has used so far, of its own and in the kernel."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


class _Connection(asyncio.Protocol):
    """One keep-alive connection with one request under way at a time."""

    def __init__(self) -> None:
        self._got = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, parts: Sequence[bytes]) -> "asyncio.Future[tuple[int, bytes]]":
        """Send a request; the future ends with status and body."""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.writelines(parts)
        return self._answer

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        length = _LENGTH.search(head)
        if length and len(body) >= int(length[1]) and self._answer is not None:
            self._got = b""
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionError("the server hung up"))


class _Sender:
    """All connections together, and what they have seen since the end of the warm-up."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.numbers = itertools.count()
        self.bodies = [Path(image).read_bytes() for image in order.images]
        self.salt = f"{time.time_ns():x}"
        self.times: list[float] = []
        self.failed = self.pending = 0

    async def send_all(self) -> Outcome:
        loop = asyncio.get_running_loop()
        self.begun = loop.time()
        self.counting = self.begun + WARM_UP_S
        self.end = self.counting + self.order.seconds
        workers = [asyncio.create_task(self._work()) for _ in range(self.order.connections)]
        await asyncio.sleep(WARM_UP_S)
        before, own = server_cpu(self.order.pid), time.process_time()
        await asyncio.gather(*workers)
        after, own = server_cpu(self.order.pid), time.process_time() - own
        return self._outcome([b - a for a, b in zip(before, after, strict=True)], own)

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, "127.0.0.1", self.order.port)
        for number in self.numbers:
            due = loop.time() if self.order.rate is None else self.begun + number / self.order.rate
            if due >= self.end or loop.time() >= self.end:
                return
            await asyncio.sleep(max(0.0, due - loop.time()))
            status, body = await connection.send(self._request(number))
            if due >= self.counting:
                self._count(loop.time() - due, status, body)

    def _request(self, number: int) -> list[bytes]:
        image, unique = self.bodies[number % len(self.bodies)], f"{self.salt}-{number}"
        path = self.order.path.replace("{capture}", unique).replace("{serial}", f"S{unique}")
        head = (
            f"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {self.order.token}\r\n"
            f"Content-Type: image/jpeg\r\nContent-Length: {len(image) + len(unique)}\r\n\r\n"
        )
        return [head.encode(), image, unique.encode()]

    def _count(self, seconds: float, status: int, body: bytes) -> None:
        self.times.append(seconds)
        self.failed += status != 201
        self.pending += b'"pending"' in body

    def _outcome(self, server: list[float], own: float) -> Outcome:
        times, n = sorted(self.times), max(1, len(self.times))
        at = [times[min(len(times) - 1, int(share * len(times)))] * 1e3 if times else 0.0 for share in (0.5, 0.99, 1.0)]
        user, system = (seconds * 1e3 / n for seconds in server)
        return Outcome(
            images=len(times), failed=self.failed, pending=self.pending, rate=len(times) / self.order.seconds,
            p50=at[0], p99=at[1], worst=at[2], server_user=user, server_system=system, sender=own * 1e3 / n,
        )  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(asdict(uvloop.run(_Sender(Order(**json.loads(sys.argv[1]))).send_all()))))
