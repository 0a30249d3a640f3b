"""Read JSON Feed 1.0 and 1.1 (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.errors import Cause, ParseError
from monitor.feeds.dates import from_iso
from monitor.feeds.items import Item, Markup

_VERSION = "jsonfeed.org/version/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonFeed:
    """What stands in a JSON Feed; links may be relative to the feed's URL."""

    title: str
    site: str  # the page that the feed belongs to
    items: Iterator[Item]
    links: Sequence[tuple[str, str]] = ()  # as in `XmlFeed`: its hubs for WebSub, and its own URL


def read_json_feed(text: str, now: datetime) -> JsonFeed:
    """Read a whole document.

    Raises:
        ParseError: not JSON, or JSON of another kind.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        place = f" at line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ParseError(Cause.BROKEN, f"JSON that cannot be read{place}") from error
    if not isinstance(document, dict) or _VERSION not in _text(document, "version"):
        raise ParseError(Cause.NOT_A_FEED, "JSON, but no JSON Feed: it names no jsonfeed.org version")
    items = document.get("items")
    if not isinstance(items, list):
        raise ParseError(Cause.BROKEN, "a JSON Feed without a list of items")
    language = _text(document, "language")
    found = (_item(item, language, now) for item in items if isinstance(item, dict))
    hubs = [hub for hub in _list(document, "hubs") if isinstance(hub, dict) and _text(hub, "type").lower() == "websub"]
    return JsonFeed(
        title=_text(document, "title"),
        site=_text(document, "home_page_url"),
        items=found,
        links=[*(("hub", _text(hub, "url")) for hub in hubs), ("self", _text(document, "feed_url"))],
    )


def _item(item: dict[str, Any], language: str, now: datetime) -> Item:
    plain, markup = _text(item, "content_text"), _text(item, "content_html")
    return Item(
        guid=_text(item, "id").strip(),
        link=_text(item, "url") or _text(item, "external_url"),
        title=Markup(text=_text(item, "title"), is_html=False),
        summary=Markup(text=_text(item, "summary"), is_html=False),
        content=Markup(text=markup or plain, is_html=bool(markup)),
        authors=tuple(_authors(item)),
        tags=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        language=_text(item, "language") or language,
        published=from_iso(_text(item, "date_published") or _text(item, "date_modified"), now),
    )


def _authors(item: dict[str, Any]) -> Iterable[str]:
    """Yield names: version 1.0 has one `author`, 1.1 a list of `authors`."""
    for author in (*_list(item, "authors"), item.get("author")):
        if isinstance(author, dict):
            yield _text(author, "name")


def _text(mapping: dict[str, Any], key: str) -> str:
    """Return a text, "" where there is none; ids are numbers in some feeds (the standard asks to accept them)."""
    value = mapping.get(key)
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int | float) else ""


def _list(mapping: dict[str, Any], key: str) -> list[Any]:
    value = mapping.get(key)
    return value if isinstance(value, list) else []
