"""Read sitemaps (sitemaps.org) and the news sitemaps that Google reads: a site's articles where it has no feed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import cast
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, XMLPullParser
from xml.etree.ElementTree import ParseError as XmlError

from monitor.errors import Cause, ParseError
from monitor.feeds.dates import from_iso
from monitor.feeds.items import Item, Markup, bare_url, safe_link

_NAMED = 3  # sitemaps of an index that the error names
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ENDING = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
_WORD_GAPS = re.compile(r"[-_+\s]+")
_NUMBER = re.compile(r"\W*[\da-f]*\d[\da-f]*\W*")
_EARLIEST = datetime.min.replace(tzinfo=UTC)


def read_sitemap(text: str, now: datetime) -> Iterator[Item]:
    """Return the pages of a sitemap, the latest first; of a broken one, those before it breaks off.

    A page without a news title is called by the words of its address.

    Raises:
        ParseError: NOT_A_FEED, an index of sitemaps, and which; BROKEN, neither can be read of it.
    """
    if "<!DOCTYPE" in text:  # without one there are no entities, and so no bombs of them
        raise ParseError(Cause.BROKEN, "a sitemap with a document type: that is not read")
    items: list[Item] = []
    sitemaps: list[str] = []
    parser: XMLPullParser[Element] = XMLPullParser(("end",))
    parser.feed(text)
    error = ""
    try:
        for _, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
            name = _local(element)
            if name == "url":
                items.append(_item(element, now))
                element.clear()
            elif name == "sitemap":
                sitemaps.append(safe_link("", _children(element).get("loc", "")))
    except XmlError as broken:
        error = str(broken)
    if sitemaps:
        named = ", ".join(bare_url(url) for url in sitemaps[:_NAMED] if url)
        raise ParseError(Cause.NOT_A_FEED, f"an index of {len(sitemaps)} sitemaps: watch one of them, such as {named}")
    if error and not items:
        raise ParseError(Cause.BROKEN, f"a sitemap that cannot be read: {error}")
    return iter(sorted(items, key=lambda item: item.published or _EARLIEST, reverse=True))


def _item(url: Element, now: datetime) -> Item:
    of_page = _children(url)
    news = _children(next((child for child in url if _local(child) == "news"), url))
    publication = _children(next((child for child in url.iter() if _local(child) == "publication"), url))
    link = of_page.get("loc", "")
    title = news.get("title", "")
    return Item(
        link=link,
        title=Markup(text=title or _words(link), is_html=False),
        tags=tuple(news.get("keywords", "").split(",")),
        language=publication.get("language", ""),
        published=from_iso(_with_day(news.get("publication_date") or of_page.get("lastmod", "")), now),
    )


def _children(element: Element) -> dict[str, str]:
    """Return the texts of an element's children by their names, whatever their namespace."""
    return {_local(child): (child.text or "").strip() for child in element}


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _with_day(written: str) -> str:
    """Return a W3C date as RFC 3339 has it: a year or a month alone is no date to be shown."""
    return written if _DAY.match(written) else ""


def _words(link: str) -> str:
    """Return the words of an address: `/2026/03/talks-on-syria-resume-123.html` says "talks on syria resume"."""
    try:
        path = urlsplit(link).path
    except ValueError:
        return ""
    for part in reversed(path.split("/")):
        words = [word for word in _WORD_GAPS.split(_ENDING.sub("", unquote(part))) if not _NUMBER.fullmatch(word)]
        if len(words) > 1 and all(words):
            return " ".join(words)
    return ""
