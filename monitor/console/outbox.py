"""The page of messages: owed, in doubt, held, set aside, sent; and what a person can do about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from aiohttp import web

from monitor import acts
from monitor.console.asked import choice, form, number, person, word
from monitor.console.desk import Desk
from monitor.console.pages import PER_PAGE, Pages, see_other
from monitor.errors import NotFoundError, UserError
from monitor.model import Breaker, DeliveryState
from monitor.ports import OwedMessage, Store

STATES: Final = {
    "waiting": (DeliveryState.NEW, DeliveryState.SENDING),
    "dead": (DeliveryState.DEAD,),
    "held": (DeliveryState.HELD,),
    "sent": (DeliveryState.SENT,),
    "skipped": (DeliveryState.SKIPPED,),
}
MUTED_FOR: Final = timedelta(days=1)


class Outbox:
    """Its routes."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/outbox", self._show),
            web.post("/outbox/replay", self._replay),
            web.post("/outbox/{act:release|discard|mute}", self._decide),
        ]

    async def _show(self, request: web.Request) -> web.Response:
        state, channel, before = (
            choice(request, "state", STATES, "waiting"),
            word(request, "channel"),
            number(request, "before"),
        )

        def look(store: Store) -> tuple[tuple[OwedMessage, ...], Mapping[DeliveryState, int], tuple[Breaker, ...]]:
            found = store.outbox(STATES[state], channel=channel, before=before, limit=PER_PAGE + 1)
            return found, store.message_counts(), store.breakers()

        messages, counts, breakers = await self._desk.read(look)
        return self._pages.page(
            request,
            "outbox.html.j2",
            now=self._desk.clock(),
            zone=self._desk.setup.config.defaults.zone,
            messages=messages[:PER_PAGE],
            before=messages[PER_PAGE - 1].seq if len(messages) > PER_PAGE else None,
            counts={name: sum(counts.get(each, 0) for each in some) for name, some in STATES.items()},
            breakers=breakers,
            asked={"state": state, "channel": channel},
            channels=sorted(self._desk.setup.channels),
        )

    async def _replay(self, request: web.Request) -> web.Response:
        """Send again one message that was set aside, or all of a channel."""
        sent, now, who = await form(request), self._desk.clock(), person(request)
        key, channel = sent.get("key", ""), sent.get("channel", "")
        if not key and not channel:
            raise web.HTTPBadRequest(text="name the message or the channel")

        try:
            await self._desk.act(lambda store: acts.replay(store, who, now=now, key=key, channel=channel))
        except NotFoundError as error:
            raise web.HTTPConflict(text=str(error)) from None
        return see_other("/outbox?state=waiting")

    async def _decide(self, request: web.Request) -> web.Response:
        sent, now, who = await form(request), self._desk.clock(), person(request)
        reference, act = sent.get("id", ""), request.match_info["act"]
        ways: dict[str, Callable[[Store], str]] = {
            "release": lambda store: acts.release(store, who, reference, now=now),
            "discard": lambda store: acts.discard(store, who, reference, now=now),
            "mute": lambda store: acts.mute_held(store, who, reference, now=now, until=now + MUTED_FOR),
        }
        try:
            await self._desk.act(ways[act])
        except UserError as error:  # somebody else was quicker
            raise web.HTTPConflict(text=str(error)) from None
        return see_other("/outbox?state=held")
