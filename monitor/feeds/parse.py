"""Make entries of a page: decide the charset, see what it is, read it, clean it.

Pure and blocking. Its time grows about as the page does: what feedparser takes quadratic time for is switched off or
thinned out before (`xmlfeed`, `repeats`), and markup is read in linear time (`plaintext`). The daemon has it done in a
process with limits (`parser`, `child`), and for those blocks of a page that are new (`split`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from monitor.errors import Cause, ParseError
from monitor.feeds.charset import decode
from monitor.feeds.discover import discover_links
from monitor.feeds.items import Item, XmlFeed
from monitor.feeds.jsonfeed import JsonFeed, read_json_feed
from monitor.feeds.legal import legal
from monitor.feeds.plaintext import from_markup
from monitor.feeds.sitemap import read_sitemap
from monitor.feeds.small import make_feed
from monitor.feeds.usual.reader import read_usual
from monitor.feeds.xmlfeed import read_xml_feed
from monitor.model import Feed, Page, ParsedFeed
from monitor.text.plain import one_line, shorten

_NAMED_FEEDS = 3
_PROLOG = re.compile(
    r"<\?[^>]*>|<!--.*?-->|<!DOCTYPE\s+([\w:.-]+)[^>\[]*(?:\[[^\]]*\]\s*)?>|\s+", re.DOTALL | re.IGNORECASE
)
_ROOT = re.compile(r"<([A-Za-z_][\w:.-]*)")
_FEED_TAG = re.compile(r"<(?:\w{1,20}:)?(?:rss|feed|rdf|channel|item|entry)[\s>/]", re.IGNORECASE)
_SURE_FEED = re.compile(r"<(?:feed\s[^<>]{0,500}xmlns|rss\s[^<>]{0,500}version|rdf:rdf[\s>])", re.IGNORECASE)
_HTML_TITLE = re.compile(r"<title[^<>]{0,200}>([^<]{1,300})", re.IGNORECASE)


def parse_page(page: Page, feed: Feed, now: datetime) -> ParsedFeed:
    """Parse one page into at most MAX_ENTRIES entries, the first ones of the page.

    Raises:
        ParseError: NOT_A_FEED, saying what it looks like, or BROKEN.
    """
    text = decode(page.body, page.content_type).lstrip("\ufeff\0 \t\r\n")
    if not text:
        raise ParseError(Cause.NOT_A_FEED, "the answer is empty")
    if text[0] in "{[":
        found: JsonFeed | XmlFeed = read_json_feed(text, now)
    else:
        found = _read_xml(text, feed.url, now)
    return make_feed(found, feed, now, text)


def _read_xml(text: str, url: str, now: datetime) -> XmlFeed:
    root = _root(text)
    if root.rpartition(":")[2] in ("urlset", "sitemapindex"):
        return XmlFeed(version=root, title="", site="", items=read_sitemap(text, now))
    # 5 MB of HTML would cost feedparser 10 s: look before. Some feeds call themselves HTML all the same.
    if not (_SURE_FEED if root == "html" else _FEED_TAG).search(text):
        raise ParseError(Cause.NOT_A_FEED, _looks_like(text, root, url))
    text = legal(text)
    found = read_usual(text, now) or read_xml_feed(text, now)
    first = next(found.items, None)
    if not found.version and first is None:
        raise ParseError(Cause.NOT_A_FEED, _looks_like(text, root, url))
    if first is None and not re.search(rf"</{re.escape(root)}\s*>|<{re.escape(root)}\b[^<>]*/>", text, re.IGNORECASE):
        raise ParseError(
            Cause.BROKEN, f"the page breaks off before its first entry: its </{shorten(root, 40)}> is missing"
        )
    return replace(found, items=_chain(first, found.items))


def _chain(first: Item | None, rest: Iterator[Item]) -> Iterator[Item]:
    if first is not None:
        yield first
        yield from rest


def _root(text: str) -> str:
    """Return the name of the first element in lower case, "html" where the document type says so, "" for none."""
    at = 0
    while match := _PROLOG.match(text, at):
        if (match.group(1) or "").lower() == "html":
            return "html"
        at = match.end()
    root = _ROOT.match(text, at)
    return root.group(1).lower() if root else ""


def _looks_like(text: str, root: str, url: str) -> str:
    """Say in a few words what a page that is no feed seems to be."""
    if root == "html":
        title = _HTML_TITLE.search(text)
        name = shorten(one_line(from_markup(title.group(1))), 80) if title else ""
        page = f"an HTML page titled “{name}”" if name else "an HTML page"
        feeds = ", ".join(feed.shown for feed in discover_links(text, url)[:_NAMED_FEEDS])
        return f"{page} that links to {feeds}" if feeds else f"{page}: look on it for the feed's own address"
    known = {
        "opml": "a list of feeds (OPML): watch the feeds in it",
        "svg": "an image",
    }
    if root:
        return known.get(root, f"XML or HTML that begins with <{shorten(root, 40)}>")
    return "a binary file" if {"\0", "\ufffd"} & set(text[:200]) else "plain text"
