"""Circuit breakers: whether a rule or feed raises far more alerts than usual, and what is said of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.decide.spread import digest
from monitor.model import (
    Breaker,
    BreakerSettings,
    Delivery,
    DeliveryKind,
    Excerpt,
    Hold,
    HoldKind,
    Message,
    Priority,
    Pulse,
    Reason,
    Subject,
)

HOUR = timedelta(hours=1)
SOURCE = "media-monitor"
MOST_NAMED = 5  # urgent alerts that a message names


def tripped(pulse: Pulse, settings: BreakerSettings, now: datetime) -> Breaker | None:
    """Return the breaker of a rule or feed that is far above its baseline; None = it is not.

    The baseline is the mean of its hours since the first alert that is counted: a new rule has none, and is judged by
    the number alone.
    """
    if pulse.hour <= max(settings.alerts, settings.factor * usual(pulse, now)):
        return None
    reason = f"{pulse.hour} alerts in an hour, usually {_rounded(usual(pulse, now))}"
    key = digest("breaker", pulse.subject, pulse.name, now.isoformat())
    return Breaker(id=key[:8], subject=pulse.subject, name=pulse.name, since=now, reason=reason)


def usual(pulse: Pulse, now: datetime) -> float:
    """Return how many alerts an hour are usual."""
    if pulse.since is None:
        return 0.0
    return pulse.earlier / max(1.0, (now - HOUR - pulse.since) / HOUR)


def broken_by(breakers: Iterable[Breaker], *, rules: Collection[str], feed: str) -> Breaker | None:
    """Return the breaker that keeps an alert back: of its rules, where that of each one is open, or of its feed."""
    open_of = {(each.subject, each.name): each for each in breakers}
    of_rules = [open_of.get((Subject.RULE, rule)) for rule in rules]
    return (of_rules[0] if of_rules and all(of_rules) else None) or open_of.get((Subject.FEED, feed))


def hold_of_breaker(breaker: Breaker) -> Hold:
    """Return how a breaker keeps an alert back."""
    reason = f"held by breaker {breaker.id}: {breaker.subject} {breaker.name}, {breaker.reason}"
    return Hold(kind=HoldKind.BREAKER, reason=reason, by=breaker.id)


def notice_of_breaker(breaker: Breaker, channel: str, *, count: int, urgent: Sequence[str], now: datetime) -> Delivery:
    """Say in a channel that alerts are held, and what can be done; one breaker says it once, by its key.

    `urgent` are the titles of those that cannot wait.
    """
    title = f"{count} held: {breaker.subject} {breaker.name} has raised {breaker.reason}"
    how = f"`monitor held release {breaker.id}` tells them, `discard` does not, `mute` does not for 24 hours either"
    named = [f"Urgent: {each}" for each in urgent[:MOST_NAMED]]
    more = [f"and {len(urgent) - MOST_NAMED} more urgent ones"] if len(urgent) > MOST_NAMED else []
    priority = Priority.URGENT if urgent else Priority.HIGH
    return _notice(breaker, channel, title=title, lines=(how, *named, *more), priority=priority, now=now)


def notice_of_ending(breaker: Breaker, channel: str, *, count: int, now: datetime) -> Delivery:
    """Change the notice of a breaker that was ended: who decided what."""
    done = {"release": "released", "mute": "discarded and muted"}.get(breaker.ending, "discarded")
    title = f"{count} {done} by {breaker.ended_by}: {breaker.subject} {breaker.name}"
    notice = _notice(breaker, channel, title=title, lines=(), priority=Priority.NORMAL, now=now)
    return edit_of_notice(notice, event=f"ended {(breaker.ended_at or now).isoformat()}")


def edit_of_notice(notice: Delivery, *, event: str) -> Delivery:
    """Make a change of a notice that stands there of it: what it says now; `event` says what happened."""
    key = digest("edit", notice.key, event)
    return replace(notice, key=key, kind=DeliveryKind.EDIT, follows=notice.key)


def _notice(
    breaker: Breaker, channel: str, *, title: str, lines: Sequence[str], priority: Priority, now: datetime
) -> Delivery:
    message = Message(
        title=Excerpt(text=title),
        url="",
        feed=SOURCE,
        published=None,
        seen_at=now,
        language="",
        priority=priority,
        reasons=(Reason(rule="", title=f"Breaker {breaker.id}", found=(), note=breaker.reason),),
        excerpts=tuple(Excerpt(text=line) for line in lines),
        breaker="" if breaker.ended_at else breaker.id,
    )
    return Delivery(
        key=notice_key(breaker.id, channel),
        alert_id="",
        channel=channel,
        kind=DeliveryKind.POST,
        message=message,
        created_at=now,
    )


def notice_key(breaker_id: str, channel: str) -> str:
    """Return the key of the message that tells a channel of a breaker."""
    return digest("notice", f"breaker {breaker_id}", channel)


def _rounded(number: float) -> str:
    return f"{number:.0f}" if number >= 1 else "fewer than 1"
