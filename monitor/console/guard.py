"""Say who may read the pages: which hosts they answer to, which sites may send forms, who has shown who he is.

A page of some other site can make a browser ask us, by a name that it points here (DNS rebinding) or by a form. So the
name in `Host` must be one of ours or an address, and what changes something must come from our own pages.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, TypeVar
from urllib.parse import urlsplit

from aiohttp import web

from monitor.config.console import Console, Login
from monitor.console.guesses import Guesses
from monitor.ports import Clock
from monitor.web.server import Handler

COOKIE: Final = "monitor_session"  # begins the name: browsers part cookies by host, and not by port
SESSION: Final = timedelta(days=7)
PUBLIC: Final = ("/healthz", "/readyz", "/login")  # none of these tells anything of the state
OUR_FILES: Final = "/static/"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # with `no-referrer` browsers send our own forms with `Origin: null`
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
READER: Final = web.RequestKey("reader", str)  # who reads: his name, "console" where nobody has one
A = TypeVar("A", bound=web.StreamResponse)
_SAFE = ("GET", "HEAD", "OPTIONS")
_HOST = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9.-]+))(?::\d{1,5})?")


class Guard:
    """What every request has to pass; `key` signs sessions."""

    def __init__(self, console: Console, key: bytes, clock: Clock) -> None:
        self._console = console
        self._key = key
        self._clock = clock
        self._guesses = Guesses(clock, console.login.proxies if console.login else ())
        self.cookie = f"{COOKIE}_{hmac.new(key, b'name', 'sha256').hexdigest()[:8]}"  # another one for another state
        self._names = {"localhost", *(host.lower() for host in console.hosts)}
        if console.listen:
            self._names.add(console.listen[0].lower())

    @web.middleware
    async def check(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whoever may not, and have every answer say how browsers are to treat it."""
        response = await self._checked(request, handler)
        return response if response.prepared else guarded(response)

    async def _checked(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        bearer = self._bears_token(request)
        if not bearer and not self._is_our_host(request):
            raise web.HTTPMisdirectedRequest(text="this is not a name of this console: see `console: {hosts: […]}`")
        if not bearer and request.method not in _SAFE and not _from_our_page(request):
            raise web.HTTPForbidden(text="this did not come from a page of this console")
        reader = "token" if bearer else self._reader(request)
        if reader is None and request.path not in PUBLIC and not request.path.startswith(OUR_FILES):
            if request.method == "GET" and "text/html" in request.headers.get("Accept", ""):
                return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/login"})
            raise web.HTTPUnauthorized(text="log in, or send the token: `Authorization: Bearer …`")
        request[READER] = reader or ""
        return await handler(request)

    def _is_our_host(self, request: web.Request) -> bool:
        found = _HOST.fullmatch(request.headers.get("Host", ""))
        if found is None:
            return False
        if found["six"] or found["name"].lower().rstrip(".") in self._names:
            return True
        try:
            ipaddress.ip_address(found["name"])
        except ValueError:
            return False
        return True  # a name can be pointed at us, an address is ours

    def _reader(self, request: web.Request) -> str | None:
        login = self._console.login
        if login is None:
            return "console"
        if login.header and _is_proxy(request.remote or "", login):
            names = request.headers.getall(login.header, [])  # a proxy that only adds its own sends on a stranger's too
            if len(names) == 1 and names[0] and names[0].isprintable():
                return names[0][:100]
        return "console" if self._session_holds(request.cookies.get(self.cookie, "")) else None

    def _bears_token(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and self.is_token(request, token.strip())

    def is_token(self, request: web.Request, token: str) -> bool:
        """Say whether this is the token; compared in constant time.

        Raises:
            HTTPTooManyRequests: wrong ones came from there of late, so this one is not looked at.
        """
        login = self._console.login
        if login is None or login.token is None:
            return False
        if seconds := self._guesses.wait(request):
            raise web.HTTPTooManyRequests(text="too many wrong tokens", headers={"Retry-After": f"{seconds}"})
        given = token.encode("utf-8", "surrogatepass")  # bytes that are no UTF-8 came as lone surrogates
        is_right = hmac.compare_digest(given, login.token.reveal().encode())
        (self._guesses.right if is_right else self._guesses.wrong)(request)
        return is_right

    def begin_session(self, response: web.Response, *, secure: bool) -> None:
        """Have a browser come back without the token."""
        until = int((self._clock() + SESSION).timestamp())
        response.set_cookie(
            self.cookie,
            f"{until}.{self._signature(until)}",
            max_age=int(SESSION.total_seconds()),
            path="/",
            secure=secure,
            httponly=True,
            samesite="Strict",
        )

    def _session_holds(self, cookie: str) -> bool:
        written, _, signature = cookie.partition(".")
        if not re.fullmatch(r"[0-9]{1,12}", written, re.ASCII) or not signature.isascii():
            return False
        until = int(written)
        return hmac.compare_digest(signature, self._signature(until)) and _now(self._clock) < until

    def _signature(self, until: int) -> str:
        """Sign until when a session holds; with the token in it, a new token ends all sessions."""
        login = self._console.login
        token = login.token.reveal() if login and login.token else ""
        return hmac.new(self._key, f"{until}.{token}".encode(), "sha256").hexdigest()


def has_session(request: web.Request) -> bool:
    """Say whether a browser sends a session, be it ours, an old one, or that of another daemon on this machine."""
    return any(name.startswith(COOKIE) for name in request.cookies)


def guarded(response: A) -> A:
    """Have an answer say how browsers are to treat it."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _now(clock: Clock) -> float:
    now: datetime = clock()
    return now.timestamp()


def _is_proxy(remote: str, login: Login) -> bool:
    try:
        address = ipaddress.ip_address(remote)
    except ValueError:
        return False
    return any(address in ipaddress.ip_network(network) for network in login.proxies)


def _from_our_page(request: web.Request) -> bool:
    """Say whether a form or script of our own sent this; programs that are no browsers say nothing of it."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:  # no script can write it, and no proxy has changed it, as one may have changed `Host`
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc.lower() == request.headers.get("Host", "").lower()
        except ValueError:
            return False
    return not has_session(request)
