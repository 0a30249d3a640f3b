"""What the attributes of an element say."""

from __future__ import annotations

from collections.abc import Mapping

from monitor.feeds.items import Markup
from monitor.feeds.usual.reading import Reading
from monitor.feeds.usual.texts import UnusualError, is_html_by_its_look, joined, mended

_HTML = {"text": False, "plain": False, "text/plain": False, "html": True, "text/html": True}


def language_tag(language: str | None) -> str:
    """Return a language as BCP 47 writes it, "" = none."""
    return (language or "").replace("_", "-")


def says_html(attributes: Mapping[str, str], *, html: bool) -> bool:
    """Say whether a text is HTML, by its type or by what it is where none is given."""
    given = attributes.get("type")
    is_html = html if given is None else _HTML.get(given.lower())
    if is_html is None or "mode" in attributes:
        raise UnusualError
    return is_html


def markup(reading: Reading, text: str) -> Markup:
    """Return a text with what it is; in all but Atom, plain text that looks like HTML is HTML."""
    is_html = reading.is_html or (reading.version != "atom10" and is_html_by_its_look(text))
    return Markup(text=mended(text), is_html=is_html)


def link_target(reading: Reading, attributes: Mapping[str, str]) -> tuple[str, str | None]:
    """Return what a link is for and where it leads to; None = its text says it."""
    if "url" in attributes or "uri" in attributes:
        raise UnusualError
    href = attributes.get("href")
    return attributes.get("rel", "alternate").lower(), None if href is None else joined(reading.base, href)


def leads_to_page(rel: str, attributes: Mapping[str, str]) -> bool:
    """Say whether a link is to what the feed or item stands for, as a page."""
    kind = attributes.get("type", "html").lower()
    return rel == "alternate" and kind in ("html", "text/html", "xhtml", "application/xhtml+xml")


def address(reading: Reading, text: str) -> str:
    """Return the address that an element's text is."""
    return mended(joined(reading.base, text)) if text else ""
