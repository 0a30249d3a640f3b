"""Turn what a feed's format gave into entries: plain text, safe links, identity."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from itertools import islice
from urllib.parse import urljoin, urlsplit, urlunsplit

from monitor.feeds.canonical import canonical_url, is_numbered, numbered_url
from monitor.feeds.identity import entry_id, identity_keys
from monitor.feeds.plaintext import decode_again, from_markup, from_text
from monitor.model import Entry, Feed, Identity
from monitor.text.plain import one_line, shorten

MAX_ENTRIES = 2_000  # of a page, the first ones

# Characters kept; more is cut with an ellipsis.
TITLE_LIMIT = 1_000
SUMMARY_LIMIT = 20_000
BODY_LIMIT = 200_000
NAME_LIMIT = 200
_NAMES = 30  # authors, and tags
_MARKUP_FACTOR = 5  # characters of markup read for one character of text
_URL_LIMIT = 4_000
_GUID_LIMIT = 4_000

_URL_UNWANTED = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Markup:
    """A text as the feed gave it, and whether it is HTML by the feed's own word."""

    text: str = ""
    is_html: bool = True

    def plain(self, limit: int) -> str:
        """Return the text without markup, at most `limit` characters."""
        text = self.text[: limit * _MARKUP_FACTOR]
        return shorten(from_markup(text) if self.is_html else from_text(text), limit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item as its format gave it, before it becomes an entry."""

    guid: str = ""
    link: str = ""  # as given: unchecked, maybe relative
    title: Markup = Markup()
    summary: Markup = Markup()
    content: Markup = Markup()
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    language: str = ""
    published: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class XmlFeed:
    """What was found in a page of XML; links may be relative to the feed's URL."""

    version: str  # "rss20", "" = no kind of feed
    title: str
    site: str  # the page that the feed belongs to
    items: Iterator[Item]
    links: Sequence[tuple[str, str]] = ()  # of the feed itself: what for, and where to


def make_entries(items: Iterable[Item], feed: Feed, now: datetime, *, site: str = "") -> tuple[Entry, ...]:
    """Make entries in the items' order; of those with the same key only the first is kept.

    `site` is the page that the feed belongs to. A guid or link that is its address or the feed's, or that several items
    share, names no item: it would be the same in the next poll, for another story.
    """
    items = tuple(items)
    base = bare_url(feed.url)
    link_of = cache(partial(safe_link, base))
    canonical = cache(canonical_url)  # most guids are links as well
    shared = _shared((item.guid, item) for item in items) | _shared((item.link, item) for item in items)
    own = {canonical_url(feed.url), canonical_url(base), canonical_url(safe_link(base, site))} - {""}
    shared |= {item.guid for item in items if canonical(item.guid) in own}
    shared |= {item.link for item in items if canonical(link_of(item.link)) in own}
    entries: dict[bytes, Entry] = {}
    for item in items:
        url = link_of(item.link)
        form = canonical if item.guid and item.guid not in shared else numbered_url
        entry = _make_entry(item, feed, now, shared, url=url, canonical="" if item.link in shared else form(url))
        entries.setdefault(entry.keys[0], entry)
    return tuple(entries.values())


def _shared(named: Iterable[tuple[str, Item]]) -> frozenset[str]:
    """Return the guids or links that stand for items of different titles: they name the site, not the item."""
    titles: dict[str, str] = {}
    shared = set()
    for name, item in named:
        title = item.title.text or item.summary.text
        if titles.setdefault(name, title) != title:
            shared.add(name)
    return frozenset(shared)


def _make_entry(item: Item, feed: Feed, now: datetime, shared: frozenset[str], *, url: str, canonical: str) -> Entry:
    title = one_line(decode_again(item.title.plain(TITLE_LIMIT)))
    summary = item.summary.plain(SUMMARY_LIMIT)
    body = item.content.plain(BODY_LIMIT)
    guid = one_line(item.guid[:_GUID_LIMIT])
    body = body if body != summary else ""
    named = identity_keys(
        guid="" if item.guid in shared else guid,
        canonical_url=canonical,
        title=title,
        text=summary or body,
        rest=body if summary else "",
        numbered=is_numbered(url),
        short_titles=feed.identity is Identity.TITLE,
    )
    keys = tuple(key for _, key in named)
    return Entry(
        id=entry_id(feed.url, keys[0]),
        keys=keys,
        key_kinds=tuple(kind for kind, _ in named),
        feed=feed.name,
        title=title,
        summary=summary,
        body=body,
        url=url,
        canonical_url=canonical,
        guid=guid,
        authors=_names(item.authors),
        tags=_names(item.tags),
        language=feed.language or _language(item.language),
        published=item.published,
        seen_at=now,
    )


def safe_link(base: str, link: str) -> str:
    """Return the absolute http(s) form of a link, without control characters and blanks, or "" for anything else."""
    link = _URL_UNWANTED.sub("", link).strip().replace(" ", "%20")
    if not link or len(link) > _URL_LIMIT:
        return ""
    try:
        link = urljoin(base, link)
        parts = urlsplit(link)
    except ValueError:
        return ""
    return link if parts.scheme in ("http", "https") and parts.hostname else ""


def bare_url(url: str) -> str:
    """Return a URL without its user, password, query and fragment, which may be secrets; "" for what is none.

    A feed's links are relative to it: nothing secret must end in an entry's link.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    """Clean a list of authors or tags: no empty ones, no doubles, bounded."""
    cleaned = (shorten(one_line(from_text(name[: NAME_LIMIT * _MARKUP_FACTOR])), NAME_LIMIT) for name in names)
    return tuple(islice(dict.fromkeys(name for name in cleaned if name), _NAMES))


def _language(tag: str) -> str:
    """Return a BCP 47 tag as feeds write it ("en_US", "ru-RU "), or "" where it is none."""
    tag = tag.strip().replace("_", "-")
    return tag.lower() if _LANGUAGE.fullmatch(tag) else ""
