"""What one poll decides: fresh, matched, joined, told."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide import poll as decide
from monitor.decide.holding import Restraints
from monitor.decide.recalling import page_keys, page_questions, page_story_keys
from monitor.decide.schedule import next_poll, poll_after_failure
from monitor.decide.sifting import sift_page
from monitor.document import parse_document
from monitor.errors import Cause, FetchError, ParseError
from monitor.model import (
    AtLeast,
    Backlog,
    Entry,
    Feed,
    FeedLease,
    FeedState,
    History,
    Memory,
    Message,
    NotModified,
    Page,
    ParsedFeed,
    PollOutcome,
    Priority,
    Stage,
    Story,
    Tally,
    Threshold,
    Told,
    Validators,
)
from monitor.rules.load import load_rules
from monitor.rules.match import MatchResult, Ruleset
from monitor.stories.index import StoryIndex
from monitor.stories.keys import story_keys

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FEED = Feed(name="wire", url="https://wire.example/rss", poll=timedelta(minutes=10))
STATE = FeedState(feed_id=1, name="wire", url=FEED.url, baseline_at=NOW - timedelta(days=1))
RULES = """
rules:
  talks: {terms: military talks, notify: desk}
  syria: {terms: Syria, notify: [desk, chief], priority: high}
"""


def ruleset(text: str = RULES) -> Ruleset:
    document, problems = parse_document(text.encode(), name="rules.yaml")
    assert document is not None
    rules, more = load_rules(
        [document], channels=("desk", "chief"), default_notify=("desk",), default_priority=Priority.NORMAL
    )
    assert rules is not None, [*problems, *more]
    return rules


def entry(title: str, *, number: int = 1, url: str = "", feed: str = "wire", summary: str = "") -> Entry:
    key = number.to_bytes(16)
    return Entry(
        id=key.hex(), keys=(key,), feed=feed, title=title, summary=summary, url=url, canonical_url=url, seen_at=NOW
    )


def page_of(
    *entries: Entry,
    feed: Feed = FEED,
    state: FeedState = STATE,
    memory: Memory | None = None,
    rules: str | Ruleset = RULES,
    histories: Mapping[str, History] | None = None,
    told: Mapping[str, Told] | None = None,
    restraints: Restraints | None = None,
) -> PollOutcome:
    lease, parsed = FeedLease(state=state, token=7), ParsedFeed(title="Wire", entries=entries)
    matcher = ruleset(rules) if isinstance(rules, str) else rules
    return decide.decide_page(
        lease=lease,
        feed=feed,
        page=Page(body=b"body", validators=Validators(etag='"1"')),
        parsed=parsed,
        sifted=sift_page(lease=lease, feed=feed, parsed=parsed, memory=memory or Memory(), ruleset=matcher, now=NOW),
        memory=memory or Memory(),
        histories=histories or {},
        told=told or {},
        index=StoryIndex(),
        dedup=timedelta(days=4),
        stories_since=NOW - timedelta(days=4),
        now=NOW,
        restraints=restraints,
    )


def verdicts(outcome: PollOutcome) -> list[tuple[Stage, str]]:
    return [(decision.stage, decision.verdict) for decision in outcome.decisions]


def test_a_matching_entry_becomes_one_alert_and_one_delivery_with_its_reason() -> None:
    outcome = page_of(entry("Military talks resume", url="https://a.example/1"))
    (alert,), (delivery,) = outcome.alerts, outcome.deliveries
    assert (alert.channel, alert.rules, delivery.alert_id) == ("desk", ("talks",), alert.id)
    assert isinstance(delivery.message, Message)
    assert delivery.message.title.text == "Military talks resume"
    assert delivery.message.reasons[0].found == (("military talks", ("Military talks",)),)
    assert verdicts(outcome) == [(Stage.MATCH, "match"), (Stage.STORY, "new-story"), (Stage.ROUTE, "alert")]
    assert "“Military talks” in title" in outcome.decisions[0].reason


def test_an_entry_that_hits_two_rules_is_one_message_a_channel() -> None:
    outcome = page_of(entry("Military talks over Syria"))
    assert {(alert.channel, alert.rules, alert.priority) for alert in outcome.alerts} == {
        ("desk", ("talks", "syria"), Priority.HIGH),
        ("chief", ("syria",), Priority.HIGH),
    }
    assert len({delivery.key for delivery in outcome.deliveries}) == 2


def test_a_known_entry_is_neither_recorded_nor_matched_again() -> None:
    known = entry("Syria")
    outcome = page_of(known, memory=Memory(known=dict.fromkeys(known.keys, NOW.date())))
    assert (outcome.entries, outcome.alerts, outcome.decisions) == ((), (), ())
    assert outcome.keys == ()
    yesterday = Memory(known=dict.fromkeys(known.keys, NOW.date() - timedelta(days=1)))
    assert page_of(known, memory=yesterday).keys == known.keys


def test_the_same_entry_twice_on_a_page_counts_once() -> None:
    assert len(page_of(entry("Syria"), entry("Syria")).entries) == 1


def test_messages_are_owed_oldest_first_whatever_the_order_on_the_page() -> None:
    dated = replace(entry("Syria dated", number=1), published=NOW - timedelta(hours=5))
    outcome = page_of(dated, entry("Syria newest", number=2), entry("Syria older", number=3))
    assert [item.message.title.text for item in outcome.deliveries if item.channel == "desk"] == [
        "Syria dated",
        "Syria older",
        "Syria newest",
    ]


def test_an_entry_without_a_match_is_recorded_with_the_reason() -> None:
    outcome = page_of(entry("Football"))
    assert len(outcome.entries) == 1
    assert verdicts(outcome) == [(Stage.MATCH, "no-match")]


@pytest.mark.parametrize(("policy", "alerts"), [(Backlog.SILENT, 0), (Backlog.ALERT, 2)])
def test_first_poll_is_a_silent_baseline_unless_the_feed_asks(policy: Backlog, alerts: int) -> None:
    new = replace(STATE, baseline_at=None)
    outcome = page_of(entry("Syria"), feed=replace(FEED, backlog=policy), state=new)
    assert len(outcome.alerts) == alerts
    assert outcome.state.baseline_at == NOW
    assert len(outcome.entries) == 1


def test_baseline_date_stays() -> None:
    assert page_of(entry("x")).state.baseline_at == STATE.baseline_at


def test_two_entries_of_a_page_with_one_address_are_one_story() -> None:
    outcome = page_of(
        entry("Syria, again", url="https://a.example/1"), entry("Syria, first", number=2, url="https://a.example/1")
    )
    (story,) = outcome.stories
    assert story.entries == 2
    assert story.told == {"desk", "chief"}
    assert len(outcome.alerts) == 2
    assert (Stage.STORY, "same-story") in verdicts(outcome)
    assert (Stage.ROUTE, "told") in verdicts(outcome)


def remembered(url: str, *, story_id: str = "f" * 32, told: frozenset[str] = frozenset()) -> Memory:
    keys = story_keys(entry("x", url=url))
    earlier = NOW - timedelta(hours=3)
    story = Story(id=story_id, first_at=earlier, last_at=earlier, entries=1, sources=("other",), told=told)
    return Memory(stories=dict.fromkeys(keys.values(), story))


def test_a_story_told_by_another_feed_is_counted_and_not_told_again() -> None:
    url = "https://a.example/1"
    outcome = page_of(entry("Syria", url=url), memory=remembered(url, told=frozenset({"desk", "chief"})))
    (story,) = outcome.stories
    assert (story.entries, story.sources, story.last_at) == (2, ("other", "wire"), NOW)
    assert outcome.deliveries == ()


def test_a_channel_that_has_not_heard_of_the_story_is_told() -> None:
    url = "https://a.example/1"
    outcome = page_of(entry("Syria", url=url), memory=remembered(url, told=frozenset({"desk"})))
    assert [delivery.channel for delivery in outcome.deliveries] == ["chief"]


def test_a_second_report_of_the_same_feed_does_not_add_a_source() -> None:
    url = "https://a.example/1"
    outcome = page_of(entry("Syria", url=url, feed="other"), memory=remembered(url))
    assert outcome.stories[0].sources == ("other",)


def test_the_earlier_story_wins_where_address_and_text_disagree() -> None:
    late = entry("Syria: a headline of some length", url="https://a.example/1", summary="And a text of some length.")
    keys = story_keys(late)
    old, older = NOW - timedelta(hours=1), NOW - timedelta(hours=2)
    by_url = Story(id="1" * 32, first_at=old, last_at=old, entries=1, sources=("a",))
    by_text = Story(id="2" * 32, first_at=older, last_at=older, entries=1, sources=("b",))
    assert len(keys) == 2
    outcome = page_of(late, memory=Memory(stories=dict(zip(keys.values(), (by_url, by_text), strict=True))))
    assert [story.id for story in outcome.stories] == [by_text.id]
    assert outcome.story_keys == {}


def test_ids_are_the_same_in_every_process() -> None:
    first, second = page_of(entry("Syria")), page_of(entry("Syria"))
    assert [delivery.key for delivery in first.deliveries] == [delivery.key for delivery in second.deliveries]


def test_a_rule_that_fails_is_recorded_and_the_others_go_on() -> None:
    rules = ruleset()

    class Faulty:
        def match(self, entry: Entry, source_tags: tuple[str, ...]) -> object:
            return replace(rules.match(entry, source_tags), failures=(("talks", "ZeroDivisionError"),))

    outcome = page_of(entry("Syria"), rules=Faulty())  # type: ignore[arg-type]
    assert verdicts(outcome)[0] == (Stage.MATCH, "error")
    assert outcome.decisions[0].rule == "talks"
    assert len(outcome.alerts) == 2


def test_validators_and_body_hash_are_stored_with_the_entries_they_cover() -> None:
    state = page_of(entry("x")).state
    assert state.validators == Validators(etag='"1"')
    assert state.body_hash == decide.body_hash(Page(body=b"body")) != decide.body_hash(Page(body=b"other"))


# -- schedule and health -----------------------------------------------------------------------------------------------

SICK = replace(STATE, failures=3, failing_since=NOW - timedelta(hours=1), cause=Cause.DNS, detail="no such host")


def test_an_unchanged_feed_is_healthy_and_due_after_its_interval() -> None:
    outcome = decide.decide_unchanged(FeedLease(state=SICK, token=1), FEED, NotModified(), NOW)
    assert (outcome.state.failures, outcome.state.cause, outcome.state.polled_at) == (0, None, NOW)
    assert timedelta(minutes=9) <= outcome.due - NOW <= timedelta(minutes=11)


def test_the_same_body_with_new_validators_keeps_the_new_ones() -> None:
    page = Page(body=b"as before", validators=Validators(etag='"2"'))
    outcome = decide.decide_unchanged(FeedLease(state=STATE, token=1), FEED, page, NOW)
    assert outcome.state.validators == page.validators


def test_a_page_whose_blocks_are_all_known_is_the_last_one_from_now_on() -> None:
    page = Page(body=b"in another order", validators=Validators(etag='"2"'))
    state = decide.decide_unchanged(FeedLease(state=STATE, token=1), FEED, page, NOW, blocks=b"12345678").state
    assert (state.validators, state.blocks) == (page.validators, b"12345678")
    assert state.body_hash == decide.body_hash(page) != STATE.body_hash


def test_a_clock_that_is_set_back_does_not_make_a_story_older() -> None:
    url = "https://a.example/1"
    memory = remembered(url)
    later = {key: replace(story, last_at=NOW + timedelta(hours=1)) for key, story in memory.stories.items()}
    assert page_of(entry("Syria", url=url), memory=Memory(stories=later)).stories[0].last_at == NOW + timedelta(hours=1)


def test_feeds_spread_over_time() -> None:
    dues = {next_poll(replace(FEED, url=f"https://{n}.example/"), NOW, FEED.poll) for n in range(50)}
    assert len(dues) > 40


def test_failures_back_off_and_never_end() -> None:
    dues = []
    for failures in (0, 1, 2, 5, 500):
        state = replace(STATE, failures=failures)
        outcome = decide.decide_failure(FeedLease(state=state, token=1), FEED, ParseError(Cause.BROKEN, "x"), NOW)
        assert outcome.state.failures == failures + 1
        dues.append(outcome.due - NOW)
    assert dues[0] < timedelta(minutes=12)
    assert dues[1] > timedelta(minutes=17)
    assert timedelta(hours=5) < dues[-1] < timedelta(hours=7)


def test_a_failure_keeps_when_it_began_and_what_was_known() -> None:
    outcome = decide.decide_failure(FeedLease(state=SICK, token=1), FEED, FetchError(Cause.HTTP, "500"), NOW)
    assert outcome.state.failing_since == SICK.failing_since
    assert (outcome.state.cause, outcome.state.detail) == (Cause.HTTP, "500")
    first = decide.decide_failure(FeedLease(state=STATE, token=1), FEED, FetchError(Cause.HTTP, "500"), NOW)
    assert first.state.failing_since == NOW


@pytest.mark.parametrize(
    ("asked", "low", "high"),
    [
        (timedelta(hours=2), timedelta(hours=1.7), timedelta(hours=2.3)),
        (timedelta(days=400), timedelta(hours=21), timedelta(hours=27)),
        (timedelta(seconds=1), timedelta(minutes=8), timedelta(minutes=12)),
    ],
)
def test_retry_after_is_obeyed_within_reason(asked: timedelta, low: timedelta, high: timedelta) -> None:
    error = FetchError(Cause.RATE_LIMITED, "429", retry_after=asked)
    assert low <= poll_after_failure(FEED, error, 1, NOW) - NOW <= high


def test_a_feed_that_is_gone_is_asked_once_a_day() -> None:
    assert poll_after_failure(FEED, FetchError(Cause.GONE, ""), 1, NOW) == NOW + timedelta(days=1)


def test_a_feed_polled_less_often_than_the_longest_backoff_stays_so() -> None:
    weekly = replace(FEED, poll=timedelta(days=7))
    assert poll_after_failure(weekly, FetchError(Cause.HTTP, ""), 9, NOW) - NOW > timedelta(days=6)


def test_what_is_asked_of_the_store_is_what_stands_on_the_page() -> None:
    one, two = entry("Syria", url="https://a.example/1"), entry("Syria", number=2, url="https://a.example/2")
    page = ParsedFeed(title="", entries=(one, two))
    assert page_keys(page) == {*one.keys, *two.keys}
    assert page_story_keys(page.entries) == {*story_keys(one).values(), *story_keys(two).values()}


# -- thresholds and windows --------------------------------------------------------------------------------------------


def with_threshold(threshold: Threshold, *, rule_id: str = "talks", dedup: timedelta | None = None) -> Ruleset:
    """The usual rules, one of them with a threshold: it stands in the rule that the matcher gives back."""
    rules = ruleset()

    class Changed:
        def match(self, entry: Entry, source_tags: tuple[str, ...]) -> MatchResult:
            result = rules.match(entry, source_tags)
            changed = replace(rules.rules[rule_id], threshold=threshold, dedup=dedup)
            return MatchResult(
                matches=tuple(replace(one, rule=changed) if one.rule.id == rule_id else one for one in result.matches)
            )

    return Changed()  # type: ignore[return-value]


TWO = AtLeast(entries=2, within=timedelta(hours=2))
EMPTY = History(tally=Tally(rule="talks"))


def test_below_its_threshold_a_rule_is_counted_and_not_told() -> None:
    outcome = page_of(entry("Military talks"), rules=with_threshold(TWO), histories={"talks": EMPTY})
    assert outcome.deliveries == ()
    assert (Stage.THRESHOLD, "held") in verdicts(outcome)
    assert len(outcome.stories) == len(outcome.hits) == len(outcome.tallies) == 1


def test_entries_of_one_page_count_together_and_one_alert_names_them() -> None:
    first, second = entry("Military talks open"), entry("Military talks end", number=2)
    outcome = page_of(second, first, rules=with_threshold(TWO), histories={"talks": EMPTY})
    (delivery,) = outcome.deliveries
    assert isinstance(delivery.message, Message)
    assert delivery.message.title.text == "Military talks end"
    assert "before it “Military talks open” (wire)" in delivery.message.reasons[0].note
    assert [tally.told_at for tally in outcome.tallies] == [NOW]


def test_another_rule_tells_what_a_threshold_holds_back() -> None:
    outcome = page_of(entry("Military talks on Syria"), rules=with_threshold(TWO), histories={"talks": EMPTY})
    assert {alert.rules for alert in outcome.alerts} == {("syria",)}


def test_every_match_is_remembered_as_a_hit() -> None:
    outcome = page_of(entry("Military talks on Syria"), entry("Calm", number=2))
    assert [(hit.rule, hit.names) for hit in outcome.hits] == [("talks", ("military talks",)), ("syria", ("Syria",))]
    assert outcome.tallies == ()


def test_the_past_is_asked_only_of_rules_with_a_threshold_that_match() -> None:
    def asked(title: str) -> list[str]:
        sifted = sift_page(
            lease=FeedLease(state=STATE, token=1),
            feed=FEED,
            parsed=ParsedFeed(title="", entries=(entry(title),)),
            memory=Memory(),
            ruleset=with_threshold(TWO),
            now=NOW,
        )
        return [question.rule for question in page_questions(sifted.fresh, NOW)]

    assert asked("Military talks on Syria") == ["talks"]
    assert asked("Syria") == asked("Calm") == []


@pytest.mark.parametrize(("dedup", "same"), [(None, True), (timedelta(hours=4), True), (timedelta(hours=2), False)])
def test_a_story_is_over_when_the_rule_says_so(dedup: timedelta | None, *, same: bool) -> None:
    url = "https://a.example/1"
    memory = remembered(url, told=frozenset({"desk"}))  # three hours ago
    rules = with_threshold(AtLeast(within=timedelta(hours=1)), dedup=dedup)
    outcome = page_of(entry("Military talks", url=url), memory=memory, rules=rules, histories={"talks": EMPTY})
    (story,) = outcome.stories
    assert (story.id == "f" * 32) is same
    assert len(outcome.deliveries) == (not same)
    assert set(outcome.taken_keys.values()) == (set() if same else {"f" * 32})
    assert set(outcome.taken_keys) <= set(outcome.story_keys)
