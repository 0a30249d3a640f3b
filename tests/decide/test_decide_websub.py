"""When a hub is asked, and what its answers and pushes change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.websub import (
    DENIED_FOR,
    FIRST_RETRY,
    LAST_RETRY,
    LEASE,
    LONGEST_LEASE,
    SHORTEST_LEASE,
    VERIFYING,
    after_denial,
    after_failure,
    after_push,
    after_verification,
    callback_of,
    describe_subscription,
    may_verify,
    poll_after_bad_push,
    slowed,
    to_ask,
)
from monitor.model import Feed, FeedLease, FeedNotes, FeedState, PollOutcome, Subscription, Validators

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = Feed(name="wire", url="https://wire.example/rss")
PUBLIC = "https://monitor.example.org"
SECRET, OTHER = "ab" * 32, "cd" * 32
NAMED = FeedNotes(hub="https://hub.example/", topic="https://wire.example/feed")
STATE = FeedState(feed_id=1, name="wire", url=FEED.url, notes=NAMED, polled_at=NOW)


def new(state: FeedState = STATE, now: datetime = NOW) -> Subscription:
    asked = to_ask(state, PUBLIC, SECRET, now)
    assert asked is not None
    return asked


def holding(subscription: Subscription | None, **changes: Any) -> FeedState:
    return replace(STATE, notes=replace(NAMED, subscription=subscription, **changes))


def test_a_feed_that_names_a_hub_is_asked_for() -> None:
    asked = new()
    assert (asked.hub, asked.topic, asked.secret) == (NAMED.hub, NAMED.topic, SECRET)
    assert asked.callback == callback_of(PUBLIC, FEED.url, SECRET)
    assert asked.pending
    assert not asked.is_alive(NOW)


@pytest.mark.parametrize(
    "state",
    [replace(STATE, notes=FeedNotes()), replace(STATE, url="file:/a.xml"), replace(STATE, paused_at=NOW)],
    ids=["no hub", "file", "paused"],
)
def test_others_are_not(state: FeedState) -> None:
    assert to_ask(state, PUBLIC, SECRET, NOW) is None


def test_a_callback_is_of_one_feed_and_one_secret() -> None:
    names = {callback_of(PUBLIC, url, secret) for url in ("a", "b\udc80") for secret in (SECRET, OTHER)}
    assert len(names) == 4


@pytest.mark.parametrize(
    ("notes", "public_url"),
    [
        ({"hub": "https://other.example/"}, PUBLIC),
        ({"topic": "https://wire.example/other"}, PUBLIC),
        ({}, "https://elsewhere.example"),
    ],
    ids=["hub", "topic", "public_url"],
)
def test_another_hub_topic_or_address_is_another_subscription_but_not_too_often(
    notes: dict[str, str], public_url: str
) -> None:
    state = holding(after_verification(new(), None, NOW), **notes)
    assert to_ask(state, public_url, OTHER, NOW + VERIFYING - MINUTE) is None
    asked = to_ask(state, public_url, OTHER, NOW + VERIFYING)
    assert asked is not None
    assert (asked.secret, asked.until) == (OTHER, None)


def test_it_is_renewed_at_three_quarters_under_the_same_secret() -> None:
    verified = after_verification(new(), 4 * 3600, NOW)
    assert to_ask(holding(verified), PUBLIC, OTHER, NOW + 3 * HOUR - MINUTE) is None
    renewed = to_ask(holding(verified), PUBLIC, OTHER, NOW + 3 * HOUR)
    assert renewed is not None
    assert (renewed.secret, renewed.until, renewed.failures, renewed.detail) == (SECRET, NOW + 4 * HOUR, 0, "")
    assert renewed.pending


def test_a_hub_that_does_not_verify_is_asked_less_and_less_often() -> None:
    asked, waits = new(), []
    for _ in range(20):
        waits.append(asked.ask_at - asked.asked_at)
        again = to_ask(holding(asked), PUBLIC, OTHER, asked.ask_at)
        assert again is not None
        assert again.detail == "the hub has not come back to verify it"
        asked = again
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (VERIFYING, LAST_RETRY)


def test_a_failure_is_named_and_tried_again_and_may_still_be_verified() -> None:
    failed = after_failure(new(), "HTTP 500", NOW)
    assert failed.ask_at == NOW + FIRST_RETRY
    assert may_verify(failed, failed.topic, NOW)
    again = to_ask(holding(failed), PUBLIC, OTHER, failed.ask_at)
    assert again is not None
    assert (again.failures, again.detail) == (1, "HTTP 500")
    assert after_failure(again, "HTTP 500", NOW).ask_at == NOW + 2 * FIRST_RETRY
    assert after_verification(again, None, NOW).detail == ""


def test_a_denial_ends_it_for_a_while() -> None:
    denied = after_denial(after_verification(new(), None, NOW), "no\nreason", NOW)
    assert not denied.is_alive(NOW)
    assert not may_verify(denied, denied.topic, NOW)
    assert denied.detail == "the hub has refused: no reason"
    assert after_denial(denied, "", NOW).detail == "the hub has refused"
    assert to_ask(holding(denied), PUBLIC, OTHER, NOW + DENIED_FOR - MINUTE) is None
    again = to_ask(holding(denied), PUBLIC, OTHER, NOW + DENIED_FOR)
    assert again is not None
    assert again.failures == 0


def test_only_the_topic_that_was_asked_for_is_verified_and_only_while_it_is_wanted() -> None:
    asked = new()
    assert may_verify(asked, asked.topic, NOW)
    assert not may_verify(asked, asked.topic + "/", NOW)
    verified = after_verification(asked, 3600, NOW)
    assert may_verify(verified, asked.topic, NOW + HOUR - MINUTE)
    assert not may_verify(verified, asked.topic, NOW + HOUR)


@given(st.none() | st.integers(-(10**9), 10**12))
def test_any_lease_is_kept_within_bounds(seconds: int | None) -> None:
    until = after_verification(new(), seconds, NOW).until
    assert until is not None
    assert SHORTEST_LEASE <= until - NOW <= LONGEST_LEASE
    if seconds is None:
        assert until == NOW + LEASE


@pytest.mark.parametrize(
    ("feed", "until", "expected"),
    [
        (FEED, None, 10 * MINUTE),
        (FEED, NOW + DAY, 40 * MINUTE),
        (FEED, NOW, 10 * MINUTE),
        (FEED, NOW + 5 * MINUTE, 15 * MINUTE),
        (replace(FEED, poll=HOUR), NOW + DAY, 2 * HOUR),
        (replace(FEED, poll=3 * HOUR), NOW + DAY, 3 * HOUR),
        (replace(FEED, poll_max=20 * MINUTE), NOW + DAY, 20 * MINUTE),
        (replace(FEED, poll=HOUR, poll_max=12 * HOUR), NOW + DAY, 4 * HOUR),
    ],
    ids=["none", "alive", "over", "nearly over", "two hours", "never sooner", "own max", "longer max"],
)
def test_polling_is_slower_while_a_hub_pushes(feed: Feed, until: datetime | None, expected: timedelta) -> None:
    notes = replace(NAMED, subscription=replace(new(), until=until))
    assert slowed(feed, notes, NOW) == expected


def test_without_a_subscription_nothing_changes() -> None:
    assert slowed(FEED, NAMED, NOW) == FEED.poll


def test_a_push_changes_nothing_that_polls_have_learnt() -> None:
    before = replace(STATE, validators=Validators(etag='"1"'), body_hash=b"1" * 16, blocks=b"2" * 8, failures=2)
    after = replace(
        FeedState(feed_id=1, name="wire", url=FEED.url), notes=FeedNotes(newest_at=NOW, interval=MINUTE), polled_at=NOW
    )
    lease = FeedLease(state=before, token=1)
    outcome = after_push(PollOutcome(lease=lease, state=after, due=NOW, keys=(b"k" * 16,)), NOW + HOUR)
    assert outcome.state == replace(before, notes=replace(before.notes, newest_at=NOW))
    assert (outcome.due, outcome.keys) == (NOW + HOUR, (b"k" * 16,))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (STATE, FEED.poll / 4),
        (replace(STATE, polled_at=NOW - DAY), timedelta()),
        (replace(STATE, failures=1), HOUR),
        (replace(STATE, polled_at=None), HOUR),
    ],
    ids=["just polled", "long ago", "fails", "never"],
)
def test_after_a_bad_push_a_feed_is_polled_soon_but_within_its_bounds(state: FeedState, expected: timedelta) -> None:
    assert poll_after_bad_push(FEED, state, NOW + HOUR, NOW) == NOW + expected


def test_a_subscription_is_described() -> None:
    asked = new()
    assert describe_subscription(asked, NOW) == "not verified yet, asked 2026-11-22 12:00 UTC"
    failed = after_failure(asked, "HTTP 500", NOW)
    assert describe_subscription(failed, NOW).endswith("12:00 UTC; HTTP 500")
    verified = after_verification(asked, 3600, NOW)
    assert describe_subscription(verified, NOW) == "pushed until 2026-11-22 13:00 UTC"
    assert describe_subscription(verified, NOW + HOUR) == "lapsed; asked again 2026-11-22 12:45 UTC"
    denied = after_denial(asked, "no", NOW)
    assert describe_subscription(denied, NOW) == "the hub has refused: no; asked again 2026-11-29 12:00 UTC"
