"""How a feed is, in words, and what of it is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide.health import health_of, with_history
from monitor.errors import Cause
from monitor.model import EVENTS_KEPT, FeedEvent, FeedLease, FeedNotes, FeedState, Gap, PollOutcome

NOW = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def state(**changes: object) -> FeedState:
    given: dict[str, object] = {"feed_id": 1, "name": "wire", "url": "https://wire.example/rss", **changes}
    return FeedState(**given)  # type: ignore[arg-type]


def outcome(before: FeedState, after: FeedState) -> PollOutcome:
    return PollOutcome(lease=FeedLease(state=before, token=1), state=after, due=NOW)


FAILING = state(cause=Cause.TIMEOUT, failing_since=NOW - HOUR, detail="no answer")
OLDER = state(cause=Cause.DNS, failing_since=NOW - 2 * HOUR)


GAP = Gap(since=NOW - 2 * HOUR, until=NOW - HOUR, entries=3)
OLD_GAP = Gap(since=NOW - 30 * HOUR, until=NOW - 24 * HOUR, entries=3)


@pytest.mark.parametrize(
    ("feed", "words", "since"),
    [
        (state(), "never polled", None),
        (state(polled_at=NOW), "ok", None),
        (FAILING, "timed out", NOW - HOUR),
        (state(cause=Cause.DNS, paused_at=NOW), "paused", NOW),
        (state(cause=Cause.STALE, polled_at=NOW, failing_since=NOW - HOUR), "stale", NOW - HOUR),
        (state(polled_at=NOW, notes=FeedNotes(gap=GAP)), "gap", NOW - HOUR),
        (state(polled_at=NOW, notes=FeedNotes(gap=OLD_GAP)), "ok", None),
    ],
)
def test_health_is_a_word_and_a_time(feed: FeedState, words: str, since: datetime | None) -> None:
    health = health_of(feed, NOW)
    assert (health.words, health.since) == (words, since)


ODD = state(polled_at=NOW, notes=FeedNotes(gap=GAP))


def test_the_worst_comes_first_and_among_equals_what_lasts_longest() -> None:
    feeds = [state(polled_at=NOW), state(paused_at=NOW), FAILING, state(), ODD, OLDER]
    ordered = sorted(feeds, key=lambda feed: health_of(feed, NOW).key)
    assert [health_of(feed, NOW).words for feed in ordered] == [
        "name not found", "timed out", "gap", "never polled", "paused", "ok",
    ]  # fmt: skip


def test_somebody_should_look_at_what_fails_or_is_odd_and_not_at_what_was_paused() -> None:
    healths = [health_of(feed, NOW) for feed in (FAILING, ODD, state(paused_at=NOW), state(), state(polled_at=NOW))]
    assert [health.is_failing for health in healths] == [True, True, False, False, False]
    assert [health.is_paused for health in healths] == [False, False, True, False, False]


def test_a_change_of_health_goes_into_the_history() -> None:
    fails = with_history(outcome(state(), FAILING), NOW)
    assert fails.state.notes.events == (FeedEvent(at=NOW, what="timed out", detail="no answer"),)
    again = with_history(outcome(FAILING, state(polled_at=NOW)), NOW)
    assert again.state.notes.events == (FeedEvent(at=NOW, what="works again"),)


def test_what_stays_as_it_was_is_no_event() -> None:
    same = outcome(FAILING, FAILING)
    assert with_history(same, NOW) is same


def test_the_history_is_bounded() -> None:
    full = FeedNotes(events=tuple(FeedEvent(at=NOW, what=str(number)) for number in range(EVENTS_KEPT)))
    kept = with_history(outcome(state(notes=full), state(notes=full, cause=Cause.DNS)), NOW).state.notes.events
    assert (len(kept), kept[0].what, kept[-1].what) == (EVENTS_KEPT, "1", "name not found")
