"""Traces by OpenTelemetry, sent by OTLP over HTTP; nothing of it is imported unless traces are turned on.

Where they go is said by OpenTelemetry's own variables, such as OTEL_EXPORTER_OTLP_ENDPOINT.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from inspection.core.trace import Fact


class TracesMissing(Exception):
    """Traces are turned on, and the packages for them are not installed."""


class _Told:
    """One of OpenTelemetry's spans."""

    def __init__(self, span: Any) -> None:
        self._span = span

    def tell(self, **facts: Fact) -> None:
        """Add attributes."""
        for name, value in facts.items():
            self._span.set_attribute(f"jidoka.{name}", value)


class OpenTelemetry:
    """A Tracer over one of OpenTelemetry's tracers; `close` sends what has not been sent."""

    def __init__(self, tracer: Any, close: Callable[[], None] = lambda: None) -> None:
        self._tracer, self.close = tracer, close

    @contextmanager
    def span(self, name: str, **facts: Fact) -> Iterator[_Told]:
        """A span under the one that is open here."""
        with self._tracer.start_as_current_span(name) as span:
            told = _Told(span)
            told.tell(**facts)
            yield told


def open_tracer(version: str) -> OpenTelemetry:
    """OpenTelemetry as its variables set it up; raises TracesMissing where it is not installed."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracesMissing(
            "Traces are turned on, but OpenTelemetry is not installed: pip install 'jidoka[otel]', or set "
            f"JIDOKA_TRACES=false. ({error})"
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": "jidoka", "service.version": version}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return OpenTelemetry(provider.get_tracer("jidoka", version), provider.shutdown)
