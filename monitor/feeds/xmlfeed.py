"""Read RSS, RDF and Atom with feedparser, kept away from everything in which it is slow or raises.

Its own clean-up of markup and links is off (quadratic: 0.4 MB of `&lt;!--` took 29 s), its choice of charset has
nothing left to choose, the character references on which it raises are gone before it sees them, and so are children
of an item beyond all measure.
"""

from __future__ import annotations

from datetime import datetime
from io import BytesIO
from typing import Any

import feedparser
import feedparser.api

from monitor.errors import Cause, ParseError
from monitor.feeds.dates import from_feedparser
from monitor.feeds.items import Item, Markup, XmlFeed
from monitor.feeds.repeats import cap_repeats

# It would look for a driver of libxml2 on the whole module path before each page: a fifth of the time of a small one.
feedparser.api.PREFERRED_XML_PARSERS[:] = ["monitor.feeds.expat"]

_HTML = ("text/html", "application/xhtml+xml")


def read_xml_feed(text: str, now: datetime) -> XmlFeed:
    """Read a page of any kind that feedparser knows, of legal characters (`legal`).

    Raises:
        ParseError: feedparser could not read it at all.
    """
    text = cap_repeats(text)
    try:
        parsed = feedparser.parse(
            BytesIO(text.encode("utf-8")),
            # No Content-Location: guids stay as they were given. `xml:base` is applied all the same.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            resolve_relative_uris=False,
            sanitize_html=False,
        )
    except Exception as error:  # feedparser promises nothing about what escapes it
        raise ParseError(Cause.BROKEN, f"cannot be read ({type(error).__name__})") from error
    feed = parsed["feed"]
    title = Markup(text=feed.get("title") or "", is_html=False).plain(1_000)
    language = feed.get("language") or ""
    return XmlFeed(
        version=parsed.get("version") or "",
        title=title,
        site=_text(feed.get("link")),
        items=(_item(entry, language, now) for entry in parsed["entries"]),
        links=[(_text(link.get("rel")), _text(link.get("href"))) for link in feed.get("links") or ()],
    )


def _item(entry: Any, language: str, now: datetime) -> Item:
    summary = _markup(entry, "summary")
    content = max((_detail(detail) for detail in entry.get("content") or ()), key=_length, default=Markup())
    return Item(
        guid=_text(entry.get("id")).strip(),
        link=_link(entry),
        title=_markup(entry, "title"),
        summary=summary,
        content=content,
        authors=tuple(_text(author.get("name")) for author in entry.get("authors") or ()),
        tags=tuple(_text(tag.get("label") or tag.get("term")) for tag in entry.get("tags") or ()),
        language=_text(entry.get("title_detail", {}).get("language")) or language,
        published=_published(entry, now),
    )


def _markup(entry: Any, key: str) -> Markup:
    detail = entry.get(f"{key}_detail")
    if detail and detail.get("value") == entry.get(key):
        return _detail(detail)
    return Markup(text=_text(entry.get(key)))


def _detail(detail: Any) -> Markup:
    return Markup(text=_text(detail.get("value")), is_html=detail.get("type") in _HTML)


def _length(markup: Markup) -> int:
    return len(markup.text)


def _link(entry: Any) -> str:
    """Take the first alternate: `entry.link` is overwritten by an `atom:link` to somewhere else."""
    for link in entry.get("links") or ():
        if link.get("rel", "alternate") == "alternate" and link.get("href"):
            return _text(link["href"])
    guid = _text(entry.get("link"))  # where the guid calls itself a permalink, which any number does by default
    return guid if guid.startswith(("http://", "https://")) else ""


def _published(entry: Any, now: datetime) -> datetime | None:
    # `in` before every access: get("updated") would quietly give `published`, with a warning.
    for key in ("published", "updated", "created"):
        if key in entry and f"{key}_parsed" in entry:
            moment = from_feedparser(_text(entry[key]), entry[f"{key}_parsed"], now)
            if moment is not None:
                return moment
    return None


def _text(value: Any) -> str:
    """Return text; where two elements of one name met, feedparser may hold a mapping instead."""
    return value if isinstance(value, str) else ""
