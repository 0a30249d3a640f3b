"""What a channel hears of a story that it was told before, and of a flood."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.decide.draft import Draft
from monitor.decide.flood import MOST_ALERTS, fold_floods
from monitor.decide.holding import Restraints
from monitor.decide.owed import alert_id, coverage_of, digest_of, edit, post, reply
from monitor.decide.reach import Reach
from monitor.decide.recalling import page_matching, page_story_keys, page_told
from monitor.decide.sifting import sift_page
from monitor.decide.telling import Joined
from monitor.model import (
    Alert,
    Backlog,
    Coverage,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    FeedLease,
    Joining,
    Memory,
    Message,
    ParsedFeed,
    Policies,
    Policy,
    PollOutcome,
    Priority,
    Reason,
    Stage,
    Story,
    Told,
)
from monitor.stories.index import StoryIndex
from tests.decide.test_decide_poll import FEED, NOW, RULES, STATE, entry, page_of, remembered, ruleset, verdicts

URL = "https://a.example/1"
STORY_ID = "f" * 32
EARLIER = NOW - timedelta(hours=3)
MESSAGE = Message(
    title=Excerpt(text="Syria, first"),
    url=URL,
    feed="other",
    published=None,
    seen_at=EARLIER,
    language="",
    priority=Priority.NORMAL,
    reasons=(Reason(rule="talks", title="Talks", found=()),),
    excerpts=(Excerpt(text="A sentence."),),
)


def alert(channel: str = "desk", rules: tuple[str, ...] = ("talks",), **changes: object) -> Alert:
    made = Alert(
        id=alert_id(STORY_ID, channel),
        story_id=STORY_ID,
        entry_id=STORY_ID,
        channel=channel,
        rules=rules,
        priority=Priority.NORMAL,
        created_at=EARLIER,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def told(*alerts: Alert, message: Message | None = MESSAGE) -> dict[str, Told]:
    return {each.id: Told(alert=each, message=message) for each in alerts}


def again(
    title: str,
    *alerts: Alert,
    message: Message | None = MESSAGE,
    restraints: Restraints | None = None,
    rules: str = RULES,
) -> PollOutcome:
    """Poll a page with one more copy of a story that these alerts have told."""
    memory = remembered(URL, story_id=STORY_ID, told=frozenset(each.channel for each in alerts))
    known = told(*alerts, message=message)
    return page_of(entry(title, url=URL), memory=memory, told=known, restraints=restraints, rules=rules)


def by_kind(outcome: PollOutcome) -> dict[DeliveryKind, list[Delivery]]:
    kinds: dict[DeliveryKind, list[Delivery]] = {}
    for delivery in outcome.deliveries:
        kinds.setdefault(delivery.kind, []).append(delivery)
    return kinds


# -- the same text again -----------------------------------------------------------------------------------------------


def test_a_copy_is_counted_in_the_message_and_told_to_nobody() -> None:
    outcome = again("Military talks", alert())
    (edited,) = outcome.deliveries
    assert (edited.kind, edited.alert_id, edited.channel) == (DeliveryKind.EDIT, alert().id, "desk")
    coverage = Coverage(sources=2, entries=2, first_at=EARLIER, last_at=NOW)
    assert edited.message == replace(MESSAGE, coverage=coverage)
    assert (outcome.alerts, outcome.widened) == ((), ())
    assert verdicts(outcome)[-1] == (Stage.ROUTE, "told")


def test_what_a_digest_told_is_not_changed() -> None:
    assert again("Military talks", alert(digest="d" * 32), message=None).deliveries == ()


def test_copies_on_one_page_change_the_message_once() -> None:
    memory = remembered(URL, story_id=STORY_ID, told=frozenset({"desk"}))
    copies = (
        entry("Military talks", number=number, url=URL, feed=f"feed-{number}", summary="." * number)
        for number in (1, 2, 3)
    )
    outcome = page_of(*copies, memory=memory, told=told(alert()))
    (edited,) = outcome.deliveries
    assert isinstance(edited.message, Message)
    assert edited.message.coverage == Coverage(sources=4, entries=4, first_at=EARLIER, last_at=NOW)


def test_a_story_twice_on_one_page_is_counted_in_its_first_message() -> None:
    outcome = page_of(entry("Military talks", url=URL), entry("Military talks, too", number=2, url=URL))
    (posted,) = outcome.deliveries
    assert posted.kind is DeliveryKind.POST
    assert isinstance(posted.message, Message)
    assert posted.message.coverage == Coverage(sources=1, entries=2, first_at=NOW, last_at=NOW)


# -- more of the story -------------------------------------------------------------------------------------------------


def test_a_rule_that_had_not_hit_is_a_reply_for_all_to_see_and_a_reason_more() -> None:
    outcome = again("Military talks over Syria", alert(), alert("chief", ("syria",), priority=Priority.HIGH))
    kinds = by_kind(outcome)
    (answer,) = kinds[DeliveryKind.REPLY]
    assert isinstance(answer.message, Message)
    assert (answer.channel, answer.alert_id) == ("desk", alert().id)
    assert (answer.message.note, answer.message.broadcast) == ("new rule: syria; priority normal → high", True)
    assert answer.message.title.text == "Military talks over Syria"
    edits = {each.channel: each.message for each in kinds[DeliveryKind.EDIT]}
    desk = edits["desk"]
    assert isinstance(desk, Message)
    assert ([why.rule for why in desk.reasons], desk.priority) == (["talks", "syria"], Priority.HIGH)
    assert (desk.title, desk.note, desk.broadcast) == (MESSAGE.title, "", False)
    assert outcome.widened == (alert(rules=("talks", "syria"), priority=Priority.HIGH),)
    assert [kind for kind, _ in verdicts(outcome)].count(Stage.ROUTE) == 2
    assert {decision.verdict for decision in outcome.decisions if decision.stage is Stage.ROUTE} == {"reply", "told"}


def test_of_what_a_digest_told_a_new_rule_is_a_reply_all_the_same() -> None:
    outcome = again("Military talks over Syria", alert(digest="d" * 32), message=None)
    assert [(each.kind, each.channel) for each in outcome.deliveries] == [
        (DeliveryKind.POST, "chief"),
        (DeliveryKind.REPLY, "desk"),
    ]
    assert outcome.widened[0].rules == ("talks", "syria")


def test_a_new_rule_on_the_same_page_answers_the_post_of_that_page() -> None:
    first, second = entry("Military talks", url=URL), entry("Syria", number=2, url=URL)
    outcome = page_of(second, first)  # feeds give the newest first
    desk = [each for each in outcome.deliveries if each.channel == "desk"]
    assert [each.kind for each in desk] == [DeliveryKind.POST, DeliveryKind.REPLY]
    assert isinstance(desk[0].message, Message)
    assert [why.rule for why in desk[0].message.reasons] == ["talks", "syria"]
    assert {each.channel: each.rules for each in outcome.alerts} == {"desk": ("talks", "syria"), "chief": ("syria",)}
    assert outcome.widened == ()


def draft(*alerts: Alert) -> Draft:
    return Draft(
        now=NOW, dedup=timedelta(days=4), stories={}, story_of={}, histories={}, told=told(*alerts), index=StoryIndex()
    )


@pytest.mark.parametrize(
    ("new_source", "title", "note", "broadcast"),
    [
        (True, "Military talks", "also reported by wire", False),
        (False, "Military talks", "later report", False),
        (False, "Military talks in Syria", "later report; new rule: syria; priority normal → high", True),
    ],
)
def test_a_new_report_is_a_reply(*, new_source: bool, title: str, note: str, broadcast: bool) -> None:
    made, report = draft(alert()), entry(title)
    story = Story(id=STORY_ID, first_at=EARLIER, last_at=NOW, entries=2, sources=("other", "wire"))
    joined = Joined(story=story, how=Joining.NEW_REPORT, new_source=new_source)
    made.tell_more(joined, Reach(channel="desk", matches=ruleset().match(report, ()).matches), {})
    (answer,) = made.replies
    assert isinstance(answer.message, Message)
    assert (answer.message.note, answer.message.broadcast) == (note, broadcast)
    assert made.decisions[-1].reason == f"{note}: a reply in desk"


# -- what the whole channel is to see ----------------------------------------------------------------------------------


def test_a_priority_that_rises_is_shown_to_all_though_the_report_is_a_copy() -> None:
    outcome = again("Syria", alert(rules=("syria",)), alert("chief", ("syria",), priority=Priority.HIGH))
    kinds = by_kind(outcome)
    (answer,) = kinds[DeliveryKind.REPLY]
    assert isinstance(answer.message, Message)
    assert (answer.channel, answer.message.note) == ("desk", "priority normal → high")
    assert answer.message.broadcast
    assert outcome.widened == (alert(rules=("syria",), priority=Priority.HIGH),)
    edits = {each.channel: each.message for each in kinds[DeliveryKind.EDIT]}
    assert edits["desk"].priority is Priority.HIGH


@pytest.mark.parametrize(
    ("asked", "independent", "reach", "wide"),
    [(3, 2, 0, False), (3, 3, 0, True), (3, 4, 0, True), (3, 4, 3, False), (5, 5, 3, True), (0, 9, 0, False)],
)
def test_enough_independent_sources_are_shown_to_all_once(
    *, asked: int, independent: int, reach: int, wide: bool
) -> None:
    policies = Policies(channels={"desk": Policy(broadcast_sources=asked)})
    made = replace(draft(alert()), restraints=Restraints(policies=policies))
    made.told = told(alert(), message=replace(MESSAGE, reach=reach))
    story = Story(id=STORY_ID, first_at=EARLIER, last_at=NOW, entries=2, sources=("other", "wire"))
    joined = Joined(story=story, how=Joining.NEW_REPORT, independent=independent)
    report = entry("Military talks")
    for _ in range(2):
        made.tell_more(joined, Reach(channel="desk", matches=ruleset().match(report, ()).matches), {})
    first, second = (answer.message for answer in made.replies)
    assert isinstance(first, Message)
    assert isinstance(second, Message)
    assert (first.broadcast, second.broadcast) == (wide, False)
    assert (f"{independent} independent sources by now" in first.note) is wide
    made.count(story, "desk", report)
    (edited,) = made.edits.values()
    assert isinstance(edited.message, Message)
    assert edited.message.reach == (asked if wide else reach), "it is remembered with the message"


def test_what_a_digest_told_is_never_shown_to_all_for_its_sources() -> None:
    made = replace(
        draft(alert()), restraints=Restraints(policies=Policies(channels={"desk": Policy(broadcast_sources=2)}))
    )
    made.told = told(alert(), message=None)
    story = Story(id=STORY_ID, first_at=EARLIER, last_at=NOW, entries=2, sources=("other", "wire"))
    joined = Joined(story=story, how=Joining.NEW_REPORT, independent=5)
    made.tell_more(joined, Reach(channel="desk", matches=ruleset().match(entry("Military talks"), ()).matches), {})
    (answer,) = made.replies
    assert isinstance(answer.message, Message)
    assert not answer.message.broadcast


# -- what is asked -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "channels", "asked"),
    [("Syria", {"desk"}, {STORY_ID}), ("Syria", set(), set()), ("Calm", {"desk"}, set())],
)
def test_only_what_may_join_a_told_story_is_asked_for(title: str, channels: set[str], asked: set[str]) -> None:
    memory = remembered(URL, story_id=STORY_ID, told=frozenset(channels))
    for state, found in ((STATE, asked), (replace(STATE, baseline_at=None), set())):
        sifted = sift_page(
            lease=FeedLease(state=state, token=1),
            feed=replace(FEED, backlog=Backlog.SILENT),
            parsed=ParsedFeed(title="", entries=(entry(title, url=URL), entry("Syria now", number=2))),
            memory=memory,
            ruleset=ruleset(),
            now=NOW,
        )
        asked_for = page_story_keys(page_matching(sifted.fresh))
        stories = {key: story for key, story in memory.stories.items() if key in asked_for}
        assert page_told(Memory(stories=stories)) == found
    assert page_told(Memory()) == frozenset()


# -- deliveries --------------------------------------------------------------------------------------------------------


def test_each_delivery_has_a_key_of_its_own_that_says_what_it_is_about() -> None:
    def keys() -> list[str]:
        return [
            post(alert(), MESSAGE, NOW).key,
            post(alert("chief"), MESSAGE, NOW).key,
            *(reply(alert(), MESSAGE, note="x", event=event, now=NOW).key for event in ("1", "2")),
            *(edit(alert(), MESSAGE, event=event, now=NOW).key for event in ("1", "2")),
            *(digest_of([MESSAGE], channel=c, title="", reason="", event="1", now=NOW).key for c in ("desk", "chief")),
        ]

    assert len(set(keys())) == 8
    assert keys() == keys()


def test_a_story_told_once_has_no_counter() -> None:
    assert coverage_of(Story(id=STORY_ID, first_at=NOW, last_at=NOW, entries=1, sources=("a",))) is None


def test_a_digest_keeps_the_most_important_and_counts_the_others() -> None:
    first, second = Excerpt(text="One sentence."), Excerpt(text="And another.")
    low = replace(MESSAGE, excerpts=(first, second))
    high = replace(low, priority=Priority.HIGH)
    made = digest_of([low] * 60 + [high], channel="desk", title="61", reason="many", event="e", now=NOW)
    assert isinstance(made.message, Digest)
    assert (made.kind, made.alert_id) == (DeliveryKind.DIGEST, "")
    assert (len(made.message.items), made.message.count, made.message.priority) == (50, 61, Priority.HIGH)
    assert made.message.items[:2] == (replace(high, excerpts=(first,)), replace(low, excerpts=(first,)))
    with pytest.raises(ValueError, match="at least one"):
        digest_of([], channel="desk", title="", reason="", event="e", now=NOW)


# -- a flood -----------------------------------------------------------------------------------------------------------


LOUD = replace(FEED, backlog=Backlog.ALERT)  # what comes at once is no backlog


def flood(size: int) -> PollOutcome:
    entries = (entry(f"Military talks, part {number} of many", number=number) for number in range(1, size + 1))
    return page_of(*entries, feed=LOUD)


def test_twenty_alerts_of_a_rule_are_twenty_messages() -> None:
    assert [each.kind for each in flood(MOST_ALERTS).deliveries] == [DeliveryKind.POST] * 20


def test_more_are_one_digest_and_each_is_an_alert_that_it_told() -> None:
    outcome = flood(MOST_ALERTS + 3)
    (digest,) = outcome.deliveries
    assert isinstance(digest.message, Digest)
    assert digest.message.title.text == "23 alerts: talks"
    assert digest.message.reason == "23 alerts of rule talks in one poll, told together"
    assert len(outcome.alerts) == digest.message.count == 23
    assert {each.digest for each in outcome.alerts} == {digest.key}
    assert all(story.told == {"desk"} for story in outcome.stories)
    reasons = [decision.reason for decision in outcome.decisions if decision.verdict == "digest"]
    assert reasons == [digest.message.reason] * 23


def test_a_flood_in_one_channel_leaves_the_others_and_the_other_rules_alone() -> None:
    texts = [f"Military talks, part {number} of many" for number in range(21)] + ["Syria alone"]
    outcome = page_of(*(entry(title, number=number) for number, title in enumerate(texts, start=1)), feed=LOUD)
    kinds = by_kind(outcome)
    assert [each.channel for each in kinds[DeliveryKind.DIGEST]] == ["desk"]
    assert sorted(each.channel for each in kinds[DeliveryKind.POST]) == ["chief", "desk"]


rule_sets = st.lists(st.sets(st.sampled_from("abc"), min_size=1).map(lambda found: tuple(sorted(found))), max_size=30)


@given(rule_sets, st.integers(1, 8))
def test_no_flood_is_left_and_nothing_is_told_twice(rules: list[tuple[str, ...]], most: int) -> None:
    alerts = {
        str(number): alert(("desk", "chief")[number % 2], hit, id=str(number), story_id=f"{number:032x}")
        for number, hit in enumerate(rules)
    }
    folded = fold_floods(alerts, dict.fromkeys(alerts, MESSAGE), NOW, most=most)
    told_together = [each.id for one in folded for each in one.alerts]
    assert len(set(told_together)) == len(told_together)
    assert all(len(one.alerts) > most for one in folded)
    left = [each for each in alerts.values() if each.id not in told_together]
    for channel in ("desk", "chief"):
        for rule in "abc":
            assert sum(each.channel == channel and rule in each.rules for each in left) <= most
    assert len({one.delivery.key for one in folded}) == len(folded)


def test_rules_that_are_a_flood_only_together_are_one_digest() -> None:
    texts = [f"{words}, part {number}" for words in ("Military talks", "Syria") for number in range(12)]
    outcome = page_of(*(entry(title, number=number) for number, title in enumerate(texts, start=1)), feed=LOUD)
    digests = [each.message for each in outcome.deliveries if isinstance(each.message, Digest)]
    assert [(made.count, made.reason) for made in digests] == [(24, "24 alerts in one poll, told together")]
    assert [each.channel for each in outcome.deliveries].count("chief") == 12


def test_a_backlog_is_one_digest_a_channel_and_news_beside_it_a_message() -> None:
    entries = [entry(f"Syria, part {number}", number=number) for number in range(1, 13)]
    news = replace(entry("Syria today", number=99), published=NOW)
    outcome = page_of(*entries, news, state=replace(STATE, polled_at=NOW))
    kinds = by_kind(outcome)
    assert [each.channel for each in kinds[DeliveryKind.POST]] == ["desk", "chief"]
    (reason,) = {each.message.reason for each in kinds[DeliveryKind.DIGEST] if isinstance(each.message, Digest)}
    assert reason == "13 of 13 entries of wire are new at once: it has changed its ids, or was away"
    assert [decision.verdict for decision in outcome.decisions].count("backlog") == 12
