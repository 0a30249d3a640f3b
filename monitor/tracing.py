"""Traces of polls and deliveries through OpenTelemetry, where it is installed and the environment asks for it.

`OTEL_TRACES_EXPORTER=otlp` asks; `OTEL_EXPORTER_OTLP_ENDPOINT` and the other variables of its specification say where
they go. Without them nothing is imported and nothing leaves this machine.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

import structlog

from monitor import __version__
from monitor.ports import Span, Tracer, Untraced

if TYPE_CHECKING:  # an extra: the house runs without it
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

log = structlog.get_logger()

EXPORTER: Final = "OTEL_TRACES_EXPORTER"
FLUSH: Final = 2.0  # seconds at the end, for what is not sent yet


def open_tracer(env: Mapping[str, str]) -> Tracer:
    """Return what traces as the environment asks; what traces nothing where it asks for nothing, or asks in vain."""
    wanted = env.get(EXPORTER, "").strip() or "none"
    if wanted == "none" or env.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return Untraced()
    make = {"otlp": _otlp, "console": _console}.get(wanted)
    if make is None:
        log.warning("no traces: this exporter is not known", exporter=wanted, known="otlp, console")
        return Untraced()
    try:
        return Traces(_provider(make, env))
    except ImportError:
        log.warning("no traces: OpenTelemetry is not installed", hint="pip install 'media-monitor[otel]'")
        return Untraced()


def _provider(make: Callable[[], SpanExporter], env: Mapping[str, str]) -> TracerProvider:
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    named = {"service.name": env.get("OTEL_SERVICE_NAME", "") or "media-monitor", "service.version": __version__}
    provider = TracerProvider(resource=Resource.create(named), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(make()))
    return provider


def _otlp() -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra

    return OTLPSpanExporter()


def _console() -> SpanExporter:
    import sys  # noqa: PLC0415

    from opentelemetry.sdk.trace.export import ConsoleSpanExporter  # noqa: PLC0415 - an extra

    return ConsoleSpanExporter(out=sys.stderr)  # standard output belongs to the console channel


class Traces(Tracer):
    """Trace into a provider of OpenTelemetry's."""

    def __init__(self, provider: TracerProvider, *, flush: float = FLUSH) -> None:
        from opentelemetry import trace  # noqa: PLC0415 - an extra

        self._provider = provider
        self._flush = flush
        self._tracer = provider.get_tracer("monitor", __version__)
        self._current = trace.get_current_span
        self._failed = trace.StatusCode.ERROR

    def part(self, name: str) -> AbstractContextManager[object]:
        """Follow a part of what is followed; nothing where nothing is."""
        return self.span(name) if self._current().is_recording() else nullcontext()

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[Span]:
        """Follow a piece of work; of what it raises only the kind is noted: its text may hold anything."""
        with self._tracer.start_as_current_span(name, record_exception=False, set_status_on_exception=False) as opened:
            opened.set_attributes({f"monitor.{key}": value for key, value in attributes.items()})
            try:
                yield _Open(opened.set_attribute)
            except Exception as error:
                opened.set_status(self._failed, type(error).__name__)
                raise

    def close(self) -> None:
        """Send what is not sent yet, as far as there is time."""
        # on a thread that may be left behind: where a collector hangs, the library waits for ten seconds and more
        sending = threading.Thread(target=self._provider.shutdown, name="monitor-traces", daemon=True)
        sending.start()
        sending.join(self._flush)


class _Open:
    """A piece of work that is followed."""

    def __init__(self, note: Callable[[str, str | int], None]) -> None:
        self._note = note

    def note(self, **attributes: str | int) -> None:
        """Say more about it."""
        for key, value in attributes.items():
            self._note(f"monitor.{key}", value)
