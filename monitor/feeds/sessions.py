"""The connections: a session that goes to hosts, under the guard, and one that only ever goes to proxies."""

from __future__ import annotations

from asyncio import sslproto
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import aiohttp
from yarl import URL

from monitor.feeds.guard import Guard
from monitor.feeds.proxies import Proxies, without_login
from monitor.feeds.resolve import PooledResolver
from monitor.feeds.trace import FetchTrace

PER_HOST = 2  # a redirect may lead to a host whose turn it is not


TLS_BUFFER = 32 * 1024  # bytes a connection; asyncio's own 256 KiB take 16 MB for 64 polls, and a record has 16 KiB


class Sessions:
    """Open sessions when they are needed, on the loop that runs then."""

    def __init__(self, guard: Guard, trace: FetchTrace | None = None) -> None:
        self._guard = guard
        self._trace = trace
        self._resolvers: list[PooledResolver] = []
        self._direct: aiohttp.ClientSession | None = None
        self._through_proxies: aiohttp.ClientSession | None = None
        self._proxies: Proxies | None = None

    @asynccontextmanager
    async def send(
        self, url: URL, *, headers: Mapping[str, str], proxy: URL | None, form: Mapping[str, str] | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request, through `proxy` or what the environment says; redirects are the caller's business.

        It is a GET, or with a `form` a POST.

        Raises:
            aiohttp.ClientError, OSError, ValueError: no answer came. A `GuardedError` is the cause where the address
                was not allowed.
        """
        if self._proxies is None:
            self._proxies = Proxies()
        proxy = proxy or self._proxies.choose(url)
        self._guard.check_literal(url.host or "", url.port or 0)
        method = "GET" if form is None else "POST"
        if proxy is None:
            async with self._to_hosts().request(
                method, url, headers=headers, data=form, allow_redirects=False
            ) as response:
                yield response
            return
        place, login = without_login(proxy)
        tunnelled = url.scheme == "https"  # then the proxy sees no header but those of the tunnel
        request = self._to_proxies().request(
            method,
            url,
            data=form,
            headers=headers if tunnelled else {**headers, **login},
            allow_redirects=False,
            proxy=place,
            proxy_headers=login if tunnelled else None,
        )
        async with request as response:
            yield response

    async def close(self) -> None:
        """Give connections and threads back."""
        sessions = (self._direct, self._through_proxies)
        self._direct = self._through_proxies = None
        for session in sessions:
            if session is not None:
                await session.close()
        for resolver in self._resolvers:
            await resolver.close()
        self._resolvers.clear()

    def _to_hosts(self) -> aiohttp.ClientSession:
        if self._direct is None:
            self._direct = self._open(guard=self._guard, per_host=PER_HOST)
        return self._direct

    def _to_proxies(self) -> aiohttp.ClientSession:
        if self._through_proxies is None:
            self._through_proxies = self._open(guard=None, per_host=0)
        return self._through_proxies

    def _open(self, *, guard: Guard | None, per_host: int) -> aiohttp.ClientSession:
        sslproto.SSLProtocol.max_size = TLS_BUFFER  # of all connections from now on: asyncio has no other place for it
        resolver = PooledResolver(guard)
        self._resolvers.append(resolver)
        open_socket = guard.open_socket if guard else None
        connector = aiohttp.TCPConnector(
            resolver=resolver,
            socket_factory=self._trace.watch(open_socket) if self._trace and open_socket else open_socket,
            force_close=True,  # an idle TLS connection costs 0.3 MB, and the next poll is minutes away
            limit=0,
            limit_per_host=per_host,
        )
        return aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=None, connect=None, sock_connect=None, sock_read=None),
            auto_decompress=False,
            trace_configs=[self._trace.config()] if self._trace else None,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,  # it would send the logins of ~/.netrc, and send past the guard what goes to proxies
        )
