"""When a feed is polled next."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from monitor.decide.spread import fraction
from monitor.errors import Cause, FeedError, FetchError
from monitor.model import Feed, FeedNotes

JITTER = 0.1  # of the interval, either way
LONGEST_BACKOFF = timedelta(hours=6)
LONGEST_HOLD = timedelta(hours=24)  # however long a server asks for
GONE_INTERVAL = timedelta(hours=24)
_HOUR = timedelta(hours=1)
_WEEK = 7 * 24  # hours


def next_poll(feed: Feed, now: datetime, asked: timedelta = timedelta()) -> datetime:
    """Return the time of the next poll after a good one, spread by a hash of the feed's URL and the hour.

    It is the feed's interval, or what its server has `asked` for where that is longer: a server may slow us down, to
    LONGEST_HOLD, and never speed us up.
    """
    interval = max(feed.poll, min(asked, LONGEST_HOLD))
    spread = fraction(feed.url, now.strftime("%Y%m%d%H")) * 2 - 1
    return now + interval * (1 + JITTER * spread)


def asked_wait(interval: timedelta, freshness: timedelta, notes: FeedNotes, now: datetime) -> timedelta:
    """Return how long a feed and its server want to be left alone after a good poll.

    That is the longest of our own interval, the answer's `freshness` (Cache-Control, Expires) and the feed's `ttl` or
    `sy:updatePeriod`, and from there to the next hour that is in neither `skipHours` nor `skipDays`.
    """
    wait = min(max(interval, freshness, notes.ttl), max(interval, LONGEST_HOLD))
    moment = now + wait
    for _ in range(_WEEK if notes.skip_hours or notes.skip_days else 1):
        if moment.hour not in notes.skip_hours and moment.weekday() not in notes.skip_days:
            return moment - now
        moment = moment.replace(minute=0, second=0, microsecond=0) + _HOUR
    return wait  # it brings nothing at any time: nobody can mean that


def poll_after_failure(feed: Feed, error: FeedError, failures: int, now: datetime) -> datetime:
    """Return the time of the next poll after `failures` bad ones in a row: later each time, never given up."""
    if error.cause is Cause.GONE:
        return now + GONE_INTERVAL
    wait = min(feed.poll * 2 ** min(failures - 1, 16), max(LONGEST_BACKOFF, feed.poll))
    asked = error.retry_after if isinstance(error, FetchError) else None
    return next_poll(replace(feed, poll=wait), now, asked or timedelta())


def hold_host_until(error: FeedError, now: datetime) -> datetime | None:
    """Return until when no feed of a host is to be polled, where the host has asked for that; None = it has not."""
    hold = error.hold_host if isinstance(error, FetchError) else None
    return now + min(hold, LONGEST_HOLD) if hold else None
