"""What polls teach about a feed's rhythm: how often to ask it, when it is silent for too long, what it had lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.decide.thresholds import span
from monitor.errors import Cause
from monitor.model import Entry, Feed, FeedNotes, FeedState, Gap

MOSTLY_NEW = 0.5  # of a page: poll sooner, before it loses entries
HARDLY_NEW = 0.1  # poll later
SOONER, LATER = 0.5, 1.25  # times the interval
SHORTEST = timedelta(minutes=1)  # interval that is chosen for a feed whose options name none
STALE_TIMES = 10  # its usual interval without anything new
STALE_LEAST = timedelta(days=1)
_WEIGHT = 0.2  # of one new entry in what is usual
_LEAST_DATED = 3  # entries show an order


def interval_of(feed: Feed, notes: FeedNotes) -> timedelta:
    """Return how long to wait between two polls of a feed, within its bounds."""
    low, high = bounds_of(feed)
    return min(max(notes.interval or feed.poll, low), high)


def bounds_of(feed: Feed) -> tuple[timedelta, timedelta]:
    """Return the shortest and the longest time between two polls of a feed."""
    own = min(feed.poll, max(feed.poll / 4, SHORTEST))
    return feed.poll_min or own, feed.poll_max or feed.poll


def after_unchanged(feed: Feed, state: FeedState, now: datetime, *, same_page: bool) -> FeedState:
    """Return the state after a poll that brought nothing: the next may come later, the feed may be stale.

    With the `same_page` as before, to the byte, it is empty if it was.
    """
    empty = same_page and state.cause is Cause.EMPTY
    return _judged(replace(state, notes=_paced(feed, state.notes, LATER)), now, empty=empty)


def after_page(
    feed: Feed, before: FeedState, after: FeedState, *, entries: Sequence[Entry], fresh: int, size: int, now: datetime
) -> FeedState:
    """Return the state after a page: `entries` are those that were parsed, `fresh` of all `size` were new.

    `before` is the state before the poll, `after` what the poll has changed so far.
    """
    dates = [entry.published for entry in entries if entry.published is not None and entry.published <= now]
    notes = after.notes
    if before.baseline_at is None:
        newest = now if entries else None  # what its dates say is how long it was silent before anybody watched
        return _judged(
            replace(after, notes=replace(notes, usual=_usual_on_page(dates), newest_at=newest)), now, empty=size == 0
        )
    gap = _gap(before, dates, complete=fresh == size)
    if fresh:
        notes = replace(notes, usual=_usual(notes, fresh, dates, now), newest_at=now)
    if gap is not None:
        notes = replace(_paced(feed, notes, 0.0), gap=gap, gaps=notes.gaps + 1)
    elif fresh > MOSTLY_NEW * size:
        notes = _paced(feed, notes, SOONER)
    elif fresh < HARDLY_NEW * size:
        notes = _paced(feed, notes, LATER)
    return _judged(replace(after, notes=notes), now, empty=size == 0)


def describe_gap(gap: Gap) -> str:
    """Put a gap into words; on one day the times alone are told."""
    last = "%H:%M" if gap.since.date() == gap.until.date() else "%Y-%m-%d %H:%M"
    some = "1 entry" if gap.entries == 1 else f"{gap.entries} entries"
    return f"at least {some} may have been missed between {gap.since:%Y-%m-%d %H:%M} and {gap.until:{last}} UTC"


def _paced(feed: Feed, notes: FeedNotes, factor: float) -> FeedNotes:
    """Change the interval; as configured it is not noted, so that most polls teach nothing that must be written."""
    low, high = bounds_of(feed)
    interval = min(max(interval_of(feed, notes) * factor, low), high)
    return replace(notes, interval=None if interval == feed.poll else interval)


def _usual_on_page(dates: Sequence[datetime]) -> timedelta | None:
    return (max(dates) - min(dates)) / (len(dates) - 1) if len(dates) >= _LEAST_DATED else None


def _usual(notes: FeedNotes, fresh: int, dates: Sequence[datetime], now: datetime) -> timedelta | None:
    """Let new entries bear on what is usual, the more the more they are."""
    if notes.newest_at is None:
        return _usual_on_page(dates)
    sample = max(now - notes.newest_at, timedelta()) / fresh
    kept = (1 - _WEIGHT) ** fresh
    return sample if notes.usual is None else notes.usual * kept + sample * (1 - kept)


def _gap(before: FeedState, dates: Sequence[datetime], *, complete: bool) -> Gap | None:
    """Return the time that a page does not reach back over, if it lists entries by date and knows none of before.

    How many entries may be missing is told from the feed's usual rate, else from that of the page.
    """
    in_order = sum(earlier >= later for earlier, later in pairwise(dates)) >= 0.9 * (len(dates) - 1)
    if not complete or before.polled_at is None or before.notes.newest_at is None or len(dates) < _LEAST_DATED:
        return None
    oldest = min(dates)
    if not in_order or oldest <= before.polled_at:
        return None
    rates = [usual for usual in (before.notes.usual, _usual_on_page(dates)) if usual]
    missing = next((count for usual in rates if (count := (oldest - before.polled_at) // usual)), 0)
    return Gap(since=before.polled_at, until=oldest, entries=missing) if missing else None


def _judged(state: FeedState, now: datetime, *, empty: bool) -> FeedState:
    """Name what is odd about a feed that can be read."""
    found = _oddity(state, now, empty=empty)
    if found is None:
        return replace(state, failures=0, failing_since=None, cause=None, detail="")
    cause, detail = found
    since = state.failing_since if state.cause is cause else None
    return replace(state, failures=0, failing_since=since or now, cause=cause, detail=detail)


def _oddity(state: FeedState, now: datetime, *, empty: bool) -> tuple[Cause, str] | None:
    newest_at, usual = state.notes.newest_at, state.notes.usual
    if newest_at is None:
        return None
    if empty:
        return Cause.EMPTY, f"its page holds no entries any more; the last new one came {newest_at:%Y-%m-%d %H:%M} UTC"
    if usual is not None and now - newest_at > max(STALE_TIMES * usual, STALE_LEAST):
        rate = span(max(usual, timedelta(seconds=1)))
        return Cause.STALE, f"nothing new since {newest_at:%Y-%m-%d %H:%M} UTC; usually something comes every {rate}"
    return None
