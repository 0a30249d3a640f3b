"""A feed server on loopback that answers what a test tells it to, and a client to fetch with."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import sys
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_network

import brotli
from aiohttp import web

from monitor.feeds.fetch import HttpFetcher
from monitor.model import AllowedHost, Feed, FeedNotes, FeedState, NotModified, Page, Validators
from monitor.secret import Secret

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

LOOPBACK = (AllowedHost(network=ip_network("127.0.0.0/8")),)
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RSS = (
    b'<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><item><guid>1</guid><title>One</title></item>'
    b"</channel></rss>"
)

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass
class FeedServer:
    """Answer on any path with what a test put there; remember the headers of every request."""

    url: str = ""
    routes: dict[str, Handler] = field(default_factory=dict)
    requests: list[web.BaseRequest] = field(default_factory=list)

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        return await self.routes[request.path](request)

    def serve(self, path: str, body: bytes = RSS, *, status: int = 200, headers: dict[str, str] | None = None) -> str:
        async def handler(_: web.BaseRequest) -> web.StreamResponse:
            return web.Response(status=status, body=body, headers=headers)

        return self.route(path, handler)

    def redirect(self, path: str, location: str, *, status: int = 302) -> str:
        return self.serve(path, b"", status=status, headers={"Location": location})

    def route(self, path: str, handler: Handler) -> str:
        self.routes[path] = handler
        return self.url + path


@contextlib.asynccontextmanager
async def serving() -> AsyncIterator[FeedServer]:
    server = FeedServer()
    runner = web.ServerRunner(web.Server(server.answer), shutdown_timeout=0.01)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield server
    await runner.cleanup()


@dataclass
class Client:
    """Fetch with one call."""

    fetcher: HttpFetcher

    async def get(
        self, url: str, *, validators: Validators | None = None, headers: dict[str, str] | None = None
    ) -> Page | NotModified:
        secret = tuple((name, Secret(value)) for name, value in (headers or {}).items())
        notes = FeedNotes(unconditional_at=NOW)
        state = FeedState(feed_id=1, name="wire", url=url, validators=validators or Validators(), notes=notes)
        return await self.fetcher.fetch(Feed(name="wire", url=url, headers=secret), state)

    async def page(self, url: str) -> Page:
        answer = await self.get(url)
        assert isinstance(answer, Page)
        return answer


async def wait(seconds: float) -> None:
    """Be slow, as a slow server is."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await asyncio.Event().wait()


def bomb(megabytes: int, *, layers: int = 1) -> bytes:
    """Return zeros compressed as often as asked."""
    squeezer = zlib.compressobj(9, wbits=31)
    body = b"".join(squeezer.compress(bytes(1_000_000)) for _ in range(megabytes)) + squeezer.flush()
    for _ in range(layers - 1):
        body = gzip.compress(body)
    return body


def br(body: bytes) -> bytes:
    packed: bytes = brotli.compress(body, quality=1)
    return packed


def zst(body: bytes) -> bytes:
    return zstd.compress(body)
