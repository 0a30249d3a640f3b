"""Write found entries for other programs: JSON Lines, CSV and RSS."""

from __future__ import annotations

import csv
import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, TextIO

from monitor.model import Entry
from monitor.notify.excerpts import safe_link
from monitor.text.plain import one_line

COLUMNS = ("rule", "at", "id", "feed", "title", "url", "language", "published", "authors", "tags", "summary", "found")
"""What is written of each; in this order in CSV, and under these names in JSON."""

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One entry that a rule or a query has found."""

    rule: str  # "" = a query
    at: datetime  # when it was found; by a query: seen
    entry: Entry
    found: tuple[str, ...]  # what was watched for and stands there


def as_json(item: Listed) -> dict[str, Any]:
    """Return a flat JSON object: texts, times in ISO 8601 (UTC) or null, and lists of texts."""
    entry = item.entry
    return {
        "rule": item.rule,
        "at": _iso(item.at),
        **{name: getattr(entry, name) for name in ("id", "feed", "title", "url", "language")},
        "published": _iso(entry.published),
        "authors": list(entry.authors),
        "tags": list(entry.tags),
        "summary": entry.summary,
        "found": list(item.found),
    }


def _iso(time: datetime | None) -> str | None:
    return time.astimezone(UTC).isoformat(timespec="seconds") if time else None


@dataclass(slots=True)
class Counted:
    """Items that are counted as they are taken."""

    items: Iterable[Listed]
    count: int = 0

    def __iter__(self) -> Iterator[Listed]:
        """Yield and count them."""
        for item in self.items:
            self.count += 1
            yield item


def write_jsonl(items: Iterable[Listed], out: TextIO) -> None:
    """Write one object a line."""
    # in ASCII: some programs take U+2028 for the end of a line, and lone surrogates are no UTF-8
    out.writelines(json.dumps(as_json(item)) + "\n" for item in items)


def write_csv(items: Iterable[Listed], out: TextIO) -> None:
    """Write a heading and a row each (RFC 4180), in which no spreadsheet finds a formula."""
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(value) for value in as_json(item).values()] for item in items)


def _cell(value: str | list[str] | None) -> str:
    text = one_line("; ".join(value) if isinstance(value, list) else value or "")
    return f"'{text}" if text.startswith(_FORMULA) else text


def write_rss(items: Iterable[Listed], out: TextIO, *, title: str, now: datetime, link: str) -> None:
    """Write an RSS 2.0 feed; `link` is the page that it belongs to."""
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _texts(channel, title=title, link=link, description=title)
    _texts(channel, lastBuildDate=format_datetime(now.astimezone(UTC)), generator="Media Monitor")
    for item in items:
        _add_item(channel, item)
    ET.indent(rss)
    out.write('<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(rss, encoding="unicode") + "\n")


def _add_item(channel: ET.Element, item: Listed) -> None:
    entry, added = item.entry, ET.SubElement(channel, "item")
    _texts(added, title=one_line(entry.title) or "(no title)")
    if link := safe_link(entry.url):
        _texts(added, link=link)
    _texts(added, description=entry.summary, pubDate=format_datetime((entry.published or item.at).astimezone(UTC)))
    for name in (entry.feed, *item.found):
        _texts(added, category=name)
    guid = ET.SubElement(added, "guid", isPermaLink="false")
    guid.text = entry.id


def _texts(parent: ET.Element, **texts: str) -> None:
    for name, text in texts.items():
        ET.SubElement(parent, name).text = _NOT_IN_XML.sub("\ufffd", text)
