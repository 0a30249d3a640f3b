"""Take feeds from elsewhere into the configuration: names for them, and a look at what they bring along."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from monitor.config.feeds import has_password, is_web_url
from monitor.config.models import LANGUAGE
from monitor.document import Document

NAME_LENGTH = 40
TAG_LENGTH = 40
MOST_TAGS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A feed that somebody wants to watch; nothing of it has been checked."""

    url: str
    title: str = ""
    name: str = ""  # "" = make one of the title
    tags: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """What can be added, and what cannot."""

    entries: Mapping[str, Any]  # by name, as they stand under `feeds:`
    known: tuple[str, ...]  # titles of those that are watched already, or stand twice in the list
    refused: tuple[tuple[str, str], ...]  # title, and what is wrong with the URL


def plan_additions(wanted: Iterable[Wanted], *, names: Collection[str], urls: Collection[str]) -> Additions:
    """Give each feed a name that none has, and sort out what is watched already or cannot be watched."""
    entries: dict[str, Any] = {}
    taken, seen = set(names), set(urls)
    known: list[str] = []
    refused: list[tuple[str, str]] = []
    for feed in wanted:
        title = feed.title or feed.name or host_of(feed.url) or "a feed without a title"
        fault = url_fault(feed.url)
        if fault:
            refused.append((title, fault))
        elif feed.url in seen:
            known.append(title)
        else:
            name = propose_name(feed.name or feed.title, feed.url, taken)
            taken.add(name)
            seen.add(feed.url)
            entries[name] = _entry(feed)
    return Additions(entries=entries, known=tuple(known), refused=tuple(refused))


def url_fault(url: str) -> str:
    """Say why a URL from elsewhere cannot be taken over, "" = it can.

    A reference such as `${SLACK_BOT_TOKEN}` in a list that somebody sent would send that secret to its author.
    """
    if "${" in url:
        return "it refers to a secret: write this feed down by hand"
    if not is_web_url(url):
        return "it is not a URL that begins with https:// or http://"
    return "it holds a password: write this feed down by hand, with ${NAME} in its place" if has_password(url) else ""


def propose_name(title: str, url: str, taken: Collection[str]) -> str:
    """Return a name for a feed that is not taken: of its title in Latin letters, else of its host."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    legible = sum(map(str.isalnum, plain)) * 2 >= sum(map(str.isalnum, title))
    name = _slug(plain) if legible else ""  # what is left of another script says nothing
    name = name or _slug(host_of(url).removeprefix("www.")) or "feed"
    number, proposed = 1, name
    while proposed in taken:
        number += 1
        proposed = f"{name}-{number}"
    return proposed


def home_of(documents: Iterable[Document]) -> Document:
    """Return the file that a new feed belongs in: the first that has feeds, else the main one, which comes first."""
    found = list(documents)
    return next((each for each in found if isinstance(each.value, dict) and each.value.get("feeds")), found[0])


def holder_of(documents: Iterable[Document], name: str) -> Document | None:
    """Return the file in which a feed stands."""
    return next((each for each in documents if each.line_of_key("feeds", name) is not None), None)


def _entry(feed: Wanted) -> Any:
    tags = [tag[:TAG_LENGTH].strip() for tag in feed.tags[:MOST_TAGS]]
    language = feed.language if LANGUAGE.fullmatch(feed.language) else ""
    options = {"tags": [tag for tag in tags if tag], "lang": language}
    told = {key: value for key, value in options.items() if value}
    return {"url": feed.url, **told} if told else feed.url


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower())[:NAME_LENGTH].strip("-_.")


def host_of(url: str) -> str:
    """Return the host of a URL, "" where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
