"""When a feed is polled next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from monitor.decide.spread import fraction
from monitor.errors import Cause, FeedError, FetchError
from monitor.model import Feed, FeedNotes

JITTER = 0.1  # of the interval, either way
LONGEST_BACKOFF = timedelta(hours=6)
LONGEST_HOLD = timedelta(hours=24)  # however long a server asks for
GONE_INTERVAL = timedelta(hours=24)
AT_ONCE = 50  # new feeds that are polled at once
A_SECOND = 20  # of the others: a first page is parsed whole
_HOUR = timedelta(hours=1)
_WEEK = 7 * 24  # hours


def next_poll(feed: Feed, now: datetime, interval: timedelta, asked: timedelta = timedelta()) -> datetime:
    """Return the time of the next poll: after an interval, spread by a hash of the feed's URL and the hour.

    It is longer where the feed's server has `asked` for that: a server may slow us down, to LONGEST_HOLD, and never
    speed us up.
    """
    wait = max(interval, min(asked, LONGEST_HOLD))
    spread = fraction(feed.url, now.strftime("%Y%m%d%H")) * 2 - 1
    return now + wait * (1 + JITTER * spread)


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
    return next_poll(feed, now, wait, asked or timedelta())


def hold_host_until(error: FeedError, now: datetime) -> datetime | None:
    """Return until when no feed of a host is to be polled, where the host has asked for that; None = it has not."""
    hold = error.hold_host if isinstance(error, FetchError) else None
    return now + min(hold, LONGEST_HOLD) if hold else None


def first_polls(feeds: Iterable[Feed], now: datetime) -> dict[str, datetime]:
    """Return when feeds are polled for the first time, by URL: a few at once, of many so many a second.

    Their order is that of a hash, so that the feeds of one host are spread, too; each comes within its own interval.
    """
    shuffled = sorted(feeds, key=lambda feed: (fraction(feed.url), feed.url))
    waits = (max(number - AT_ONCE, 0) / A_SECOND for number in range(len(shuffled)))
    return {feed.url: now + min(timedelta(seconds=wait), feed.poll) for feed, wait in zip(shuffled, waits, strict=True)}
