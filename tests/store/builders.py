"""Nouns for store tests: each builder takes what the test is about and fills in the rest."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.model import (
    Alert,
    Breaker,
    Delivery,
    DeliveryKind,
    Entry,
    Excerpt,
    Feed,
    FeedLease,
    Message,
    PollOutcome,
    Priority,
    Reason,
    Story,
)
from monitor.store import SqlStore
from monitor.store.engine import writing
from monitor.store.pulses import open_breakers

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)
WINDOW = timedelta(days=4)


def key(name: str) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def make_feed(name: str = "guardian", **changes: Any) -> Feed:
    return Feed(**{"name": name, "url": f"https://{name}.example/rss", **changes})


def make_entry(name: str, **changes: Any) -> Entry:
    given = {"id": key(name).hex(), "keys": (key(name),), "feed": "guardian", "title": name, "seen_at": NOW, **changes}
    return Entry(**given)


def make_story(name: str, **changes: Any) -> Story:
    given = {"id": key(name).hex(), "first_at": NOW, "last_at": NOW, "entries": 1, "sources": ("guardian",), **changes}
    return Story(**given)


def make_message(title: str = "Carter calls Shoygu", **changes: Any) -> Message:
    given = {
        "title": Excerpt(text=title, marks=((0, 6),)),
        "url": "https://guardian.example/1",
        "feed": "guardian",
        "published": NOW - MINUTE,
        "seen_at": NOW,
        "language": "en",
        "priority": Priority.HIGH,
        "reasons": (Reason(rule="shoygu", title="Shoygu", found=(("shoygu", ("Shoygu", "Шойгу")),)),),
        "excerpts": (Excerpt(text="The two talked.", marks=()),),
        **changes,
    }
    return Message(**given)


def make_alert(story: Story, channel: str = "desk", **changes: Any) -> Alert:
    given = {
        "id": key(f"alert {story.id} {channel}").hex(),
        "story_id": story.id,
        "entry_id": story.id,
        "channel": channel,
        "rules": ("shoygu",),
        "priority": Priority.HIGH,
        "created_at": NOW,
        **changes,
    }
    return Alert(**given)


def make_delivery(alert: Alert, title: str = "Carter calls Shoygu", **changes: Any) -> Delivery:
    given = {
        "key": key(f"delivery {alert.id}").hex(),
        "alert_id": alert.id,
        "channel": alert.channel,
        "kind": DeliveryKind.POST,
        "message": make_message(title),
        "created_at": alert.created_at,
        **changes,
    }
    return Delivery(**given)


def make_outcome(lease: FeedLease, **changes: Any) -> PollOutcome:
    given: Mapping[str, Any] = {
        "lease": lease,
        "state": replace(lease.state, polled_at=NOW, baseline_at=NOW),
        "due": NOW + 10 * MINUTE,
        "stories_since": NOW - WINDOW,
        **changes,
    }
    return PollOutcome(**given)


def claim_one(store: SqlStore, name: str = "guardian", now: datetime = NOW) -> FeedLease:
    """Watch one more feed and lease it; other feeds are given back."""
    watched = [Feed(name=state.name, url=state.url) for state in store.status().feeds if state.name != name]
    store.sync_feeds([*watched, make_feed(name)], now)
    leases = store.claim_feeds(now=now, lease=LEASE, limit=100)
    store.release_feeds([lease for lease in leases if lease.state.name != name], now)
    return next(lease for lease in leases if lease.state.name == name)


def owe(store: SqlStore, *titles: str, channel: str = "desk", now: datetime = NOW) -> None:
    """Record one poll that owes one message a title."""
    stories = [make_story(title, first_at=now, last_at=now) for title in titles]
    alerts = [make_alert(story, channel, created_at=now) for story in stories]
    deliveries = [make_delivery(alert, title) for alert, title in zip(alerts, titles, strict=True)]
    lease = claim_one(store, f"feed-{key(' '.join(titles)).hex()}", now)
    outcome = make_outcome(lease, stories=tuple(stories), alerts=tuple(alerts), deliveries=tuple(deliveries))
    store.record(outcome, now)


def open_breaker(store: SqlStore, breaker: Breaker) -> None:
    """Open a breaker as a poll does that raises too much, without its alerts."""
    with writing(store.engine) as connection:
        open_breakers(connection, [breaker])
