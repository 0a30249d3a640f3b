"""Say on every page what somebody should look at: counted at most every few seconds, however many read."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from aiohttp import web

from monitor.console.desk import Desk
from monitor.console.guard import READER
from monitor.console.pages import ATTENTION, NOT_LOADED
from monitor.errors import StoreUnavailableError
from monitor.ports import Attention
from monitor.web.server import Handler

COUNTED_EVERY: Final = 5.0  # seconds
IN_DOUBT_AFTER: Final = timedelta(seconds=30)


class Notice:
    """Counts for every page, by a middleware."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._counted_at: float | None = None
        self._counts: Attention | None = None

    @web.middleware
    async def look(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have the page know what to tell; parts of pages and programs do not ask."""
        is_page = request.method == "GET" and "text/html" in request.headers.get("Accept", "")
        if is_page and request.get(READER) and "HX-Request" not in request.headers:
            if found := await self._current():
                request[ATTENTION] = found
            if mistakes := self._desk.mistakes:
                request[NOT_LOADED] = mistakes
        return await handler(request)

    async def _current(self) -> Attention | None:
        now = asyncio.get_running_loop().time()
        if self._counted_at is None or now - self._counted_at >= COUNTED_EVERY:
            self._counted_at = now  # whoever comes meanwhile sees what was counted before
            before = self._desk.clock() - IN_DOUBT_AFTER
            try:
                self._counts = await self._desk.read(lambda store: store.attention(sent_before=before))
            except StoreUnavailableError:  # the page itself says so, where it needs the store
                self._counts = None
        return self._counts
