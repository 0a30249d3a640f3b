"""What is watched all the time: the same numbers on each engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from monitor.errors import Cause
from monitor.model import Breaker, Dead, Hold, HoldKind, InDoubt, Subject
from monitor.ports import LaneLevel, Levels, NodeReport
from monitor.store import SqlStore
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    claim_one,
    make_alert,
    make_delivery,
    make_feed,
    make_outcome,
    make_story,
    owe,
)

SEND, ALIVE = timedelta(minutes=3), timedelta(seconds=90)


def levels(store: SqlStore, after: timedelta = timedelta()) -> Levels:
    return store.levels(NOW + after, in_doubt_after=SEND, dead_after=ALIVE)


def test_an_empty_store(store: SqlStore) -> None:
    assert levels(store) == Levels(feeds={"ok": 0, "paused": 0}, feed_due=None, lanes=(), breakers=0, nodes=0)


def test_feeds_by_health_and_the_one_that_waits_longest(store: SqlStore) -> None:
    store.sync_feeds([make_feed(name) for name in ("a", "b", "c", "d")], NOW)
    store.sync_feeds([make_feed(name) for name in ("a", "b", "c")], NOW)
    leases = store.claim_feeds(now=NOW, lease=LEASE, limit=1)
    failed = replace(leases[0].state, cause=Cause.TIMEOUT, failures=1)
    store.record(make_outcome(leases[0], state=failed, due=NOW + 5 * MINUTE), NOW)
    store.pause_feed(make_feed("c").url, NOW)
    found = levels(store, MINUTE)
    assert (found.feeds, found.feed_due) == ({"ok": 1, "paused": 1, "timed out": 1}, NOW)
    claim_one(store, "b")
    assert levels(store, MINUTE).feed_due is None


def test_the_outbox_by_channel_and_state(store: SqlStore) -> None:
    for title, channel in (("dead", "a"), ("doubtful", "a"), ("begun", "a"), ("new", "a"), ("other", "b")):
        owe(store, title, channel=channel)
    ends = (Dead(reason="no"), InDoubt(look_up_at=NOW + 9 * MINUTE, reason="no answer", hold_lane=False), None)
    for end in ends:
        (claimed,) = store.claim_deliveries(("a",), now=NOW, lease=LEASE, limit=1)
        if end:
            store.settle(claimed, end, now=NOW, pace=timedelta())
    held = make_delivery(
        make_alert(make_story("held")), key="1" * 32, alert_id="", hold=Hold(kind=HoldKind.QUIET, reason="quiet")
    )
    store.announce([held], NOW)
    counted = {(lane.channel, lane.state): lane.count for lane in levels(store).lanes}
    assert counted == {
        ("a", "dead"): 1,
        ("a", "in_doubt"): 1,
        ("a", "sending"): 1,
        ("a", "new"): 1,
        ("b", "new"): 1,
        ("desk", "held"): 1,
    }
    assert LaneLevel(channel="b", state="new", count=1, since=NOW) in levels(store).lanes
    later = {(lane.channel, lane.state): lane.count for lane in levels(store, SEND + MINUTE).lanes}
    assert later["a", "in_doubt"] == 2, "what was begun by a daemon that died"


def test_breakers_and_daemons_that_live(store: SqlStore) -> None:
    breaker = Breaker(id="1", subject=Subject.RULE, name="x", since=NOW, reason="many")
    store.record(make_outcome(claim_one(store), breakers=(breaker,)), NOW)
    for name, beat in (("old", NOW - 2 * MINUTE), ("young", NOW)):
        store.beat(NodeReport(name=name, version="1", started_at=NOW, beat_at=beat, rules_hash=""))
    assert (levels(store).breakers, levels(store).nodes) == (1, 1)
    assert levels(store, 2 * MINUTE).nodes == 0


def test_what_was_held_says_so_when_it_is_claimed(store: SqlStore) -> None:
    hold = Hold(kind=HoldKind.QUIET, reason="quiet")
    alert = make_alert(make_story("held"))
    store.announce([make_delivery(alert, key="1" * 32, alert_id="", hold=hold)], NOW)
    store.release_held(["1" * 32], NOW)
    (claimed,) = store.claim_deliveries(("desk",), now=NOW, lease=LEASE, limit=1)
    assert claimed.was_held
    assert store.resend(claimed, now=NOW, lease=LEASE).was_held
