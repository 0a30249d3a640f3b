"""Bring the texts of usual elements to the form that feedparser gives them, and read dates and authors."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from html.entities import entitydefs
from urllib.parse import urljoin

_WINDOWS = {
    code: bytes([code]).decode("cp1252", "replace")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
}
_CONTROLS = re.compile("[\x80-\x9f]")
_CLOSES = re.compile(r"</\w+>")
_REFERENCE = re.compile(r"&#?\w+;")
_NAMED = re.compile(r"&(\w+);")
_TAG = re.compile(r"</?(\w+)")
# tags of which it is certain that feedparser knows them
_KNOWN_TAGS = frozenset(
    (
        *(
            "a",
            "abbr",
            "b",
            "big",
            "blockquote",
            "br",
            "center",
            "cite",
            "code",
            "del",
            "div",
            "em",
            "font",
            "h1",
            "h2",
        ),
        *("h3", "h4", "hr", "i", "img", "ins", "li", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong"),
        *("sub", "sup", "table", "td", "tr", "tt", "u", "ul"),
    )
)
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)/+")
_LOOSE_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
_MAIL_AND_NAME = re.compile(r"[\w.+-]+@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,4}(?: \(([^()<>@&]*[^()<>@&\s])\))?", re.ASCII)
_NAMES_OF_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = dict(zip(_NAMES_OF_MONTHS, range(1, 13), strict=True))
_RFC_822 = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s+)?(?P<day>\d{1,2})"
    r"\s+(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\s+(?P<year>\d{4})"
    r"\s+(?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}))?"
    r"\s+(?:(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d)|(?P<zone>[a-z]{1,4}))",
    re.ASCII | re.IGNORECASE,
)
_ISO = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)t(?P<hour>\d\d):(?P<minute>\d\d)"
    r"(?::(?P<second>\d\d)(?:\.\d{1,9})?)?(?:z|(?P<sign>[+-])(?P<hours>\d\d):(?P<minutes>\d\d))?",
    re.ASCII | re.IGNORECASE,
)
_HOURS = {"z": 0, "ut": 0, "utc": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6}
_HOURS |= {"pst": -8, "pdt": -7}
# read as UTC, and mended where it is known better (`dates`)
_HOURS |= dict.fromkeys(("msk", "msd", "bst", "cet", "cest", "eet", "eest", "ist", "jst", "kst", "hkt", "sgt"), 0)


class UnusualError(Exception):
    """Something that only feedparser knows how to read."""


def mended(text: str) -> str:
    """Mend UTF-8 that was taken for Latin-1, and characters of Windows in the place of controls."""
    if text.isascii():
        return text
    with suppress(UnicodeError):
        text = text.encode("latin-1").decode("utf-8")
    return text.translate(_WINDOWS) if _CONTROLS.search(text) else text


def is_html_by_its_look(text: str) -> bool:
    """Say whether a text that is meant to be plain is HTML.

    Raises:
        UnusualError: that depends on a tag which is not known here.
    """
    if not (_REFERENCE.search(text) if "&" in text else None) and not (_CLOSES.search(text) if "</" in text else None):
        return False
    if any(tag.lower() not in _KNOWN_TAGS for tag in _TAG.findall(text)):
        raise UnusualError
    return all(name in entitydefs for name in _NAMED.findall(text))


def joined(base: str, link: str) -> str:
    """Return a link as seen from a base, "" = none, with no more slashes before its host than belong there."""
    link = _SLASHES.sub(r"\1", link)
    try:
        return urljoin(base, link) if base else link
    except ValueError:
        return ""


def without_references(link: str) -> str:
    """Return a link in which references are the parameters that they were meant to be."""
    return _LOOSE_REFERENCE.sub(r"&\1", link) if "&" in link else link


def author_name(text: str) -> str:
    """Return the name of an author, beside whom there may be his mail address.

    Raises:
        UnusualError: it may be, in another order.
    """
    if "@" not in text:
        return text
    found = _MAIL_AND_NAME.fullmatch(text)
    if found is None:
        raise UnusualError
    return (found[1] or "").strip()


def usual_date(text: str) -> time.struct_time:
    """Return a date in UTC, as RFC 822 or RFC 3339 writes it.

    Raises:
        UnusualError: it is no such date.
    """
    found = _RFC_822.fullmatch(text) or _ISO.fullmatch(text)
    if found is None:
        raise UnusualError
    parts = found.groupdict()
    sign, zone = parts["sign"], (parts.get("zone") or "z").lower()
    try:
        month = _MONTHS[parts["name"].lower()] if "name" in parts else int(parts["month"])
        east = int(f"{sign}{parts['hours']}") * 60 + int(f"{sign}{parts['minutes']}") if sign else _HOURS[zone] * 60
        clock = int(parts["hour"]), int(parts["minute"]), int(parts["second"] or 0)
        moment = datetime(int(parts["year"]), month, int(parts["day"]), *clock, tzinfo=UTC)
        return (moment - timedelta(minutes=east)).utctimetuple()
    except (KeyError, ValueError, OverflowError):
        raise UnusualError from None
