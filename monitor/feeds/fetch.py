"""Get a feed's document: over HTTP with aiohttp, conditionally and within bounds, or from an allowed folder.

One fetch is one deadline over everything: waiting for an address, connecting, headers, redirects, body. Every hop goes
through the guard (`guard`), which looks at the address that is connected to; behind a proxy it can look at numbers
alone, for there the proxy resolves the names.
"""

from __future__ import annotations

import asyncio
from asyncio import Semaphore
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import aiohttp
from yarl import URL

from monitor import __version__
from monitor.errors import Cause, FetchError
from monitor.feeds.answer import MAX_BYTES, document, hub_in_headers, refuse
from monitor.feeds.blocked import is_login_page
from monitor.feeds.freshness import freshness
from monitor.feeds.guard import Guard
from monitor.feeds.inflate import ACCEPTED
from monitor.feeds.local import read_local
from monitor.feeds.order import CONDITIONS, Order, order_for
from monitor.feeds.reasons import shown, translated
from monitor.feeds.robots import Robots
from monitor.feeds.sessions import Sessions
from monitor.feeds.trace import FetchTrace
from monitor.model import AllowedHost, Feed, FeedState, FetchNotes, NotModified, Page, Validators

if TYPE_CHECKING:
    from monitor.ports import Clock

MAX_REDIRECTS: Final = 5
MAX_ARTICLE: Final = 2_000_000  # bytes
PING_DEADLINE: Final = timedelta(seconds=10)
PER_HOST: Final = 2  # connections at the same time
_FEED_TYPES = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"
_ARTICLE_TYPES = ("text/html", "application/xhtml+xml")
_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PERMANENT = frozenset((301, 308))
_SAME_METHOD = frozenset((307, 308))
_FETCH_ERRORS = (TimeoutError, aiohttp.ClientError, OSError, ValueError)


