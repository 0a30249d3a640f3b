"""Tell pages that are open what was told just now, over server-sent events.

One look at the store a second serves all who listen, and none is taken while nobody does: other daemons write too, so
that this one cannot know without looking.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog
from aiohttp import web

from monitor.console.asked import place
from monitor.console.desk import Desk
from monitor.console.guard import guarded
from monitor.console.pages import Pages
from monitor.console.place import write_place
from monitor.console.told_filter import read_asked
from monitor.errors import StoreUnavailableError
from monitor.ports import ToldFilter, ToldPlace, ToldStory
from monitor.web.server import outlive_deadline

log = structlog.get_logger()

MOST_AT_ONCE: Final = 50  # stories that one look brings
MOST_WAITING: Final = 200  # events that a slow listener may fall behind
LATE: Final = timedelta(minutes=5)  # that a poll may take from its decision to its commit
MOST_KNOWN: Final = 2_000


@dataclass(slots=True, kw_only=True)
class Limits:
    """How often and how long, in seconds; and how many."""

    most: int = 100  # pages that are open at once
    look: float = 1.0
    beat: float = 15.0  # a comment, so that both ends see that the other is there
    write: float = 10.0  # who takes longer to read one event is left
    longest: float = 3_600.0  # then a browser comes back, and shows anew that it may


@dataclass(eq=False)
class Listener:
    """One open page: what fits it and has not been sent."""

    request: web.Request
    wanted: ToldFilter
    waiting: asyncio.Queue[ToldStory | None] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))

    @property
    def is_there(self) -> bool:
        """Whether its connection is open."""
        transport = self.request.transport
        return transport is not None and not transport.is_closing()

    def offer(self, told: ToldStory | None) -> bool:
        """Put a story where it is sent from, None = that was all; False = too much waits already."""
        with contextlib.suppress(asyncio.QueueFull):
            self.waiting.put_nowait(told)
            return True
        return False


class Live:
    """The events of one console."""

    def __init__(self, desk: Desk, pages: Pages, *, limits: Limits | None = None) -> None:
        self._desk = desk
        self._pages = pages
        self.limits = limits or Limits()
        self.listeners: set[Listener] = set()
        self._looking: asyncio.Task[None] | None = None
        self._known: OrderedDict[str, None] = OrderedDict()  # alerts that were told

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [web.get("/alerts/live", self._listen, allow_head=False)]

    def end(self) -> None:
        """Send everybody home."""
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        for listener in list(self.listeners):
            self._send_home(listener)

    def _forget_gone(self) -> None:
        """Send home whose connection is closed, so that they count no longer."""
        for listener in [each for each in self.listeners if not each.is_there]:
            self._send_home(listener)

    def _send_home(self, listener: Listener) -> None:
        """Let one go; what still waits for him is dropped, so that he goes at once."""
        self.listeners.discard(listener)
        while not listener.offer(None):
            listener.waiting.get_nowait()

    async def _listen(self, request: web.Request) -> web.StreamResponse:
        zone, now = self._desk.setup.config.defaults.zone, self._desk.clock()
        wanted = read_asked(request, zone=zone, now=now).wanted
        after = place(request.headers.get("Last-Event-ID") or request.query.get("after", ""))
        self._forget_gone()
        if len(self.listeners) >= self.limits.most:
            headers = {"Retry-After": "60"}
            raise web.HTTPServiceUnavailable(text="too many pages are open: reload this one", headers=headers)
        listener = Listener(request, wanted)
        self.listeners.add(listener)
        try:
            await self._begin(now)
            response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
            response.headers["X-Accel-Buffering"] = "no"  # nginx would keep events back
            response.force_close()
            await guarded(response).prepare(request)
            outlive_deadline(request)
            await self._stream(listener, response, after)
        finally:
            self.listeners.discard(listener)
            if not self.listeners:
                self.end()
        return response

    # -- writing -------------------------------------------------------------------------------------------------------

    async def _stream(self, listener: Listener, response: web.StreamResponse, after: ToldPlace | None) -> None:
        """Tell what comes, until one of both ends has enough; a browser comes back by itself."""
        try:
            async with asyncio.timeout(self.limits.longest):
                await self._write(response, b"retry: 3000\n\n")
                await self._catch_up(listener, response, after)
                await self._tell(listener, response)
        except (TimeoutError, StoreUnavailableError):  # of a slow reader, too: what waits for him is dropped
            if listener.request.transport is not None:
                listener.request.transport.abort()

    async def _catch_up(self, listener: Listener, response: web.StreamResponse, after: ToldPlace | None) -> None:
        """Tell what has come since the page was made, or since a listener was last here."""
        if after is None:
            return
        since = ToldFilter(since=after.at)
        stories = await self._desk.read(lambda store: store.told_stories(since, before=None, limit=MOST_AT_ONCE))
        for told in reversed(stories):
            if (told.place.at, told.place.alert_id) > (after.at, after.alert_id) and fits(told, listener.wanted):
                await self._write(response, self._event(told))

    async def _tell(self, listener: Listener, response: web.StreamResponse) -> None:
        while True:
            try:
                async with asyncio.timeout(self.limits.beat):
                    told = await listener.waiting.get()
            except TimeoutError:
                await self._write(response, b": still here\n\n")
                continue
            if told is None:
                return
            await self._write(response, self._event(told))

    async def _write(self, response: web.StreamResponse, event: bytes) -> None:
        async with asyncio.timeout(self.limits.write):
            await response.write(event)

    def _event(self, told: ToldStory) -> bytes:
        zone, now = self._desk.setup.config.defaults.zone, self._desk.clock()
        card = self._pages.text("card.html.j2", told=told, zone=zone, now=now, query="")
        sent = {"id": f"story-{told.story.id}", "title": told.entry.title[:160] if told.entry else "", "card": card}
        return f"id: {write_place(told.place)}\nevent: told\ndata: {json.dumps(sent)}\n\n".encode()

    # -- looking -------------------------------------------------------------------------------------------------------

    async def _begin(self, now: datetime) -> None:
        """Begin to look: what is there by now is not news."""
        if self._looking is not None:
            return
        self._looking = asyncio.create_task(self._look_on())
        await self._learn(now)

    async def _learn(self, now: datetime) -> list[ToldPlace]:
        """Return the places of alerts that were not known, the oldest first, and know them."""
        places = await self._desk.read(lambda store: store.told_since(now - LATE, limit=MOST_KNOWN // 2))
        news = [place for place in reversed(places) if place.alert_id not in self._known]
        self._known.update(dict.fromkeys(place.alert_id for place in news))
        while len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)
        return news

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(self.limits.look)
            try:
                await self._look()
            except StoreUnavailableError:
                log.debug("who watches alerts is told later: the store fails")  # the daemon says so itself
            except Exception:
                log.exception("who watches alerts could not be told: please report this")
                self._looking = None
                self.end()
                return

    async def _look(self) -> None:
        self._forget_gone()
        news = await self._learn(self._desk.clock())
        if not news:
            return
        since = ToldFilter(since=news[0].at)
        stories = await self._desk.read(lambda store: store.told_stories(since, before=None, limit=MOST_AT_ONCE))
        new = {place.alert_id for place in news}
        for told in reversed(stories):
            if any(alert.id in new for alert in told.alerts):
                for listener in list(self.listeners):
                    if fits(told, listener.wanted) and not listener.offer(told):
                        self._send_home(listener)


def fits(told: ToldStory, wanted: ToldFilter) -> bool:
    """Say whether a story belongs on a page that shows what is wanted; see `Reader.told_stories`."""
    return (not wanted.source or wanted.source in told.story.sources) and any(
        (not wanted.rule or wanted.rule in alert.rules)
        and wanted.channel in ("", alert.channel)
        and (wanted.at_least is None or alert.priority >= wanted.at_least)
        and (wanted.since is None or alert.created_at >= wanted.since)
        and (wanted.until is None or alert.created_at < wanted.until)
        and not (wanted.unacknowledged and alert.acknowledged_at)
        for alert in told.alerts
    )
