"""Traces, where somebody asks for them: each poll and each delivery, in its parts, and no secret."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from aiohttp import web
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.testing import capture_logs

from monitor.app import open_app
from monitor.daemon import Daemon
from monitor.ports import Untraced
from monitor.tracing import Traces, open_tracer
from tests.app.house import House, rss
from tests.app.parse_here import ParserHere


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    yield exporter
    exporter.clear()


def traces(spans: InMemorySpanExporter) -> Traces:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    return Traces(provider)


def named(spans: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in spans.get_finished_spans() if span.name == name]


async def once(house: House, spans: InMemorySpanExporter) -> Daemon:
    async with open_app(house.setup(), clock=house.clock, stream=house.console, tracer=traces(spans)) as app:
        app.in_use.doors = replace(app.doors, parser=ParserHere())
        await app.run_once()
        return app


async def test_a_poll_and_a_delivery_are_followed_in_their_parts(house: House, spans: InMemorySpanExporter) -> None:
    house.feeds.pages["/wire"] = rss("Shoygu one")
    await once(house, spans)
    (poll,), (send,) = named(spans, "poll"), named(spans, "deliver")
    assert poll.attributes == {
        "monitor.feed": "wire",
        "monitor.entries": 1,
        "monitor.hits": 1,
        "monitor.alerts": 1,
    }
    assert send.attributes is not None
    assert (send.attributes["monitor.channel"], send.attributes["monitor.outcome"]) == ("desk", "Sent")
    assert poll.context is not None
    parts = [
        span.name for span in spans.get_finished_spans() if span.parent and span.parent.span_id == poll.context.span_id
    ]
    assert parts[0] == "fetch"
    assert parts[-1] == "store record"
    roots = {span.name for span in spans.get_finished_spans() if span.parent is None}
    assert roots == {"poll", "deliver"}, "what ticks ask the store is no news"


async def test_what_fails_says_its_cause_and_no_address(house: House, spans: InMemorySpanExporter) -> None:
    house.configure(feeds=f"wire: '{house.feeds.url('/gone')}?key=hidden-in-a-query'")
    await once(house, spans)
    (poll,), (fetch,) = named(spans, "poll"), named(spans, "fetch")
    assert poll.attributes is not None
    assert poll.attributes["monitor.cause"] == "HTTP error"
    assert fetch.status.description == "FetchError"
    assert "hidden" not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, []),
        ({"OTEL_TRACES_EXPORTER": "none"}, []),
        ({"OTEL_TRACES_EXPORTER": "otlp", "OTEL_SDK_DISABLED": "true"}, []),
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, ["no traces: this exporter is not known"]),
    ],
)
def test_nothing_is_traced_unless_somebody_asks(env: dict[str, str], said: list[str]) -> None:
    with capture_logs() as logs:
        tracer = open_tracer(env)
    assert isinstance(tracer, Untraced)
    assert [line["event"] for line in logs] == said
    tracer.close()


def test_an_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)
    with capture_logs() as logs:
        assert isinstance(open_tracer({"OTEL_TRACES_EXPORTER": "otlp"}), Untraced)
    assert "media-monitor[otel]" in logs[0]["hint"]


async def test_traces_are_sent_as_otlp_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    import asyncio

    got: list[tuple[str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        got.append((request.path, await request.read()))
        return web.Response()

    app = web.Application()
    app.router.add_post("/{name:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{runner.addresses[0][1]}")
    tracer = open_tracer({"OTEL_TRACES_EXPORTER": "otlp"})
    with tracer.span("poll", feed="wire") as span:
        span.note(entries=3)
    await asyncio.to_thread(tracer.close)
    await runner.cleanup()
    ((path, body),) = got
    assert path == "/v1/traces"
    assert b"media-monitor" in body
    assert b"monitor.feed" in body


def test_traces_on_a_terminal_leave_standard_output_alone(capsys: pytest.CaptureFixture[str]) -> None:
    tracer = open_tracer({"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "desk"})
    with tracer.span("poll", feed="wire"):
        pass
    tracer.close()
    out, err = capsys.readouterr()
    assert out == ""
    assert '"service.name": "desk"' in err
