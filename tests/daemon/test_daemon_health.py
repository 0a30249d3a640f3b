"""Only a change of health is news, and many changes are one line."""

from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from monitor.daemon.health import FeedHealth
from monitor.errors import Cause
from monitor.model import FeedLease, FeedState, PollOutcome

NOW = datetime(2027, 1, 1, tzinfo=UTC)
FAILS = "feed fails, polling it less often"
MANY_FAIL = "many feeds fail, polling them less often"
WORKS = "feeds work again"


def outcome(name: str, before: Cause | None, after: Cause | None) -> PollOutcome:
    url = f"https://{name}.example/rss"
    return PollOutcome(
        lease=FeedLease(state=FeedState(feed_id=1, name=name, url=url, cause=before), token=1),
        state=FeedState(feed_id=1, name=name, url=url, cause=after, detail="why" if after else ""),
        due=NOW,
    )


def told(*outcomes: PollOutcome, health: FeedHealth | None = None) -> list[tuple[str, str]]:
    """Return (event, feeds) of what is logged."""
    health = health or FeedHealth()
    for each in outcomes:
        health.add(each)
    with capture_logs() as lines:
        health.flush()
    return [(line["event"], line.get("feed") or line["feeds"]) for line in lines]


def test_a_feed_that_begins_to_fail_is_told_with_its_cause() -> None:
    health = FeedHealth()
    health.add(outcome("a", None, Cause.DNS))
    with capture_logs() as lines:
        health.flush()
    assert lines == [{"event": FAILS, "feed": "a", "cause": "name not found", "detail": "why", "log_level": "warning"}]


@pytest.mark.parametrize(
    ("before", "after", "news"),
    [
        (None, None, []),
        (None, Cause.DNS, [(FAILS, "a")]),
        (Cause.DNS, Cause.DNS, []),
        (Cause.DNS, Cause.HTTP, [(FAILS, "a")]),
        (Cause.DNS, None, [(WORKS, "a")]),
    ],
)
def test_only_a_change_is_news(before: Cause | None, after: Cause | None, news: list[tuple[str, str]]) -> None:
    assert told(outcome("a", before, after)) == news


def test_what_comes_and_goes_between_two_flushes_is_no_news() -> None:
    assert told(outcome("a", None, Cause.DNS), outcome("a", Cause.DNS, None)) == []
    assert told(outcome("a", Cause.DNS, None), outcome("a", None, Cause.DNS)) == []
    assert told(outcome("a", None, Cause.DNS), outcome("a", Cause.DNS, Cause.HTTP)) == [(FAILS, "a")]


def test_each_change_is_told_once() -> None:
    health = FeedHealth()
    assert told(outcome("a", None, Cause.DNS), health=health) == [(FAILS, "a")]
    assert told(health=health) == []
    assert told(outcome("a", Cause.DNS, Cause.DNS), health=health) == []
    assert told(outcome("a", Cause.DNS, None), health=health) == [(WORKS, "a")]
    assert told(health=health) == []


def test_three_of_a_cause_have_a_line_each_and_more_share_one() -> None:
    assert told(*(outcome(name, None, Cause.DNS) for name in "abc")) == [(FAILS, "a"), (FAILS, "b"), (FAILS, "c")]
    assert told(*(outcome(name, None, Cause.DNS) for name in "abcd")) == [(MANY_FAIL, "a, b, c and 1 more")]


def test_causes_are_told_apart() -> None:
    failing = [outcome(name, None, Cause.DNS) for name in "abcd"]
    assert told(
        *failing, outcome("e", None, Cause.HTTP), outcome("f", Cause.TLS, None), outcome("g", Cause.TLS, None)
    ) == [
        (MANY_FAIL, "a, b, c and 1 more"),
        (FAILS, "e"),
        (WORKS, "f, g"),
    ]
