"""When a feed is polled next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.decide.spread import fraction
from monitor.errors import Cause, FeedError, FetchError
from monitor.model import Feed

JITTER = 0.1  # of the interval, either way
LONGEST_BACKOFF = timedelta(hours=6)
LONGEST_HOLD = timedelta(hours=24)  # however long a server asks for
GONE_INTERVAL = timedelta(hours=24)


def next_poll(feed: Feed, now: datetime) -> datetime:
    """Return the time of the next poll after a good one: the feed's interval, spread by a hash of its URL and hour."""
    spread = fraction(feed.url, now.strftime("%Y%m%d%H")) * 2 - 1
    return now + feed.poll * (1 + JITTER * spread)


def poll_after_failure(feed: Feed, error: FeedError, failures: int, now: datetime) -> datetime:
    """Return the time of the next poll after `failures` bad ones in a row: later each time, never given up."""
    if error.cause is Cause.GONE:
        return now + GONE_INTERVAL
    wait = min(feed.poll * 2 ** min(failures - 1, 16), max(LONGEST_BACKOFF, feed.poll))
    asked = error.retry_after if isinstance(error, FetchError) else None
    return next_poll(replace(feed, poll=max(wait, min(asked or timedelta(), LONGEST_HOLD))), now)
