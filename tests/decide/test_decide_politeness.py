"""What a feed and its server ask for, and what polls learn of where a feed is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.poll import decide_failure, decide_page, decide_unchanged
from monitor.decide.schedule import GONE_INTERVAL, JITTER, LONGEST_HOLD, asked_wait, hold_host_until, next_poll
from monitor.decide.sifting import Sifted
from monitor.errors import Cause, FeedError, FetchError, ParseError
from monitor.model import (
    MOVES,
    Feed,
    FeedLease,
    FeedNotes,
    FeedState,
    FetchNotes,
    Memory,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
    Validators,
)
from monitor.stories.index import StoryIndex

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)  # a Sunday
TEN, HOUR = timedelta(minutes=10), timedelta(hours=1)
FEED = Feed(name="wire", url="https://wire.example/rss", poll=TEN)
STATE = FeedState(feed_id=1, name="wire", url=FEED.url, validators=Validators(etag='"1"'))
NEW = "https://new.example/rss"


def lease(notes: FeedNotes) -> FeedLease:
    return FeedLease(state=replace(STATE, notes=notes), token=1)


# -- how long to wait -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freshness", "notes", "expected"),
    [
        (timedelta(), FeedNotes(), TEN),
        (HOUR, FeedNotes(), HOUR),
        (timedelta(minutes=1), FeedNotes(), TEN),
        (timedelta(), FeedNotes(ttl=2 * HOUR), 2 * HOUR),
        (3 * HOUR, FeedNotes(ttl=2 * HOUR), 3 * HOUR),
        (timedelta(days=9), FeedNotes(), LONGEST_HOLD),
        (timedelta(), FeedNotes(ttl=timedelta(days=365)), LONGEST_HOLD),
        (timedelta(), FeedNotes(skip_hours=(11, 13)), TEN),
        (timedelta(), FeedNotes(skip_hours=(12, 13)), timedelta(minutes=90)),
        (timedelta(), FeedNotes(skip_days=(6,)), timedelta(hours=11, minutes=30)),
        (timedelta(), FeedNotes(skip_days=(6,), skip_hours=(0, 1)), timedelta(hours=13, minutes=30)),
        (timedelta(), FeedNotes(skip_hours=tuple(range(24))), TEN),
        (timedelta(), FeedNotes(skip_days=tuple(range(7))), TEN),
    ],
)
def test_the_longest_wish_counts(freshness: timedelta, notes: FeedNotes, expected: timedelta) -> None:
    assert asked_wait(TEN, freshness, notes, NOW) == expected


@given(
    st.timedeltas(timedelta(seconds=10), timedelta(days=30)),
    st.timedeltas(timedelta(), timedelta(days=400)),
    st.timedeltas(timedelta(), timedelta(days=400)),
    st.sets(st.integers(0, 23)),
    st.sets(st.integers(0, 6)),
)
def test_nobody_makes_us_poll_sooner_and_nobody_puts_us_off_for_ever(
    poll: timedelta, freshness: timedelta, ttl: timedelta, hours: set[int], days: set[int]
) -> None:
    notes = FeedNotes(ttl=ttl, skip_hours=tuple(hours), skip_days=tuple(days))
    wait = asked_wait(poll, freshness, notes, NOW)
    assert wait >= poll
    due = next_poll(replace(FEED, poll=poll), NOW, poll, wait)
    assert NOW + poll * (1 - JITTER) <= due <= NOW + max(poll, LONGEST_HOLD) * (1 + JITTER)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (FetchError(Cause.RATE_LIMITED, "x", hold_host=HOUR), NOW + HOUR),
        (FetchError(Cause.RATE_LIMITED, "x", hold_host=timedelta(days=9)), NOW + LONGEST_HOLD),
        (FetchError(Cause.RATE_LIMITED, "x", hold_host=timedelta()), None),
        (FetchError(Cause.HTTP, "x", retry_after=HOUR), None),
        (ParseError(Cause.BROKEN, "x"), None),
    ],
)
def test_a_host_is_held_back_where_it_asks_for_that(error: FeedError, expected: datetime | None) -> None:
    assert hold_host_until(error, NOW) == expected
    assert decide_failure(lease(FeedNotes()), FEED, error, NOW).hold_host_until == expected


def test_an_answers_freshness_and_a_pages_ttl_put_the_next_poll_off() -> None:
    notes = FetchNotes(freshness=2 * HOUR)
    unchanged = decide_unchanged(lease(FeedNotes()), FEED, NotModified(notes=notes), NOW)
    assert unchanged.due > NOW + HOUR
    page = decided(FeedNotes(), FetchNotes(), ParsedFeed(title="", entries=(), ttl=3 * HOUR, skip_days=(1,)))
    assert page.due > NOW + 2 * HOUR
    assert (page.state.notes.ttl, page.state.notes.skip_days) == (3 * HOUR, (1,))
    later = decide_unchanged(FeedLease(state=page.state, token=2), FEED, NotModified(), NOW)
    assert later.due > NOW + 2 * HOUR


# -- where a feed is --------------------------------------------------------------------------------------------------


def decided(notes: FeedNotes, fetched: FetchNotes, parsed: ParsedFeed | None = None) -> PollOutcome:
    return decide_page(
        lease=lease(notes),
        feed=FEED,
        page=Page(body=b"x", notes=fetched),
        parsed=parsed or ParsedFeed(title="", entries=()),
        sifted=Sifted(fresh=(), keys=(), detected=()),
        memory=Memory(),
        histories={},
        told={},
        index=StoryIndex(),
        dedup=HOUR,
        stories_since=NOW,
        now=NOW,
    )


def polled(notes: FeedNotes, moved_to: str) -> FeedNotes:
    answer = NotModified(notes=FetchNotes(moved_to=moved_to))
    return decide_unchanged(lease(notes), FEED, answer, NOW).state.notes


def test_a_move_is_believed_after_three_polls_in_a_row() -> None:
    notes, homes = FeedNotes(), []
    for moved_to in (NEW, NEW, "", NEW, NEW, "https://b.example/", NEW, NEW, NEW, NEW):
        notes = polled(notes, moved_to)
        homes.append(notes.home)
    assert homes == [""] * 8 + [NEW] * 2
    assert notes.moves == MOVES


@pytest.mark.parametrize(
    "error", [FetchError(Cause.GONE, "x"), FetchError(Cause.TIMEOUT, "x"), ParseError(Cause.NOT_A_FEED, "x")]
)
def test_a_place_that_fails_is_forgotten_and_the_feeds_own_url_is_asked_soon(error: FeedError) -> None:
    outcome = decide_failure(lease(FeedNotes(moved_to=NEW, moves=MOVES)), FEED, error, NOW)
    assert (outcome.state.notes.home, outcome.state.notes.moves) == ("", 0)
    assert outcome.due <= NOW + TEN * (1 + JITTER)


def test_a_feed_that_is_gone_is_asked_once_a_day() -> None:
    outcome = decide_failure(lease(FeedNotes()), FEED, FetchError(Cause.GONE, "x"), NOW)
    assert outcome.due == NOW + GONE_INTERVAL
    assert outcome.state.cause is Cause.GONE


# -- validators -------------------------------------------------------------------------------------------------------


def test_an_unconditional_fetch_is_noted() -> None:
    yesterday = FeedNotes(unconditional_at=NOW - timedelta(days=1))
    assert polled(yesterday, "").unconditional_at == yesterday.unconditional_at
    again = decided(yesterday, FetchNotes(unconditional=True, answered=NEW))
    assert (again.state.notes.unconditional_at, again.state.notes.answered) == (NOW, NEW)
    same = decide_unchanged(lease(yesterday), FEED, Page(body=b"x", notes=FetchNotes(unconditional=True)), NOW)
    assert same.state.notes.unconditional_at == NOW


def test_an_answer_of_another_kind_leaves_no_validators() -> None:
    not_a_feed = decide_failure(lease(FeedNotes()), FEED, ParseError(Cause.NOT_A_FEED, "HTML"), NOW)
    assert not_a_feed.state.validators == Validators()
    away = decide_failure(lease(FeedNotes()), FEED, FetchError(Cause.TIMEOUT, "x"), NOW)
    assert away.state.validators == STATE.validators
