"""The configured feeds beside what the store knows of each: what lists of feeds show, wherever they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.decide.health import IS_WELL, NEVER_POLLED, Health, health_of
from monitor.decide.websub import describe_subscription, slowed
from monitor.model import Feed, FeedNotes
from monitor.ports import FeedReport, Store
from monitor.text.links import shown_url


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedFeed:
    """A configured feed, and what is known of it."""

    feed: Feed
    report: FeedReport | None  # None = no daemon has seen it yet
    health: Health
    now: datetime

    @property
    def is_failing(self) -> bool:
        """Whether it has a named cause."""
        return self.health.is_failing

    @property
    def is_paused(self) -> bool:
        """Whether somebody has paused it."""
        return self.health.is_paused

    @property
    def interval(self) -> timedelta:
        """The time between two polls, as the feed's rhythm has it now."""
        return slowed(self.feed, self.report.state.notes, self.now) if self.report else self.feed.poll

    @property
    def shown_url(self) -> str:
        """Its URL as others may see it."""
        return shown_url(self.feed.url)


def watched_feeds(feeds: Iterable[Feed], reports: Iterable[FeedReport], now: datetime) -> list[WatchedFeed]:
    """Return the feeds of a configuration, the worst first."""
    by_url = {report.state.url: report for report in reports}
    watched = []
    for feed in feeds:
        report = by_url.get(feed.url)
        health = health_of(report.state, now) if report else NEVER_POLLED
        watched.append(WatchedFeed(feed=feed, report=report, health=health, now=now))
    return sorted(watched, key=lambda each: (*each.health.key, each.feed.name))


def standings(store: Store, feeds: Sequence[Feed], now: datetime) -> list[tuple[Feed, Health]]:
    """Return the feeds of a configuration and how each is, the worst first: without reading those that are well."""
    unwell = store.unwell_feeds()
    health = {state.url: health_of(state, now) for state in unwell.feeds}
    # between a reload and the next look at the feeds, the configuration names others than the store
    watched = store.watched_urls() if unwell.watched != len(feeds) else None
    standing = [
        (feed, health.get(feed.url) or (IS_WELL if watched is None or feed.url in watched else NEVER_POLLED))
        for feed in feeds
    ]
    return sorted(standing, key=lambda each: (*each[1].key, each[0].name))


def page_of(feeds: Sequence[Feed], after: str, size: int) -> tuple[Sequence[Feed], str]:
    """Return the feeds behind a name, "" = from the first, and behind which name the next page begins, "" = none.

    Behind a feed that is gone stands the first page again.
    """
    start = next((place + 1 for place, feed in enumerate(feeds) if feed.name == after), 0) if after else 0
    shown = feeds[start : start + size]
    return shown, shown[-1].name if start + size < len(feeds) else ""


def of_page(store: Store, feeds: Sequence[Feed], now: datetime) -> list[WatchedFeed]:
    """Return all that is known of a few feeds, the worst first."""
    return watched_feeds(feeds, store.feed_reports(now, urls=[feed.url for feed in feeds]), now)


def facts_of(watched: WatchedFeed) -> dict[str, Any]:
    """Give all that is known of a feed, its URL without query string."""
    report, feed = watched.report, watched.feed
    said: dict[str, Any] = {
        "name": feed.name,
        "url": watched.shown_url,
        "tags": feed.tags,
        "health": watched.health.words,
        "since": watched.health.since,
        "standing": watched.health.standing.name.lower(),
        "poll_seconds": int(watched.interval.total_seconds()),
    }
    if report is None:
        return said
    counts = {
        "pushes": pushes(report.state.notes, watched.now),
        "next_poll": report.due,
        "entries_24h": report.day,
        "entries_7d": report.week,
    }
    return said | counts | {"state": report.state}


def pushes(notes: FeedNotes, now: datetime) -> str:
    """Say what a feed's hub does, "" where it names none."""
    if notes.subscription:
        return f"{describe_subscription(notes.subscription, now)} (hub {shown_url(notes.subscription.hub)})"
    return f"not subscribed (hub {shown_url(notes.hub)})" if notes.hub else ""
