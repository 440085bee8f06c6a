"""Traces are an option, of which nothing is imported until it is chosen."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from inspection.link.trace import TracesMissing, open_tracer

INSTALLED = (
    find_spec("opentelemetry.sdk") is not None and find_spec("opentelemetry.exporter.otlp.proto.http") is not None
)


def test_the_server_imports_nothing_that_collects_or_sends_traces():
    code = (
        "import sys, inspection.main.serve, inspection.link.trace, review_ui.app\n"
        "sys.exit(any(name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter')) for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(INSTALLED, reason="OpenTelemetry is installed")
def test_without_the_packages_the_message_says_what_to_install():
    with pytest.raises(TracesMissing, match=r"pip install 'jidoka\[otel\]', or set JIDOKA_TRACES=false"):
        open_tracer("1")


@pytest.mark.skipif(not INSTALLED, reason="OpenTelemetry is not installed")
def test_with_the_packages_a_span_can_be_opened_and_told(monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")  # nobody listens here
    tracer = open_tracer("1")
    with tracer.span("image", line="phones") as span:
        span.tell(image=1)
