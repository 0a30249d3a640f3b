"""Make entries of whatever somebody wants to try a rule on: a text, a file, a page or a feed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from monitor.errors import Cause, NotFoundError, ParseError
from monitor.feeds.fetch import HttpFetcher
from monitor.feeds.parse import parse_page
from monitor.feeds.plaintext import from_markup
from monitor.model import Entry, Feed, FeedState, NotModified, Page
from monitor.text.plain import clean

TRIAL = "trial"
MAX_BYTES = 5_000_000


async def read_trial(source: str, now: datetime) -> tuple[Entry, ...]:
    """Read a URL, a file that exists, or else the words themselves; a feed gives its entries, other text one entry.

    Raises:
        FetchError: the URL gives no usable answer.
        NotFoundError: it looks like a file's name, and there is no such file.
    """
    if source.startswith(("http://", "https://")):
        return await _from_url(source, now)
    path = Path(source) if len(source) < 1000 and "\n" not in source and "\0" not in source else None  # noqa: PLR2004 - no file's name is that long
    if path and path.is_file():
        return _from_bytes(path.read_bytes()[:MAX_BYTES], path.absolute().as_uri(), now)
    if path and path.suffix in (".xml", ".rss", ".atom", ".json", ".html", ".txt") and " " not in source:
        raise NotFoundError(f"there is no file `{source}`")
    return (_from_text(source, now),)


async def _from_url(url: str, now: datetime) -> tuple[Entry, ...]:
    fetcher = HttpFetcher(clock=lambda: now)
    try:
        fetched = await fetcher.fetch(Feed(name=TRIAL, url=url), FeedState(feed_id=0, name=TRIAL, url=url))
    finally:
        await fetcher.close()
    return () if isinstance(fetched, NotModified) else _from_page(fetched, url, now)


def _from_bytes(body: bytes, url: str, now: datetime) -> tuple[Entry, ...]:
    return _from_page(Page(body=body), url, now)


def _from_page(page: Page, url: str, now: datetime) -> tuple[Entry, ...]:
    try:
        return parse_page(page, Feed(name=TRIAL, url=url), now).entries
    except ParseError as error:
        if error.cause is not Cause.NOT_A_FEED:
            raise
        return (_from_text(from_markup(page.body.decode("utf-8", "replace")), now),)


def _from_text(text: str, now: datetime) -> Entry:
    """Take the first line for the title, the rest for the body."""
    title, _, body = clean(text).partition("\n")
    return Entry(id="0" * 32, keys=(), feed="", title=title, body=body, seen_at=now)
