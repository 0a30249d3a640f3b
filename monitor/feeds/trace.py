"""Look on while a fetch happens: each request of it, where it went, what was answered, and when."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace

import aiohttp
from yarl import URL

from monitor.feeds.reasons import shown
from monitor.text.plain import one_line, shorten

# what says how a page is read, how often it may be asked for, or who keeps us out; never a cookie
TOLD = (
    "Content-Type",
    "Content-Encoding",
    "Content-Length",
    "ETag",
    "Last-Modified",
    "Cache-Control",
    "Expires",
    "Retry-After",
    "Server",
    "CF-Mitigated",
    "X-DataDome",
)
HEADER_WIDTH = 120
Place = tuple[int, int, int, str, tuple[object, ...]]  # family, type, protocol, name, (address, port, …)


@dataclass(slots=True, kw_only=True)
class Hop:
    """One request and its answer; times are seconds since the fetch began, None = it did not come to that."""

    url: str  # without its query string
    started: float
    resolved: float | None = None
    connected: float | None = None
    answered: float | None = None
    address: str = ""  # that was tried last, "" = it did not come to that, or a proxy stood between
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    date: str = ""  # what the server took the time to be
    age: str = ""  # seconds that the answer lay in a cache
    leads_to: str = ""  # of a redirect, without query string
    failed: str = ""  # the kind of error


class FetchTrace:
    """The hops of one fetch, in order; given to a fetcher that is used once."""

    def __init__(self) -> None:
        self.hops: list[Hop] = []
        self._began: float | None = None
        self._stream: aiohttp.StreamReader | None = None
        self.last_url: URL | None = None  # that an answer came from

    @property
    def wire_bytes(self) -> int:
        """How many bytes of a body the last answer has brought, as they came over the wire."""
        return self._stream.total_bytes if self._stream else 0

    def config(self) -> aiohttp.TraceConfig:
        """Return what makes aiohttp tell this trace of everything."""
        config = aiohttp.TraceConfig()
        config.on_request_start.append(self._start)
        config.on_dns_resolvehost_end.append(self._resolved)
        config.on_connection_create_end.append(self._connected)
        config.on_request_end.append(self._answered)
        config.on_request_exception.append(self._failed)
        return config

    def watch(self, open_socket: Callable[[Place], socket.socket]) -> Callable[[Place], socket.socket]:
        """Note the address that each socket is opened for, before it is."""

        def noted(place: Place) -> socket.socket:
            self.hops[-1].address = _address(place[4])
            return open_socket(place)

        return noted

    def _now(self) -> float:
        now = asyncio.get_running_loop().time()
        if self._began is None:
            self._began = now
        return now - self._began

    async def _start(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestStartParams
    ) -> None:
        self.hops.append(Hop(url=shown(params.url), started=self._now()))

    async def _resolved(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _: aiohttp.TraceDnsResolveHostEndParams
    ) -> None:
        self.hops[-1].resolved = self._now()

    async def _connected(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _: aiohttp.TraceConnectionCreateEndParams
    ) -> None:
        self.hops[-1].connected = self._now()

    async def _answered(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        hop, response = self.hops[-1], params.response
        hop.answered, hop.status = self._now(), response.status
        hop.headers = {
            name: shorten(one_line(response.headers[name]), HEADER_WIDTH) for name in TOLD if name in response.headers
        }
        hop.date, hop.age = (shorten(one_line(response.headers.get(name, "")), 40) for name in ("Date", "Age"))
        hop.leads_to = _target(response)
        self._stream, self.last_url = response.content, response.url

    async def _failed(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self.hops[-1].failed = type(params.exception).__name__  # its text may hold the whole URL


def _address(peer: tuple[object, ...]) -> str:
    """Write a socket's address: `192.0.2.1:443`, `[2001:db8::1]:443`."""
    host, port = str(peer[0]), peer[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _target(response: aiohttp.ClientResponse) -> str:
    try:
        return shown(response.url.join(URL(response.headers["Location"]))) if "Location" in response.headers else ""
    except ValueError:
        return "an address that cannot be read"
