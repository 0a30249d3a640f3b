"""Answers that are written where it delays nobody: the event loop has messages to send meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Self

from aiohttp import web

from monitor.console.desk import Desk
from monitor.web.server import Handler


class Unwritten(web.Response):
    """An answer whose text is still to be made; until then it is empty."""

    def __init__(self, make: Callable[[], str], *, status: HTTPStatus = HTTPStatus.OK, content_type: str) -> None:
        super().__init__(status=status, content_type=content_type, charset="utf-8")
        self._make = make

    async def finish(self, desk: Desk) -> None:
        """Make the text on the thread that pages are read on."""
        self.body = await desk.work(self._text)

    def written(self) -> Self:
        """Make the text here and now: it is a short one."""
        self.body = self._text()
        return self

    def _text(self) -> bytes:
        return self._make().encode()


class Writer:
    """Writes what handlers have left unwritten, by a middleware."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @web.middleware
    async def write(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have the answer written before it goes out."""
        response = await handler(request)
        if isinstance(response, Unwritten):
            await response.finish(self._desk)
        return response
