"""Strangers at the listening socket: each gets a clear answer, and holds up nobody."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
import structlog

from monitor.errors import StoreUnavailableError
from monitor.testing import FakeClock
from monitor.web.callbacks import MAX_BODY, Callbacks
from monitor.web.server import WebServer

NAME = "0123456789abcdef" * 2
TOPIC = "https://wire.example/feed?key=hidden-key"


@dataclass
class Known:
    """Know one name, and do as it is told."""

    room: bool = True
    bodies: list[bytes] = field(default_factory=list)

    def knows(self, name: str) -> bool:
        return name == NAME

    async def verify(self, _name: str, topic: str, _seconds: int | None) -> bool:
        if topic == "broken":
            raise RuntimeError("hidden-key")
        if topic == "no store":
            raise StoreUnavailableError("hidden-key")
        return topic == TOPIC

    async def deny(self, _name: str, topic: str, _reason: str) -> bool:
        return topic == TOPIC

    def take(self, _name: str, body: bytes, *, content_type: str, signature: str) -> bool:
        assert isinstance(content_type + signature, str)
        if self.room:
            self.bodies.append(body)
        return self.room


@dataclass
class Place:
    """A server that listens, and who is behind it."""

    server: WebServer
    known: Known

    async def send(self, method: str, path: str, **kwargs: object) -> tuple[int, str]:
        url = f"http://127.0.0.1:{self.server.port}{path}"
        async with aiohttp.ClientSession() as session, session.request(method, url, **kwargs) as response:  # type: ignore[arg-type]
            return response.status, await response.text()

    async def raw(self, sent: bytes) -> bytes:
        """Send bytes; return all that comes back until the other end closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.port)
        with contextlib.suppress(ConnectionError):
            writer.write(sent)
            await writer.drain()
        answer = b""
        with contextlib.suppress(ConnectionError):
            answer = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        return answer


@contextlib.asynccontextmanager
async def opened(
    *, connection_deadline: float = 10.0, most_connections: int = 50, body_deadline: float = 10.0
) -> AsyncIterator[Place]:
    known = Known()
    server = WebServer(
        Callbacks(known, body_deadline=body_deadline).routes(),
        clock=FakeClock(),
        connection_deadline=connection_deadline,
        most_connections=most_connections,
    )
    await server.open("127.0.0.1", 0)
    try:
        yield Place(server, known)
    finally:
        await server.close()


def question(topic: str = TOPIC, **changes: str) -> dict[str, str]:
    return {"hub.mode": "subscribe", "hub.topic": topic, "hub.challenge": "<b>x</b>", **changes}


async def test_a_question_that_was_expected_is_echoed_as_plain_text() -> None:
    async with opened() as place:
        url = f"http://127.0.0.1:{place.server.port}/websub/{NAME}"
        async with aiohttp.ClientSession() as session, session.get(url, params=question()) as response:
            assert (response.status, await response.text()) == (200, "<b>x</b>")
            assert response.content_type == "text/plain"
            assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/websub/", 404),
        ("GET", f"/websub/{'f' * 32}", 404),
        ("POST", f"/websub/{'f' * 32}", 404),
        ("GET", f"/websub/{NAME}/", 404),
        ("GET", f"/websub/{NAME.upper()}", 404),
        ("GET", f"/websub/../websub/{'f' * 32}", 404),
        ("GET", "/websub/..%2f..%2fetc%2fpasswd", 404),
        ("GET", "/websub/%00", 404),
        ("GET", f"/websub/{NAME}%0d%0aX: y", 404),
        ("HEAD", f"/websub/{NAME}", 405),
        ("DELETE", f"/websub/{NAME}", 405),
        ("GET", f"/websub/{NAME}", 400),
        ("GET", "/websub/" + "a" * 7_000, 404),
    ],
)  # fmt: skip
async def test_what_is_not_there_is_refused(method: str, path: str, status: int) -> None:
    async with opened() as place:
        assert (await place.send(method, path))[0] == status


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (question("other"), 404),
        (question(**{"hub.mode": "unsubscribe"}), 404),
        (question(**{"hub.challenge": ""}), 400),
        (question(**{"hub.challenge": "x" * 2_001}), 400),
        (question("broken"), 500),
        (question("no store"), 503),
        ({"hub.mode": "denied", "hub.topic": TOPIC}, 200),
        ({"hub.mode": "denied", "hub.topic": "other"}, 404),
    ],
)
async def test_questions_have_clear_answers(query: dict[str, str], status: int) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened() as place:
            answered, text = await place.send("GET", f"/websub/{NAME}", params=query)
    assert answered == status
    assert "hidden-key" not in text + str([{key: line[key] for key in line if key != "exc_info"} for line in logs])


async def test_a_push_is_handed_on_and_refused_where_there_is_no_room() -> None:
    async with opened() as place:
        assert (await place.send("POST", f"/websub/{NAME}", data=b"<rss/>"))[0] == 202
        place.known.room = False
        assert (await place.send("POST", f"/websub/{NAME}", data=b"<rss/>"))[0] == 503
        assert place.known.bodies == [b"<rss/>"]


async def test_a_body_beyond_the_cap_is_refused_whatever_its_head_says() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(MAX_BODY // 1_000_000 + 1):
            yield bytes(1_000_000)

    async with opened() as place:
        assert (await place.send("POST", f"/websub/{NAME}", data=io.BytesIO(bytes(MAX_BODY))))[0] == 202
        with contextlib.suppress(aiohttp.ClientError):  # it may end the connection while we still write
            assert (await place.send("POST", f"/websub/{NAME}", data=chunks()))[0] == 413
        assert [len(body) for body in place.known.bodies] == [MAX_BODY]


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    head = f"POST /websub/{NAME} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc".encode()
    async with opened(body_deadline=0.05) as place:
        answer = await place.raw(head)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert place.known.bodies == []


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost", f"POST /websub/{NAME} HTTP/1.1\r\n".encode()])
async def test_a_connection_that_says_nothing_whole_is_ended(sent: bytes) -> None:
    async with opened(connection_deadline=0.1) as place:
        assert await place.raw(sent) == b""


@pytest.mark.parametrize(
    "sent",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header\x00: hidden-key\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["TLS", "header", "long header", "version", "length", "smuggling"],
)
async def test_what_is_no_http_is_refused_in_one_line_without_its_text(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with opened() as place:
            for _ in range(3):
                answer = await place.raw(sent)
                assert answer == b"" or answer.split()[1] in (b"400", b"404", b"505")
    assert len(logs) <= 1
    assert "hidden-key" not in str(logs) + caplog.text


async def test_beyond_so_many_connections_new_ones_are_refused_and_later_ones_served() -> None:
    async with opened(most_connections=3) as place:
        held = [await asyncio.open_connection("127.0.0.1", place.server.port) for _ in range(3)]
        refused = await place.raw(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert refused.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 60\r\n" in refused
        for reader, writer in held:
            writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b" 404 " in await reader.read()
            writer.close()
            await writer.wait_closed()
        assert (await place.send("GET", "/"))[0] == 404


async def test_a_server_that_is_closed_listens_nowhere() -> None:
    async with opened() as place:
        port = place.server.port
        await place.server.close()
        assert place.server.port == 0
        with pytest.raises(ConnectionError):
            await asyncio.open_connection("127.0.0.1", port)
