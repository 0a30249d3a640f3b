"""Make what is owed to a channel: a post, a reply, an edit, a digest.

A key says what a delivery is about, so the same decision taken twice is one delivery.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from monitor.decide.spread import digest
from monitor.model import Alert, Coverage, Delivery, DeliveryKind, Digest, Excerpt, Message, Story

MOST_ITEMS = 50  # of a digest are kept, the others counted


def alert_id(story_id: str, channel: str) -> str:
    """Return the id of the one alert about a story in a channel."""
    return digest("alert", story_id, channel)


def coverage_of(story: Story) -> Coverage | None:
    """Say how widely a story is reported; None = once."""
    if story.entries <= 1:
        return None
    return Coverage(sources=len(story.sources), entries=story.entries, first_at=story.first_at, last_at=story.last_at)


def post(alert: Alert, message: Message, now: datetime) -> Delivery:
    """Owe the first message about a story."""
    return _about(alert, DeliveryKind.POST, message, "0", now)


def reply(alert: Alert, message: Message, *, note: str, event: str, now: datetime, broadcast: bool = False) -> Delivery:
    """Owe one more message about a story that was told.

    `note` says in a few words why, `event` what happened (an entry's id, or that and what changed in it): one event is
    one reply. With `broadcast` it is shown to the whole channel, too.
    """
    return _about(alert, DeliveryKind.REPLY, replace(message, note=note, broadcast=broadcast), event, now)


def edit(alert: Alert, message: Message, *, event: str, now: datetime) -> Delivery:
    """Owe a change of the first message about a story: `message` is what is to stand there."""
    return _about(alert, DeliveryKind.EDIT, message, event, now)


def digest_of(
    messages: Sequence[Message], *, channel: str, title: str, reason: str, event: str, now: datetime, more: int = 0
) -> Delivery:
    """Owe one message for many: the most important first, then the widest reported, else in their order.

    The alerts that it tells name it: `Alert.digest` is its key. `event` says what happened, e.g. which poll of which
    feed: one event is one digest. It tells so many `more` than the messages that are given.

    Raises:
        ValueError: there are no messages.
    """
    ranked = sorted(messages, key=lambda message: (-message.priority, -_size(message)))
    if not ranked:
        raise ValueError("a digest is made of at least one message")
    made = Digest(
        title=Excerpt(text=title),
        reason=reason,
        priority=ranked[0].priority,
        items=tuple(replace(message, excerpts=message.excerpts[:1]) for message in ranked[:MOST_ITEMS]),
        count=len(ranked) + more,
    )
    return Delivery(
        key=digest_key(event, channel),
        alert_id="",
        channel=channel,
        kind=DeliveryKind.DIGEST,
        message=made,
        created_at=now,
    )


def digest_key(event: str, channel: str) -> str:
    """Return the key of the digest that tells of an event."""
    return digest("delivery", event, channel, DeliveryKind.DIGEST)


def _size(message: Message) -> int:
    return message.coverage.entries if message.coverage else 1


def _about(alert: Alert, kind: DeliveryKind, message: Message, event: str, now: datetime) -> Delivery:
    return Delivery(
        key=digest("delivery", alert.story_id, alert.channel, kind, event),
        alert_id=alert.id,
        channel=alert.channel,
        kind=kind,
        message=message,
        created_at=now,
    )
