"""Say why a fetch failed and what to do about it, in words that hold no secret and no query string."""

from __future__ import annotations

import re
from datetime import timedelta
from http import HTTPStatus

import aiohttp
from yarl import URL

from monitor.errors import Cause, FetchError
from monitor.feeds.guard import GuardedError
from monitor.secret import blot
from monitor.text.plain import shorten

# what to do about a status that will not mend itself
_ADVICE = {
    401: "it wants a login: check the feed's `auth` or `headers`",
    403: "it lets nobody in like this: check the feed's `headers`, or ask its publisher",
    404: "look for its new address",
    407: "the proxy wants a login: check HTTP_PROXY and HTTPS_PROXY",
}


def shown(url: URL) -> str:
    """Name a URL in a message: without user, password, query string and fragment, and what is known as a secret."""
    return shorten(blot(str(url.with_user(None).with_query(None).with_fragment(None))), 200)


def explain(status: int, where: str, blocked_by: str = "") -> str:
    """Name a status that is no answer, whose it is, and what to do where it will not mend itself."""
    if blocked_by:
        return f"{_status_line(status)} from {where}: {blocked_by} keeps programs out; ask its publisher to let you in"
    advice = f"; {_ADVICE[status]}" if status in _ADVICE else ""
    return f"{_status_line(status)} from {where}{advice}"


def _status_line(status: int) -> str:
    try:
        return f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"HTTP {status}"


_PROXY_VARIABLES = re.compile(r"HTTPS?_PROXY(?: and NO_PROXY)?")
_CAUSES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], Cause, str], ...] = (
    (aiohttp.ClientConnectorDNSError, Cause.DNS, "no address for {host}"),
    ((aiohttp.ClientSSLError, aiohttp.ClientConnectorCertificateError), Cause.TLS, "no trusted connection to {host}"),
    (
        aiohttp.ClientProxyConnectionError,
        Cause.CONNECT,
        "the proxy {host} does not take the connection: check HTTP_PROXY",
    ),
    (
        aiohttp.ClientHttpProxyError,
        Cause.CONNECT,
        "the proxy refuses the way to {host}: check HTTPS_PROXY and NO_PROXY",
    ),
    (aiohttp.ClientConnectorError, Cause.CONNECT, "{host} does not take the connection"),
    (aiohttp.InvalidURL, Cause.BAD_URL, "the URL cannot be used"),
    (aiohttp.ClientResponseError, Cause.HTTP, "{host} answers what is not HTTP"),
    ((aiohttp.ClientError, OSError), Cause.DISCONNECTED, "{host} ended the connection before the answer was whole"),
    (ValueError, Cause.BAD_URL, "the URL or a header cannot be sent"),
)


def translated(error: Exception, url: URL, timeout: timedelta, *, own_proxy: bool = False) -> FetchError:
    """Name the cause of what aiohttp raised; `own_proxy` says that the feed names its proxy itself."""
    if isinstance(error, TimeoutError):
        return FetchError(Cause.TIMEOUT, f"no whole answer from {shown(url)} within {timeout.total_seconds():g} s")
    guarded = error if isinstance(error, GuardedError) else getattr(error, "os_error", None)
    if isinstance(guarded, GuardedError):
        return FetchError(Cause.GUARDED, f"{guarded}: name it in `allow` if you mean it")
    cause, detail = next((cause, detail) for kinds, cause, detail in _CAUSES if isinstance(error, kinds))
    host = error.host if isinstance(error, aiohttp.ClientConnectorError) else url.host  # of a redirect, maybe
    detail = detail.format(host=host)
    return FetchError(cause, _PROXY_VARIABLES.sub("the feed's `proxy`", detail) if own_proxy else detail)
