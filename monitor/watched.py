"""The configured feeds beside what the store knows of each: what lists of feeds show, wherever they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from monitor.decide.health import NEVER_POLLED, Health, Standing, health_of
from monitor.decide.websub import describe_subscription, slowed
from monitor.model import Feed, FeedNotes
from monitor.ports import FeedReport
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
        return self.health.standing in (Standing.FAILING, Standing.ODD)

    @property
    def is_paused(self) -> bool:
        """Whether somebody has paused it."""
        return self.health.standing is Standing.PAUSED

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
