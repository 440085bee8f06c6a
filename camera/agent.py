"""The edge agent: from the source into the spool, from the spool to the server, each at its own pace."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import httpx

from camera.frame import Source, SourceFailed
from camera.send import Fate, Reply, backoff, send
from camera.spool import Spool, SpoolFull

IN_FLIGHT = 4
_IDLE_S = 0.05


@dataclass(frozen=True, kw_only=True)
class Status:
    """How the agent does: counts since its start, how many frames wait, and the last trouble of either side."""

    taken: int = 0
    unfit: int = 0
    sent: int = 0
    refused: int = 0
    waiting: int = 0
    source_trouble: str = ""
    server_trouble: str = ""


class Agent:
    """Runs two threads until told to stop; nothing that was spooled is lost when it is killed instead."""

    def __init__(
        self,
        *,
        source: Source,
        spool: Spool,
        server: str,
        line: str,
        camera: str,
        token: str,
        stop: threading.Event,
        log: Callable[[str], None] = print,
        pace: Callable[[float], object] | None = None,
    ) -> None:
        self._source, self._spool = source, spool
        self._line, self._camera, self._token = line, camera, token
        self._client = httpx.Client(base_url=server, timeout=httpx.Timeout(70.0, connect=5.0))
        self._stop, self._log = stop, log
        self._pause = pace or stop.wait
        self._dice = random.Random()
        self._lock = threading.Lock()
        self._status = Status()
        self.ended = threading.Event()

    @property
    def status(self) -> Status:
        """How the agent does now."""
        return replace(self._status, waiting=len(self._spool))

    def run(self) -> None:
        """Take and send until stopped, or until the source has ended and the spool is empty."""
        taker = threading.Thread(target=self._take_all, name="camera-take", daemon=True)
        taker.start()
        try:
            with ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="camera-send") as pool:
                self._send_all(pool)
        finally:
            taker.join(timeout=10)
            self._client.close()

    def _take_all(self) -> None:
        """Open the source, again and again after it fails, each time waiting a little longer."""
        tries = 0
        while not self._stop.is_set():
            try:
                self._source.open()
                self._note(source_trouble="")
                tries = 0
                self._take_while_open()
            except StopIteration:
                break
            except Exception as error:  # whatever one frame or device does, the camera goes on
                known = isinstance(error, SourceFailed)
                self._say(source_trouble=str(error) if known else f"{type(error).__name__}: {error}")
                tries += 1
                self._pause(backoff(tries, self._dice))
        self._source.close()
        self.ended.set()

    def _take_while_open(self) -> None:
        while not self._stop.is_set():
            frame = self._source.read()
            if frame is None:
                self._pause(_IDLE_S)
                continue
            while not self._stop.is_set():
                try:
                    self._spool.put(frame)
                except (SpoolFull, OSError) as error:
                    # The source has to wait: a frame is never thrown away for want of room.
                    self._say(source_trouble=str(error))
                    self._pause(1.0)
                else:
                    self._source.sent(frame)
                    self._count(taken=1, unfit=int(bool(frame.finding)))
                    if frame.finding:
                        self._log(f"unit {frame.serial}, view {frame.view}: {frame.finding}")
                    break

    def _send_all(self, pool: ThreadPoolExecutor) -> None:
        """Send the oldest frames, those of one unit one after the other."""
        tries = 0
        while not self._stop.is_set():
            batch = self._batch()
            if not batch:
                if self.ended.is_set() and len(self._spool) == 0:
                    return
                self._pause(_IDLE_S)
                continue
            waits = [reply.wait_s for reply in pool.map(self._send_one, batch) if reply.fate is Fate.LATER]
            tries = tries + 1 if waits else 0
            if waits:
                self._pause(max(backoff(tries, self._dice), *waits))

    def _batch(self) -> list[str]:
        """The oldest frame of each of the next few units."""
        chosen: list[str] = []
        serials: set[str] = set()
        for name in self._spool.waiting(IN_FLIGHT * 4):
            serial = self._spool.serial(name)
            if serial not in serials:
                serials.add(serial)
                chosen.append(name)
            if len(chosen) == IN_FLIGHT:
                break
        return chosen

    def _send_one(self, name: str) -> Reply:
        try:
            return self._send_frame(name)
        except OSError as error:  # a disk that is full or fails: the frame stays where it is
            words = f"The spool cannot be used: {error.strerror or error}."
            self._say(server_trouble=words)
            return Reply(fate=Fate.LATER, words=words)

    def _send_frame(self, name: str) -> Reply:
        frame = self._spool.get(name)
        if frame is None:
            return Reply(fate=Fate.STORED)
        reply = send(self._client, self._line, self._camera, self._token, frame)
        if reply.fate is Fate.STORED:
            self._spool.done(name)
            self._count(sent=1)
            self._note(server_trouble="")
        elif reply.fate is Fate.REFUSED:
            self._spool.refuse(name, reply.words)
            self._count(refused=1)
            self._log(f"unit {frame.serial}, view {frame.view} was refused by the server. {reply.words}")
        else:
            self._say(server_trouble=reply.words)
        return reply

    def _count(self, **more: int) -> None:
        with self._lock:
            self._status = replace(self._status, **{k: getattr(self._status, k) + v for k, v in more.items()})

    def _note(self, *, source_trouble: str | None = None, server_trouble: str | None = None) -> None:
        with self._lock:
            was = self._status
            self._status = replace(
                was,
                source_trouble=was.source_trouble if source_trouble is None else source_trouble,
                server_trouble=was.server_trouble if server_trouble is None else server_trouble,
            )

    def _say(self, *, source_trouble: str | None = None, server_trouble: str | None = None) -> None:
        """Log trouble once, not with every try."""
        before = self._status
        self._note(source_trouble=source_trouble, server_trouble=server_trouble)
        if before != self._status:
            self._log(source_trouble or server_trouble or "")
