"""Conditions on the entry as a whole: its language, its source, its date, how often the words stand in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from monitor.model import Entry
from monitor.rules.conditions import Condition, Ground, Seen
from monitor.rules.scripts import languages_in_script, primary_subtag, script_of


@dataclass(frozen=True, slots=True)
class _Limit:
    """What no word decides."""

    def grounds(self, seen: Seen) -> Iterator[Ground]:  # noqa: ARG002 - the protocol's
        """Yield nothing: no word made it hold."""
        return iter(())

    words = grounds


@dataclass(frozen=True, slots=True)
class InLanguage(_Limit):
    """Holds for entries in one of these languages; where the feed names none, what their script allows."""

    codes: frozenset[str]

    def holds(self, seen: Seen) -> bool:
        """Compare the language, else the script, else hold."""
        entry = seen.sight.entry
        told = primary_subtag(entry.language)
        if told:
            return told in self.codes
        possible = languages_in_script(script_of_entry(entry))
        return possible is None or any(possible(code) for code in self.codes)


def script_of_entry(entry: Entry) -> str:
    """Name the script of an entry's first letters, as `script_of` does."""
    return script_of(f"{entry.title} {entry.summary} {entry.body[:1000]}")


@dataclass(frozen=True, slots=True)
class FromSource(_Limit):
    """Holds for entries from some places; where nothing is known of the place, it holds."""

    only: tuple[str, ...]
    never: tuple[str, ...]

    def holds(self, seen: Seen) -> bool:
        """Compare all that is known of the source."""
        known = source_words(seen.sight.entry, seen.sight.source_tags)
        if not known:
            return True
        allowed = not self.only or any(is_source(name, known) for name in self.only)
        return allowed and not any(is_source(name, known) for name in self.never)


def source_words(entry: Entry, source_tags: Collection[str]) -> tuple[str, ...]:
    """List what is known of an entry's source, in small letters: feed, tags and host of the feed, host of the link."""
    known = (entry.feed, *source_tags, host_of(entry.url))
    return tuple(dict.fromkeys(word.lower() for word in known if word))


def host_of(url: str) -> str:
    """Return the host of a URL, "" where it has none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # "http://[": feeds hold anything
        return ""


def is_source(name: str, known: Collection[str]) -> bool:
    """Say whether one of these is that feed, tag or host, or a host under that host."""
    return any(word == name or ("." in name and word.endswith(f".{name}")) for word in known)


@dataclass(frozen=True, slots=True)
class Often(_Limit):
    """Holds where the grounds of some conditions stand in so many places; overlapping ones are one."""

    least: int
    conditions: tuple[Condition, ...]

    def holds(self, seen: Seen) -> bool:
        """Count."""
        return self.count(seen) >= self.least

    def count(self, seen: Seen) -> int:
        """Count the places, up to what a match lists."""
        grounds = (ground for condition in self.conditions for ground in condition.grounds(seen))
        return len(seen.sight.mentions(grounds, seen))


@dataclass(frozen=True, slots=True)
class Before(_Limit):
    """Holds for entries seen before a day begins in UTC."""

    day: date

    def holds(self, seen: Seen) -> bool:
        """Compare."""
        return seen.sight.entry.seen_at.date() < self.day
