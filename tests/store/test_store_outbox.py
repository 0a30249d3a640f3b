"""The outbox on every engine: order, pace, doubt, and nothing owed forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import update

from monitor.errors import LeaseLostError
from monitor.model import ClaimedDelivery, Dead, DeliveryState, InDoubt, Retry, Sent, Settlement
from monitor.ports import Activity, Waiting
from monitor.store import SqlStore
from monitor.store.tables import delivery
from tests.store.builders import LEASE, MINUTE, NOW, SECOND, make_alert, make_delivery, make_feed, make_story, owe

PACE = SECOND


def claim(store: SqlStore, now: datetime = NOW, *channels: str, limit: int = 10) -> tuple[ClaimedDelivery, ...]:
    return store.claim_deliveries(channels or ("desk",), now=now, lease=LEASE, limit=limit)


def titles(claimed: tuple[ClaimedDelivery, ...]) -> list[str]:
    return [item.delivery.message.title.text for item in claimed]


def claim_title(store: SqlStore, now: datetime = NOW) -> str:
    """Claim and settle as sent what is next; return its title, "" = nothing is due."""
    claimed = claim(store, now)
    for item in claimed:
        store.settle(item, Sent(ref=""), now=now, pace=PACE)
    return "".join(titles(claimed))


def test_an_empty_outbox_owes_nothing(store: SqlStore) -> None:
    assert claim(store) == ()
    assert claim(store, NOW, "desk", "chief") == ()


def test_a_claim_returns_the_delivery_whole(store: SqlStore) -> None:
    owe(store, "first")
    (claimed,) = claim(store)

    assert claimed.delivery == replace(make_delivery(make_alert(make_story("first")), "first"), attempts=1)
    assert claimed.in_doubt_since is None


def test_one_delivery_a_channel_and_oldest_first(store: SqlStore) -> None:
    owe(store, "a", "b")
    owe(store, "c")
    assert titles(claim(store)) == ["a"]
    assert claim(store) == ()
    assert claim(store, NOW + MINUTE) == ()


def test_channels_do_not_wait_for_each_other(store: SqlStore) -> None:
    owe(store, "a", channel="desk")
    owe(store, "b", channel="chief", now=NOW + SECOND)
    assert titles(claim(store, NOW + SECOND, "chief", "desk")) == ["a", "b"]


def test_a_claim_takes_only_its_channels_and_its_limit(store: SqlStore) -> None:
    for channel in ("a", "b", "c"):
        owe(store, channel, channel=channel)
    assert len(claim(store, NOW, "a", "b", "c", limit=2)) == 2
    assert len(claim(store, NOW, "a", "b", "c", limit=2)) == 1
    assert claim(store, NOW, "elsewhere") == ()


def test_a_sent_delivery_is_not_sent_again(store: SqlStore) -> None:
    owe(store, "a")
    assert claim_title(store) == "a"
    assert claim(store, NOW + MINUTE) == ()
    assert store.status().deliveries == {"new": 0, "sending": 0, "sent": 1, "dead": 0, "skipped": 0, "held": 0}


def test_pace_holds_even_for_what_comes_later(store: SqlStore) -> None:
    owe(store, "a", "b")
    assert claim_title(store) == "a"
    assert claim(store, NOW + SECOND / 2) == ()
    assert claim_title(store, NOW + SECOND) == "b"
    owe(store, "c", now=NOW + 1.5 * SECOND)
    assert claim(store, NOW + 1.5 * SECOND) == ()
    assert claim_title(store, NOW + 2 * SECOND) == "c"


def test_a_delivery_owed_while_its_lane_is_leased_follows(store: SqlStore) -> None:
    owe(store, "a")
    (first,) = claim(store)
    owe(store, "b")
    store.settle(first, Sent(ref="1"), now=NOW, pace=PACE)
    assert claim_title(store, NOW + PACE) == "b"


def test_a_retry_that_holds_keeps_order(store: SqlStore) -> None:
    owe(store, "a", "b")
    (first,) = claim(store)
    later = NOW + MINUTE
    store.settle(first, Retry(at=later, reason="429", hold_lane_until=later), now=NOW, pace=PACE)
    assert claim(store, NOW + 30 * SECOND) == ()
    owe(store, "c", now=NOW + 30 * SECOND)
    assert claim(store, NOW + 31 * SECOND) == ()
    (again,) = claim(store, later)
    assert (titles((again,)), again.delivery.attempts, again.in_doubt_since) == (["a"], 2, None)


def test_a_retry_that_does_not_hold_lets_others_pass(store: SqlStore) -> None:
    owe(store, "a", "b")
    (first,) = claim(store)
    store.settle(first, Retry(at=NOW + MINUTE, reason="5xx"), now=NOW, pace=PACE)
    assert claim_title(store, NOW + PACE) == "b"
    assert claim(store, NOW + 30 * SECOND) == ()
    assert claim_title(store, NOW + MINUTE) == "a"


def test_a_lane_that_sleeps_till_a_retry_wakes_for_a_new_delivery(store: SqlStore) -> None:
    owe(store, "a")
    (first,) = claim(store)
    store.settle(first, Retry(at=NOW + 10 * MINUTE, reason="5xx"), now=NOW, pace=PACE)
    assert claim(store, NOW + MINUTE) == ()
    owe(store, "b", now=NOW + 2 * MINUTE)
    assert claim_title(store, NOW + 2 * MINUTE) == "b"
    assert claim_title(store, NOW + 10 * MINUTE) == "a"


def test_a_worker_that_died_leaves_its_delivery_in_doubt(store: SqlStore) -> None:
    owe(store, "a", "b")
    claim(store)
    assert claim(store, NOW + LEASE - SECOND) == ()
    (left,) = claim(store, NOW + LEASE)
    assert titles((left,)) == ["a"]
    assert left.in_doubt_since == NOW
    assert left.delivery.attempts == 1


def test_what_a_dead_process_left_is_adopted_at_once(store: SqlStore) -> None:
    owe(store, "a", "b")
    owe(store, "c", channel="chief")
    (late,) = claim(store)
    start = NOW + SECOND
    store.adopt(start, settle=30 * SECOND)
    with pytest.raises(LeaseLostError):
        store.settle(late, Sent(ref=""), now=start, pace=PACE)
    assert titles(claim(store, start, "desk", "chief")) == ["c"]
    assert claim(store, start + 29 * SECOND) == ()
    (left,) = claim(store, start + 30 * SECOND)
    assert (titles((left,)), left.in_doubt_since, left.delivery.attempts) == (["a"], NOW, 1)


def test_doubt_comes_before_an_older_retry(store: SqlStore) -> None:
    owe(store, "a", "b")
    (first,) = claim(store)
    store.settle(first, Retry(at=NOW + MINUTE, reason="5xx"), now=NOW, pace=PACE)
    claim(store, NOW + PACE)  # b, and its worker dies
    (left,) = claim(store, NOW + PACE + LEASE)
    assert titles((left,)) == ["b"]
    assert left.in_doubt_since == NOW + PACE


def test_doubt_that_holds_is_looked_up_before_anything_else(store: SqlStore) -> None:
    owe(store, "a", "b")
    (first,) = claim(store)
    store.settle(first, InDoubt(look_up_at=NOW + MINUTE, reason="timed out"), now=NOW, pace=PACE)
    owe(store, "c", now=NOW + SECOND)
    assert claim(store, NOW + 59 * SECOND) == ()
    (again,) = claim(store, NOW + MINUTE)
    assert (titles((again,)), again.in_doubt_since, again.delivery.attempts) == (["a"], NOW, 1)


def test_doubt_that_does_not_hold_lets_others_pass(store: SqlStore) -> None:
    owe(store, "a", "b", "c")
    (first,) = claim(store)
    doubt = InDoubt(look_up_at=NOW + MINUTE, reason="timed out", hold_lane=False)
    store.settle(first, doubt, now=NOW, pace=PACE)
    assert claim_title(store, NOW + PACE) == "b"
    (again,) = claim(store, NOW + MINUTE)
    assert (titles((again,)), again.in_doubt_since) == (["a"], NOW)


def test_doubt_that_lasts_keeps_the_time_of_its_attempt(store: SqlStore) -> None:
    owe(store, "a")
    (claimed,) = claim(store)
    for minute in (1, 2):
        doubt = InDoubt(look_up_at=NOW + minute * MINUTE, reason="unknown")
        store.settle(claimed, doubt, now=NOW + (minute - 1) * MINUTE, pace=PACE)
        (claimed,) = claim(store, NOW + minute * MINUTE)
        assert claimed.in_doubt_since == NOW
    store.settle(claimed, Sent(ref="1"), now=NOW + 2 * MINUTE, pace=PACE)
    assert claim(store, NOW + 2 * LEASE) == ()


def test_what_is_surely_absent_is_sent_again_under_the_same_lease(store: SqlStore) -> None:
    owe(store, "a")
    claim(store)
    found = NOW + LEASE
    (left,) = claim(store, found)
    again = store.resend(left, now=found + MINUTE, lease=LEASE)
    assert (again.in_doubt_since, again.delivery.attempts, again.token) == (None, 2, left.token)
    assert claim(store, found + LEASE) == ()  # prolonged
    (after_crash,) = claim(store, found + MINUTE + LEASE)
    assert after_crash.in_doubt_since == found + MINUTE
    assert after_crash.delivery.attempts == 2


@pytest.mark.parametrize(
    "settlement",
    [
        Sent(ref="1"),
        Retry(at=NOW, reason="503"),
        InDoubt(look_up_at=NOW, reason="timed out"),
        Dead(reason="invalid"),
    ],
)
def test_who_lost_the_lease_settles_nothing(store: SqlStore, settlement: Settlement) -> None:
    owe(store, "a")
    (late,) = claim(store)
    (holder,) = claim(store, NOW + LEASE)
    before = store.status()
    with pytest.raises(LeaseLostError, match="desk"):
        store.settle(late, settlement, now=NOW + LEASE, pace=PACE)
    with pytest.raises(LeaseLostError, match="desk"):
        store.resend(late, now=NOW + LEASE, lease=LEASE)
    assert store.status() == before
    store.settle(holder, Sent(ref="2"), now=NOW + LEASE, pace=PACE)
    assert store.status().deliveries["sent"] == 1


def test_a_delivery_is_settled_once(store: SqlStore) -> None:
    owe(store, "a")
    (claimed,) = claim(store)
    store.settle(claimed, Sent(ref="1"), now=NOW, pace=PACE)
    with pytest.raises(LeaseLostError):
        store.settle(claimed, Dead(reason="no"), now=NOW, pace=PACE)
    assert store.status().deliveries["sent"] == 1


def test_a_dead_delivery_is_shown_and_blocks_nobody(store: SqlStore) -> None:
    owe(store, "a", "b")
    (first,) = claim(store)
    store.settle(first, Dead(reason="channel_not_found"), now=NOW + SECOND, pace=PACE)
    assert claim_title(store, NOW + 2 * SECOND) == "b"
    (dead,) = store.status().dead
    assert (dead.channel, dead.title, dead.reason, dead.since) == ("desk", "a", "channel_not_found", NOW + SECOND)
    assert dead.key == first.delivery.key


def test_replay_sends_dead_deliveries_in_their_old_order(store: SqlStore) -> None:
    owe(store, "a", "b", "c")
    for second in range(3):
        (claimed,) = claim(store, NOW + second * SECOND)
        store.settle(claimed, Dead(reason="no"), now=NOW + second * SECOND, pace=PACE)
    later = NOW + MINUTE
    assert store.replay(now=later) == 3
    assert store.status().dead == ()
    (first,) = claim(store, later)
    assert (titles((first,)), first.delivery.attempts) == (["a"], 1)
    store.settle(first, Sent(ref=""), now=later, pace=PACE)
    assert [claim_title(store, later + second * SECOND) for second in (1, 2, 3)] == ["b", "c", ""]


def test_replay_of_one_channel_leaves_the_others(store: SqlStore) -> None:
    for channel in ("desk", "chief"):
        owe(store, f"to {channel}", channel=channel)
        (claimed,) = claim(store, NOW, channel)
        store.settle(claimed, Dead(reason="no"), now=NOW, pace=PACE)
    assert store.replay(now=NOW + MINUTE, channel="nobody") == 0
    assert store.replay(now=NOW + MINUTE, channel="chief") == 1
    assert titles(claim(store, NOW + MINUTE, "desk", "chief")) == ["to chief"]


def test_only_the_latest_dead_are_listed(store: SqlStore) -> None:
    names = [f"{number:02}" for number in range(25)]
    owe(store, *names)
    for second in range(25):
        (claimed,) = claim(store, NOW + second * SECOND)
        store.settle(claimed, Dead(reason="no"), now=NOW + second * SECOND, pace=PACE)
    assert [dead.title for dead in store.status().dead] == names[:4:-1]
    assert store.status().deliveries[DeliveryState.DEAD] == 25


def test_what_was_set_aside_is_read_with_its_reason(store: SqlStore) -> None:
    owe(store, "first", "second")
    for minutes in (0, 5):
        now = NOW + minutes * MINUTE
        (claimed,) = store.claim_deliveries(["desk"], now=now, lease=LEASE, limit=1)
        store.settle(claimed, Dead(reason=f"refused {minutes}"), now=now, pace=0 * SECOND)
    assert [(each.reason, each.at, each.channel) for each in store.dead_letters(since=NOW)] == [
        ("refused 5", NOW + 5 * MINUTE, "desk"),
        ("refused 0", NOW, "desk"),
    ]
    (later,) = store.dead_letters(since=NOW + MINUTE)
    assert later.message is not None
    assert later.message.title.text == "second"
    assert len(store.dead_letters(since=NOW, limit=1)) == 1
    with store.engine.begin() as connection:
        connection.execute(update(delivery).values(payload="{"))
    assert [each.message for each in store.dead_letters(since=NOW)] == [None, None]
    store.replay(now=NOW)
    assert store.dead_letters(since=NOW) == ()


def test_what_waits_is_what_is_due_and_nobody_has_taken(store: SqlStore) -> None:
    assert store.waiting(["desk"], NOW) == Waiting(feed=None, channel=None)
    owe(store, "first", "second")
    later = NOW + 3 * MINUTE
    assert store.waiting(["desk"], later).channel == NOW
    assert store.waiting(["chief"], later).channel is None, "a channel that is gone keeps nobody waiting"
    (claimed,) = claim(store, later)
    assert store.waiting(["desk"], later + MINUTE).channel is None
    assert store.waiting(["desk"], later + 2 * LEASE).channel == later + LEASE, "whoever took it is dead"
    store.settle(claimed, Sent(ref=""), now=later, pace=MINUTE)
    assert store.waiting(["desk"], later).channel is None, "the channel catches its breath"
    assert store.waiting(["desk"], later + 2 * MINUTE).channel == later + MINUTE


def test_feeds_wait_from_when_they_are_due_but_for_paused_ones(store: SqlStore) -> None:
    store.sync_feeds([make_feed("a"), make_feed("b")], NOW, first={"https://b.example/rss": NOW + MINUTE})
    assert store.waiting([], NOW + MINUTE).feed == NOW
    store.pause_feed("https://a.example/rss", NOW)
    assert store.waiting([], NOW).feed is None
    assert store.waiting([], NOW + MINUTE).feed == NOW + MINUTE
    store.claim_feeds(now=NOW + MINUTE, lease=LEASE, limit=1)
    assert store.waiting([], NOW + 2 * MINUTE).feed is None


def test_what_was_done_is_counted_from_a_time_on(store: SqlStore) -> None:
    owe(store, "first", "second", "third")
    ends: list[Settlement] = [Sent(ref="a"), Dead(reason="no"), Sent(ref="b")]
    for number, end in enumerate(ends):
        now = NOW + number * MINUTE
        store.settle(claim(store, now)[0], end, now=now, pace=0 * SECOND)
    assert store.activity(NOW) == Activity(entries=0, alerts=3, sent=2, dead=1)
    assert store.activity(NOW + MINUTE) == Activity(entries=0, alerts=0, sent=1, dead=1)
