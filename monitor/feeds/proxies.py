"""Choose the proxy of a request: the feed's own, else the environment's; none costs nothing."""

from __future__ import annotations

from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL


class Proxies:
    """The proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, as they were when this was made."""

    def __init__(self) -> None:
        named = getproxies()
        self._by_scheme = {scheme: named[scheme] for scheme in ("http", "https") if named.get(scheme)}

    def choose(self, url: URL) -> URL | None:
        """Return the environment's proxy for a URL; None = go there directly."""
        proxy = self._by_scheme.get(url.scheme)
        return URL(proxy) if proxy and not proxy_bypass(url.host or "") else None


def without_login(proxy: URL) -> tuple[URL, aiohttp.BasicAuth | None]:
    """Part a proxy's URL from the login in it."""
    if proxy.user is None:
        return proxy, None
    return proxy.with_user(None), aiohttp.BasicAuth(proxy.user, proxy.password or "")
