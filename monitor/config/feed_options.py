"""The options by which a feed lets one in: `cookies`, `auth`, `proxy`; each becomes what the fetcher sends."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from monitor.config.models import FeedSettings
from monitor.errors import Problem
from monitor.secret import Secret, resolve_references

_COOKIE_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 6265, 4.1.1
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")
_UNUSABLE = re.compile(r"[\x00-\x20\x7f\ud800-\udfff]")


class Place(Protocol):
    """A feed as it stands in a file."""

    def problem_in(self, loc: Sequence[str], message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """Make a problem of a part of the feed."""
        ...


class Reader(Protocol):
    """Who resolves references, and collects problems."""

    problems: list[Problem]
    env: Mapping[str, str]


def read_login(feed: Place, settings: FeedSettings, reader: Reader) -> Iterator[tuple[str, Secret]]:
    """Yield the headers that `cookies` and `auth` stand for, and note what is wrong with them."""
    given = {name.lower() for name in settings.headers}
    for option, header, wanted in (
        ("cookies", "Cookie", bool(settings.cookies)),
        ("auth", "Authorization", settings.auth is not None),
    ):
        if wanted and header.lower() in given:
            message = f"`{option}` and a header `{header}` say the same"
            reader.problems.append(feed.problem_in((option,), message, "remove one of them", at_key=True))
            return
    cookies = [*_cookies(feed, settings.cookies, reader)]
    if cookies:
        yield "Cookie", Secret("; ".join(cookies))
    if settings.auth is not None:
        user = _resolved(feed, ("auth", "user"), settings.auth.user, reader)
        password = _resolved(feed, ("auth", "password"), settings.auth.password, reader)
        if ":" in user:
            message = "a user's name for `auth` holds no colon (RFC 7617)"
            reader.problems.append(feed.problem_in(("auth", "user"), message))
        login = f"{user}:{password}".encode("utf-8", "replace")
        yield "Authorization", Secret("Basic " + b64encode(login).decode("ascii"))


def _cookies(feed: Place, cookies: Mapping[str, str], reader: Reader) -> Iterator[str]:
    for name, text in cookies.items():
        value = _resolved(feed, ("cookies", name), text, reader)
        if not _COOKIE_NAME.fullmatch(name):
            reader.problems.append(feed.problem_in(("cookies", name), "this is no name of a cookie", at_key=True))
        if not _COOKIE_VALUE.fullmatch(value):
            message, hint = f"the value of cookie `{name}` holds what no cookie may", "blanks, `,`, `;`, `\\`, quotes"
            reader.problems.append(feed.problem_in(("cookies", name), message, hint))
        yield f"{name}={value}"


def read_proxy(feed: Place, text: str, reader: Reader) -> Secret | None:
    """Read the URL of a proxy, or note why it is none; no problem's text holds a part of it."""
    if not text:
        return None
    url = _resolved(feed, ("proxy",), text.strip(), reader)
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "http" and parts.hostname and parts.port != 0 and not _UNUSABLE.search(url)
    except ValueError:
        usable = False
    if url and not usable:
        message = "a proxy's URL begins with http://; proxies that speak TLS or SOCKS are not supported"
        reader.problems.append(feed.problem_in(("proxy",), message, "write it like `http://proxy.example.org:3128`"))
        return None
    return Secret(url) if url else None


def _resolved(feed: Place, loc: Sequence[str], text: str, reader: Reader) -> str:
    """Return a text with its references resolved, "" where that cannot be done, which is noted."""
    try:
        return resolve_references(text, reader.env)
    except ValueError as error:
        reader.problems.append(feed.problem_in(loc, str(error)))
        return ""
