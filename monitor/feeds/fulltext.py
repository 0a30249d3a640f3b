"""Take the text of an article out of its web page, with trafilatura: the extra `fulltext`."""

from __future__ import annotations

import re
from importlib import import_module

from monitor.errors import Cause, ParseError
from monitor.feeds.charset import decode
from monitor.feeds.items import BODY_LIMIT
from monitor.model import Page
from monitor.text.plain import clean, shorten

_META = re.compile(rb"""<meta\s[^<>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})""", re.IGNORECASE)
_HEAD = 4_096  # bytes among which a page says its charset


def extract_text(page: Page, url: str) -> str:
    """Return an article's text, at most BODY_LIMIT characters, or "" where the page seems to hold none.

    Blocking; the time it takes is not bounded: the daemon has it done in a process with limits.

    Raises:
        ParseError: trafilatura is not installed.
    """
    try:
        extract = import_module("trafilatura").extract
    except ImportError as error:
        hint = "full texts need an extra: pip install 'media-monitor[fulltext]'"
        raise ParseError(Cause.PARSER, f"{hint} ({error})") from error
    text = decode(page.body, _content_type(page)).replace("\0", "")
    found = extract(text, url=url, fast=True, include_comments=False, include_tables=False) if text.strip() else None
    return shorten(clean(found or ""), BODY_LIMIT)


def _content_type(page: Page) -> str:
    """Return the header, or what the page says of its charset where the header says nothing."""
    meta = _META.search(page.body[:_HEAD])
    if "charset" in page.content_type.lower() or meta is None:
        return page.content_type
    return f"text/html; charset={meta[1].decode('ascii')}"
