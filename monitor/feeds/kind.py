"""Name the kind of a feed, for people; nothing is decided by it."""

from __future__ import annotations

import re

_ROOT = re.compile(r"<(?:[\w.-]{1,40}:)?(rss|feed|rdf|urlset|sitemapindex)\b([^<>]{0,2000})>", re.IGNORECASE)
_VERSION = re.compile(r"\bversion\s*=\s*[\"']([\w.]{1,10})[\"']", re.IGNORECASE)
_JSON_VERSION = re.compile(r"jsonfeed\.org/version/([\d.]{1,10})")
_HEAD = 20_000  # characters in which the kind is named


def feed_kind(text: str) -> str:
    """Return `RSS 2.0`, `Atom`, `RSS 1.0 (RDF)`, `JSON Feed 1.1`, `a sitemap`, or "" for what names no kind."""
    head = text[:_HEAD]
    if head.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        version = _JSON_VERSION.search(text)
        return f"JSON Feed {version[1]}" if version else ""
    root = _ROOT.search(head)
    if root is None:
        return ""
    written = _VERSION.search(root[2])
    match root[1].lower():
        case "rss":
            return f"RSS {written[1]}" if written else "RSS"
        case "feed":
            return "Atom 0.3" if "purl.org/atom" in root[2] else "Atom"
        case "rdf":
            return "RSS 1.0 (RDF)"
        case _:
            return "a sitemap"
