"""Answer hubs: their questions about subscriptions, and what they push (W3C WebSub, 5.3 and 7).

Whoever does not know a callback's name gets a 404 before anything of his request is read or looked up. What is pushed
is read under a cap and a deadline, a few at a time, and handed on; the answer does not wait for the work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol

from aiohttp import web

MAX_BODY: Final = 5_000_000  # bytes, as of a feed that is fetched
BODY_DEADLINE: Final = 20.0  # seconds
BODIES_AT_ONCE: Final = 4
LONGEST_CHALLENGE: Final = 2_000  # characters
_DIGITS: Final = 9  # of a lease in seconds


class Subscriber(Protocol):
    """Whoever knows the subscriptions; `name` is the last part of a callback's URL."""

    def knows(self, name: str) -> bool:
        """Say whether there is such a callback; costs nothing."""
        ...

    async def verify(self, name: str, topic: str, seconds: int | None) -> bool:
        """Note that a hub subscribes us to this topic, for so long; False = that is not what it was asked for."""
        ...

    async def deny(self, name: str, topic: str, reason: str) -> bool:
        """Note that a hub refuses a subscription, or ends it; False = there is none to this topic."""
        ...

    def take(self, name: str, body: bytes, *, content_type: str, signature: str) -> bool:
        """Take a push, or drop it where it is not signed as agreed; False = there is no room for it now."""
        ...


class Callbacks:
    """The routes of all callbacks."""

    def __init__(self, subscriber: Subscriber, *, body_deadline: float = BODY_DEADLINE) -> None:
        self._subscriber = subscriber
        self._body_deadline = body_deadline
        self._hands = asyncio.Semaphore(BODIES_AT_ONCE)

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        path = "/websub/{name:[0-9a-f]{32}}"
        return [web.get(path, self._answer_question, allow_head=False), web.post(path, self._take_push)]

    async def _answer_question(self, request: web.Request) -> web.Response:
        name, query = self._name(request), request.query
        mode, topic = query.get("hub.mode", ""), query.get("hub.topic", "")
        if mode == "denied":
            if not await self._subscriber.deny(name, topic, query.get("hub.reason", "")):
                raise web.HTTPNotFound
            return _said("")
        challenge = query.get("hub.challenge", "")
        if not challenge or len(challenge) > LONGEST_CHALLENGE:
            raise web.HTTPBadRequest
        if mode != "subscribe" or not await self._subscriber.verify(name, topic, _seconds(query)):
            raise web.HTTPNotFound
        return _said(challenge)

    async def _take_push(self, request: web.Request) -> web.Response:
        name = self._name(request)
        try:
            async with asyncio.timeout(self._body_deadline), self._hands:
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout from None
        taken = self._subscriber.take(
            name,
            body,
            content_type=request.headers.get("Content-Type", ""),
            signature=request.headers.get("X-Hub-Signature", ""),
        )
        if not taken:
            raise web.HTTPServiceUnavailable(headers={"Retry-After": "60"})
        return web.Response(status=HTTPStatus.ACCEPTED)

    def _name(self, request: web.Request) -> str:
        name = request.match_info["name"]
        if not self._subscriber.knows(name):
            raise web.HTTPNotFound
        return name


def _said(text: str) -> web.Response:
    """Answer with plain text that no browser takes for anything else: it is what the caller sent."""
    return web.Response(text=text, headers={"X-Content-Type-Options": "nosniff"})


def _seconds(query: Mapping[str, str]) -> int | None:
    """Return how long the hub keeps the subscription, None where it does not say that in a number."""
    written = query.get("hub.lease_seconds", "")
    return int(written) if written.isascii() and written.isdecimal() and len(written) <= _DIGITS else None
