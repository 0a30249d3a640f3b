"""Subscriptions at hubs and the leases of pushed feeds, on every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.errors import LeaseLostError
from monitor.model import FeedLease, FeedNotes, Subscription
from monitor.store import SqlStore
from tests.store.builders import LEASE, MINUTE, NOW, claim_one, make_feed, make_outcome

HUB = FeedNotes(hub="https://hub.example/", topic="https://guardian.example/topic")
ASKED = Subscription(
    hub=HUB.hub, topic=HUB.topic, callback="https://m.example/websub/1", secret="ab" * 32, asked_at=NOW, ask_at=NOW
)
VERIFIED = replace(ASKED, until=NOW + timedelta(days=1), pending=False)


def poll(store: SqlStore, notes: FeedNotes = HUB) -> FeedLease:
    """Poll the one feed, which then names a hub."""
    lease = claim_one(store)
    store.record(make_outcome(lease, state=replace(lease.state, notes=notes, polled_at=NOW)), NOW)
    return lease


def subscribe(store: SqlStore, old: Subscription | None, new: Subscription | None, *, hasten: bool = False) -> bool:
    return store.note_subscription(make_feed().url, old=old, new=new, now=NOW, hasten=hasten)


def due_in(store: SqlStore) -> timedelta:
    (report,) = store.feed_reports(NOW)
    return report.due - NOW


def test_only_feeds_with_a_hub_or_a_subscription_are_read(store: SqlStore) -> None:
    poll(store)
    store.sync_feeds([make_feed(), make_feed("other")], NOW)
    (state,) = store.feeds_with_hubs()
    assert (state.name, state.notes) == ("guardian", HUB)
    store.sync_feeds([make_feed("other")], NOW)
    assert store.feeds_with_hubs() == ()


def test_a_subscription_outlives_its_hub(store: SqlStore) -> None:
    poll(store, FeedNotes(subscription=VERIFIED))
    (state,) = store.feeds_with_hubs()
    assert state.notes.subscription == VERIFIED


def test_a_subscription_takes_the_place_of_the_one_that_was_read(store: SqlStore) -> None:
    poll(store)
    before = due_in(store)
    assert subscribe(store, None, ASKED)
    assert not subscribe(store, None, VERIFIED)
    assert subscribe(store, ASKED, VERIFIED)
    (state,) = store.feeds_with_hubs()
    assert state.notes == replace(HUB, subscription=VERIFIED)
    assert due_in(store) == before
    assert subscribe(store, VERIFIED, None, hasten=True)
    assert due_in(store) == timedelta()


def test_a_feed_that_is_not_watched_has_no_subscription(store: SqlStore) -> None:
    poll(store)
    store.sync_feeds([], NOW)
    assert not subscribe(store, None, ASKED)


def test_a_poll_under_way_cannot_overwrite_it_and_is_made_up_for(store: SqlStore) -> None:
    poll(store)
    claimed = store.claim_feed(make_feed().url, now=NOW, lease=LEASE)
    assert claimed is not None
    assert subscribe(store, None, ASKED)
    with pytest.raises(LeaseLostError):
        store.record(make_outcome(claimed[0]), NOW)
    assert due_in(store) == timedelta()
    (state,) = store.feeds_with_hubs()
    assert state.notes.subscription == ASKED


def test_a_feed_is_claimed_before_it_is_due_and_says_when_it_was(store: SqlStore) -> None:
    poll(store)
    wait = due_in(store)
    assert wait > timedelta()
    claimed = store.claim_feed(make_feed().url, now=NOW, lease=LEASE)
    assert claimed is not None
    lease, due = claimed
    assert (due - NOW, lease.state.notes) == (wait, HUB)
    assert store.claim_feed(make_feed().url, now=NOW + LEASE - MINUTE, lease=LEASE) is None
    store.put_off_feeds({lease: due})
    assert due_in(store) == wait


def test_a_lease_that_has_run_out_is_nobodys(store: SqlStore) -> None:
    claim_one(store)
    assert store.claim_feed(make_feed().url, now=NOW + LEASE, lease=LEASE) is not None


def test_a_feed_that_is_paused_or_unknown_is_not_claimed(store: SqlStore) -> None:
    poll(store)
    assert store.claim_feed("https://unknown.example/", now=NOW, lease=LEASE) is None
    store.pause_feed(make_feed().url, NOW)
    assert store.claim_feed(make_feed().url, now=NOW, lease=LEASE) is None
