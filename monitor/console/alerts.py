"""The page of what was told, the latest first."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web

from monitor.console.desk import Desk
from monitor.console.pages import PER_PAGE, Pages, see_other
from monitor.model import Priority
from monitor.ports import ToldFilter, ToldPlace


class Alerts:
    """Its routes."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [web.get("/", self._go_there), web.get("/alerts", self._show)]

    async def _go_there(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's interface
        return see_other("/alerts")

    async def _show(self, request: web.Request) -> web.Response:
        wanted, before = read_filter(request), _place(request)
        stories = await self._desk.read(lambda store: store.told_stories(wanted, before=before, limit=PER_PAGE + 1))
        return self._pages.page(
            request,
            "alerts.html.j2",
            now=self._desk.clock(),
            zone=self._desk.setup.config.defaults.zone,
            stories=stories[:PER_PAGE],
            more=stories[PER_PAGE - 1].place if len(stories) > PER_PAGE else None,
        )


def read_filter(request: web.Request) -> ToldFilter:
    """Read which stories a query string asks for.

    Raises:
        HTTPBadRequest: a part of it cannot be read.
    """
    query = request.query
    try:
        at_least = Priority.named(query["priority"]) if query.get("priority") else None
        since = datetime.fromisoformat(query["since"]) if query.get("since") else None
        until = datetime.fromisoformat(query["until"]) if query.get("until") else None
    except ValueError as error:
        raise web.HTTPBadRequest(text=str(error)) from None
    return ToldFilter(
        rule=query.get("rule", ""),
        channel=query.get("channel", ""),
        source=query.get("source", ""),
        at_least=at_least,
        since=since,
        until=until,
        unacknowledged="open" in query,
    )


def _place(request: web.Request) -> ToldPlace | None:
    at, _, alert_id = request.query.get("before", "").partition("_")
    try:
        return ToldPlace(at=datetime.fromisoformat(at), alert_id=alert_id) if at else None
    except ValueError:
        raise web.HTTPBadRequest(text="this page is not there") from None
