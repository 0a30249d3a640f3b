"""What it takes beyond one match."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.draft import story_window
from monitor.decide.thresholds import describe_threshold, hit_of, judge, question, span, with_hit
from monitor.model import (
    Absent,
    AtLeast,
    Entry,
    Field,
    History,
    Hit,
    Match,
    Mention,
    New,
    Question,
    Rule,
    Spike,
    Tally,
    Threshold,
)

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
THREE = AtLeast(entries=3, sources=2, within=2 * HOUR)
SPIKE = Spike(factor=3, over=HOUR, baseline=14 * DAY)


def rule(threshold: Threshold | None, **changes: object) -> Rule:
    return Rule(id="talks", title="Talks", threshold=threshold, **changes)  # type: ignore[arg-type]


def hit(number: int, *, source: str = "", text: bytes = b"", at: datetime = NOW, names: tuple[str, ...] = ()) -> Hit:
    return Hit(
        rule="talks",
        at=at,
        entry_id=f"{number:032x}",
        source=source or f"feed-{number}",
        text_key=text or bytes([number % 256]),
        names=names,
        title=f"Title {number}",
    )


def past(*hits: Hit, **changes: object) -> History:
    names = frozenset(name for each in hits for name in each.names)
    given = {"tally": Tally(rule="talks"), "hits": hits, "count": len(hits), "names": names} | changes
    return History(**given)  # type: ignore[arg-type]


# -- at_least ----------------------------------------------------------------------------------------------------------


def test_below_at_least_the_ledger_says_how_far_it_is() -> None:
    judgement = judge(rule(THREE), hit(2), past(hit(1)))
    assert (judgement.tell, judgement.reason) == (False, "2 of 3 entries, 2 of 2 sources within 2h")
    assert judgement.tally.told_at is None


def test_at_least_is_told_once_with_the_earlier_entries() -> None:
    judgement = judge(rule(THREE), hit(3), past(hit(1), hit(2)))
    assert judgement.tell
    assert judgement.reason == (
        "3 of 3 entries, 3 of 2 sources within 2h; before it “Title 1” (feed-1), “Title 2” (feed-2)"
    )
    assert judgement.tally.told_at == NOW
    again = judge(rule(THREE), hit(4, at=NOW + HOUR), past(hit(1), hit(2), hit(3), tally=judgement.tally))
    assert not again.tell
    assert again.reason.endswith("; told 1h ago")
    later = judge(rule(THREE), hit(4, at=NOW + 2 * HOUR), past(hit(1), hit(2), hit(3), tally=judgement.tally))
    assert later.tell


def test_copies_of_a_text_count_once_and_so_do_their_sources() -> None:
    wire = b"the wire's text"
    copies = past(hit(1, text=wire), hit(2, text=wire), hit(3, source="feed-1"))
    assert judge(rule(THREE), hit(4, text=wire), copies).reason.startswith("2 of 3 entries (copies count once), 1 of 2")


def test_many_earlier_entries_are_counted_and_the_newest_named() -> None:
    reason = judge(rule(AtLeast(entries=6, within=DAY)), hit(6), past(*map(hit, range(1, 6)))).reason
    assert reason.endswith("before it “Title 3” (feed-3), “Title 4” (feed-4), “Title 5” (feed-5) and 2 more")
    assert "sources" not in reason


def test_an_entry_that_is_enough_alone_and_one_whose_title_is_forgotten() -> None:
    assert judge(rule(AtLeast(within=DAY)), hit(1), past()).reason == "1 of 1 entries within 1d"
    forgotten = judge(rule(AtLeast(entries=2, within=DAY)), hit(2), past(replace(hit(1), title="")))
    assert f"before it “{1:032x}”" in forgotten.reason


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 90)), max_size=40))
def test_at_least_never_speaks_twice_within_its_time(steps: list[tuple[int, int, int]]) -> None:
    history, now, told = past(), NOW, []
    for number, (source, text, minutes) in enumerate(steps):
        now += minutes * MINUTE
        recent = tuple(each for each in history.hits if now - each.at <= THREE.within)
        one = hit(number, source=str(source), text=bytes([text + 1]), at=now)
        judgement = judge(rule(THREE), one, replace(history, hits=recent))
        if judgement.tell:
            told.append(now)
            assert len({each.text_key for each in (*recent, one)}) >= THREE.entries
        history = replace(with_hit(history, one), tally=judgement.tally)
    assert all(later - earlier >= THREE.within for earlier, later in pairwise(told))


# -- new ---------------------------------------------------------------------------------------------------------------


def test_a_name_is_new_once() -> None:
    month = rule(New(within=30 * DAY))
    first = judge(month, hit(1, names=("shoygu", "carter")), past(hit(2, names=("carter",))))
    assert (first.tell, first.reason) == (True, "first time in 30d: shoygu")
    second = judge(month, hit(3, names=("shoygu",)), past(hit(1, names=("shoygu",))))
    assert (second.tell, second.reason) == (False, "nothing for the first time in 30d")


# -- spike -------------------------------------------------------------------------------------------------------------

WATCHED = Tally(rule="talks", since=NOW - 15 * DAY)


@pytest.mark.parametrize("since", [None, NOW - DAY, NOW + DAY])
def test_without_history_nothing_is_a_spike(since: datetime | None) -> None:
    judgement = judge(rule(SPIKE), hit(1), past(count=1000, tally=Tally(rule="talks", since=since)))
    assert (judgement.tell, judgement.reason) == (False, "watched too short to know what is usual: 3d12h needed")


@pytest.mark.parametrize(
    ("before", "count", "tell"),
    [(0, 1, False), (0, 2, True), (14 * 24, 1, False), (14 * 24 * 2, 4, False), (672, 5, True)],
)
def test_a_spike_is_factor_times_the_usual_and_three_at_least(before: int, count: int, *, tell: bool) -> None:
    assert judge(rule(SPIKE), hit(1), past(count=count, before=before, tally=WATCHED)).tell is tell


def test_a_shorter_history_expects_as_much_as_a_longer_one() -> None:
    week = replace(WATCHED, since=NOW - HOUR - 7 * DAY)
    assert "; 6 are a spike" in judge(rule(SPIKE), hit(1), past(before=7 * 24 * 2, tally=week)).reason


def test_a_spike_is_told_once_until_it_is_over() -> None:
    first = judge(rule(SPIKE), hit(1), past(count=2, tally=WATCHED))
    assert first.reason == "3 entries within 1h, 0.0 expected; 3 are a spike"
    goes_on = judge(rule(SPIKE), hit(2), past(count=9, tally=first.tally))
    assert not goes_on.tell
    assert goes_on.reason.endswith("; the same spike was told before")
    over = judge(rule(SPIKE), hit(3), past(count=0, tally=goes_on.tally))
    assert over.tally.told_at is None
    assert judge(rule(SPIKE), hit(4), past(count=2, tally=over.tally)).tell


# -- the rest ----------------------------------------------------------------------------------------------------------


def test_a_match_of_an_absent_rule_is_no_news_and_one_without_threshold_is() -> None:
    assert judge(rule(Absent(within=DAY)), hit(1), past()).reason == "told only when nothing comes for 1d"
    assert judge(rule(None), hit(1), past()).tell


@pytest.mark.parametrize(
    ("threshold", "asked"),
    [
        (None, None),
        (Absent(within=DAY), None),
        (THREE, Question(rule="talks", since=NOW - 2 * HOUR)),
        (New(within=DAY), Question(rule="talks", since=NOW - DAY)),
        (SPIKE, Question(rule="talks", since=NOW - HOUR, baseline_since=NOW - HOUR - 14 * DAY)),
    ],
)
def test_only_what_bears_on_a_threshold_is_asked(threshold: Threshold | None, asked: Question | None) -> None:
    assert question(rule(threshold), NOW) == asked


@pytest.mark.parametrize(
    ("title", "url", "same"),
    [("A headline that is long enough", "", True), ("Short", "https://a.example/1", True), ("Short", "", False)],
)
def test_copies_share_a_text_key(title: str, url: str, *, same: bool) -> None:
    entries = [
        Entry(id=f"{number:032x}", keys=(), feed="wire", title=title, canonical_url=url, seen_at=NOW)
        for number in (1, 2)
    ]
    mention = Mention(name="a", surface="A", field=Field.TITLE, start=0, end=1)
    one, two = (hit_of(Match(rule=rule(None), entry=each, mentions=(mention, mention)), NOW) for each in entries)
    assert (one.text_key == two.text_key) is same
    assert (one.names, one.at, one.source) == (("a",), NOW, "wire")


@pytest.mark.parametrize(
    ("length", "said"),
    [(timedelta(), "0s"), (90 * MINUTE, "1h30m"), (14 * DAY, "14d"), (DAY + HOUR + MINUTE, "1d1h")],
)
def test_span(length: timedelta, said: str) -> None:
    assert span(length) == said


@pytest.mark.parametrize(
    ("threshold", "said"),
    [
        (THREE, "3 entries of 2 sources within 2h"),
        (New(within=DAY), "first time in 1d"),
        (SPIKE, "3 times what 14d lead to expect within 1h"),
        (Absent(within=DAY), "nothing for 1d"),
    ],
)
def test_a_threshold_in_words(threshold: Threshold, said: str) -> None:
    assert describe_threshold(threshold) == said


def test_a_story_is_remembered_as_long_as_any_of_its_rules_asks() -> None:
    rules = [rule(None, dedup=HOUR), rule(None, dedup=2 * HOUR)]
    assert story_window(rules, DAY) == 2 * HOUR
    assert story_window([*rules, rule(None)], DAY) == DAY
    assert story_window([], DAY) == DAY
