"""The pages of the feeds: how each is, what it brings, and pauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from monitor.console.asked import choice, form, person, word
from monitor.console.desk import Desk
from monitor.console.held import Held
from monitor.console.pages import PER_PAGE, Pages, see_other
from monitor.decide.rhythm import describe_gap
from monitor.decide.thresholds import span
from monitor.model import Feed
from monitor.ports import EntryRecord, FeedFindings, Store
from monitor.text.duration import parse_duration
from monitor.text.plain import one_line, shorten
from monitor.watched import WatchedFeed, pushes, watched_feeds

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
        every = await self._desk.read(lambda store: watched_feeds(feeds, store.feed_reports(now), now))
        found = [each for each in every if _fits(each, asked, standing, tag)]
        names = [each.feed.name for each in found]
        start = names.index(after) + 1 if after in names else 0
        shown = found[start : start + PER_PAGE]
        return self._pages.page(
            request,
            "feeds.html.j2",
            now=now,
            zone=self._desk.setup.config.defaults.zone,
            feeds=shown,
            total=len(every),
            found=len(found),
            failing=sum(each.is_failing for each in every),
            asked={"q": word(request, "q"), "health": standing, "tag": tag},
            standings=STANDINGS,
            tags=sorted({tag for each in every for tag in each.feed.tags}),
            counts=await self._entry_counts(now),
            span=span,
            after=shown[-1].feed.name if start + PER_PAGE < len(found) else "",
        )

    async def _entry_counts(self, now: datetime) -> Mapping[str, tuple[int, ...]]:
        """Count the entries of each feed and day; the same answer serves for a while."""
        since = now - timedelta(days=SPARK_DAYS)
        return await self._counts.get(
            now, lambda: self._desk.read(lambda store: store.entry_counts(since=since, days=SPARK_DAYS))
        )

    async def _show(self, request: web.Request) -> web.Response:
        feed, now = self._feed(request), self._desk.clock()

        def look(store: Store) -> tuple[WatchedFeed, FeedFindings, list[EntryRecord]]:
            reports = [report for report in store.feed_reports(now) if report.state.url == feed.url]
            findings = store.feed_findings(feed.url, now, limit=LATEST)
            records = [record for entry_id in findings.entries if (record := store.entry_record(entry_id))]
            return watched_feeds([feed], reports, now)[0], findings, records

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
            counts=(await self._entry_counts(now)).get(feed.name, ()),
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


def _fits(watched: WatchedFeed, asked: str, standing: str, tag: str) -> bool:
    stands = {
        "all": True,
        "failing": watched.is_failing,
        "paused": watched.is_paused,
        "well": not watched.is_failing and not watched.is_paused,
    }
    words = f"{watched.feed.name} {watched.shown_url} {watched.health.words}".lower()
    return stands[standing] and asked in words and (not tag or tag in watched.feed.tags)
