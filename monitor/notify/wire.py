"""Speak HTTP to destinations, and know afterwards whether they can have the message.

Every request uses a connection of its own: a kept one that the server has closed meanwhile fails *after* the message
left, and would leave it in doubt for nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp

from monitor.errors import MonitorError
from monitor.model import Rejected, SendResult, Unknown

TOO_MANY = 429
UNAVAILABLE = 503
MESSAGE_REFUSED = frozenset((400, 413, 422))
"""Statuses by which a message itself is refused (RFC 9110, 15.5.1, 15.5.14, 15.5.21); others are about the place."""

LONGEST_WAIT = timedelta(hours=24)

T = TypeVar("T")


class NotReachedError(MonitorError):
    """Nothing was sent. The text is one line for people, without URL or secret."""


class NoAnswerError(MonitorError):
    """The request left, and no usable answer came. The text is one line for people, without URL or secret."""


def open_session(deadline: timedelta) -> aiohttp.ClientSession:
    """Open a session that honours HTTP(S)_PROXY and NO_PROXY, and gives half the deadline to connecting."""
    timeout = aiohttp.ClientTimeout(total=None, connect=deadline.total_seconds() / 2)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        timeout=timeout,
        trust_env=True,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": "media-monitor"},
    )


async def reach(request: Callable[[], Awaitable[T]], *, host: str, deadline: timedelta) -> T:
    """Await one request and its answer.

    Raises:
        NotReachedError: the destination surely got nothing.
        NoAnswerError: it may have got everything.
    """
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            return await request()
    except aiohttp.ConnectionTimeoutError:
        raise NotReachedError(f"cannot connect to {host}: no answer") from None
    except aiohttp.ClientConnectorDNSError:
        raise NotReachedError(f"cannot connect to {host}: name not found") from None
    except aiohttp.ClientConnectorError as error:
        raise NotReachedError(f"cannot connect to {host}: {_why(error)}") from None
    except aiohttp.ClientHttpProxyError as error:
        raise NotReachedError(f"the proxy refused the way to {host} (HTTP {error.status})") from None
    except aiohttp.InvalidURL:
        raise NotReachedError("the URL is not usable") from None
    except TimeoutError:
        raise NoAnswerError(f"no answer from {host} within {deadline.total_seconds():g} s") from None
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError):
        raise NoAnswerError(f"the connection to {host} broke before its answer came") from None


async def try_to_send(post: Callable[[], Awaitable[SendResult]], *, host: str, deadline: timedelta) -> SendResult:
    """Await one attempt to send: return what its answer says, or what it means that none came."""
    try:
        return await reach(post, host=host, deadline=deadline)
    except NotReachedError as error:
        return Rejected(reason=str(error), retry=True)
    except NoAnswerError as error:
        return Unknown(reason=str(error))


def _why(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is not trusted: {getattr(error.certificate_error, 'verify_message', '')}"
    if isinstance(error, aiohttp.ClientSSLError):
        return "TLS failed"
    number = error.os_error.errno or 0  # asyncio's own words for it hold the address, as Python writes it
    return os.strerror(number) if number > 0 else "no connection"


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """Read `Retry-After`, seconds or a date (RFC 9110, 10.2.3), between 0 and 24 hours; None = none, or nonsense."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdecimal():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT) if len(value) <= 9 else LONGEST_WAIT  # noqa: PLR2004
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta(0)), LONGEST_WAIT)
