"""Entries of the past decided anew; that the daemon decides alike is tested in tests/app/test_app_thresholds.py."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide.replay import Replay, Silence, lookback
from monitor.decide.thresholds import memory_of
from monitor.model import Absent, AtLeast, Entry, New, Spike, Threshold
from tests.rules.building import ruleset

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def entry(number: int, title: str, *, at: timedelta = timedelta(), feed: str = "wire") -> Entry:
    return Entry(
        id=f"{number:032x}", keys=(), feed=feed, title=title, url=f"https://{feed}.example/{number}", seen_at=NOW + at
    )


def replay(rules: str, **settings: object) -> Replay:
    return Replay(ruleset(rules), dedup=DAY, **settings)  # type: ignore[arg-type]


def told(replaying: Replay, *entries: Entry) -> list[bool]:
    return [any(finding.told for finding in replaying.show(each).findings) for each in entries]


def test_a_story_is_told_once_and_again_when_it_is_over() -> None:
    title = "Peace talks of the two neighbours resume in the capital"
    entries = [entry(n, title, at=n * 23 * HOUR, feed=f"feed{n}") for n in range(3)]
    entries.append(entry(9, title, at=71 * HOUR))
    replaying = replay("rules: {r: talks}")
    assert told(replaying, *entries) == [True, False, False, True]
    (again,) = replaying.show(entry(10, title, at=72 * HOUR)).findings
    assert (again.reached, again.told, again.note) == (True, False, "")
    assert replaying.show(entry(11, "Rain", at=73 * HOUR)).findings == ()


def test_each_rule_has_its_own_finding() -> None:
    replaying = replay("rules: {r: talks, s: {terms: talks, at_least: {entries: 2, within: 1h}}}")
    first, second = replaying.show(entry(1, "First talks")).findings
    assert (first.match.rule.id, first.told, first.note) == ("r", True, "")
    assert (second.match.rule.id, second.reached, second.told) == ("s", False, False)
    assert second.note == "1 of 2 entries within 1h"
    assert replaying.show(entry(2, "Second talks", at=MINUTE)).findings[1].reached


def test_what_is_older_than_a_threshold_looks_back_is_forgotten() -> None:
    replaying = replay("rules: {r: {terms: [flood, storm], new: 2h}}")
    titles = ["flood one", "flood two", "storm one", "flood three"]
    hours = [0, 1, 3, 3]
    assert told(replaying, *(entry(n, title, at=hours[n] * HOUR) for n, title in enumerate(titles))) == [
        True,
        False,
        True,
        False,
    ]
    assert told(replaying, entry(9, "flood four", at=6 * HOUR)) == [True]


def test_a_spike_is_measured_by_what_came_before_and_that_only_so_long() -> None:
    replaying = replay("rules: {r: {terms: flood, spike: {factor: 2, over: 1h, baseline: 4h}}}")
    busy = [entry(n, f"flood {n}", at=n * 10 * MINUTE) for n in range(18)]  # three hours, six in each
    assert not any(told(replaying, *busy))
    later = [entry(100 + n, f"flood {100 + n}", at=8 * HOUR + n * MINUTE) for n in range(3)]
    assert told(replaying, *later) == [False, False, True]


def test_silences_are_known_up_to_the_last_entry() -> None:
    rules = "rules: {r: {terms: flood, absent: 2h}, s: {terms: rain, absent: 30d}, t: storm}"
    replaying = replay(rules)
    assert replaying.silences() == ()
    for hours, title in ((0, "rain"), (3, "flood one"), (4, "flood two"), (7, "rain")):
        assert told(replaying, entry(hours, title, at=hours * HOUR)) == [False]
    assert replaying.silences() == (
        Silence(rule="r", since=NOW, at=NOW + 2 * HOUR),
        Silence(rule="r", since=NOW + 4 * HOUR, at=NOW + 6 * HOUR),
    )


def test_sources_are_known_by_the_tags_of_their_feeds() -> None:
    rules = "rules: {r: {terms: flood, sources: {only: [agency]}}}"
    assert told(replay(rules), entry(1, "flood")) == [False]
    assert told(replay(rules, source_tags={"wire": ("agency",)}), entry(1, "flood")) == [True]


def test_stories_that_are_over_are_let_go() -> None:
    replaying = Replay(ruleset("rules: {r: flood}"), dedup=HOUR)
    assert all(told(replaying, *(entry(n, f"flood {n}", at=n * MINUTE) for n in range(1_200))))
    assert len(replaying._stories) <= 1_000


@pytest.mark.parametrize(
    ("threshold", "memory"),
    [
        (None, timedelta()),
        (AtLeast(entries=2, within=HOUR), 2 * HOUR),
        (Absent(within=DAY), 2 * DAY),
        (New(within=30 * DAY), 30 * DAY),
        (Spike(factor=3, over=HOUR, baseline=14 * DAY), 14 * DAY + 2 * HOUR),
    ],
)
def test_so_far_back_hits_bear_on_a_threshold(threshold: Threshold | None, memory: timedelta) -> None:
    assert memory_of(threshold) == memory


def test_as_far_back_as_any_rule_asks_for() -> None:
    rules = ruleset("rules: {r: flood, s: {terms: x, new: 30d}, t: {terms: y, dedup: 40d}}").rules
    assert lookback([], HOUR) == HOUR
    assert lookback([rules["r"], rules["s"]], HOUR) == 30 * DAY
    assert lookback([*rules.values()], HOUR) == 40 * DAY
