"""How channels want to be told: when not, what together, and which alerts go where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.model.holds import BreakerSettings
from monitor.model.rules import Priority
from monitor.text.hours import Hours
from monitor.text.timetable import Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How one channel wants to be told; urgent alerts are told at once whatever it says."""

    zone: str = "UTC"  # IANA name: in which it thinks of times
    quiet: tuple[Hours, ...] = ()  # in which only urgent alerts are told
    digest: Timetable | None = None  # when the rest is told in one message, None = each by itself
    instant: Priority = Priority.URGENT  # from here on an alert does not wait for the digest
    min_priority: Priority = Priority.LOW  # below, nothing is told there
    broadcast_sources: int = 0  # independent ones, at which a reply is shown to the whole channel; 0 = never for that
    wait: timedelta = timedelta()  # for reports that come together, where an alert is neither high nor urgent


class Mode(StrEnum):
    """Whether a route tells each alert by itself or in the channel's digest."""

    INSTANT = "instant"
    DIGEST = "digest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How an alert goes to a channel, beyond what the channel's policy says."""

    ignores_quiet: bool = False
    mode: Mode | None = None  # None = as the policy says


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where alerts go that fit; of its conditions that are given, all must fit, of the values of one, any."""

    name: str  # what people call it: its place in the list, e.g. "route 2"
    notify: tuple[str, ...]  # channels
    also: bool = False  # beside what else fits; else the first that fits is the only one
    way: Way = Way()
    priority: Priority = Priority.LOW  # at least
    rules: tuple[str, ...] = ()  # ids
    tags: tuple[str, ...] = ()  # of the rule
    owners: tuple[str, ...] = ()  # of the rule
    sources: tuple[str, ...] = ()  # names, tags and hosts of feeds
    languages: tuple[str, ...] = ()  # "en" fits "en-GB" as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """A time in which nobody is told of some rules or feeds, or of anything; it is told at its end, together."""

    name: str
    hours: tuple[Hours, ...] = ()
    since: datetime | None = None  # of a single time; both or none
    until: datetime | None = None
    sources: tuple[str, ...] = ()  # names, tags and hosts of feeds, () = all
    rules: tuple[str, ...] = ()  # ids, () = all
    zone: str = "UTC"  # IANA name: in which its end is told
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """All that the configuration says of how to tell."""

    channels: Mapping[str, Policy] = field(default_factory=dict)  # one without tells everything at once
    routes: tuple[Route, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    breaker: BreakerSettings | None = None  # when alerts are too many, None = never

    def of(self, channel: str) -> Policy:
        """Return how a channel wants to be told."""
        return self.channels.get(channel, _AT_ONCE)


_AT_ONCE = Policy()
