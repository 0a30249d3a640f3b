"""An HTTP endpoint that takes JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from monitor.testing.fault import Fault
from monitor.testing.http_server import FaultyServer, retry_header


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedCall:
    """One request that the endpoint took."""

    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class FakeWebhook(FaultyServer):
    """Take POST requests at `url` and keep them in `calls`; `fail` makes the next ones go wrong."""

    def __init__(self, *, path: str = "/hook") -> None:
        super().__init__()
        self.calls: list[ReceivedCall] = []
        self._path = path
        self._app.router.add_post(path, self._take)

    @property
    def url(self) -> str:
        """Where to post."""
        return self.origin + self._path

    def fail(self, fault: Fault, *, times: int = 1) -> None:
        """Make the next requests fail."""
        self.script("", fault, times)

    async def _take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()

        def accept() -> web.Response:
            self.calls.append(ReceivedCall(headers=request.headers.copy(), body=body))
            return web.Response(status=204)

        def refuse(fault: Fault) -> web.Response:
            return web.Response(status=fault.status, text=fault.error, headers=retry_header(fault))

        return await self.respond(request, "", accept=accept, refuse=refuse)
