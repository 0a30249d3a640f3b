"""What a clock that was ahead has left behind: nothing waits for it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.errors import LeaseLostError
from monitor.model import InDoubt, Retry, Sent
from monitor.store import SqlStore
from monitor.wall_clock import utc_now
from tests.store.builders import LEASE, MINUTE, SECOND, make_feed, make_outcome, owe
from tests.store.test_store_outbox import PACE, claim, titles

NOW = datetime(2100, 1, 1, tzinfo=UTC)  # later than the clock of the PostgreSQL that the tests run on
YEAR = timedelta(days=365)
AHEAD = NOW + YEAR


def polled(store: SqlStore, at: datetime, *, well: bool = True) -> None:
    """Poll a feed when some clock says so, and put its next poll off by ten minutes."""
    store.sync_feeds([make_feed("guardian")], at)
    (lease,) = store.claim_feeds(now=at, lease=LEASE, limit=1)
    state = replace(lease.state, polled_at=at) if well else replace(lease.state, failing_since=at)
    store.record(replace(make_outcome(lease, state=state), due=at + 10 * MINUTE), at)


def due(store: SqlStore, at: datetime) -> list[str]:
    return [lease.state.name for lease in store.claim_feeds(now=at, lease=LEASE, limit=9)]


def test_a_feed_that_was_polled_in_the_future_is_due(store: SqlStore) -> None:
    polled(store, AHEAD)
    assert store.was_ahead(NOW)
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert not store.was_ahead(NOW)
    assert due(store, NOW) == ["guardian"]


def test_so_is_one_that_began_to_fail_then(store: SqlStore) -> None:
    polled(store, AHEAD, well=False)
    assert store.was_ahead(NOW)
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert due(store, NOW) == ["guardian"]


def test_clocks_that_differ_by_minutes_are_no_matter(store: SqlStore) -> None:
    polled(store, NOW + 4 * MINUTE)
    assert not store.was_ahead(NOW)


def test_a_feed_that_waits_for_its_time_goes_on_waiting(store: SqlStore) -> None:
    polled(store, NOW)
    store.set_back(NOW + MINUTE, settle=MINUTE, leases=True)
    assert due(store, NOW + 9 * MINUTE) == []
    assert due(store, NOW + 10 * MINUTE) == ["guardian"]


def test_who_is_late_himself_does_not_have_all_polled_again(
    fresh_database: str, opened: Callable[[str], SqlStore]
) -> None:
    """On PostgreSQL the server's clock says so; a file has one daemon, which is never late by its own."""
    store, now = opened(fresh_database), utc_now()
    polled(store, now)
    late = now - timedelta(hours=2)
    assert not store.was_ahead(late)
    store.set_back(late, settle=MINUTE, leases=True)
    assert due(store, now + 9 * MINUTE) == []


def test_a_lease_of_the_future_ends_where_that_is_asked_for(store: SqlStore) -> None:
    store.sync_feeds([make_feed("guardian")], NOW)
    (lost,) = store.claim_feeds(now=AHEAD, lease=LEASE, limit=1)
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert due(store, NOW) == []
    store.set_back(NOW, settle=MINUTE, leases=True)
    assert due(store, NOW) == ["guardian"]
    with pytest.raises(LeaseLostError):
        store.record(make_outcome(lost), NOW)


def test_a_channel_waits_for_no_time_in_the_future(store: SqlStore) -> None:
    owe(store, "a", "b", now=AHEAD)
    (first,) = claim(store, AHEAD)
    store.settle(first, Sent(ref=""), now=AHEAD, pace=PACE)
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert titles(claim(store, NOW)) == ["b"]


def test_a_message_that_was_to_be_tried_again_is(store: SqlStore) -> None:
    owe(store, "a", now=AHEAD)
    (first,) = claim(store, AHEAD)
    store.settle(first, Retry(at=AHEAD + MINUTE, reason="5xx"), now=AHEAD, pace=PACE)
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert titles(claim(store, NOW)) == ["a"]


def test_doubt_is_looked_up_when_it_may_have_settled(store: SqlStore) -> None:
    owe(store, "a", now=AHEAD)
    (first,) = claim(store, AHEAD)
    store.settle(first, InDoubt(look_up_at=AHEAD + MINUTE, reason="timed out"), now=AHEAD, pace=PACE)
    store.set_back(NOW, settle=30 * SECOND, leases=False)
    assert claim(store, NOW + 29 * SECOND) == ()
    assert titles(claim(store, NOW + 30 * SECOND)) == ["a"]


def test_what_is_being_sent_is_left_to_who_sends_it(store: SqlStore) -> None:
    owe(store, "a", now=AHEAD)
    (first,) = claim(store, AHEAD)
    store.set_back(NOW, settle=30 * SECOND, leases=False)
    assert claim(store, NOW) == ()
    store.settle(first, Sent(ref=""), now=NOW, pace=PACE)


def test_what_a_dead_daemon_with_such_a_clock_was_sending_is_looked_up(store: SqlStore) -> None:
    owe(store, "a", now=AHEAD)
    claim(store, AHEAD)
    store.set_back(NOW, settle=30 * SECOND, leases=True)
    assert claim(store, NOW + 29 * SECOND) == ()
    (left,) = claim(store, NOW + 30 * SECOND)
    assert left.in_doubt_since is not None


def test_a_channel_to_which_nothing_is_owed_stays_asleep(store: SqlStore) -> None:
    owe(store, "a", now=AHEAD)
    (first,) = claim(store, AHEAD)
    store.settle(first, Sent(ref=""), now=AHEAD, pace=PACE)
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert claim(store, NOW) == ()
    owe(store, "b", now=NOW)
    assert titles(claim(store, NOW)) == ["b"]


def test_a_chore_waits_for_no_time_in_the_future(store: SqlStore) -> None:
    lease = store.claim_chore("prune", now=AHEAD, lease=LEASE)
    assert lease is not None
    store.finish_chore(lease, AHEAD + timedelta(days=1))
    assert store.claim_chore("prune", now=NOW, lease=LEASE) is None
    store.set_back(NOW, settle=MINUTE, leases=False)
    assert store.claim_chore("prune", now=NOW, lease=LEASE) is not None
