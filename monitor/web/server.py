"""Listen for HTTP requests, so that none of them can hold up anything else.

One connection is one request and has one deadline, whatever its other end does or leaves undone, unless its handler
takes that off; beyond a number of connections new ones are told 503, and beyond another closed at once. Refusals
are counted, and told in one line a minute.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, cast

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from monitor.errors import StoreUnavailableError
from monitor.ports import Clock
from monitor.web.callbacks import MAX_BODY

log = structlog.get_logger()

MOST_CONNECTIONS: Final = 200
MOST_TOLD: Final = 500  # connections beyond those that hear why they are refused, at once
LINGERING: Final = 1.0  # seconds, for the rest of a body that was refused: a client that still sends hears why
CONNECTION_DEADLINE: Final = 30.0  # seconds, from its opening to the end of its answer
_FULL: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 60\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 20\r\nConnection: close\r\n\r\ntoo many connections"
)
_TOLD_EVERY: Final = timedelta(minutes=1)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Refuse = Callable[[web.Request, HTTPStatus, str, Mapping[str, str]], web.Response]
"""Make the answer to a request that is refused, or cannot be answered: status, why (may be empty), headers."""
_DEADLINES: Final = web.AppKey("deadlines", dict[asyncio.Protocol, asyncio.TimerHandle])


def outlive_deadline(request: web.Request) -> None:
    """Let a connection last: its handler sees to it that it ends, and that there are not too many of its kind."""
    timer = request.app[_DEADLINES].pop(request.protocol, None)
    if timer is not None:
        timer.cancel()


def refuse_plainly(request: web.Request, status: HTTPStatus, why: str, headers: Mapping[str, str]) -> web.Response:  # noqa: ARG001 - as `Refuse` has it
    """Say no more than the status: strangers need not know."""
    return web.Response(status=status, text=status.phrase, headers=headers)


class WebServer:
    """One listening socket; nothing listens until it is opened."""

    def __init__(
        self,
        routes: Iterable[web.RouteDef],
        *,
        clock: Clock,
        connection_deadline: float = CONNECTION_DEADLINE,
        most_connections: int = MOST_CONNECTIONS,
        middlewares: Iterable[Middleware] = (),
        refuse: Refuse = refuse_plainly,
        max_body: int = MAX_BODY,
    ) -> None:
        self._refuse = refuse
        self._refusals = Refusals(clock)
        self._deadline = connection_deadline
        self._most = most_connections
        self._full: set[asyncio.Protocol] = set()  # connections that are told so
        self._deadlines: dict[asyncio.Protocol, asyncio.TimerHandle] = {}
        app = web.Application(client_max_size=max_body, middlewares=(self._guarded, *middlewares))
        app[_DEADLINES] = self._deadlines
        app.add_routes(routes)
        self._runner = web.AppRunner(
            app,
            access_log=None,
            logger=_protocol_logger(self._refusals),
            handle_signals=False,
            shutdown_timeout=1.0,
            lingering_time=LINGERING,
        )
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens, 0 = nowhere."""
        sockets = self._server.sockets if self._server else ()
        return int(sockets[0].getsockname()[1]) if sockets else 0

    async def open(self, address: str, port: int) -> None:
        """Listen, at any free port where it is 0.

        Raises:
            OSError: the address cannot be listened at.
        """
        await self._runner.setup()
        self._server = await asyncio.get_running_loop().create_server(self._connect, address, port, backlog=100)

    async def close(self) -> None:
        """Stop listening, and end what is under way."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._runner.cleanup()

    def _connect(self) -> asyncio.Protocol:
        """Return what speaks on a new connection."""
        server = self._runner.server
        if server is None or len(server.connections) >= self._most:
            self._refusals.add("too many connections")
            return _Full(self._full, hears=len(self._full) < MOST_TOLD)
        connection = server()
        self._deadlines[connection] = asyncio.get_running_loop().call_later(self._deadline, self._abort, connection)
        return connection

    def _abort(self, connection: web.RequestHandler) -> None:
        self._deadlines.pop(connection, None)
        if connection.transport is not None:
            connection.transport.abort()

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """End each connection with its answer; count refusals, and name what went wrong without its text."""
        try:
            response: web.StreamResponse = await handler(request)
        except web.HTTPException as refused:
            if refused.status < HTTPStatus.BAD_REQUEST:
                response = web.Response(status=refused.status, headers=_kept(refused))
            else:
                self._refusals.add(f"{refused.status} {refused.reason}")
                response = self._refuse(request, HTTPStatus(refused.status), _why(refused), _kept(refused))
        except StoreUnavailableError:  # the daemon says so itself; hubs ask again
            later = {"Retry-After": "60"}
            response = self._refuse(request, HTTPStatus.SERVICE_UNAVAILABLE, "the store cannot be read now", later)
        except ConnectionError:  # the other end is gone: nobody waits for an answer
            raise
        except Exception:
            log.exception("a request could not be answered: please report this")
            response = self._refuse(request, HTTPStatus.INTERNAL_SERVER_ERROR, "", {})
        if not response.prepared:
            response.force_close()
        return response


class Refusals:
    """What was refused, counted, and told in one line a minute at most."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._told_at: datetime | None = None

    def add(self, what: str) -> None:
        """Count one refusal."""
        self._counts[what] += 1
        now = self._clock()
        if self._told_at is None or now - self._told_at >= _TOLD_EVERY:
            log.info("requests from outside were refused", requests=dict(self._counts))
            self._counts.clear()
            self._told_at = now


class _Full(asyncio.Protocol):
    """Say that there is no room, once something has been asked: who is closed with unread words would not hear it."""

    def __init__(self, waiting: set[asyncio.Protocol], *, hears: bool) -> None:
        self._waiting = waiting
        self._hears = hears
        self._timer: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not self._hears:
            transport.close()
            return
        self._waiting.add(self)
        self._transport = cast("asyncio.Transport", transport)
        self._timer = asyncio.get_running_loop().call_later(LINGERING, self._transport.abort)

    def data_received(self, data: bytes) -> None:  # noqa: ARG002 - whatever was asked, the answer is the same
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(_FULL)
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's interface
        self._waiting.discard(self)
        if self._timer is not None:
            self._timer.cancel()


class _CountingHandler(logging.Handler):
    """Count what aiohttp cannot read as HTTP; its own lines show a traceback, and what the stranger sent."""

    def __init__(self, refusals: Refusals) -> None:
        super().__init__()
        self._refusals = refusals

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - logging's interface
        self._refusals.add("no HTTP")


def _protocol_logger(refusals: Refusals) -> logging.Logger:
    logger = logging.Logger("monitor.web.protocol")  # noqa: LOG001 - one of its own, below no other
    logger.addHandler(_CountingHandler(refusals))
    return logger


def _kept(refused: web.HTTPException) -> dict[str, str]:
    """Return the headers of a refusal that say something to the one who is refused."""
    return {name: value for name, value in refused.headers.items() if name in ("Retry-After", "Allow", "Location")}


def _why(refused: web.HTTPException) -> str:
    """Return what was said of a refusal, beyond its status."""
    said = refused.text or ""
    return "" if said == f"{refused.status}: {refused.reason}" else said
