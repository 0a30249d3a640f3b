"""When a feed is polled next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.decide.spread import fraction
from monitor.errors import Cause, FeedError, FetchError
from monitor.model import Feed

JITTER = 0.1  # of the interval, either way
LONGEST_BACKOFF = timedelta(hours=6)
LONGEST_HOLD = timedelta(hours=24)  # however long a server asks for
GONE_INTERVAL = timedelta(hours=24)
AT_ONCE = 50  # new feeds that are polled at once
A_SECOND = 20  # of the others: a first page is parsed whole


def next_poll(feed: Feed, now: datetime, interval: timedelta) -> datetime:
    """Return the time of the next poll: after an interval, spread by a hash of the feed's URL and the hour."""
    spread = fraction(feed.url, now.strftime("%Y%m%d%H")) * 2 - 1
    return now + interval * (1 + JITTER * spread)


def poll_after_failure(feed: Feed, error: FeedError, failures: int, now: datetime) -> datetime:
    """Return the time of the next poll after `failures` bad ones in a row: later each time, never given up."""
    if error.cause is Cause.GONE:
        return now + GONE_INTERVAL
    wait = min(feed.poll * 2 ** min(failures - 1, 16), max(LONGEST_BACKOFF, feed.poll))
    asked = error.retry_after if isinstance(error, FetchError) else None
    return next_poll(feed, now, max(wait, min(asked or timedelta(), LONGEST_HOLD)))


def first_polls(feeds: Iterable[Feed], now: datetime) -> dict[str, datetime]:
    """Return when feeds are polled for the first time, by URL: a few at once, of many so many a second.

    Their order is that of a hash, so that the feeds of one host are spread, too; each comes within its own interval.
    """
    shuffled = sorted(feeds, key=lambda feed: (fraction(feed.url), feed.url))
    waits = (max(number - AT_ONCE, 0) / A_SECOND for number in range(len(shuffled)))
    return {feed.url: now + min(timedelta(seconds=wait), feed.poll) for feed, wait in zip(shuffled, waits, strict=True)}
