"""Get a feed's document: over HTTP with aiohttp, conditionally and within bounds, or from an allowed folder.

One fetch is one deadline over everything: waiting for an address, connecting, headers, redirects, body. Part 3 adds the
guard (addresses in `resolve`, hosts at each hop) and the schedule's politeness around it.
"""

from __future__ import annotations

import asyncio
import re
from asyncio import Semaphore
from collections.abc import Sequence
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.request import getproxies
from weakref import WeakValueDictionary

import aiohttp
import structlog
from yarl import URL

from monitor import __version__
from monitor.errors import Cause, FetchError
from monitor.feeds.inflate import ACCEPTED, TooLargeError, inflate
from monitor.feeds.local import read_local
from monitor.feeds.reasons import explain, shown, translated
from monitor.feeds.resolve import PooledResolver
from monitor.feeds.trace import FetchTrace
from monitor.model import Feed, FeedState, NotModified, Page, Validators

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from monitor.ports import Clock

MAX_BYTES: Final = 5_000_000  # of a body, on the wire and decoded
MAX_REDIRECTS: Final = 5
PER_HOST: Final = 2  # connections at the same time
MAX_RETRY_AFTER: Final = timedelta(hours=24)
_MIME_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_CONDITIONS = frozenset(("If-None-Match", "If-Modified-Since"))
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))
_CHUNK = 65_536
log = structlog.get_logger()


