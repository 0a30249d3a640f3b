"""What programs ask of the console's address: metrics, and whether the daemon lives and works."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from monitor.console.desk import Desk
from monitor.console.guard import READER
from monitor.exposition import CONTENT_TYPE, Exposition
from monitor.readiness import Health, Readiness


class Probes:
    """`/metrics`, `/healthz` and `/readyz` of one daemon."""

    def __init__(self, desk: Desk, exposition: Exposition, readiness: Readiness) -> None:
        self._desk = desk
        self._exposition = exposition
        self._readiness = readiness

    def routes(self) -> list[web.RouteDef]:
        """Say what answers where."""
        return [
            web.get("/metrics", self._metrics),
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
        ]

    async def _metrics(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's interface
        body = await self._exposition.exposition(self._desk.read)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE})

    async def _healthz(self, request: web.Request) -> web.Response:
        return _told(request, await self._readiness.healthz())

    async def _readyz(self, request: web.Request) -> web.Response:
        return _told(request, await self._readiness.readyz())


def _told(request: web.Request, health: Health) -> web.Response:
    """Tell it; who has not logged in learns what fails, and not why."""
    told = health if request[READER] else health.without_reasons
    return web.json_response(told.body, status=HTTPStatus.OK if health.ok else HTTPStatus.SERVICE_UNAVAILABLE)
