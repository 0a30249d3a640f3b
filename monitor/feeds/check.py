"""Check that a feed may be parsed in part: that its pages say the same in pieces as they do whole."""

from __future__ import annotations

from datetime import datetime

from monitor.feeds.parse import parse_page
from monitor.feeds.split import halves
from monitor.model import Feed, Page, ParsedFeed


def shortcut_holds(page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
    """Say whether the two halves of a page give together, to the letter, the entries of the whole; see `split`.

    Raises:
        ParseError: the page is no feed.
    """
    parts = [parse_page(half, feed, now).entries for half in halves(page)]
    # Items of the same key may lie in both halves; of the whole only the first is kept.
    ids = {entry.id for part in parts for entry in part}
    said = {entry for part in parts for entry in part}
    return len(ids) == len(whole.entries) and said.issuperset(whole.entries)
