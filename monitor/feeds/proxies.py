"""Choose the proxy of a request: the feed's own, else the environment's; none costs nothing."""

from __future__ import annotations

from base64 import b64encode
from urllib.request import getproxies, proxy_bypass

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


def without_login(proxy: URL) -> tuple[URL, dict[str, str]]:
    """Part a proxy's URL from the login in it; return the header that says the login (RFC 9110, 11.7.2)."""
    if proxy.user is None:
        return proxy, {}
    login = b64encode(f"{proxy.user}:{proxy.password or ''}".encode()).decode("ascii")
    return proxy.with_user(None), {"Proxy-Authorization": f"Basic {login}"}
