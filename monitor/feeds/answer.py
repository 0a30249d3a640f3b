"""Read an answer: its body under a cap, or why it is none; the hub that its headers name."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import aiohttp
from yarl import URL

from monitor.errors import Cause, FetchError
from monitor.feeds.blocked import PAGE_HEAD, has_page_to_read, who_blocks
from monitor.feeds.freshness import retry_after
from monitor.feeds.hub import hub_and_topic
from monitor.feeds.inflate import TooLargeError, inflate
from monitor.feeds.reasons import explain, shown

MAX_BYTES: Final = 5_000_000  # of a body, on the wire and decoded
HOLD_UNASKED: Final = timedelta(minutes=5)  # of a host that is overloaded and does not say for how long
_OVERLOADED = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_MINUTE = timedelta(minutes=1)
_CHUNK = 65_536


async def document(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read a whole body without its content codings.

    Raises:
        FetchError: TOO_LARGE above `limit` bytes, on the wire or decoded; or the codings are cut or corrupt.
    """
    coding = response.headers.get("Content-Encoding", "")
    try:
        wire = await _read_capped(response, limit)
        if not coding:
            return wire
        return await asyncio.to_thread(inflate, wire, coding, limit)
    except TooLargeError:
        message = f"more than {limit // 1_000_000} MB from {shown(response.url)}"
        raise FetchError(Cause.TOO_LARGE, message) from None


async def refuse(response: aiohttp.ClientResponse, now: datetime, *, asked: URL | None = None) -> FetchError:
    """Name what a status without a document means; `asked` is the feed's own URL, whose host may ask for rest."""
    status, where = response.status, shown(response.url)
    if status == HTTPStatus.GONE:
        return FetchError(Cause.GONE, f"{where} says that it is gone for good: remove it, or look for its new address")
    wait = retry_after(response.headers, now) if status in _OVERLOADED else None
    hold = None
    if asked is not None and status in _OVERLOADED and response.url.host == asked.host:
        hold = HOLD_UNASKED if wait is None else wait
    cause = Cause.RATE_LIMITED if status == HTTPStatus.TOO_MANY_REQUESTS else Cause.HTTP
    blocked = await _blocked(response)
    said = explain(status, where, blocked)
    if hold:
        said += f"; all feeds of {response.url.host} wait {math.ceil(hold / _MINUTE)} min for it"
    return FetchError(Cause.BLOCKED if blocked else cause, said, retry_after=wait, hold_host=hold)


def hub_in_headers(response: aiohttp.ClientResponse) -> tuple[str, str]:
    """Return what the headers `Link` say (RFC 8288); "", "" where they say nothing, or nothing that can be read."""
    try:
        links = [(rel, str(link.get("url", ""))) for rel, link in response.links.items()]
    except ValueError:
        return "", ""
    return hub_and_topic(links)


async def _blocked(response: aiohttp.ClientResponse) -> str:
    """Say who keeps us out; what cannot be read of the page shows nothing."""
    found = who_blocks(response.status, response.headers)
    if found or not has_page_to_read(response.status, response.headers):
        return found
    head = await response.content.read(PAGE_HEAD)
    coding = response.headers.get("Content-Encoding", "")
    try:
        page = await asyncio.to_thread(inflate, head, coding, 10 * PAGE_HEAD) if coding else head
    except (FetchError, TooLargeError):
        return ""
    return who_blocks(response.status, response.headers, page)


async def _read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    """Read the body as it is on the wire, and stop as soon as it is too large."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > limit:
            raise TooLargeError
    return bytes(body)
