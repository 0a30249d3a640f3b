"""Say whether a message is kept back, by what, and for how long.

What people asked for comes first, then maintenance, then what the channel says of itself; a breaker keeps back what
would be told at once. Urgent alerts wait for people, maintenance and breakers alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from monitor.decide.breaker import broken_by, hold_of_breaker
from monitor.decide.mutes import hold_of_mute, muted_by
from monitor.model import (
    Breaker,
    HeldBack,
    Hold,
    HoldKind,
    Maintenance,
    Mode,
    Mute,
    Policies,
    Policy,
    Priority,
    Pulse,
    Way,
)
from monitor.text.hours import end_of, local_time


@dataclass(frozen=True, slots=True, kw_only=True)
class Restraints:
    """All that may keep messages back now."""

    policies: Policies = field(default_factory=Policies)
    mutes: tuple[Mute, ...] = ()  # that are running
    breakers: tuple[Breaker, ...] = ()  # that are open
    pulses: tuple[Pulse, ...] = ()  # of the page's feed and the rules that hit
    held: tuple[HeldBack, ...] = ()  # by the breakers


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is to be told, as far as it matters for when."""

    channel: str
    priority: Priority
    rules: tuple[str, ...]  # that hit
    sources: tuple[str, ...]  # the feed's name, then its tags and host
    story_id: str = ""  # "" = it is about no entry
    way: Way = field(default_factory=Way)
    first: bool = False  # nobody has been told of the story, or is waiting for it


def hold_of(occasion: Occasion, restraints: Restraints, now: datetime) -> Hold | None:
    """Say why a message is kept back, None = it is sent at once."""
    policy = restraints.policies.of(occasion.channel)
    held = _muted(occasion, restraints.mutes, now) or in_maintenance(occasion, restraints.policies.maintenance, now)
    if held or occasion.priority is Priority.URGENT:
        return held or _broken(occasion, restraints.breakers)
    together = _for_digest(occasion, policy, now) or _in_quiet(occasion, policy, now)
    return together or _broken(occasion, restraints.breakers) or _for_others(occasion, policy, now)


def _muted(occasion: Occasion, mutes: Collection[Mute], now: datetime) -> Hold | None:
    """Say which mute keeps a message back."""
    feed, *_ = occasion.sources
    channel, story = occasion.channel, occasion.story_id
    muted = muted_by(mutes, story=story, rules=occasion.rules, feed=feed, channel=channel, now=now)
    return hold_of_mute(muted[0]) if muted else None


def _broken(occasion: Occasion, breakers: Collection[Breaker]) -> Hold | None:
    """Say which breaker keeps the first message about a story back; what follows waits for that, or is told."""
    if not occasion.first:
        return None
    broken = broken_by(breakers, rules=occasion.rules, feed=occasion.sources[0])
    return hold_of_breaker(broken) if broken else None


def in_maintenance(occasion: Occasion, windows: Collection[Maintenance], now: datetime) -> Hold | None:
    """Say which maintenance keeps a message back, and until when; of several the one that ends last."""
    going_on = ((end_of_window(each, now), each) for each in windows if _concerns(each, occasion))
    ends = [(end, each) for end, each in going_on if end is not None]
    if not ends:
        return None
    end, last = max(ends, key=lambda found: found[0])
    note = f": {last.note}" if last.note else ""
    reason = f"maintenance {last.name} until {local_time(end, last.zone)}{note}"
    return Hold(kind=HoldKind.MAINTENANCE, reason=reason, until=end)


def end_of_window(window: Maintenance, now: datetime) -> datetime | None:
    """Return when a maintenance that goes on now is over; None = none goes on."""
    once = window.until if window.since and window.until and window.since <= now < window.until else None
    return once or end_of(window.hours, now)


def _concerns(window: Maintenance, occasion: Occasion) -> bool:
    """Say whether all that a message is about is in maintenance."""
    by_source = not window.sources or not set(window.sources).isdisjoint(occasion.sources)
    return by_source and (not window.rules or set(occasion.rules) <= set(window.rules))


def digest_due(policy: Policy, now: datetime) -> datetime | None:
    """Return when a channel's next digest is told: not in its quiet hours; None = it has no digest."""
    if policy.digest is None:
        return None
    due = policy.digest.after(now)
    return end_of(policy.quiet, due) or due


def goes_into_digest(occasion: Occasion, policy: Policy) -> bool:
    """Say whether a message waits for the channel's digest, where it has one."""
    if occasion.way.mode is not None:
        return occasion.way.mode is Mode.DIGEST
    return occasion.priority < policy.instant


def _for_digest(occasion: Occasion, policy: Policy, now: datetime) -> Hold | None:
    due = digest_due(policy, now)
    if due is None or not goes_into_digest(occasion, policy):
        return None
    reason = f"for the digest of {occasion.channel}, {local_time(due, policy.zone)}"
    return Hold(kind=HoldKind.DIGEST, reason=reason, until=due)


def _in_quiet(occasion: Occasion, policy: Policy, now: datetime) -> Hold | None:
    end = None if occasion.way.ignores_quiet else end_of(policy.quiet, now)
    if end is None:
        return None
    return Hold(
        kind=HoldKind.QUIET,
        reason=f"quiet hours of {occasion.channel} until {local_time(end, policy.zone)}",
        until=end,
    )


def _for_others(occasion: Occasion, policy: Policy, now: datetime) -> Hold | None:
    if not occasion.first or not policy.wait or occasion.priority >= Priority.HIGH:
        return None
    reason = f"waits {_seconds(policy.wait)} for other reports"
    return Hold(kind=HoldKind.WAIT, reason=reason, until=now + policy.wait)


def _seconds(wait: timedelta) -> str:
    return f"{wait.total_seconds():g} s"


def source_names(feed: str, source_tags: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return what a feed may be called: its name, its tags, its host."""
    return (feed, *source_tags.get(feed, ()))
