"""Circuit breakers: what is far above usual, what is held then, and what is said of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from monitor.decide.breaker import broken_by, hold_of_breaker, notice_key, notice_of_breaker, notice_of_ending, tripped
from monitor.decide.draft import Draft
from monitor.decide.holding import Occasion, Restraints, hold_of
from monitor.decide.tripping import Tripped, trip
from monitor.model import (
    Breaker,
    BreakerSettings,
    Delivery,
    DeliveryKind,
    Entry,
    HeldBack,
    Hold,
    HoldKind,
    Message,
    Policies,
    Policy,
    Priority,
    Pulse,
    Subject,
)
from monitor.stories.index import StoryIndex
from tests.decide.test_decide_poll import ruleset

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SETTINGS = BreakerSettings(alerts=2, factor=10)
PULSE = Pulse(subject=Subject.RULE, name="quake", hour=21)
BREAKER = Breaker(
    id="b1b1b1b1", subject=Subject.RULE, name="quake", since=NOW, reason="21 alerts in an hour, usually 4"
)
RULES = """
rules:
  quake: {terms: earthquake, notify: [desk, chief], dedup: {by: entry}}
  wave: {terms: tsunami, notify: desk, dedup: {by: entry}, priority: urgent}
"""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, "21 alerts in an hour, usually fewer than 1"),
        ({"hour": 20}, ""),
        ({"earlier": 96, "since": NOW - HOUR - DAY}, ""),  # 4 an hour: 40 are allowed
        ({"hour": 41, "earlier": 96, "since": NOW - HOUR - DAY}, "41 alerts in an hour, usually 4"),
        ({"hour": 60, "earlier": 5, "since": NOW - HOUR}, "60 alerts in an hour, usually 5"),  # an hour at least
        ({"hour": 60, "earlier": 7, "since": NOW - HOUR}, ""),
    ],
)
def test_far_above_the_baseline_is_more_than_both_limits_allow(changes: dict[str, object], reason: str) -> None:
    breaker = tripped(replace(PULSE, **changes), BreakerSettings(), NOW)  # type: ignore[arg-type]
    assert (breaker.reason if breaker else "") == reason
    if breaker:
        assert (breaker.subject, breaker.name, len(breaker.id)) == (Subject.RULE, "quake", 8)


def test_an_alert_is_held_when_all_its_rules_are_or_its_feed_is() -> None:
    feed = replace(BREAKER, id="f", subject=Subject.FEED, name="tass")
    assert broken_by([BREAKER], rules=("quake",), feed="tass") == BREAKER
    assert broken_by([BREAKER], rules=("quake", "wave"), feed="tass") is None
    assert broken_by([BREAKER, replace(BREAKER, id="w", name="wave")], rules=("quake", "wave"), feed="x") == BREAKER
    assert broken_by([feed], rules=("wave",), feed="tass") == feed
    assert broken_by([feed], rules=(), feed="bbc") is None


def test_a_breaker_holds_what_would_be_told_at_once_and_begins_a_story() -> None:
    held = hold_of_breaker(BREAKER)
    assert held == Hold(
        kind=HoldKind.BREAKER,
        reason="held by breaker b1b1b1b1: rule quake, 21 alerts in an hour, usually 4",
        by=BREAKER.id,
    )
    first = Occasion(channel="desk", priority=Priority.NORMAL, rules=("quake",), sources=("tass",), first=True)
    restraints = Restraints(breakers=(BREAKER,))
    assert hold_of(first, restraints, NOW) == held
    assert hold_of(replace(first, priority=Priority.URGENT), restraints, NOW) == held
    assert hold_of(replace(first, first=False), restraints, NOW) is None
    assert hold_of(replace(first, rules=("wave",)), restraints, NOW) is None


# -- what is said ------------------------------------------------------------------------------------------------------


def lines(delivery: Delivery) -> list[str]:
    assert isinstance(delivery.message, Message)
    return [delivery.message.title.text, *(excerpt.text for excerpt in delivery.message.excerpts)]


def test_a_notice_says_how_many_are_held_and_what_can_be_done() -> None:
    made = notice_of_breaker(BREAKER, "desk", count=143, urgent=(), now=NOW)
    assert lines(made) == [
        "143 held: rule quake has raised 21 alerts in an hour, usually 4",
        "`monitor held release b1b1b1b1` tells them, `discard` does not, `mute` does not for 24 hours either",
    ]
    assert isinstance(made.message, Message)
    assert (made.message.breaker, made.message.priority) == (BREAKER.id, Priority.HIGH)
    assert made.message.reasons[0].note == "21 alerts in an hour, usually 4"
    assert made.key == notice_key(BREAKER.id, "desk") != notice_key(BREAKER.id, "chief")


def test_urgent_alerts_are_named_the_first_of_them() -> None:
    made = notice_of_breaker(BREAKER, "desk", count=9, urgent=[f"wave {number}" for number in range(7)], now=NOW)
    assert lines(made)[2:] == [*(f"Urgent: wave {number}" for number in range(5)), "and 2 more urgent ones"]
    assert made.message.priority is Priority.URGENT


@pytest.mark.parametrize(
    ("ending", "said"), [("release", "released"), ("discard", "discarded"), ("mute", "discarded and muted")]
)
def test_a_notice_says_at_last_who_decided(ending: str, said: str) -> None:
    ended = replace(BREAKER, ended_at=NOW, ended_by="anna", ending=ending)
    made = notice_of_ending(ended, "desk", count=60, now=NOW)
    assert lines(made) == [f"60 {said} by anna: rule quake"]
    assert (made.kind, made.follows) == (DeliveryKind.EDIT, notice_key(BREAKER.id, "desk"))
    assert isinstance(made.message, Message)
    assert made.message.breaker == ""


# -- a page ------------------------------------------------------------------------------------------------------------


def page(*titles: str, restraints: Restraints | None = None, settings: BreakerSettings | None = SETTINGS) -> Draft:
    """Consider a page with these titles, each a story of its own."""
    given = restraints or Restraints()
    draft = Draft(
        now=NOW,
        dedup=DAY,
        stories={},
        story_of={},
        histories={},
        told={},
        index=StoryIndex(),
        restraints=replace(given, policies=replace(given.policies, breaker=settings)),
    )
    for number, title in enumerate(titles):
        entry = Entry(id=f"{number:032x}", keys=(), feed="tass", title=title, seen_at=NOW)
        draft.consider(entry, ruleset(RULES).match(entry, ()))
    draft.fold()
    return draft


def held(draft: Draft) -> dict[str, list[str]]:
    """Say what is held by channel."""
    found: dict[str, list[str]] = {}
    for post in draft.posts.values():
        if post.hold and post.hold.kind is HoldKind.BREAKER:
            found.setdefault(post.channel, []).append(post.message.title.text)
    return found


def raised(done: Tripped) -> dict[str, list[int]]:
    counts: dict[str, list[int]] = {}
    for each in done.raised:
        counts.setdefault(f"{each.subject} {each.name}", []).append(each.alerts)
    return counts


def notices(done: Tripped) -> list[tuple[str, str, DeliveryKind]]:
    return [(each.channel, each.message.title.text.partition(":")[0], each.kind) for each in done.notices]


QUAKES = ("Earthquake in Chile", "Earthquake in Peru", "Earthquake in Japan")


def test_a_page_below_the_limit_adds_to_the_pulse_of_its_rules_and_its_feed() -> None:
    draft = page(*QUAKES[:2])
    done = trip(draft, "tass")
    assert (done.breakers, done.notices, held(draft)) == ((), (), {})
    assert raised(done) == {"rule quake": [2], "feed tass": [2]}


def test_a_page_that_matches_nothing_adds_nothing() -> None:
    assert trip(page("Rain"), "tass") == Tripped()


def test_a_page_above_the_limit_is_held_and_told_of_in_each_channel() -> None:
    draft = page(*QUAKES)
    done = trip(draft, "tass")
    (breaker,) = done.breakers
    assert (breaker.subject, breaker.name) == (Subject.RULE, "quake")
    assert held(draft) == {"desk": list(QUAKES), "chief": list(QUAKES)}
    assert notices(done) == [("desk", "3 held", DeliveryKind.POST), ("chief", "3 held", DeliveryKind.POST)]
    assert raised(done) == {}
    assert [each.verdict for each in draft.decisions].count("held") == 6


def test_what_came_before_counts_and_is_taken_off_the_feed() -> None:
    pulses = (Pulse(subject=Subject.RULE, name="quake", hour=2), Pulse(subject=Subject.FEED, name="tass", hour=2))
    done = trip(page(QUAKES[0], restraints=Restraints(pulses=pulses)), "tass")
    assert [each.name for each in done.breakers] == ["quake"]
    assert raised(done) == {"feed tass": [-2]}


def test_a_feed_is_blamed_where_no_rule_is() -> None:
    draft = page(*QUAKES[:2], "Tsunami in Chile")
    done = trip(draft, "tass")
    assert [(each.subject, each.name) for each in done.breakers] == [(Subject.FEED, "tass")]
    assert held(draft)["desk"] == [*QUAKES[:2], "Tsunami in Chile"]
    desk, _ = done.notices
    assert "Urgent: Tsunami in Chile" in lines(desk)


def test_a_breaker_that_is_open_goes_on_and_its_notice_counts() -> None:
    before = (HeldBack(breaker=BREAKER.id, channel="desk", count=40, urgent=("Old tsunami",)),)
    draft = page(QUAKES[0], restraints=Restraints(breakers=(BREAKER,), held=before))
    done = trip(draft, "tass")
    assert (done.breakers, raised(done)) == ((), {})
    assert notices(done) == [("desk", "41 held", DeliveryKind.EDIT), ("chief", "1 held", DeliveryKind.POST)]
    assert "Urgent: Old tsunami" in lines(done.notices[0])


def test_an_open_breaker_is_opened_no_second_time() -> None:
    breakers = (replace(BREAKER, subject=Subject.FEED, name="tass"),)
    draft = page(restraints=Restraints(breakers=breakers))
    assert trip(draft, "tass").breakers == ()
    both = page(*QUAKES, "Earthquake and tsunami", restraints=Restraints(breakers=(BREAKER,)))
    assert [each.name for each in trip(both, "tass").breakers] == []


@pytest.mark.parametrize("settings", [None, BreakerSettings(alerts=100)])
def test_without_a_limit_nothing_is_held(settings: BreakerSettings | None) -> None:
    draft = page(*QUAKES, settings=settings)
    done = trip(draft, "tass")
    assert (done.breakers, held(draft)) == ((), {})
    assert raised(done) == {"rule quake": [3], "feed tass": [3]}


def test_a_reply_waits_with_the_message_of_its_page() -> None:
    draft = page(*QUAKES)
    post = next(iter(draft.posts.values()))
    reply = replace(post, key="r", kind=DeliveryKind.REPLY)
    muted = Hold(kind=HoldKind.MUTE, reason="muted", by="m1")
    draft.replies = [reply, replace(reply, key="s", alert_id="told before"), replace(reply, key="t", hold=muted)]
    trip(draft, "tass")
    first, second, third = draft.replies
    assert third.hold == muted
    assert first.hold == draft.posts[post.alert_id].hold is not None
    assert second.hold is None


def test_what_goes_into_a_digest_is_no_flood() -> None:
    policies = Policies(channels={"desk": Policy(wait=timedelta(seconds=30)), "chief": Policy()})
    draft = page(*QUAKES, restraints=Restraints(policies=policies))
    for alert_id, post in draft.posts.items():
        if post.channel == "chief":
            draft.posts[alert_id] = replace(post, hold=Hold(kind=HoldKind.DIGEST, reason="for the digest"))
    trip(draft, "tass")
    assert held(draft) == {"desk": list(QUAKES)}
