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
    in_parts = {entry.id: entry for half in halves(page) for entry in parse_page(half, feed, now).entries}
    return in_parts == {entry.id: entry for entry in whole.entries}
