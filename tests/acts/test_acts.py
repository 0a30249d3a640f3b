"""What people do about alerts: each act is written down, says what it did, and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest

from monitor import acts
from monitor.acts import Person
from monitor.decide.endings import Directory, HoldOn, Release, end_holds
from monitor.decide.holding import Restraints
from monitor.decide.mutes import hold_of_mute
from monitor.errors import NotFoundError, UserError
from monitor.let_go import settle_breaker, settle_ended
from monitor.model import (
    Breaker,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Hold,
    HoldKind,
    Message,
    Policies,
    Policy,
    Priority,
    Sent,
    Story,
    Subject,
)
from monitor.store import SqlStore, open_store
from monitor.text.hours import parse_hours
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_message,
    make_outcome,
    make_story,
    open_breaker,
)

DAY = 24 * 60 * MINUTE
ANNA = Person(by="anna", via="command line")
BREAKER = Breaker(id="b1b1b1b1", subject=Subject.RULE, name="shoygu", since=NOW, reason="61 in an hour, usually 1")
HELD = Hold(kind=HoldKind.BREAKER, reason="held", by=BREAKER.id)


@pytest.fixture
def store() -> Iterator[SqlStore]:
    opened = open_store("sqlite://")
    yield opened
    opened.close()


def hold(store: SqlStore, count: int, held: Hold, *, channel: str = "desk", replies: bool = False) -> list[Story]:
    """Record so many stories whose messages are held, and a reply to each."""
    stories = [make_story(f"{channel} {number}") for number in range(count)]
    alerts = [make_alert(story, channel) for story in stories]
    owed = [
        make_delivery(alert, f"{channel} {number}", hold=held, channel=channel) for number, alert in enumerate(alerts)
    ]
    if replies:
        owed += [
            replace(each, key=key(f"reply {each.key}").hex(), kind=DeliveryKind.REPLY, message=make_message("later"))
            for each in owed
        ]
    lease = claim_one(store, f"feed-{channel}-{count}")
    outcome = make_outcome(lease, stories=tuple(stories), alerts=tuple(alerts), deliveries=tuple(owed))
    store.record(outcome, NOW)
    return stories


def sent(store: SqlStore, channel: str = "desk") -> list[Message | Digest]:
    found = []
    while claimed := store.claim_deliveries([channel], now=NOW + DAY, lease=LEASE, limit=1):
        found.append(claimed[0].delivery.message)
        store.settle(claimed[0], Sent(ref="1"), now=NOW + DAY, pace=0 * MINUTE)
    return found


def titles(messages: list[Message | Digest]) -> list[str]:
    return [message.title.text for message in messages]


def states(store: SqlStore) -> set[DeliveryState]:
    return {each.state for each in store.latest_deliveries(channel=None, edits=True, limit=1_000)}


def begin_mute(store: SqlStore, *, tell: bool = False, rule: str = "shoygu") -> Hold:
    acts.mute(store, ANNA, now=NOW, until=NOW + DAY, rule=rule, reason="noise", tell=tell)
    return hold_of_mute(store.mutes()[-1])


# -- mutes -------------------------------------------------------------------------------------------------------------


def test_a_mute_says_what_it_does_and_stays_in_the_trail(store: SqlStore) -> None:
    said = acts.mute(store, ANNA, now=NOW, until=NOW + DAY, rule="shoygu", channel="desk", reason="a\x1b[2J cup\n now")
    (wish,) = store.mutes(at=NOW)
    assert (wish.by, wish.reason, wish.rule, wish.channel) == ("anna", "a[2J cup now", "shoygu", "desk")
    assert said == (
        f"muted rule shoygu in desk until 2026-11-23 12:00 UTC (mute {wish.id}): what it holds stays untold"
    )
    (row,) = store.actions()
    assert (row.by, row.via, row.verb, row.subject) == ("anna", "command line", "mute", wish.id)
    assert row.detail == "rule shoygu in desk until 2026-11-23 12:00 UTC: a[2J cup now"


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({}, "nothing is muted"),
        ({"rule": "shoygu", "everything": True}, "not both"),
        ({"rule": "shoygu", "until": NOW}, "is over"),
        ({"rule": "sho\x1b[2Jygu"}, "cannot be shown"),
        ({"rule": "shoygu", "until": NOW + 367 * DAY}, "366 days at most"),
    ],
)
def test_a_mute_that_means_nothing_is_refused(store: SqlStore, given: dict[str, object], complaint: str) -> None:
    with pytest.raises(UserError, match=complaint):
        acts.mute(store, ANNA, **{"now": NOW, "until": NOW + DAY, **given})  # type: ignore[arg-type]
    assert store.mutes() == ()


def test_everything_can_be_muted(store: SqlStore) -> None:
    assert "muted everything until" in acts.mute(store, ANNA, now=NOW, until=NOW + DAY, everything=True)


def test_a_mute_that_held_nothing_says_so_when_it_is_ended(store: SqlStore) -> None:
    begin_mute(store)
    said = acts.unmute(store, ANNA, store.mutes()[0].id, now=NOW + MINUTE, tell=True)
    assert said == "unmuted rule shoygu; it has held nothing"


def test_what_a_mute_held_stays_untold_when_it_is_ended(store: SqlStore) -> None:
    hold(store, 2, begin_mute(store))
    said = acts.unmute(store, ANNA, store.mutes()[0].id[:4], now=NOW + MINUTE)
    assert said == "unmuted rule shoygu; left untold: 2 messages"
    rows = store.latest_deliveries(channel=None, edits=True, limit=10)
    assert {(row.state, row.reason) for row in rows} == {(DeliveryState.SKIPPED, "muted by anna: noise")}
    assert sent(store) == []


def test_what_a_mute_held_is_told_where_somebody_asks_for_it(store: SqlStore) -> None:
    hold(store, 7, begin_mute(store), replies=True)
    said = acts.unmute(store, ANNA, store.mutes()[0].id, now=NOW + MINUTE, tell=True)
    assert said == "unmuted rule shoygu; told now: 14 messages"
    (digest,) = sent(store)
    assert isinstance(digest, Digest)
    assert digest.title.text == "7 held back: rule shoygu was muted"
    assert len(digest.items) == 7


def test_what_another_mute_keeps_back_as_well_is_left_to_that_one(store: SqlStore) -> None:
    hold(store, 2, begin_mute(store, tell=True))
    acts.mute(store, ANNA, now=NOW, until=NOW + DAY, story="another")
    acts.mute(store, ANNA, now=NOW, until=NOW + 2 * DAY, channel="desk", tell=True)
    assert sum(settle_ended(store, NOW + DAY)) == 0
    assert sent(store) == []
    assert sum(settle_ended(store, NOW + 2 * DAY)) == 2
    assert len(store.held_deliveries(kind=HoldKind.ENDED)) == 2


def test_a_mute_that_is_not_running_cannot_be_ended(store: SqlStore) -> None:
    begin_mute(store)
    begin_mute(store, rule="quake")
    for wrong in ("", "abc", "zzzzzzzz"):
        with pytest.raises(NotFoundError, match="monitor mutes"):
            acts.unmute(store, ANNA, wrong, now=NOW)
    with pytest.raises(NotFoundError):
        acts.unmute(store, ANNA, store.mutes()[0].id, now=NOW + DAY)


@pytest.mark.parametrize(("tell", "left"), [(False, DeliveryState.SKIPPED), (True, DeliveryState.HELD)])
def test_a_mute_runs_out_by_itself(store: SqlStore, *, tell: bool, left: DeliveryState) -> None:
    hold(store, 2, begin_mute(store, tell=tell))
    assert sum(settle_ended(store, NOW + DAY - MINUTE)) == 0
    assert sum(settle_ended(store, NOW + DAY)) == 2
    assert sum(settle_ended(store, NOW + DAY)) == 0
    assert states(store) == {left}


def test_what_a_mute_lets_go_by_itself_waits_for_the_end_of_quiet_hours(store: SqlStore) -> None:
    """Nobody is woken by a mute that runs out at night."""
    hold(store, 2, begin_mute(store, tell=True))
    assert sum(settle_ended(store, NOW + DAY)) == 2
    held = store.held_deliveries(kind=HoldKind.ENDED, over=NOW + DAY)
    night = Policy(quiet=(parse_hours("11:00-13:00"),))
    endings = end_holds(held, Restraints(policies=Policies(channels={"desk": night})), Directory(), NOW + DAY)
    holds = {(each.hold.kind, each.hold.until) for each in endings if isinstance(each, HoldOn)}
    assert (len(endings), holds) == (2, {(HoldKind.QUIET, NOW + DAY + 60 * MINUTE)})
    (ending,) = end_holds(held, Restraints(), Directory(), NOW + DAY)
    assert isinstance(ending, Release)
    assert len(ending.keys) == 2


# -- breakers ----------------------------------------------------------------------------------------------------------


def test_what_a_breaker_holds_is_released_as_one_message_a_channel(store: SqlStore) -> None:
    open_breaker(store, BREAKER)
    hold(store, 60, HELD)
    hold(store, 3, HELD, channel="chief")
    assert acts.release(store, ANNA, "b1b1", now=NOW + MINUTE) == "released 63 messages of rule shoygu"
    digests = sent(store)
    assert titles(digests) == [f"{count} held alerts of rule shoygu" for count in (25, 25, 10)]
    items = [item.title.text for each in digests if isinstance(each, Digest) for item in each.items]
    assert sorted(items) == sorted(f"desk {number}" for number in range(60))
    assert titles(sent(store, "chief")) == ["chief 0", "chief 1", "chief 2"]
    assert DeliveryState.HELD not in states(store)
    assert [(each.ending, each.ended_by) for each in store.breakers(all_of_them=True)] == [("release", "anna")]
    with pytest.raises(NotFoundError):
        acts.release(store, ANNA, "b1b1", now=NOW + MINUTE)


def test_what_a_breaker_holds_is_discarded_and_stays_in_the_record(store: SqlStore) -> None:
    open_breaker(store, BREAKER)
    hold(store, 2, HELD)
    assert acts.discard(store, ANNA, BREAKER.id, now=NOW) == "discarded 2 messages of rule shoygu"
    rows = store.latest_deliveries(channel=None, edits=False, limit=10)
    assert {row.reason for row in rows} == {"discarded by anna: 61 in an hour, usually 1"}
    assert sent(store) == []


@pytest.mark.parametrize("subject", Subject)
def test_a_breaker_s_rule_or_feed_is_muted(store: SqlStore, subject: Subject) -> None:
    open_breaker(store, replace(BREAKER, subject=subject))
    hold(store, 1, HELD)
    said = acts.mute_held(store, ANNA, BREAKER.id, now=NOW, until=NOW + DAY)
    assert said.startswith(f"discarded 1 message of {subject} shoygu; muted {subject} shoygu until 2026-11-23 12:00")
    (wish,) = store.mutes(at=NOW)
    assert (wish.rule, wish.feed) == (("shoygu", "") if subject is Subject.RULE else ("", "shoygu"))


def test_what_a_poll_recorded_while_a_breaker_was_ended_follows_it(store: SqlStore) -> None:
    open_breaker(store, BREAKER)
    assert sum(settle_ended(store, NOW)) == 0
    acts.release(store, ANNA, BREAKER.id, now=NOW)
    hold(store, 1, HELD)
    assert sum(settle_ended(store, NOW)) == 1
    assert titles(sent(store)) == ["desk 0"]


@pytest.mark.parametrize(("whole", "left"), [(False, 800), (True, 0)])
def test_whoever_releases_very_many_waits_only_where_he_wants(store: SqlStore, *, whole: bool, left: int) -> None:
    open_breaker(store, BREAKER)
    hold(store, 800, HELD)
    assert acts.release(store, ANNA, "b1b1", now=NOW, whole=whole) == "released 800 messages of rule shoygu"
    assert len(store.held_deliveries()) == left
    assert sum(settle_ended(store, NOW + MINUTE)) == left
    assert store.held_deliveries() == ()
    assert titles(sent(store)) == [*["25 held alerts of rule shoygu"] * 9, "575 held alerts of rule shoygu"]


@pytest.mark.parametrize(("steps", "digests"), [(12, [*[25] * 9, 75]), (5, [25] * 12)])
def test_a_release_that_was_killed_goes_on_where_it_was(store: SqlStore, steps: int, digests: list[int]) -> None:
    open_breaker(store, BREAKER)
    hold(store, 300, HELD)
    store.close_breaker(BREAKER.id, "release", ANNA.did("release", BREAKER.id, NOW))
    (ended,) = store.breakers(all_of_them=True)
    assert len(list(islice(settle_breaker(store, ended, NOW), steps))) == steps
    sum(settle_ended(store, NOW + MINUTE))
    told = sent(store)
    assert [message.count for message in told if isinstance(message, Digest)] == digests
    assert store.held_deliveries() == ()
    assert list(settle_ended(store, NOW + MINUTE)) == []


def test_what_matters_most_of_very_many_is_named(store: SqlStore) -> None:
    open_breaker(store, BREAKER)
    hold(store, 299, HELD)
    story = make_story("tsunami")
    alert = make_alert(story, priority=Priority.URGENT)
    post = make_delivery(alert, hold=HELD, message=make_message("tsunami", priority=Priority.URGENT))
    store.record(make_outcome(claim_one(store, "late"), stories=(story,), alerts=(alert,), deliveries=(post,)), NOW)
    acts.release(store, ANNA, "b1b1", now=NOW)
    last = sent(store)[-1]
    assert isinstance(last, Digest)
    assert (last.count, last.items[0].title.text, last.priority) == (75, "tsunami", Priority.URGENT)


def test_one_held_message_is_released_or_discarded(store: SqlStore) -> None:
    hold(store, 2, Hold(kind=HoldKind.QUIET, reason="quiet hours", until=NOW + DAY))
    first, second = (each.delivery.key for each in store.held_deliveries())
    assert acts.release(store, ANNA, first[:8], now=NOW) == "released “desk 0” for desk"
    assert acts.discard(store, ANNA, second, now=NOW) == "discarded “desk 1” for desk"
    assert titles(sent(store)) == ["desk 0"]
    assert [(each.verb, each.subject) for each in store.actions()] == [("discard", second), ("release", first)]
    with pytest.raises(NotFoundError, match="monitor held list"):
        acts.release(store, ANNA, first, now=NOW)


def test_a_short_id_that_means_two_messages_is_refused(store: SqlStore) -> None:
    hold(store, 1, Hold(kind=HoldKind.QUIET, reason="quiet hours"))
    open_breaker(store, BREAKER)
    open_breaker(store, replace(BREAKER, id="b1b1c000", subject=Subject.FEED))
    with pytest.raises(NotFoundError, match="may be b1b1b1b1, b1b1c000"):
        acts.release(store, ANNA, "b1b1", now=NOW)


def test_a_digest_that_is_held_goes_out_as_it_is(store: SqlStore) -> None:
    open_breaker(store, BREAKER)
    (story, *_) = hold(store, 6, HELD)
    message = Digest(
        title=make_message("24 alerts").title, reason="many", priority=make_message().priority, items=(), count=24
    )
    digest = Delivery(
        key=key("digest").hex(), alert_id="", channel="desk", kind=DeliveryKind.DIGEST, message=message, created_at=NOW, hold=HELD
    )  # fmt: skip
    store.announce([digest], NOW)
    assert story.id
    acts.release(store, ANNA, BREAKER.id, now=NOW)
    assert titles(sent(store)) == ["24 alerts", "6 held alerts of rule shoygu"]


# -- alerts ------------------------------------------------------------------------------------------------------------


def test_the_first_who_acknowledges_is_named_to_the_next(store: SqlStore) -> None:
    (story,) = hold(store, 1, HELD)
    alert = make_alert(story)
    assert acts.acknowledge(store, ANNA, alert.id, now=NOW) == "anna takes care of it"
    assert (
        acts.acknowledge(store, Person(by="boris", via="slack"), alert.id, now=NOW) == "anna takes care of it already"
    )
    with pytest.raises(NotFoundError):
        acts.acknowledge(store, ANNA, "nosuch", now=NOW)


def test_an_opinion_remembers_what_was_found(store: SqlStore) -> None:
    (story,) = hold(store, 1, HELD)
    alert = make_alert(story)
    assert acts.judge(store, ANNA, alert.id, relevant=False, now=NOW) == "noted: not relevant (shoygu)"
    (opinion,) = store.feedback(since=NOW)
    assert (opinion.rule, opinion.relevant, opinion.spellings) == ("shoygu", False, ("Shoygu", "Шойгу"))
    assert opinion.text == "desk 0\nThe two talked."
    with pytest.raises(NotFoundError):
        acts.judge(store, ANNA, "nosuch", relevant=True, now=NOW)
