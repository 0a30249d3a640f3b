"""What people do about alerts, on every engine: it stays, and it is done once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.model import Action, Breaker, Feedback, Mute, Subject
from monitor.store import SqlStore
from tests.store.builders import MINUTE, NOW, claim_one, make_alert, make_outcome, make_story

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


def test_one_breaker_is_open_for_a_rule(store: SqlStore) -> None:
    assert store.open_breaker(BREAKER)
    assert not store.open_breaker(replace(BREAKER, id="b2"))
    assert store.open_breaker(replace(BREAKER, id="b3", subject=Subject.FEED))
    assert [each.id for each in store.breakers()] == ["b1", "b3"]
    assert store.close_breaker("b1", "release", done("release", "b1"))
    assert not store.close_breaker("b1", "discard", done("discard", "b1"))
    assert store.open_breaker(replace(BREAKER, id="b4"))
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
