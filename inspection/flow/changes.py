"""Wakes whoever waits for something to change in the store."""

import asyncio


class Changes:
    """Counts commits; a waiter names the count it has seen and is woken by a later one."""

    def __init__(self) -> None:
        self.count = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._event = asyncio.Event()
        self.stopping = False

    def bind(self, loop: asyncio.AbstractEventLoop) -> None:
        """Say in which event loop the waiters live."""
        self._loop = loop

    def committed(self) -> None:
        """Called from the writer's thread after each commit."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake)

    def stop(self) -> None:
        """Let every waiter go, for good."""
        self.stopping = True
        self._wake()

    async def after(self, seen: int, timeout_s: float) -> int:
        """The count once it is above `seen`, or after the timeout: another server may have written meanwhile."""
        if self.count <= seen and not self.stopping:
            try:
                await asyncio.wait_for(self._event.wait(), timeout_s)
            except TimeoutError:
                return self.count
        return self.count

    def _wake(self) -> None:
        self.count += 1
        self._event.set()
        self._event = asyncio.Event()
