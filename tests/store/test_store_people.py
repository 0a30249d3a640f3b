"""What people do about alerts, on every engine: it stays, and it is done once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.errors import ConflictError
from monitor.model import Action, Breaker, Feedback, Mute, Pulse, Raised, Subject
from monitor.ports import MutePlace
from monitor.store import SqlStore
from tests.store.builders import (
    MINUTE,
    NOW,
    claim_one,
    make_alert,
    make_delivery,
    make_outcome,
    make_story,
    open_breaker,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

STORY = make_story("talks")
ALERT = make_alert(STORY)
MUTE = Mute(id="m1", by="anna", reason="noise", since=NOW, until=NOW + 10 * MINUTE, rule="shoygu")
BREAKER = Breaker(id="b1", subject=Subject.RULE, name="shoygu", since=NOW, reason="143 alerts in an hour, usually 4")
FEEDBACK = Feedback(
    alert_id=ALERT.id, rule="shoygu", by="anna", at=NOW, relevant=False, spellings=("Shoygu",), text="A football cup"
)


def done(verb: str, subject: str, **changes: object) -> Action:
    return replace(Action(at=NOW + MINUTE, by="anna", via="slack", verb=verb, subject=subject), **changes)  # type: ignore[arg-type]


@pytest.fixture
def told(store: SqlStore) -> SqlStore:
    store.record(make_outcome(claim_one(store), stories=(STORY,), alerts=(ALERT,)), NOW)
    return store


def test_a_mute_runs_until_its_time_is_over(store: SqlStore) -> None:
    store.add_mute(MUTE, done("mute", "m1"))
    store.add_mute(MUTE, done("mute", "m1"))
    assert store.mutes(at=NOW + 9 * MINUTE) == (MUTE,)
    assert store.mutes(at=NOW + 10 * MINUTE) == ()
    assert store.mutes() == (MUTE,)


def test_mutes_are_read_in_pages_the_latest_first(store: SqlStore) -> None:
    for number in range(5):
        since = NOW + number // 2 * MINUTE  # two at a time
        store.add_mute(replace(MUTE, id=f"m{number}", since=since, until=None), done("mute", f"m{number}"))
    store.end_mute("m2", done("unmute", "m2"))
    first = store.mute_page(at=NOW + MINUTE, before=None, limit=2)
    place = MutePlace(since=first[-1].since, mute_id=first[-1].id)
    second = store.mute_page(at=NOW + MINUTE, before=place, limit=9)
    assert [[each.id for each in page] for page in (first, second)] == [["m4", "m3"], ["m1", "m0"]]
    assert len(store.mute_page(at=None, before=place, limit=9)) == 3


def test_a_mute_is_ended_once_and_stays_in_the_record(store: SqlStore) -> None:
    store.add_mute(replace(MUTE, until=None), done("mute", "m1"))
    assert store.end_mute("m1", done("unmute", "m1"))
    assert not store.end_mute("m1", done("unmute", "m1"))
    assert not store.end_mute("nosuch", done("unmute", "nosuch"))
    assert store.mutes(at=NOW) == ()
    assert [(each.ended_at, each.ended_by) for each in store.mutes()] == [(NOW + MINUTE, "anna")]
    assert [each.verb for each in store.actions()] == ["unmute", "mute"]


def test_a_mute_that_is_over_cannot_be_ended(store: SqlStore) -> None:
    store.add_mute(MUTE, done("mute", "m1"))
    assert not store.end_mute("m1", done("unmute", "m1", at=NOW + 10 * MINUTE))


def test_what_a_mute_held_is_told_where_its_end_asks_for_it(store: SqlStore) -> None:
    for number, begun in enumerate((False, True)):
        store.add_mute(replace(MUTE, id=f"m{number}", tell=begun), done("mute", "m"))
    store.add_mute(replace(MUTE, id="m2"), done("mute", "m"))
    assert store.end_mute("m0", done("unmute", "m0"), tell=True)
    assert store.end_mute("m1", done("unmute", "m1"))
    assert store.end_mute("m2", done("unmute", "m2"))
    assert {each.id: each.tell for each in store.mutes()} == {"m0": True, "m1": True, "m2": False}


def test_one_breaker_is_open_for_a_rule(store: SqlStore) -> None:
    open_breaker(store, BREAKER)
    with pytest.raises(ConflictError):
        open_breaker(store, replace(BREAKER, id="b2"))
    open_breaker(store, replace(BREAKER, id="b3", subject=Subject.FEED))
    assert [each.id for each in store.breakers()] == ["b1", "b3"]
    assert store.close_breaker("b1", "release", done("release", "b1"))
    assert not store.close_breaker("b1", "discard", done("discard", "b1"))
    open_breaker(store, replace(BREAKER, id="b4"))
    assert [each.id for each in store.breakers()] == ["b3", "b4"]
    ended = store.breakers(all_of_them=True)[0]
    assert (ended.id, ended.ending, ended.ended_by, ended.ended_at) == ("b1", "release", "anna", NOW + MINUTE)


def test_the_first_who_acknowledges_takes_care(told: SqlStore) -> None:
    assert told.acknowledge(ALERT.id, done("acknowledge", ALERT.id))
    assert not told.acknowledge(ALERT.id, done("acknowledge", ALERT.id, by="boris"))
    assert not told.acknowledge("nosuch", done("acknowledge", "nosuch"))
    alert = told.alert(ALERT.id)
    assert alert == replace(ALERT, acknowledged_at=NOW + MINUTE, acknowledged_by="anna")
    assert [each.by for each in told.actions(subjects=[ALERT.id])] == ["anna"]


def test_the_last_word_of_each_person_counts(told: SqlStore) -> None:
    told.add_feedback([FEEDBACK, replace(FEEDBACK, rule="talks")], done("not relevant", ALERT.id))
    changed = replace(FEEDBACK, relevant=True, at=NOW + MINUTE)
    told.add_feedback([changed], done("relevant", ALERT.id))
    told.add_feedback([], done("relevant", ALERT.id))
    assert told.feedback(since=NOW) == (replace(FEEDBACK, rule="talks"), changed)
    assert told.feedback(since=NOW + MINUTE) == (changed,)


def test_what_people_did_is_read_newest_first(store: SqlStore) -> None:
    store.note_action(done("why", "a", detail="asked"))
    store.note_action(done("why", "b"))
    assert [each.subject for each in store.actions()] == ["b", "a"]
    assert store.actions(subjects=["a"]) == (done("why", "a", detail="asked"),)
    assert len(store.actions(limit=1)) == 1


def test_a_secret_is_made_once_and_kept(store: SqlStore) -> None:
    first = store.secret("unsubscribe")
    assert len(first) == 32
    assert store.secret("unsubscribe") == first
    assert store.secret("other") != first


def test_a_mute_may_be_of_one_recipient(store: SqlStore) -> None:
    store.add_mute(replace(MUTE, channel="desk", recipient="anna@example.org"), done("mute", "m1"))
    assert [each.recipient for each in store.mutes()] == ["anna@example.org"]


# -- pulses ------------------------------------------------------------------------------------------------------------


def raise_alerts(store: SqlStore, *at: datetime, rule: str = "shoygu", alerts: int = 2) -> None:
    """Record polls of one feed at these times, each with so many alerts of the rule."""
    for now in at:
        raised = (
            Raised(subject=Subject.RULE, name=rule, alerts=alerts),
            Raised(subject=Subject.FEED, name="guardian", alerts=1),
        )
        store.record(make_outcome(claim_one(store, now=now), due=now, raised=raised), now)


def test_a_pulse_tells_the_last_hour_from_the_two_weeks_before(store: SqlStore) -> None:
    first = NOW - 13 * DAY
    raise_alerts(store, NOW - 15 * DAY, first, NOW - HOUR, NOW - 59 * MINUTE, NOW)
    rule = Pulse(subject=Subject.RULE, name="shoygu", hour=4, earlier=4, since=first)
    feed = Pulse(subject=Subject.FEED, name="guardian", hour=2, earlier=2, since=first)
    assert store.pulses(["shoygu", "quake"], "guardian", NOW) == (feed, rule)
    assert store.pulses(["quake"], "tass", NOW) == ()
    assert store.pulses(["guardian"], "shoygu", NOW) == ()


def test_a_pulse_is_counted_anew_once_its_breaker_was_ended(store: SqlStore) -> None:
    raise_alerts(store, NOW - 30 * MINUTE)
    open_breaker(store, replace(BREAKER, since=NOW - 20 * MINUTE))
    store.close_breaker(BREAKER.id, "release", done("release", BREAKER.id, at=NOW - 10 * MINUTE))
    raise_alerts(store, NOW - 5 * MINUTE)
    feed, rule = store.pulses(["shoygu"], "guardian", NOW)
    assert (feed.hour, rule.hour) == (2, 2)
    (alone,) = store.pulses(["shoygu"], "tass", NOW)
    assert (alone.name, alone.hour, alone.earlier, alone.since) == ("shoygu", 2, 0, None)


def test_what_was_counted_while_a_clock_was_wrong_is_not_of_the_last_hour(store: SqlStore) -> None:
    open_breaker(store, replace(BREAKER, since=NOW))
    store.close_breaker(BREAKER.id, "release", done("release", BREAKER.id, at=NOW + 7 * DAY))
    raise_alerts(store, NOW, NOW + 7 * DAY)
    (pulse,) = store.pulses(["shoygu"], "tass", NOW)
    assert pulse.hour == 2


def test_what_is_taken_off_leaves_no_less_than_nothing(store: SqlStore) -> None:
    raise_alerts(store, NOW - 2 * HOUR, NOW, alerts=-5)
    (pulse,) = store.pulses(["shoygu"], "tass", NOW)
    assert (pulse.hour, pulse.earlier) == (0, 0)


def test_two_polls_at_the_same_time_add_up(store: SqlStore) -> None:
    raise_alerts(store, NOW, NOW)
    assert store.pulses(["shoygu"], "tass", NOW)[0].hour == 4


def test_a_poll_opens_breakers_with_what_it_records_or_is_decided_anew(store: SqlStore) -> None:
    lease = claim_one(store)
    store.record(make_outcome(lease, due=NOW, breakers=(BREAKER,)), NOW)
    assert store.breakers() == (BREAKER,)
    again = make_outcome(claim_one(store), stories=(STORY,), breakers=(replace(BREAKER, id="b2"),))
    with pytest.raises(ConflictError):
        store.record(again, NOW)
    assert store.breakers() == (BREAKER,)
    assert store.find_stories(STORY.id) == ()


# -- by the beginning of an id -----------------------------------------------------------------------------------------


def test_stories_and_alerts_are_found_by_the_beginning_of_an_id(store: SqlStore) -> None:
    post = make_delivery(ALERT)
    store.record(make_outcome(claim_one(store), stories=(STORY,), alerts=(ALERT,), deliveries=(post,)), NOW)
    for beginning in (STORY.id[:1], STORY.id[:8], STORY.id):
        assert store.find_stories(beginning) == (STORY.id,)
    assert store.find_alerts(ALERT.id[:8]) == (ALERT,)
    assert store.find_alerts(post.key[:8]) == (ALERT,)
    for unknown in ("zz", "%", STORY.id + "0"):
        assert (store.find_stories(unknown), store.find_alerts(unknown)) == ((), ())
