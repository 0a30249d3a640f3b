"""Find the feeds that a web page names: `<link rel="alternate" type="application/rss+xml" href="...">`."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from monitor.feeds.items import bare_url, safe_link
from monitor.text.plain import one_line, shorten

_MOST = 50
_READ = 1_000_000  # characters; the links stand in the page's head
_TITLE_LIMIT = 100
_TYPES = {
    "application/rss+xml": "RSS",
    "application/atom+xml": "Atom",
    "application/rdf+xml": "RDF",
    "application/feed+json": "JSON Feed",
    "application/json": "JSON Feed",
    "application/xml": "XML",
    "text/xml": "XML",
}
_NO_FEEDS = re.compile(r"/wp-json/|/oembed", re.IGNORECASE)  # alternates in JSON and XML that describe the page itself
# A comment or script that never ends takes the rest of the page, as in a browser; that also keeps this linear.
_TOKEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|style)[\s>].*?(?:</\1|\Z)|<(link|base)(?=[\s/])([^<>]{0,4000})>",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(r"""([\w:-]{1,40})\s{0,20}=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+))""")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFeed:
    """A feed that a page names."""

    url: str  # absolute http(s)
    title: str  # as the page calls it, maybe ""
    kind: str  # "RSS", "Atom", ...

    @property
    def shown(self) -> str:
        """Its address for a message: without user, password and query string."""
        bare = bare_url(self.url)
        return bare if "?" not in self.url else f"{bare}?…"


def discover_links(text: str, base: str) -> tuple[FoundFeed, ...]:
    """Return the feeds that an HTML page names, in its order, each once; `base` is the page's own address.

    Pure, and linear in the length of the page.
    """
    found: dict[str, FoundFeed] = {}
    for name, attributes in _elements(text[:_READ]):
        if name == "base":
            base = safe_link(base, attributes.get("href", "")) or base
            continue
        kind = _TYPES.get(attributes.get("type", "").partition(";")[0].strip().lower())
        url = safe_link(base, attributes.get("href", ""))
        if kind and url and _is_alternate(attributes) and not _NO_FEEDS.search(url):
            title = shorten(one_line(attributes.get("title", "")), _TITLE_LIMIT)
            found.setdefault(url, FoundFeed(url=url, title=title, kind=kind))
            if len(found) == _MOST:
                break
    return tuple(found.values())


def _is_alternate(attributes: dict[str, str]) -> bool:
    return not {"alternate", "feed"}.isdisjoint(attributes.get("rel", "").lower().split())


def _elements(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    for token in _TOKEN.finditer(text):
        if token[2]:
            attributes: dict[str, str] = {}
            for name, *values in _ATTRIBUTE.findall(token[3]):
                attributes.setdefault(name.lower(), html.unescape("".join(values)).strip())
            yield token[2].lower(), attributes
