"""What the pages are handed from outside."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from inspection.core.ingest import StoredImage
from inspection.core.predict import Predictor
from inspection.core.software import Software, nothing
from inspection.flow.changes import Changes
from inspection.flow.demo import DemoControl
from inspection.flow.people import IDLE_LIMIT

T = TypeVar("T")


class Store(Protocol):
    """The database: lent for reading, and written to in one durable transaction."""

    def read(self) -> AbstractContextManager[Any]:
        """A connection that reports read one consistent state from."""

    def write(self, run: Callable[[Any], T]) -> T:
        """Run a flow; its changes are durable when this returns."""


class Images(Protocol):
    """Image bytes by their hash."""

    def put(self, data: bytes) -> StoredImage:
        """Check and keep an image."""

    def get(self, digest: str) -> bytes:
        """The bytes of that hash; raises FileNotFoundError."""


@dataclass(frozen=True, kw_only=True)
class Services:
    """Everything the pages work with. `unavailable` is what the store raises when it cannot be reached."""

    db: Store
    images: Images
    clock: Callable[[], datetime]
    changes: Changes
    start_job: Callable[[], None]
    predictor: Predictor | None = None
    unavailable: type[Exception] | None = None
    demo: DemoControl | None = None
    software: Callable[[], Software] = nothing
    secure_cookies: bool = False
    two_people: bool = False
    second_readings: float = 0.0
    lock_after: timedelta = IDLE_LIMIT