class HttpFetcher:
    """Fetch feeds; implements `ports.Fetcher`. Opens its session at the first fetch, on the loop that runs then."""

    def __init__(
        self,
        *,
        clock: Clock,
        allow_folders: Sequence[Path] = (),
        contact: str = "",
        timeout: timedelta = timedelta(seconds=30),
        trace: FetchTrace | None = None,
    ) -> None:
        self._clock = clock
        self._folders = tuple(allow_folders)
        self._agent = f"media-monitor/{__version__}" + (f" (+{contact})" if contact else "")
        self._timeout = timeout
        self._trace = trace
        self._session: aiohttp.ClientSession | None = None
        self._gates: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()
        self._moved: set[str] = set()  # feeds of which it was said that they have moved

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        """Fetch once, conditionally where `state` has validators of this very URL.

        Raises:
            FetchError: no usable answer came.
        """
        if feed.url.startswith("file:"):
            return await asyncio.to_thread(read_local, feed.url, self._folders, MAX_BYTES)
        url = _http_url(feed.url)
        headers = self._headers(feed, state)
        async with self._turn(url.host or ""):
            try:
                async with asyncio.timeout(self._timeout.total_seconds()):
                    return await self._follow(url, headers, {name for name, _ in feed.headers})
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                # `from None`: the cause may hold the URL with its query string, or a header.
                raise translated(error, url, self._timeout) from None

    async def close(self) -> None:
        """Give connections and threads back."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _headers(self, feed: Feed, state: FeedState) -> dict[str, str]:
        headers = {"User-Agent": self._agent, "Accept": _MIME_TYPES, "Accept-Encoding": ACCEPTED}
        if state.url == feed.url and state.validators.etag:
            headers["If-None-Match"] = state.validators.etag
        if state.url == feed.url and state.validators.last_modified:
            headers["If-Modified-Since"] = state.validators.last_modified
        return headers | {name: value.reveal() for name, value in feed.headers}

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        """Wait for one of a host's connections; the deadline does not run meanwhile."""
        gate = self._gates.setdefault(host, Semaphore(PER_HOST))
        async with gate:
            yield

    async def _follow(self, url: URL, headers: dict[str, str], private: set[str]) -> Page | NotModified:
        """Get `url` or what it redirects to; `private` headers never leave the first origin."""
        first = url.origin()
        for _ in range(MAX_REDIRECTS + 1):
            request = self._opened().get(url, headers=headers, allow_redirects=False)
            async with request as response:
                if response.status not in _REDIRECTS:
                    return await self._answer(response)
                target = _redirected(url, response.headers.get("Location", ""))
                if response.status in _PERMANENT:
                    self._mention_move(url, target)
            if target.origin() != first:
                headers = {name: value for name, value in headers.items() if name not in private}
            url = target
        raise FetchError(Cause.REDIRECT, f"more than {MAX_REDIRECTS} redirects, the last to {shown(url)}")

    def _mention_move(self, url: URL, target: URL) -> None:
        """Say once that a feed has a new address for good."""
        if shown(url) not in self._moved:
            self._moved.add(shown(url))
            log.info("a feed has moved for good: write down its new address", old=shown(url), new=shown(target))

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(
                resolver=PooledResolver(),
                force_close=True,  # an idle TLS connection costs 0.3 MB, and the next poll is minutes away
                limit=0,
                limit_per_host=PER_HOST,  # a redirect may lead to a host whose turn it is not
                socket_factory=self._trace.open_socket if self._trace else None,
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
                auto_decompress=False,
                trace_configs=[self._trace.config()] if self._trace else None,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=bool(getproxies()),  # HTTP(S)_PROXY, NO_PROXY: asking costs more than the request
            )
        return self._session

    async def _answer(self, response: aiohttp.ClientResponse) -> Page | NotModified:
        status, where = response.status, shown(response.url)
        if status == HTTPStatus.NOT_MODIFIED and _CONDITIONS & response.request_info.headers.keys():
            return NotModified()
        if status == HTTPStatus.GONE:
            raise FetchError(
                Cause.GONE, f"{where} says that it is gone for good: remove it, or look for its new address"
            )
        if status not in (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION):
            cause = Cause.RATE_LIMITED if status == HTTPStatus.TOO_MANY_REQUESTS else Cause.HTTP
            raise FetchError(cause, explain(status, where), retry_after=self._retry_after(response))
        try:
            wire = await _read_capped(response)
            coding = response.headers.get("Content-Encoding", "")
            body = await asyncio.to_thread(inflate, wire, coding, MAX_BYTES) if coding else wire
        except TooLargeError:
            raise FetchError(Cause.TOO_LARGE, f"more than {MAX_BYTES // 1_000_000} MB from {where}") from None
        return Page(
            body=body,
            content_type=_storable(response.headers.get("Content-Type", "")),
            validators=Validators(
                etag=_storable(response.headers.get("ETag", "")),
                last_modified=_storable(response.headers.get("Last-Modified", "")),
            ),
        )

    def _retry_after(self, response: aiohttp.ClientResponse) -> timedelta | None:
        """Read Retry-After (RFC 9110, 10.2.3) on 429 and 503: seconds or a date; garbage is as good as nothing."""
        written = response.headers.get("Retry-After", "").strip()
        if response.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE) or not written:
            return None
        if re.fullmatch(r"[0-9]{1,9}", written):
            wait = timedelta(seconds=int(written))
        else:
            try:
                moment = parsedate_to_datetime(written)
                wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - self._clock()
            except (ValueError, OverflowError):
                return None
        return min(max(wait, timedelta()), MAX_RETRY_AFTER)


async def _read_capped(response: aiohttp.ClientResponse) -> bytes:
    """Read the body as it is on the wire, and stop as soon as it is too large."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise TooLargeError
    return bytes(body)


def _http_url(text: str) -> URL:
    try:
        url = URL(text)
    except ValueError:
        raise FetchError(Cause.BAD_URL, "the feed's URL cannot be read") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise FetchError(Cause.BAD_URL, f"“{url.scheme or text[:20]}” is not http or https")
    return url


def _redirected(url: URL, location: str) -> URL:
    try:
        target = url.join(URL(location)) if location else None
    except ValueError:
        target = None
    if target is None:
        raise FetchError(Cause.REDIRECT, f"{shown(url)} redirects to nowhere")
    if target.scheme not in ("http", "https") or not target.host:
        raise FetchError(
            Cause.REDIRECT, f"{shown(url)} redirects to {target.scheme[:20]}:, only http and https are followed"
        )
    return target


def _storable(header: str) -> str:
    """Return a header as it was sent, or "" where its bytes are no text that we could keep and send back."""
    return header if header.isprintable() and len(header) <= 1_000 and header.isascii() else ""  # noqa: PLR2004 - bounded
