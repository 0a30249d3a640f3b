"""Bring the texts of usual elements to the form that feedparser gives them, and read dates and authors."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
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
        "h3",
    )
    + (
        "h4",
        "hr",
        "i",
        "img",
        "ins",
        "li",
        "ol",
        "p",
        "pre",
        "q",
        "s",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
    )
    + ("table", "td", "tr", "tt", "u", "ul")
)
_SLASHES = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)/+")
_LOOSE_REFERENCE = re.compile(r"&([A-Za-z0-9_]+);")
_MAIL_AND_NAME = re.compile(r"[\w.+-]+@(?:[a-zA-Z0-9-]+\.)+[a-zA-Z]{2,4}(?: \(([^()<>@&]*[^()<>@&\s])\))?", re.ASCII)
_MONTHS = {name: at for at, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}
_RFC_822 = re.compile(
    r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s+)?(\d{1,2})\s+(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
    r"\s+(\d{4})\s+(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?\s+(?:([+-])(\d\d):?(\d\d)|([a-z]{1,4}))",
    re.ASCII | re.IGNORECASE,
)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:z|([+-])(\d\d):(\d\d))?", re.ASCII | re.IGNORECASE
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
    try:
        text = text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass
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


def usual_date(text: str) -> tuple[int, ...]:
    """Return year, month, day, hour, minute, second in UTC of a date as RFC 822 or RFC 3339 has it.

    Raises:
        UnusualError: it is no such date.
    """
    found = _RFC_822.fullmatch(text)
    if found:
        day, name, year, hour, minute, second, sign, hours, minutes, zone = found.groups()
        month = _MONTHS[name.lower()]
    else:
        found = _ISO.fullmatch(text)
        if found is None:
            raise UnusualError
        year, month, day, hour, minute, second, sign, hours, minutes = found.groups()
        zone = "z"
    try:
        east = _HOURS[zone.lower()] * 60 if sign is None else int(f"{sign}{hours}") * 60 + int(f"{sign}{minutes}")
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second or 0))  # noqa: DTZ001
        return (moment - timedelta(minutes=east)).timetuple()[:6]
    except (KeyError, ValueError, OverflowError):
        raise UnusualError from None
