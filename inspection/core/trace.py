"""A trace of one image's way, for whoever collects such traces: spans with facts, handed in from outside."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol

Fact = str | int | float | bool


class Span(Protocol):
    """A stretch of the way that runs."""

    def tell(self, **facts: Fact) -> None:
        """Add what has become known meanwhile."""


class Tracer(Protocol):
    """Opens spans; one that is opened within another, in the same task or thread or one begun there, lies under it."""

    def span(self, name: str, **facts: Fact) -> AbstractContextManager[Span]:
        """A span until the block ends; an exception that ends it is told of."""


class Untold:
    """A span that nobody collects."""

    def tell(self, **facts: Fact) -> None:
        """Forget it."""


class Untraced:
    """Traces nothing."""

    _NOTHING = nullcontext(Untold())

    def span(self, name: str, **facts: Fact) -> AbstractContextManager[Span]:  # noqa: ARG002
        """A span that costs nothing."""
        return self._NOTHING
