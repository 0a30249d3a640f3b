"""Make entries of whatever somebody wants to try a rule on: a text, a file, a page or a feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

from monitor.errors import Cause, NotFoundError, ParseError, UserError
from monitor.feeds.charset import decode
from monitor.feeds.fetch import HttpFetcher
from monitor.feeds.note import entry_of_text
from monitor.feeds.parse import parse_page
from monitor.feeds.plaintext import from_markup
from monitor.model import AllowedHost, Entry, Feed, FeedState, NotModified, Page

TRIAL = "trial"
MAX_BYTES = 5_000_000


async def read_trial(
    source: str,
    now: datetime,
    *,
    allow: Sequence[AllowedHost] = (),
    feeds: Mapping[str, Feed] = MappingProxyType({}),
) -> tuple[Entry, ...]:
    """Read a URL, a file that exists, or else the words themselves; a feed gives its entries, other text one entry.

    Of a text, the first line is the title and the rest the body. `allow` are the places that a URL may name although
    they are not public; a URL that is among `feeds` is read as that feed, with its name and its headers.

    Raises:
        FetchError: the URL gives no usable answer.
        ParseError: it is XML of a feed, and broken.
        NotFoundError: it looks like a file's name, and there is no such file.
        UserError: it is a folder, a file that cannot be read or is no text, or nothing at all.
    """
    if source.startswith(("http://", "https://")):
        return await _from_url(feeds.get(source) or Feed(name=TRIAL, url=source), now, allow)
    path = Path(source) if len(source) < 1000 and "\n" not in source and "\0" not in source else None  # noqa: PLR2004 - no file's name is that long
    if path and source.strip() and path.is_dir():
        raise UserError(f"`{source}` is a folder: name a file in it")
    if path and path.is_file():
        url = path.resolve().as_uri()
        return _from_page(Page(body=_read(path)), feeds.get(url) or Feed(name=TRIAL, url=url), now)
    if path and path.suffix in (".xml", ".rss", ".atom", ".json", ".html", ".txt") and " " not in source:
        raise NotFoundError(f"there is no file `{source}`")
    return (entry_of_text(source, now),)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES)
    except OSError as error:
        raise UserError(f"`{path}` cannot be read: {error.strerror or 'I/O error'}") from error


async def _from_url(feed: Feed, now: datetime, allow: Sequence[AllowedHost]) -> tuple[Entry, ...]:
    fetcher = HttpFetcher(clock=lambda: now, allow=allow)
    try:
        fetched = await fetcher.fetch(feed, FeedState(feed_id=0, name=feed.name, url=feed.url))
    finally:
        await fetcher.close()
    return () if isinstance(fetched, NotModified) else _from_page(fetched, feed, now)


def _from_page(page: Page, feed: Feed, now: datetime) -> tuple[Entry, ...]:
    text = decode(page.body, page.content_type).lstrip("\ufeff")
    if "\0" in text:
        raise UserError("this is a binary file, not a text")
    is_markup = text.lstrip().startswith("<")
    try:
        return parse_page(page, feed, now).entries
    except ParseError as error:
        if is_markup and error.cause is not Cause.NOT_A_FEED:
            raise
    return (entry_of_text(from_markup(text) if is_markup else text, now),)
