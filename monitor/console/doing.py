"""Do what somebody asks for by a form, write down who it was, and tell him on the next page how it went."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from monitor import acts
from monitor.commands import sentence
from monitor.console.asked import person
from monitor.console.desk import Desk
from monitor.console.pages import SAID, Said, see_other
from monitor.errors import UserError
from monitor.ports import StoryAccount
from monitor.web.server import Handler

MOST_REMEMBERED: Final = 200


class Deeds:
    """One for all pages with forms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said: OrderedDict[str, Said] = OrderedDict()

    async def do(self, request: web.Request, act: Callable[..., str], *args: object, **given: object) -> Said:
        """Do one of `monitor.acts` in the name of whoever asks."""
        who, now = person(request), self._desk.clock()
        try:
            return Said(sentence(await self._desk.act(lambda store: act(store, who, *args, now=now, **given))))
        except UserError as error:
            return Said(sentence(str(error)), done=False)

    async def acknowledge(self, request: web.Request, account: StoryAccount | None) -> Said:
        """Take care of all alerts about a story that nobody takes care of yet."""
        said = Said("Somebody takes care of it already." if account else "That story is no longer known.", done=False)
        for record in account.alerts if account else ():
            if not record.alert.acknowledged_at:
                said = await self.do(request, acts.acknowledge, record.alert.id)
        return said

    def go_on(self, path: str, said: Said, *, query: str = "") -> web.Response:
        """Send a browser on to a page that tells what came of it; `query` may be what somebody made up."""
        token = secrets.token_urlsafe(9)
        self._said[token] = said
        while len(self._said) > MOST_REMEMBERED:
            self._said.popitem(last=False)
        kept = [(name, value) for name, value in parse_qsl(query) if name != "said"]
        return see_other(f"{path}?{urlencode([*kept, ('said', token)])}")

    @web.middleware
    async def recall(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have the page know what is to be told; once: who reads it again has read it."""
        said = self._said.pop(request.query.get("said", ""), None)
        if said is not None and request.method == "GET":
            request[SAID] = said
        return await handler(request)
