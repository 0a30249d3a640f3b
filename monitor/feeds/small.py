"""Parse small pages without a process of their own, where they hold nothing but what is usual.

A poll that brings one new entry would spend more on the way to that process and back than on the entry. What may be
read here is bounded: no more than SMALL bytes, which expat and `usual` go through once, without entities, without deep
nesting and without feedparser; whatever is unusual in any way goes to the process that can be killed (`parser`).
"""

from __future__ import annotations

from datetime import datetime
from itertools import islice

from monitor.feeds.charset import decode
from monitor.feeds.hub import hub_and_topic
from monitor.feeds.items import MAX_ENTRIES, TITLE_LIMIT, XmlFeed, make_entries
from monitor.feeds.jsonfeed import JsonFeed
from monitor.feeds.legal import legal
from monitor.feeds.rhythm import with_rhythm
from monitor.feeds.usual.reader import read_usual
from monitor.model import Feed, Page, ParsedFeed
from monitor.text.plain import one_line

SMALL = 64_000  # bytes


def parse_small(page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
    """Make entries of a page as `monitor.feeds.parse.parse_page` would, or return None where that has to do it."""
    if len(page.body) > SMALL:
        return None
    text = decode(page.body, page.content_type).lstrip("\ufeff\0 \t\r\n")
    found = read_usual(legal(text), now)
    if found is None:
        return None
    parsed = make_feed(found, feed, now, text)
    return parsed if parsed.entries else None  # why there are none is said there


def make_feed(found: XmlFeed | JsonFeed, feed: Feed, now: datetime, text: str) -> ParsedFeed:
    """Make entries of what was read of a page with this text."""
    entries = make_entries(islice(found.items, MAX_ENTRIES), feed, now, site=found.site)
    hub, topic = hub_and_topic(found.links)
    parsed = ParsedFeed(title=one_line(found.title)[:TITLE_LIMIT], entries=entries, hub=hub, topic=topic)
    return with_rhythm(parsed, text)
