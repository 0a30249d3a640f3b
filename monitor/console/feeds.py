"""The pages of the feeds: how each is, what it brings, and pauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from monitor.console.asked import choice, form, person, word
from monitor.console.desk import Desk
from monitor.console.held import Held
from monitor.console.pages import PER_PAGE, Pages, see_other
from monitor.decide.health import Health
from monitor.decide.rhythm import describe_gap
from monitor.decide.thresholds import span
from monitor.model import Feed
from monitor.ports import EntryRecord, FeedFindings, Store
from monitor.text.duration import parse_duration
from monitor.text.links import shown_url
from monitor.text.plain import one_line, shorten
from monitor.watched import WatchedFeed, of_page, page_of, pushes, standings

STANDINGS: Final = ("all", "failing", "paused", "well")
SPARK_DAYS: Final = 14
COUNTS_HOLD: Final = timedelta(minutes=1)  # counting entries reads all of those days
LATEST: Final = 20


class Feeds:
    """Their routes."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages
        self._counts = Held[Mapping[str, tuple[int, ...]]](COUNTS_HOLD)

    def routes(self) -> list[web.RouteDef]:
        """Return what to add to a router."""
        return [
            web.get("/feeds", self._list),
            web.get("/feeds/{name}", self._show),
            web.post("/feeds/{name}/pause", self._pause),
            web.post("/feeds/{name}/resume", self._resume),
        ]

    async def _list(self, request: web.Request) -> web.Response:
        asked, standing, tag = (
            word(request, "q").lower(),
            choice(request, "health", STANDINGS, "all"),
            word(request, "tag"),
        )
        after = word(request, "after")
        now, feeds = self._desk.clock(), self._desk.setup.config.feeds

        def look(store: Store) -> dict[str, Any]:
            every = standings(store, feeds, now)
            found = [feed for feed, health in every if _fits(feed, health, asked, standing, tag)]
            shown, more = page_of(found, after, PER_PAGE)
            return {
                "feeds": of_page(store, shown, now),
                "total": len(every),
                "found": len(found),
                "failing": sum(health.is_failing for _, health in every),
                "tags": sorted({tag for feed in feeds for tag in feed.tags}),
                "after": more,
            }

        found = await self._desk.read(look)
        return self._pages.page(
            request,
            "feeds.html.j2",
            now=now,
            zone=self._desk.setup.config.defaults.zone,
            asked={"q": word(request, "q"), "health": standing, "tag": tag},
            standings=STANDINGS,
            counts=await self._entry_counts(now, tuple(each.feed.name for each in found["feeds"])),
            span=span,
            **found,
        )

    async def _entry_counts(self, now: datetime, names: tuple[str, ...]) -> Mapping[str, tuple[int, ...]]:
        """Count the entries of these feeds by day; for the same feeds the same answer serves for a while."""
        since = now - timedelta(days=SPARK_DAYS)
        return await self._counts.get(
            now,
            lambda: self._desk.read(lambda store: store.entry_counts(names, since=since, days=SPARK_DAYS)),
            of=names,
        )

    async def _show(self, request: web.Request) -> web.Response:
        feed, now = self._feed(request), self._desk.clock()

        def look(store: Store) -> tuple[WatchedFeed, FeedFindings, list[EntryRecord]]:
            findings = store.feed_findings(feed.url, now, limit=LATEST)
            records = [record for entry_id in findings.entries if (record := store.entry_record(entry_id))]
            return of_page(store, [feed], now)[0], findings, records

        watched, findings, records = await self._desk.read(look)
        state = watched.report.state if watched.report else None
        return self._pages.page(
            request,
            "feed.html.j2",
            now=now,
            zone=self._desk.setup.config.defaults.zone,
            watched=watched,
            state=state,
            hub=pushes(state.notes, now) if state else "",
            gap=describe_gap(state.notes.gap) if state and state.notes.gap else "",
            findings=findings,
            records=records,
            counts=(await self._entry_counts(now, (feed.name,))).get(feed.name, ()),
            span=span,
        )

    async def _pause(self, request: web.Request) -> web.Response:
        feed, sent, now = self._feed(request), await form(request), self._desk.clock()
        try:
            until = now + parse_duration(sent["for"]) if sent.get("for") else None
        except ValueError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        reason, by = shorten(one_line(sent.get("reason", "")), 200), person(request).by
        await self._desk.act(lambda store: store.pause_feed(feed.url, now, until=until, reason=reason, by=by))
        return see_other(request.path.removesuffix("/pause"))

    async def _resume(self, request: web.Request) -> web.Response:
        feed, now, by = self._feed(request), self._desk.clock(), person(request).by
        await self._desk.act(lambda store: store.resume_feed(feed.url, now, by=by))
        return see_other(request.path.removesuffix("/resume"))

    def _feed(self, request: web.Request) -> Feed:
        name = request.match_info["name"]
        feed = next((each for each in self._desk.setup.config.feeds if each.name == name), None)
        if feed is None:
            raise web.HTTPNotFound(text="no feed of this name is watched")
        return feed


def _fits(feed: Feed, health: Health, asked: str, standing: str, tag: str) -> bool:
    stands = {
        "all": True,
        "failing": health.is_failing,
        "paused": health.is_paused,
        "well": not health.is_failing and not health.is_paused,
    }
    if not stands[standing] or (tag and tag not in feed.tags):
        return False
    return not asked or asked in f"{feed.name} {shown_url(feed.url)} {health.words}".lower()
