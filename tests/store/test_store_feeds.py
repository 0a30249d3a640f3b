"""Which feeds are watched, due and leased, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import text

from monitor.errors import Cause, LeaseLostError
from monitor.model import FeedNotes, FeedState, Gap, Hit, Validators
from monitor.store import SqlStore
from monitor.watched import of_page, page_of, standings, watched_feeds
from tests.store.builders import LEASE, MINUTE, NOW, SECOND, claim_one, make_entry, make_feed, make_outcome

DAY = timedelta(days=1)


def names(store: SqlStore) -> list[str]:
    return [state.name for state in store.status().feeds]


def due_names(store: SqlStore, at: timedelta = timedelta(), limit: int = 10) -> list[str]:
    return [lease.state.name for lease in store.claim_feeds(now=NOW + at, lease=LEASE, limit=limit)]


def test_new_feeds_are_due_at_once(store: SqlStore) -> None:
    store.sync_feeds([make_feed("b"), make_feed("a")], NOW)
    assert names(store) == ["a", "b"]
    (first, second) = store.claim_feeds(now=NOW, lease=LEASE, limit=10)
    assert {first.state.name, second.state.name} == {"a", "b"}
    assert first.state == FeedState(feed_id=first.state.feed_id, name=first.state.name, url=first.state.url)


def test_a_leased_feed_is_not_due_until_the_lease_runs_out(store: SqlStore) -> None:
    store.sync_feeds([make_feed()], NOW)
    (first,) = store.claim_feeds(now=NOW, lease=LEASE, limit=1)
    assert store.claim_feeds(now=NOW + LEASE - SECOND, lease=LEASE, limit=1) == ()
    (second,) = store.claim_feeds(now=NOW + LEASE, lease=LEASE, limit=1)
    assert second.token > first.token


def test_the_store_says_when_a_feed_is_due_next(store: SqlStore) -> None:
    assert store.next_due() is None
    store.sync_feeds([make_feed("a"), make_feed("b")], NOW, first={make_feed("b").url: NOW + MINUTE})
    assert store.next_due() == NOW
    store.claim_feeds(now=NOW, lease=LEASE, limit=1)
    assert store.next_due() == min(NOW + MINUTE, NOW + LEASE)
    store.sync_feeds([], NOW)
    assert store.next_due() is None


def test_the_longest_due_come_first(store: SqlStore) -> None:
    feeds = [make_feed(name) for name in "cab"]
    for minute, _ in enumerate(feeds):
        store.sync_feeds(feeds[: minute + 1], NOW + minute * MINUTE)
    assert due_names(store, MINUTE * 5, limit=2) == ["c", "a"]
    assert due_names(store, MINUTE * 5, limit=2) == ["b"]


def test_a_feed_that_is_gone_is_not_polled_and_keeps_its_state(store: SqlStore) -> None:
    lease = claim_one(store)
    store.record(make_outcome(lease, state=replace(lease.state, body_hash=b"1" * 16)), NOW)
    store.sync_feeds([], NOW)
    assert names(store) == []
    assert due_names(store, timedelta(days=1)) == []
    store.sync_feeds([make_feed()], NOW)
    assert due_names(store) == []  # its own time, not at once
    (again,) = store.claim_feeds(now=NOW + 10 * MINUTE, lease=LEASE, limit=1)
    assert (again.state.feed_id, again.state.body_hash) == (lease.state.feed_id, b"1" * 16)


def test_a_new_name_keeps_the_state(store: SqlStore) -> None:
    lease = claim_one(store)
    store.sync_feeds([replace(make_feed(), name="The Guardian")], NOW)
    (state,) = store.status().feeds
    assert (state.feed_id, state.name) == (lease.state.feed_id, "The Guardian")


def test_sync_does_not_disturb_a_running_lease(store: SqlStore) -> None:
    lease = claim_one(store)
    store.sync_feeds([], NOW)
    store.sync_feeds([make_feed()], NOW + SECOND)
    assert due_names(store, LEASE - SECOND) == []
    store.record(make_outcome(lease), NOW + MINUTE)


def test_a_feed_that_was_taken_away_meanwhile_is_still_recorded(store: SqlStore) -> None:
    lease = claim_one(store)
    store.sync_feeds([], NOW)
    store.record(make_outcome(lease, state=replace(lease.state, detail="kept")), NOW)
    store.sync_feeds([make_feed()], NOW)
    assert store.status().feeds[0].detail == "kept"


def test_released_feeds_are_due_at_once_and_their_leases_are_over(store: SqlStore) -> None:
    lease = claim_one(store)
    store.release_feeds([lease], NOW + SECOND)
    with pytest.raises(LeaseLostError, match="guardian"):
        store.record(make_outcome(lease), NOW + SECOND)
    assert due_names(store, SECOND) == ["guardian"]


def test_feeds_are_put_off_each_to_its_own_time(store: SqlStore) -> None:
    store.sync_feeds([make_feed("guardian"), make_feed("wire"), make_feed("tass")], NOW)
    leases = store.claim_feeds(now=NOW, lease=LEASE, limit=3)
    store.put_off_feeds({lease: NOW + (number + 1) * MINUTE for number, lease in enumerate(leases)})
    names = [lease.state.name for lease in leases]
    assert [due_names(store, MINUTE), due_names(store, 3 * MINUTE)] == [names[:1], names[1:]]


def test_release_of_a_lost_lease_disturbs_nobody(store: SqlStore) -> None:
    late = claim_one(store)
    (holder,) = store.claim_feeds(now=NOW + LEASE, lease=LEASE, limit=1)
    store.release_feeds([late], NOW + LEASE)
    store.release_feeds([], NOW)
    assert due_names(store, LEASE) == []
    store.record(make_outcome(holder), NOW + LEASE)


def test_feeds_that_a_dead_process_leased_are_due_at_once(store: SqlStore) -> None:
    waiting = claim_one(store, "waiting")
    store.record(make_outcome(waiting), NOW)
    late = claim_one(store)
    store.adopt(NOW + SECOND, settle=MINUTE)
    with pytest.raises(LeaseLostError):
        store.record(make_outcome(late), NOW + SECOND)
    assert due_names(store, SECOND) == ["guardian"]


def test_the_whole_state_comes_back(store: SqlStore) -> None:
    lease = claim_one(store)
    state = FeedState(
        feed_id=lease.state.feed_id,
        name=lease.state.name,
        url=lease.state.url,
        validators=Validators(etag='W/"é ü"', last_modified="yesterday, as the server says"),
        body_hash=bytes(range(16)),
        baseline_at=NOW - MINUTE,
        polled_at=NOW.astimezone(timezone(timedelta(hours=3))),
        failures=7,
        failing_since=NOW - timedelta(days=1, microseconds=1),
        cause=Cause.RATE_LIMITED,
        detail="429 Too Many Requests",
        blocks=bytes(range(64)),
        notes=FeedNotes(moved_to="https://new.example/é", moves=2, whole_at=NOW - MINUTE, shortcut=False),
    )
    store.record(make_outcome(lease, state=state), NOW)
    (again,) = store.claim_feeds(now=NOW + 10 * MINUTE, lease=LEASE, limit=1)
    assert again.state == state
    assert again.state.polled_at is not None
    assert again.state.polled_at.utcoffset() == timedelta()


def test_a_host_that_asks_for_a_pause_is_left_alone_with_all_its_feeds(store: SqlStore) -> None:
    twin, other = make_feed("twin", url="https://guardian.example/sport"), make_feed("other")
    lease = claim_one(store)
    store.sync_feeds([make_feed(), twin, other], NOW)
    store.record(make_outcome(lease, due=NOW + 9 * MINUTE, hold_host_until=NOW + 5 * MINUTE), NOW)
    assert due_names(store) == ["other"]
    assert due_names(store, 4 * MINUTE) == []
    assert due_names(store, 5 * MINUTE) == ["twin", "other"]
    assert due_names(store, 9 * MINUTE) == ["guardian"]


def test_a_feed_whose_url_nobody_can_read_has_no_host(store: SqlStore) -> None:
    store.sync_feeds([make_feed(url="https://[/rss")], NOW)
    assert due_names(store) == ["guardian"]


def test_a_naive_time_is_refused(store: SqlStore) -> None:
    with pytest.raises(Exception, match="naive"):
        store.sync_feeds([make_feed()], NOW.replace(tzinfo=None))
    assert names(store) == []


def test_ten_thousand_feeds_are_synchronised_at_once(store: SqlStore) -> None:
    feeds = [make_feed(f"feed-{number}") for number in range(10_000)]
    store.sync_feeds(feeds, NOW)
    store.sync_feeds(feeds[5_000:], NOW)
    assert len(store.status().feeds) == 5_000


# -- pauses ------------------------------------------------------------------------------------------------------------


def state_of(store: SqlStore, name: str = "guardian") -> FeedState:
    return next(state for state in store.status().feeds if state.name == name)


def test_a_paused_feed_is_not_polled_until_it_is_resumed(store: SqlStore) -> None:
    store.sync_feeds([make_feed()], NOW)
    assert store.pause_feed(make_feed().url, NOW, reason="redesign", by="ann")
    assert due_names(store, timedelta(days=9)) == []
    paused = state_of(store)
    assert (paused.paused_at, paused.notes.pause_reason) == (NOW, "redesign")
    assert store.resume_feed(make_feed().url, NOW + MINUTE, by="bob")
    resumed = state_of(store)
    assert (resumed.paused_at, resumed.notes.pause_reason) == (None, "")
    assert [(event.what, event.by, event.detail) for event in resumed.notes.events] == [
        ("paused", "ann", "redesign"),
        ("resumed", "bob", ""),
    ]
    assert due_names(store, MINUTE) == ["guardian"]


def test_a_second_pause_leaves_the_reason_unless_it_has_another(store: SqlStore) -> None:
    store.sync_feeds([make_feed()], NOW)
    for reason, kept in (("redesign", "redesign"), ("", "redesign"), ("gone", "gone")):
        store.pause_feed(make_feed().url, NOW, until=NOW + MINUTE, reason=reason)
        assert state_of(store).notes.pause_reason == kept
    store.resume_feed(make_feed().url, NOW)
    store.pause_feed(make_feed().url, NOW)
    assert state_of(store).notes.pause_reason == ""


def test_a_poll_under_way_when_its_feed_is_paused_is_dropped(store: SqlStore) -> None:
    lease = claim_one(store)
    assert store.pause_feed(lease.state.url, NOW)
    with pytest.raises(LeaseLostError):
        store.record(make_outcome(lease), NOW)
    assert state_of(store).notes.events[-1].what == "paused"


def test_a_pause_with_an_end_ends_by_itself(store: SqlStore) -> None:
    store.sync_feeds([make_feed("a"), make_feed("b"), make_feed("c")], NOW)
    store.pause_feed(make_feed("a").url, NOW, until=NOW + MINUTE)
    store.pause_feed(make_feed("b").url, NOW)
    store.sync_feeds([make_feed("a"), make_feed("b"), make_feed("c")], NOW, hasten=[make_feed("a").url])
    assert store.end_pauses(NOW + MINUTE - SECOND) == ()
    assert store.end_pauses(NOW + MINUTE) == ("a",)
    assert due_names(store, MINUTE) in (["a", "c"], ["c", "a"])
    assert state_of(store, "a").notes.events[-1].detail == "its pause was over"


def test_pauses_that_go_on_are_looked_at_without_a_lock(fresh_database: str, opened: Callable[[str], SqlStore]) -> None:
    """Each daemon asks every few seconds: it waits for nobody who works on a paused feed, nor he for it."""
    working, asking = opened(fresh_database), opened(f"{fresh_database}&options=-c%20lock_timeout%3D2000")
    working.sync_feeds([make_feed("a"), make_feed("b")], NOW)
    working.pause_feed(make_feed("a").url, NOW, until=NOW + 9 * MINUTE)
    working.pause_feed(make_feed("b").url, NOW, until=NOW + MINUTE)
    with working.engine.begin() as connection:
        connection.execute(text("SELECT id FROM feed WHERE name = 'a' FOR UPDATE"))
        assert asking.end_pauses(NOW + MINUTE) == ("b",)


def test_only_watched_feeds_are_paused_and_only_paused_ones_resumed(store: SqlStore) -> None:
    store.sync_feeds([make_feed()], NOW)
    assert not store.pause_feed("https://nobody.example/rss", NOW)
    assert not store.resume_feed(make_feed().url, NOW)
    store.sync_feeds([], NOW)
    assert not store.pause_feed(make_feed().url, NOW)


# -- reports -----------------------------------------------------------------------------------------------------------


def test_a_report_counts_the_entries_of_a_day_and_of_a_week(store: SqlStore) -> None:
    lease = claim_one(store)
    ages = (timedelta(hours=23), timedelta(days=2), timedelta(days=8), timedelta(days=40))
    entries = tuple(make_entry(f"entry {age.days} {age.seconds}", seen_at=NOW - age) for age in ages)
    hit = Hit(rule="quake", at=NOW, entry_id=entries[0].id, source="guardian", text_key=b"1" * 16, names=("quake",))
    elsewhere = replace(hit, source="other", rule="flood")
    old = replace(hit, rule="storm", at=NOW - timedelta(days=31))
    store.record(make_outcome(lease, entries=entries, hits=(hit, elsewhere, old)), NOW)
    store.sync_feeds([make_feed(), make_feed("bbc")], NOW)
    bbc, guardian = store.feed_reports(NOW)
    assert (bbc.state.name, bbc.day, bbc.week, bbc.due) == ("bbc", 0, 0, NOW)
    assert (guardian.day, guardian.week, guardian.due) == (1, 2, NOW + 10 * MINUTE)
    findings = store.feed_findings(make_feed().url, NOW, limit=2)
    assert findings.entries == (entries[0].id, entries[1].id)
    assert findings.hits == (("quake", 1),)


def test_feeds_stand_in_the_order_of_all_reports_though_those_that_are_well_are_not_read(store: SqlStore) -> None:
    states: dict[str, dict[str, Any]] = {
        "well": {},
        "timeout": {"cause": Cause.TIMEOUT, "failing_since": NOW - MINUTE},
        "worse": {"cause": Cause.DNS, "failing_since": NOW - LEASE},
        "stale": {"cause": Cause.STALE, "failing_since": NOW},
        "gap": {"notes": FeedNotes(gap=Gap(since=NOW - DAY, until=NOW - MINUTE, entries=3))},
        "old gap": {"notes": FeedNotes(gap=Gap(since=NOW - 3 * DAY, until=NOW - 2 * DAY, entries=3))},
        "never": {"polled_at": None},
        "paused": {},
    }
    feeds = [make_feed(name) for name in states]
    for feed, changes in zip(feeds, states.values(), strict=True):
        lease = claim_one(store, feed.name)
        store.record(make_outcome(lease, state=replace(lease.state, **{"polled_at": NOW, **changes})), NOW)
    store.pause_feed(make_feed("paused").url, NOW)
    unwell = store.unwell_feeds()
    assert (unwell.watched, {state.name for state in unwell.feeds}) == (8, states.keys() - {"well"})
    for watched in (feeds, [*feeds, make_feed("new")], feeds[:3]):
        as_reported = watched_feeds(watched, store.feed_reports(NOW), NOW)
        assert standings(store, watched, NOW) == [(each.feed, each.health) for each in as_reported]
    some = of_page(store, feeds[:2], NOW)
    assert [(each.feed.name, each.report and each.report.day) for each in some] == [("timeout", 0), ("well", 0)]
    totals = store.totals()
    assert (totals.feeds, totals.failing, totals.entries, totals.alerts) == (8, 3, 0, 0)


def test_a_page_of_feeds_begins_behind_a_feed() -> None:
    feeds = [make_feed(name) for name in "abc"]
    assert page_of(feeds, "", 2) == (feeds[:2], "b")
    assert page_of(feeds, "b", 2) == (feeds[2:], "")
    assert page_of(feeds, "gone", 3) == (feeds, "")


# -- polls that found nothing, in one transaction ----------------------------------------------------------------------


def test_quiet_polls_are_written_together(store: SqlStore) -> None:
    store.sync_feeds([make_feed(name) for name in "abc"], NOW)
    leases = store.claim_feeds(now=NOW, lease=LEASE, limit=10)
    sick = replace(leases[2].state, failures=2, cause=Cause.DNS, detail="no such host")
    unhurt = make_outcome(leases[0], state=replace(leases[0].state, polled_at=NOW))
    store.record_quiet([make_outcome(leases[2], state=sick), unhurt, make_outcome(leases[1])])
    states = {state.name: state for state in store.status().feeds}
    assert {name: (state.polled_at, state.failures) for name, state in states.items()} == {
        leases[0].state.name: (NOW, 0),
        leases[1].state.name: (NOW, 0),
        leases[2].state.name: (None, 2),
    }
    assert due_names(store, 9 * MINUTE) == []
    assert len(due_names(store, 10 * MINUTE)) == 3


def test_one_lost_lease_undoes_the_whole_group(store: SqlStore) -> None:
    store.sync_feeds([make_feed(name) for name in "ab"], NOW)
    leases = store.claim_feeds(now=NOW, lease=LEASE, limit=10)
    store.release_feeds([leases[0]], NOW)
    with pytest.raises(LeaseLostError, match=leases[0].state.name):
        store.record_quiet([make_outcome(lease) for lease in leases])
    assert [state.polled_at for state in store.status().feeds] == [None, None]


def test_what_was_learnt_comes_back_as_it_was(store: SqlStore) -> None:
    lease = claim_one(store)
    state = replace(
        lease.state,
        validators=Validators(etag='"2"', last_modified="Sun, 01 Mar 2026 12:00:00 GMT"),
        body_hash=b"hash",
        baseline_at=NOW,
        polled_at=NOW,
        failures=1,
        failing_since=NOW,
        cause=Cause.HTTP,
        detail="500",
        blocks=b"12345678",
        notes=FeedNotes(moved_to="https://new.example/", moves=2),
    )
    store.record_quiet([make_outcome(lease, state=state)])
    assert store.status().feeds == (state,)


def test_new_feeds_may_be_due_later_and_known_ones_are_left_alone(store: SqlStore) -> None:
    store.sync_feeds([make_feed("a")], NOW)
    later = {make_feed(name).url: NOW + MINUTE for name in "ab"}
    store.sync_feeds([make_feed(name) for name in "abc"], NOW, first=later)
    assert sorted(due_names(store)) == ["a", "c"]
    assert due_names(store, MINUTE) == ["b"]
