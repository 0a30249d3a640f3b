"""What comes all at once: a feed's first page, what it held back, what floods in when it changes all its ids.

Such entries are no news by themselves, and some of them may be: they end in silence or in one digest, as the feed's
`backlog` says. What a feed published since its last poll is news however much of it there is: nothing is held back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from monitor.model import Backlog, Entry, Feed, FeedState

OLD = timedelta(days=14)  # a new entry with such a date was not published just now
FLOOD = 10  # entries of an established feed that are new at once, at least
FLOOD_SHARE = 0.6  # and of its page, at least
_SLACK = timedelta(hours=1)  # clocks differ, and entries appear later than their dates say


def is_silent(feed: Feed, state: FeedState) -> bool:
    """Say whether the entries of this poll are remembered and not told: a feed's first poll is, unless it asks."""
    return state.baseline_at is None and feed.backlog is Backlog.SILENT


def backlog_reasons(feed: Feed, state: FeedState, fresh: Sequence[Entry], size: int, now: datetime) -> dict[str, str]:
    """Return why entries are told in a digest, by id; those that are missing are news. `size` counts the page."""
    if feed.backlog is Backlog.ALERT:
        return {}
    if state.baseline_at is None:
        return {entry.id: f"first poll of {feed.name}" for entry in fresh}
    flood = len(fresh) > max(FLOOD, FLOOD_SHARE * size)
    many = f"{len(fresh)} of {size} entries of {feed.name} are new at once: it has changed its ids, or was away"
    reasons = {}
    for entry in fresh:
        dated = entry.published
        if dated is not None and now - dated >= OLD:
            reasons[entry.id] = f"dated {OLD.days} days back or more"
        elif flood and not _published_since(state, entry):
            reasons[entry.id] = many
    return reasons


def _published_since(state: FeedState, entry: Entry) -> bool:
    return state.polled_at is not None and entry.published is not None and entry.published >= state.polled_at - _SLACK