class HttpFetcher:
    """Fetch feeds and articles; implements `ports.Fetcher`. Opens connections on the loop that runs at the first fetch.

    `allow` are the places that may be read although they are not public; `spacing` lies between two articles of one
    host.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        allow_folders: Sequence[Path] = (),
        allow: Sequence[AllowedHost] = (),
        contact: str = "",
        timeout: timedelta = timedelta(seconds=30),
        spacing: timedelta = timedelta(seconds=5),
        trace: FetchTrace | None = None,
    ) -> None:
        self._clock = clock
        self._folders = tuple(allow_folders)
        self._agent = f"media-monitor/{__version__}" + (f" (+{contact})" if contact else "")
        self._timeout = timeout
        self._sessions = Sessions(Guard(allow), trace)
        self._gates: WeakValueDictionary[str, Semaphore] = WeakValueDictionary()
        self._robots = Robots(self._read_robots, clock=clock, spacing=spacing)

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        """Fetch once, conditionally where `state` has validators of the very place that is asked.

        Raises:
            FetchError: no usable answer came.
        """
        if feed.url.startswith("file:"):
            return await asyncio.to_thread(read_local, feed.url, self._folders, MAX_BYTES)
        order = order_for(feed, state, headers=self._headers(_FEED_TYPES), timeout=self._timeout, now=self._clock())
        async with self._bounded(order), self._walk(order) as (response, moved_to):
            return await self._answer(response, order, moved_to)

    async def fetch_article(self, url: str) -> Page:
        """Get the page behind a link, where its host's robots.txt allows that; HTML of MAX_ARTICLE bytes at most.

        Raises:
            FetchError: ROBOTS where robots.txt forbids it, or cannot be asked now; else as in `fetch`.
        """
        order = Order.plain(url, self._headers(", ".join(_ARTICLE_TYPES)), self._timeout)
        await self._robots.wait_for_turn(order.url)
        async with self._bounded(order), self._walk(order, heed_robots=True) as (response, _):
            if response.status != HTTPStatus.OK:
                raise await refuse(response, self._clock())
            content_type = response.headers.get("Content-Type", "")
            if content_type.partition(";")[0].strip().lower() not in _ARTICLE_TYPES:
                raise FetchError(Cause.NOT_A_FEED, f"{shown(response.url)} is no HTML page")
            return Page(body=await document(response, MAX_ARTICLE), content_type=content_type)

    async def ping(self, url: str) -> None:
        """Ask for a URL that waits for us, in PING_DEADLINE; it is answered with 2xx where all is well.

        Raises:
            FetchError: it was not; its text may hold the URL.
        """
        order = Order.plain(url, self._headers("text/plain"), PING_DEADLINE)
        async with self._bounded(order), self._walk(order) as (response, _):
            if response.status >= HTTPStatus.MULTIPLE_CHOICES:
                raise FetchError(Cause.HTTP, f"HTTP {response.status}")

    async def post_form(self, url: str, form: Mapping[str, str]) -> None:
        """Send a form to a hub; it is taken when the hub answers 2xx. 307 and 308 are followed (W3C WebSub, 5.1).

        Raises:
            FetchError: it was not taken; the text holds nothing of the form.
        """
        order = Order.plain(url, self._headers("text/plain"), self._timeout)
        async with self._bounded(order):
            target = order.url
            for _ in range(MAX_REDIRECTS + 1):
                headers = order.headers_for(target, at_home=True)
                async with self._sessions.send(target, headers=headers, proxy=None, form=form) as response:
                    if response.status < HTTPStatus.MULTIPLE_CHOICES:
                        return
                    if response.status not in _SAME_METHOD:
                        raise FetchError(Cause.HTTP, f"HTTP {response.status} from {shown(target)}")
                    target = _redirected(target, response.headers.get("Location", ""))
            raise FetchError(Cause.REDIRECT, f"more than {MAX_REDIRECTS} redirects, the last to {shown(target)}")

    async def close(self) -> None:
        """Give connections and threads back."""
        await self._sessions.close()

    def _headers(self, types: str) -> dict[str, str]:
        return {"User-Agent": self._agent, "Accept": types, "Accept-Encoding": ACCEPTED}

    @asynccontextmanager
    async def _bounded(self, order: Order) -> AsyncIterator[None]:
        """Wait for one of the host's connections, then hold what follows to the deadline; name what goes wrong."""
        gate = self._gates.setdefault(order.url.host or "", Semaphore(PER_HOST))
        async with gate:
            try:
                async with asyncio.timeout(order.timeout.total_seconds()):
                    yield
            except _FETCH_ERRORS as error:
                # `from None`: the cause may hold the URL with its query string, or a header.
                raise translated(error, order.url, order.timeout, own_proxy=order.proxy is not None) from None

    @asynccontextmanager
    async def _walk(
        self, order: Order, *, heed_robots: bool = False
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, str]]:
        """Get the order's URL or what it redirects to; give the answer, and where redirects for good have led."""
        url, moved_to, for_good, at_home = order.url, order.remembered, True, True
        for hop in range(MAX_REDIRECTS + 1):
            if heed_robots:
                await self._robots.check(url)
            at_home = at_home and url.origin() == order.own.origin()
            headers = order.headers_for(url, at_home=at_home)
            async with self._sessions.send(url, headers=headers, proxy=order.proxy) as response:
                if response.status not in _REDIRECTS:
                    if hop and is_login_page(url, response.status, response.headers.get("Content-Type", "")):
                        raise FetchError(Cause.BLOCKED, f"{shown(order.url)} sends to a login page, {shown(url)}")
                    yield response, moved_to
                    return
                target = _redirected(url, response.headers.get("Location", ""))
                for_good = for_good and response.status in _PERMANENT
                moved_to = str(target) if for_good else moved_to
            url = target
        raise FetchError(Cause.REDIRECT, f"more than {MAX_REDIRECTS} redirects, the last to {shown(url)}")

    async def _answer(self, response: aiohttp.ClientResponse, order: Order, moved_to: str) -> Page | NotModified:
        conditional = not CONDITIONS.isdisjoint(response.request_info.headers)
        answered = "" if response.url == order.own else str(response.url)
        hub, topic = hub_in_headers(response)
        notes = FetchNotes(
            moved_to=_storable(moved_to),
            answered=_storable(answered),
            unconditional=not conditional,
            freshness=freshness(response.headers),
            hub=hub,
            topic=topic,
        )
        if response.status == HTTPStatus.NOT_MODIFIED and conditional:
            return NotModified(notes=notes)
        if response.status not in (HTTPStatus.OK, HTTPStatus.NON_AUTHORITATIVE_INFORMATION):
            raise await refuse(response, self._clock(), asked=order.own)
        return Page(
            body=await document(response, MAX_BYTES),
            content_type=_storable(response.headers.get("Content-Type", "")),
            validators=_validators(response) if notes.answered == answered else Validators(),
            notes=notes,
        )

    async def _read_robots(self, url: URL) -> tuple[int, bytes]:
        """Get a robots.txt: its status, and its beginning."""
        order = Order.plain(str(url), self._headers("text/plain"), self._timeout)
        try:
            async with asyncio.timeout(order.timeout.total_seconds()), self._walk(order) as (response, _):
                return response.status, await document(response, Robots.MAX_BYTES)
        except _FETCH_ERRORS as error:
            raise translated(error, url, order.timeout) from None


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


def _validators(response: aiohttp.ClientResponse) -> Validators:
    return Validators(
        etag=_storable(response.headers.get("ETag", "")),
        last_modified=_storable(response.headers.get("Last-Modified", "")),
    )


def _storable(header: str) -> str:
    """Return a header as it was sent, or "" where its bytes are no text that we could keep and send back."""
    return header if header.isprintable() and len(header) <= 1_000 and header.isascii() else ""  # noqa: PLR2004 - bounded
