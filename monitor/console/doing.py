"""Do what somebody asks for by a form, write down who it was, and tell him on the next page how it went."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from monitor.acts import Person
from monitor.commands import sentence
from monitor.console.desk import Desk
from monitor.console.guard import READER
from monitor.errors import UserError
from monitor.web.server import Handler

MOST_REMEMBERED: Final = 200
LONGEST_FORM: Final = 16_000  # bytes


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it, in a sentence."""

    text: str
    done: bool = True  # False = nothing was, and the sentence says why


SAID: Final = web.RequestKey("said", Said)  # what came of the form before this page


class Deeds:
    """One for all pages with forms."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said: OrderedDict[str, Said] = OrderedDict()

    async def do(self, request: web.Request, act: Callable[..., str], *args: object, **given: object) -> Said:
        """Do one of `monitor.acts` in the name of whoever asks."""
        person, now = Person(by=request[READER] or "console", via="console"), self._desk.clock()
        try:
            return Said(sentence(await self._desk.act(lambda store: act(store, person, *args, now=now, **given))))
        except UserError as error:
            return Said(sentence(str(error)), done=False)

    def go_on(self, path: str, said: Said, *, query: str = "") -> web.Response:
        """Send a browser on to a page that tells what came of it; `query` may be what somebody made up."""
        token = secrets.token_urlsafe(9)
        self._said[token] = said
        while len(self._said) > MOST_REMEMBERED:
            self._said.popitem(last=False)
        kept = [(name, value) for name, value in parse_qsl(query[:LONGEST_FORM]) if name != "said"]
        where = f"{path}?{urlencode([*kept, ('said', token)])}"
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": where})

    @web.middleware
    async def recall(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Have the page know what is to be told; once: who reads it again has read it."""
        said = self._said.pop(request.query.get("said", ""), None)
        if said is not None and request.method == "GET":
            request[SAID] = said
        return await handler(request)


async def read_form(request: web.Request) -> Mapping[str, str]:
    """Read a short form.

    Raises:
        HTTPRequestEntityTooLarge: it is not short, or does not say how long it is.
        HTTPBadRequest: it is no form.
    """
    if (length := request.content_length or 0) > LONGEST_FORM or request.headers.get("Transfer-Encoding"):
        raise web.HTTPRequestEntityTooLarge(max_size=LONGEST_FORM, actual_size=length)
    try:
        form = await request.post()
    except ValueError:
        raise web.HTTPBadRequest(text="this form cannot be read") from None
    return {name: value for name, value in form.items() if isinstance(value, str)}
