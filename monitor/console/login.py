"""Trade the token for a session; a wrong one costs a second, and nobody else waits for those who guess."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Final

from aiohttp import web

from monitor.console.asked import form
from monitor.console.desk import Desk
from monitor.console.guard import Guard
from monitor.console.pages import Pages

WRONG_COSTS: Final = 1.0  # seconds


class LoginPage:
    """The routes of coming and going."""

    def __init__(self, guard: Guard, pages: Pages, desk: Desk) -> None:
        self._guard = guard
        self._pages = pages
        self._desk = desk

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [web.get("/login", self._show), web.post("/login", self._take), web.post("/logout", self._leave)]

    async def _show(self, request: web.Request) -> web.Response:
        return self._pages.page(request, "login.html.j2", wrong=False)

    async def _take(self, request: web.Request) -> web.Response:
        token = (await form(request)).get("token", "")
        if not self._guard.is_token(request, token):
            await asyncio.sleep(WRONG_COSTS)
            return self._pages.page(request, "login.html.j2", status=HTTPStatus.FORBIDDEN, wrong=True)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/alerts"})
        is_secure = "https" in (request.scheme, request.headers.get("X-Forwarded-Proto", ""))
        self._guard.begin_session(response, secure=is_secure)
        return response

    async def _leave(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's interface
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/login"})
        response.del_cookie(self._guard.cookie, path="/")
        return response
