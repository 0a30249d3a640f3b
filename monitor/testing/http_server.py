"""A small HTTP server on loopback that can fail by script; the body of FakeSlack and FakeWebhook."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from types import TracebackType
from typing import Self

from aiohttp import web

from monitor.testing.fault import After, Fault


class FaultyServer:
    """Listen on a free port of 127.0.0.1 while entered; subclasses add routes and call `respond`."""

    def __init__(self) -> None:
        self.port = 0
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._app = web.Application(client_max_size=16 * 1024 * 1024)
        self._runner: web.AppRunner | None = None
        self._ending = asyncio.Event()

    @property
    def origin(self) -> str:
        """The server's URL without a path."""
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._ending.clear()
        self._runner = web.AppRunner(self._app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        if self._runner:
            await self._runner.cleanup()

    def script(self, route: str, fault: Fault, times: int) -> None:
        """Make the next requests to a route fail."""
        self._faults[route].extend([fault] * times)

    def relent(self) -> None:
        """Forget all faults that nothing has met yet."""
        self._faults.clear()

    async def respond(
        self,
        request: web.Request,
        route: str,
        *,
        accept: Callable[[], web.Response],
        refuse: Callable[[Fault], web.Response],
    ) -> web.StreamResponse:
        """Answer one request that has been read: by the next fault of its route, else with `accept`'s answer."""
        faults = self._faults[route]
        if not faults:
            return accept()
        fault = faults.popleft()
        answer = accept() if fault.accept else None
        if fault.met:
            fault.met()
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.after is After.HANG:
            await self._ending.wait()
        if fault.after in (After.HANG, After.DROP):
            if request.transport:
                request.transport.abort()
            return web.Response()
        if fault.body is not None:
            return web.Response(text=fault.body, status=fault.status, content_type=fault.content_type)
        if fault.error or fault.status != 200 or answer is None:  # noqa: PLR2004 - OK
            return refuse(fault)
        return answer


def retry_header(fault: Fault) -> dict[str, str]:
    """Return the headers that a fault asks for."""
    return {"Retry-After": fault.retry_after} if fault.retry_after else {}
