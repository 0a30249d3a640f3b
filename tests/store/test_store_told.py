"""What people look at: stories that were told, the outbox, how much feeds bring; on every engine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from monitor.console.live import fits
from monitor.model import (
    Action,
    Dead,
    Decision,
    DeliveryKind,
    DeliveryState,
    Feedback,
    Hold,
    HoldKind,
    Priority,
    Sent,
    Stage,
)
from monitor.ports import Attention, OwedMessage, ToldFilter
from monitor.store import SqlStore
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    claim_one,
    make_alert,
    make_delivery,
    make_entry,
    make_outcome,
    make_story,
    owe,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EVERY = ToldFilter()


def tell(store: SqlStore, name: str, at: int, *, channels: Collection[str] = ("desk",), **changes: Any) -> None:
    """Record a story that is told in some channels, so many minutes after NOW."""
    now = NOW + at * MINUTE
    story = make_story(name, first_at=now, last_at=now, sources=(f"feed-{name}", 'the "other", 100%'))
    alerts = [make_alert(story, channel, created_at=now, **changes) for channel in channels]
    outcome = make_outcome(
        claim_one(store, f"feed-{name}", now),
        entries=(make_entry(name, feed=f"feed-{name}", seen_at=now),),
        stories=(story,),
        alerts=tuple(alerts),
        deliveries=tuple(make_delivery(alert, name) for alert in alerts),
    )
    store.record(outcome, now)


def titles(store: SqlStore, wanted: ToldFilter = EVERY) -> list[str]:
    found = store.told_stories(wanted, before=None, limit=10)
    return [each.entry.title for each in found if each.entry]


def test_stories_are_told_once_the_latest_first_with_all_their_channels(store: SqlStore) -> None:
    tell(store, "a", 1, channels=("ops", "desk"))
    tell(store, "b", 2)
    later, earlier = store.told_stories(EVERY, before=None, limit=10)
    assert (later.entry and later.entry.title, earlier.entry and earlier.entry.title) == ("b", "a")
    assert [alert.channel for alert in earlier.alerts] == ["desk", "ops"]
    assert earlier.states == {"desk": DeliveryState.NEW, "ops": DeliveryState.NEW}
    assert earlier.story.sources == ("feed-a", 'the "other", 100%')


def test_pages_give_every_story_once(store: SqlStore) -> None:
    for number, at in enumerate((3, 1, 2, 2, 2)):
        tell(store, f"s{number}", at)
    seen: list[str] = []
    before = None
    while page := store.told_stories(EVERY, before=before, limit=2):
        seen += [each.story.id for each in page]
        before = page[-1].place
        tell(store, f"new{len(seen)}", 9)  # what comes meanwhile is on no later page
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ToldFilter(rule="shoygu"), ["a"]),
        (ToldFilter(rule="shoyg"), []),
        (ToldFilter(rule="Shoygu"), []),
        (ToldFilter(source="\ud800"), []),
        (ToldFilter(rule='qu"ake%'), ["b"]),
        (ToldFilter(rule="%"), []),
        (ToldFilter(channel="ops"), ["b"]),
        (ToldFilter(source="feed-a"), ["a"]),
        (ToldFilter(source="Feed-a"), []),
        (ToldFilter(source="feed_a"), []),
        (ToldFilter(source='the "other", 100%'), ["b", "a"]),
        (ToldFilter(at_least=Priority.URGENT), ["b"]),
        (ToldFilter(since=NOW + 2 * MINUTE), ["b"]),
        (ToldFilter(until=NOW + 2 * MINUTE), ["a"]),
        (ToldFilter(unacknowledged=True), ["b"]),
        (ToldFilter(rule="shoygu", channel="ops"), []),
    ],
)
def test_a_filter_is_about_one_alert(store: SqlStore, wanted: ToldFilter, found: list[str]) -> None:
    tell(store, "a", 1)
    tell(store, "b", 2, channels=("ops",), rules=('qu"ake%',), priority=Priority.URGENT)
    alert = make_alert(make_story("a"))
    store.acknowledge(alert.id, Action(at=NOW, by="ann", via="console", verb="acknowledge", subject=alert.id))
    assert titles(store, wanted) == found
    every = store.told_stories(EVERY, before=None, limit=10)
    assert [each.entry.title for each in every if each.entry and fits(each, wanted)] == found


def test_a_story_whose_entry_is_forgotten_is_still_shown(store: SqlStore) -> None:
    owe(store, "a")
    (told,) = store.told_stories(EVERY, before=None, limit=1)
    assert told.entry is None


def test_the_state_of_a_digest_is_that_of_what_it_tells(store: SqlStore) -> None:
    owe(store, "digest", channel="desk")
    digest = store.outbox([DeliveryState.NEW], before=None, limit=1)[0].delivery.key
    tell(store, "a", 1, digest=digest)
    (told,) = store.told_stories(ToldFilter(source="feed-a"), before=None, limit=1)
    assert set(told.states) == {"desk"}


def states(found: Collection[OwedMessage]) -> list[tuple[str, str]]:
    return [(each.delivery.title, each.delivery.state.value) for each in found]


def test_the_outbox_is_read_by_state_and_channel_in_pages(store: SqlStore) -> None:
    owe(store, "a", "b", "c")
    owe(store, "d", channel="ops")
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    store.settle(claimed, Sent(ref="1.2"), now=NOW, pace=timedelta())
    waiting = (DeliveryState.NEW, DeliveryState.SENDING)
    assert states(store.outbox(waiting, before=None, limit=9)) == [("d", "new"), ("c", "new"), ("b", "new")]
    assert states(store.outbox(waiting, channel="desk", before=None, limit=1)) == [("c", "new")]
    last = store.outbox(waiting, channel="desk", before=None, limit=1)[0]
    assert states(store.outbox(waiting, channel="desk", before=last.seq, limit=9)) == [("b", "new")]
    assert store.message_counts() == {DeliveryState.NEW: 3, DeliveryState.SENT: 1}
    (sent,) = store.outbox([DeliveryState.SENT], before=None, limit=9)
    assert (sent.delivery.ref, sent.story_id, sent.hold) == ("1.2", make_story("a").id, None)


def test_of_what_is_held_the_outbox_says_why(store: SqlStore) -> None:
    story = make_story("a")
    alert = make_alert(story)
    hold = Hold(kind=HoldKind.QUIET, reason="quiet hours", until=NOW + DAY)
    held = make_delivery(alert, "a", hold=hold)
    store.record(make_outcome(claim_one(store), stories=(story,), alerts=(alert,), deliveries=(held,)), NOW)
    (found,) = store.outbox([DeliveryState.HELD], before=None, limit=9)
    assert found.hold == hold


def test_entries_are_counted_by_feed_and_day(store: SqlStore) -> None:
    for name, day in (("a", 0), ("b", 1), ("c", 1), ("d", 2)):
        feed = "one" if name < "d" else "two"
        at = NOW + day * DAY
        entries = (make_entry(name, feed=feed, seen_at=at),)
        store.record(make_outcome(claim_one(store, feed, at), entries=entries), at)
    assert store.entry_counts(["one", "two"], since=NOW, days=3) == {"one": (1, 2, 0), "two": (0, 0, 1)}
    assert store.entry_counts(["one"], since=NOW + DAY, days=2) == {"one": (2, 0)}


# -- the timeline, and what is new ------------------------------------------------------------------------------------


def test_alerts_are_counted_in_steps_of_ten_minutes(store: SqlStore) -> None:
    for name, at in (("a", 0), ("b", 9), ("c", 10)):
        tell(store, name, at)
    tell(store, "d", 11, channels=("desk", "ops"), priority=Priority.URGENT)
    assert [(each.at, each.priority, each.alerts) for each in store.told_counts(EVERY, step=10 * MINUTE)] == [
        (NOW, Priority.HIGH, 2),
        (NOW + 10 * MINUTE, Priority.HIGH, 1),
        (NOW + 10 * MINUTE, Priority.URGENT, 2),
    ]
    assert [each.alerts for each in store.told_counts(ToldFilter(channel="ops"), step=HOUR)] == [1]
    assert store.told_counts(ToldFilter(since=NOW + DAY), step=HOUR) == ()


def test_a_feed_that_joins_a_story_and_a_rule_that_hits_it_later_find_what_was_told_before(store: SqlStore) -> None:
    tell(store, "a", 0)
    tell(store, "b", 1)
    told = make_story("a", sources=("feed-a",), version=1)
    (alert,) = (each for each in store.find_alerts("") if each.story_id == told.id)
    wider = replace(alert, rules=("shoygu", "quake"), priority=Priority.URGENT)
    grown = replace(told, sources=("feed-a", "late"), entries=2)
    outcome = make_outcome(claim_one(store, "late", NOW + HOUR), stories=(grown,), widened=(wider,))
    store.record(outcome, NOW + HOUR)
    assert titles(store, ToldFilter(source="late")) == ["a"]
    assert titles(store, ToldFilter(source="feed-b")) == ["b"]
    assert titles(store, ToldFilter(rule="quake")) == ["a"]
    assert titles(store, ToldFilter(rule="quake", source="feed-b")) == []
    assert titles(store, ToldFilter(rule="quake", channel="ops")) == []
    urgent = ToldFilter(rule="shoygu", at_least=Priority.URGENT)
    assert titles(store, urgent) == ["a"]
    assert [each.alerts for each in store.told_counts(urgent, step=HOUR)] == [1]
    assert [each.alerts for each in store.told_counts(replace(urgent, unacknowledged=True), step=HOUR)] == [1]


def test_what_is_new_is_read_the_newest_first(store: SqlStore) -> None:
    for name, at in (("a", 1), ("b", 2), ("c", 3)):
        tell(store, name, at)
    assert [place.at for place in store.told_since(NOW + 2 * MINUTE, limit=9)] == [NOW + 3 * MINUTE, NOW + 2 * MINUTE]
    assert len(store.told_since(NOW, limit=2)) == 2


# -- one story ---------------------------------------------------------------------------------------------------------


def join(store: SqlStore, *names: str) -> None:
    """Record a story of so many entries, told in one channel; a message for each entry."""
    story, entries = make_story("a", entries=len(names)), tuple(make_entry(name) for name in names)
    alert = make_alert(story)
    kinds = (DeliveryKind.POST, *(DeliveryKind.REPLY,) * (len(names) - 1))
    outcome = make_outcome(
        claim_one(store),
        entries=entries,
        stories=(story,),
        alerts=(alert,),
        deliveries=tuple(
            make_delivery(alert, name, key=f"{number:032x}", kind=kind)
            for number, (name, kind) in enumerate(zip(names, kinds, strict=True))
        ),
        decisions=tuple(
            Decision(entry_id=each.id, at=NOW, stage=stage, verdict="yes", reason="because", story_id=story.id)
            for each in entries
            for stage in (Stage.MATCH, Stage.STORY)
        ),
    )
    store.record(outcome, NOW)


def test_a_story_is_read_with_its_entries_in_pages(store: SqlStore) -> None:
    join(store, "a", "b", "c")
    account = store.story_account(make_story("a").id, after=None, limit=2)
    assert account is not None
    assert [each.entry.title for each in account.entries] == ["a", "b"]
    assert [each.stage for each in account.entries[0].decisions] == [Stage.MATCH, Stage.STORY]
    then = store.story_account(make_story("a").id, after=account.entries[-1].place, limit=2)
    assert then is not None
    assert [each.entry.title for each in then.entries] == ["c"]
    assert [each.title.text for each in account.messages] == ["a", "b", "c"]
    assert [len(each.deliveries) for each in account.alerts] == [3]
    assert (account.feedback, account.actions) == ((), ())
    assert store.story_account("f" * 32, after=None, limit=2) is None


def test_a_story_says_what_people_did_and_think(store: SqlStore) -> None:
    join(store, "a")
    alert = make_alert(make_story("a"))
    done = Action(at=NOW, by="ann", via="console", verb="acknowledge", subject=alert.id)
    store.acknowledge(alert.id, done)
    opinion = Feedback(alert_id=alert.id, rule="shoygu", by="ann", at=NOW, relevant=False, spellings=(), text="a")
    store.add_feedback([opinion], replace(done, verb="not relevant"))
    account = store.story_account(make_story("a").id, after=None, limit=1)
    assert account is not None
    assert account.feedback == (opinion,)
    assert [each.verb for each in account.actions] == ["not relevant", "acknowledge"]


def test_a_message_that_cannot_be_read_hides_no_story(store: SqlStore) -> None:
    join(store, "a")
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE delivery SET payload = '{\"version\": 99}'")
    account = store.story_account(make_story("a").id, after=None, limit=1)
    assert account is not None
    assert account.messages == ()
    (told,) = store.told_stories(ToldFilter(story=make_story("a").id), before=None, limit=1)
    assert told.message is None


def test_entries_name_their_stories(store: SqlStore) -> None:
    join(store, "a", "b")
    found = store.stories_of([make_entry(name).id for name in ("a", "b", "c")])
    assert {entry_id: story.id for entry_id, story in found.items()} == {
        make_entry(name).id: make_story("a").id for name in ("a", "b")
    }
    assert store.stories_of([]) == {}


def test_what_needs_attention_is_counted(store: SqlStore) -> None:
    assert store.attention(sent_before=NOW) == Attention(dead=0, in_doubt=0, failing=0)
    owe(store, "a", "b")
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    assert store.attention(sent_before=NOW).in_doubt == 0
    assert store.attention(sent_before=NOW + MINUTE).in_doubt == 1
    store.settle(claimed, Dead(reason="refused"), now=NOW, pace=timedelta())
    lease = claim_one(store, "lost")
    store.record(make_outcome(lease, state=replace(lease.state, failures=1, failing_since=NOW)), NOW)
    assert store.attention(sent_before=NOW + MINUTE) == Attention(dead=1, in_doubt=0, failing=1)
    store.pause_feed(lease.state.url, NOW, by="ann")
    assert store.attention(sent_before=NOW).failing == 0
