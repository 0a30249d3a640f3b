"""A parser without processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from monitor.errors import FeedError
from monitor.model import Feed, Page, ParsedFeed

Parse = Callable[[Page, Feed, datetime], ParsedFeed]


class FakeParser:
    """Parse with a function, in this process, and record what was asked; satisfies `monitor.ports.Parser`.

    `holds` is the answer to `shortcut_holds`, `errors` are raised in place of the pages of a feed, by its name, and
    `texts` are the articles by URL.
    """

    def __init__(self, parse: Parse, *, holds: bool | FeedError = True) -> None:
        self.parsed: list[Page] = []
        self.checks = 0
        self.holds = holds
        self.errors: dict[str, FeedError] = {}
        self.texts: dict[str, str] = {}
        self.closed = False
        self._parse = parse

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        """Parse a page.

        Raises:
            FeedError: as the function raises it, or the one that the feed is to have.
        """
        self.parsed.append(page)
        if feed.name in self.errors:
            raise self.errors[feed.name]
        return self._parse(page, feed, now)

    def parse_small(self, _page: Page, _feed: Feed, _now: datetime) -> ParsedFeed | None:
        """Leave each page to `parse`, which records it."""
        return None

    async def shortcut_holds(self, _page: Page, _whole: ParsedFeed, _feed: Feed, _now: datetime) -> bool:
        """Answer as told.

        Raises:
            FeedError: it is one.
        """
        self.checks += 1
        if isinstance(self.holds, FeedError):
            raise self.holds
        return self.holds

    async def extract(self, _page: Page, url: str) -> str:
        """Return the text that this page is to have, "" = none."""
        return self.texts.get(url, "")

    async def close(self) -> None:
        """Note that it was closed."""
        self.closed = True
