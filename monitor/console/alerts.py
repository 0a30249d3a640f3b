"""The page of what was told, the latest first: filtered, over time, searched, and live."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from monitor.console.asked import form
from monitor.console.desk import Desk
from monitor.console.doing import Deeds
from monitor.console.finding import Finder, Finding
from monitor.console.pages import PER_PAGE, Pages, offered, see_other
from monitor.console.place import write_place
from monitor.console.timeline import Timeline, draw, step_of, window
from monitor.console.told_filter import RANGES, Asked, read_asked
from monitor.model import Priority
from monitor.ports import Store, ToldFilter, ToldPlace


class Alerts:
    """Its routes."""

    def __init__(self, desk: Desk, pages: Pages, deeds: Deeds, finder: Finder) -> None:
        self._desk = desk
        self._pages = pages
        self._deeds = deeds
        self._finder = finder

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/", self._go_there),
            web.get("/alerts", self._show),
            web.post("/alerts/{story:[0-9a-f]{32}}/acknowledge", self._acknowledge),
        ]

    async def _go_there(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's interface
        return see_other("/alerts")

    async def _show(self, request: web.Request) -> web.Response:
        asked = read_asked(request, zone=self._desk.setup.config.defaults.zone, now=self._desk.clock())
        if asked.query:
            return await self._search(request, asked)
        return self._answer(request, asked, await self._told(asked))

    async def _told(self, asked: Asked) -> dict[str, Any]:
        now, zone = self._desk.clock(), self._desk.setup.config.defaults.zone
        shown = window(asked.wanted, now + timedelta(microseconds=1))  # what was told in this very moment too

        def timeline(store: Store) -> Timeline | None:
            if asked.before is not None or not shown.since or not shown.until:
                return None
            counts = store.told_counts(shown, step=step_of(shown.since, shown.until, zone))
            return draw(counts, since=shown.since, until=shown.until, zone=zone) if counts else None

        def look(store: Store) -> dict[str, Any]:
            stories = store.told_stories(asked.page_of, before=asked.before, limit=PER_PAGE + 1)
            newest = store.told_since(now - timedelta(days=1), limit=1)
            is_empty = not stories and not store.told_stories(ToldFilter(), before=None, limit=1)
            return {"stories": stories, "timeline": timeline(store), "newest": newest, "is_empty": is_empty}

        found = await self._desk.read(look)
        stories, newest = found.pop("stories"), found.pop("newest")
        # what comes in this very moment, by another daemon's clock too, is on no later page
        as_of = max([now, *(place.at for place in newest)]) + timedelta(microseconds=1)
        more = asked.after(stories[PER_PAGE - 1].place, as_of) if len(stories) > PER_PAGE else ""
        last = newest[0] if newest else ToldPlace(at=now, alert_id="")
        live = asked.link(after=write_place(last)) if asked.is_first else ""
        return {**found, "stories": stories[:PER_PAGE], "more": more, "live": live}

    async def _search(self, request: web.Request, asked: Asked) -> web.Response:
        finding = await self._finder.find(asked)
        if not isinstance(finding, Finding):
            is_part = "HX-Request" in request.headers  # which is looked at while somebody writes
            return self._answer(request, asked, {"mistakes": finding}, status=200 if is_part else 400)
        more = asked.link(before=write_place(finding.then)) if finding.then else ""
        return self._answer(request, asked, {"finding": finding, "more": more})

    def _answer(
        self, request: web.Request, asked: Asked, found: Mapping[str, Any], *, status: int = 200
    ) -> web.Response:
        setup = self._desk.setup
        context = {"finding": None, "mistakes": (), "stories": (), "timeline": None, "more": "", "live": "", **found}
        known = {"ruled": len(setup.ruleset.rules), "watched": len(setup.config.feeds)}
        shared = {**known, "asked": asked, "now": self._desk.clock(), "zone": setup.config.defaults.zone, **context}
        if "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers:
            answer = self._pages.part("found.html.j2", **shared)
        else:
            answer = self._pages.page(
                request,
                "alerts.html.j2",
                channels=sorted(setup.channels),
                rules=offered(setup.ruleset.rules),
                sources=offered([feed.name for feed in setup.config.feeds]),
                priorities=[priority.word for priority in Priority],
                ranges=list(RANGES),
                **shared,
            )
        answer.set_status(status)
        answer.headers["Vary"] = "HX-Request"
        return answer

    async def _acknowledge(self, request: web.Request) -> web.Response:
        """Take care of all alerts about a story; answer with its card, or go back to where it stood."""
        story_id, sent = request.match_info["story"], await form(request)
        account = await self._desk.read(lambda store: store.story_account(story_id, after=None, limit=1))
        said = await self._deeds.acknowledge(request, account)
        if "HX-Request" not in request.headers:
            return self._deeds.go_on("/alerts", said, query=sent.get("query", ""))
        this = ToldFilter(story=story_id)
        stories = await self._desk.read(lambda store: store.told_stories(this, before=None, limit=1))
        if not stories:
            raise web.HTTPNotFound(text=said.text)
        zone, query = self._desk.setup.config.defaults.zone, sent.get("query", "")
        shown: dict[str, Any] = {"told": stories[0], "zone": zone, "now": self._desk.clock(), "query": query}
        return self._pages.part("card.html.j2", **shown, taken_now=True)  # the focus stays where the button was
