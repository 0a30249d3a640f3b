"""Messages that are kept back, on every engine: let go, told together or given up, and never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from monitor.errors import ConflictError
from monitor.model import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    Digest,
    Excerpt,
    HeldBack,
    Hold,
    HoldKind,
    Priority,
    Sent,
)
from monitor.store import SqlStore
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
)

HOLD = Hold(kind=HoldKind.QUIET, reason="quiet until 07:00", until=NOW + 10 * MINUTE)
STORY = make_story("talks")
ALERT = make_alert(STORY)
POST = make_delivery(ALERT, "talks", hold=HOLD)


def record(store: SqlStore, *deliveries: Delivery, begin: bool = False) -> None:
    lease = claim_one(store, f"feed-{key(repr([item.key for item in deliveries])).hex()}")
    began = {"stories": (STORY,), "alerts": (ALERT,)} if begin else {}
    store.record(make_outcome(lease, deliveries=deliveries, **began), NOW)


def titles(store: SqlStore) -> list[str]:
    """Claim all that is due in ten minutes, and say what it is."""
    found = []
    while claimed := store.claim_deliveries(["desk"], now=NOW + 10 * MINUTE, lease=LEASE, limit=1):
        found.append(claimed[0].delivery.message.title.text)
        store.settle(claimed[0], Sent(ref="1"), now=NOW + 10 * MINUTE, pace=0 * MINUTE)
    return found


def states(store: SqlStore) -> list[tuple[DeliveryKind, DeliveryState]]:
    records = store.latest_deliveries(channel=None, edits=True, limit=100)
    return [(each.kind, each.state) for each in reversed(records)]


def follow(kind: DeliveryKind, title: str) -> Delivery:
    return replace(POST, key=key(f"{kind} {title}").hex(), kind=kind, message=make_message(title), hold=None)


def make_digest(name: str = "digest") -> Delivery:
    message = Digest(
        title=Excerpt(text=name), reason="quiet hours", priority=Priority.HIGH, items=(make_message(),), count=1
    )
    return replace(POST, key=key(name).hex(), alert_id="", kind=DeliveryKind.DIGEST, message=message, hold=None)


def test_what_is_held_is_not_sent_and_says_why(store: SqlStore) -> None:
    record(store, POST, begin=True)
    assert titles(store) == []
    (held,) = store.held_deliveries()
    assert (held.delivery, held.story_id) == (replace(POST, hold=HOLD), STORY.id)
    assert states(store) == [(DeliveryKind.POST, DeliveryState.HELD)]


def test_all_that_is_held_is_counted_by_channel(store: SqlStore) -> None:
    record(store, POST, replace(POST, key=key("other").hex(), alert_id=""), begin=True)
    assert store.status().held_in == {"desk": 2}
    assert store.status().held["quiet"] == 2


def test_what_is_held_is_asked_for_by_what_holds_it(store: SqlStore) -> None:
    record(store, POST, begin=True)
    for found in (
        store.held_deliveries(over=NOW + 10 * MINUTE),
        store.held_deliveries(kind=HoldKind.QUIET),
        store.held_deliveries(channel="desk"),
    ):
        assert [each.delivery.key for each in found] == [POST.key]
    assert store.held_deliveries(over=NOW + 9 * MINUTE) == ()
    assert store.held_deliveries(kind=HoldKind.MUTE) == ()
    assert store.held_deliveries(by="another") == ()
    assert store.held_deliveries(channel="another") == ()
    assert store.held_deliveries(limit=0) == ()


def test_a_message_is_asked_for_by_its_key_or_its_alert_while_it_is_held(store: SqlStore) -> None:
    record(store, POST, begin=True)
    assert [each.delivery.key for each in store.held_deliveries(key=POST.key[:8])] == [POST.key]
    assert [each.delivery.key for each in store.held_deliveries(alert_id=ALERT.id)] == [POST.key]
    assert store.held_deliveries(key=POST.key[:8], channel="another") == ()
    assert store.held_deliveries(key="ffffffff") == store.held_deliveries(alert_id="another") == ()
    store.release_held([POST.key], NOW)
    assert store.held_deliveries(key=POST.key[:8]) == store.held_deliveries(alert_id=ALERT.id) == ()


def test_released_messages_go_out_in_their_order_once(store: SqlStore) -> None:
    other = replace(POST, key=key("other").hex(), message=make_message("other"))
    record(store, POST, other, begin=True)
    assert store.release_held([other.key, POST.key], NOW) == 2
    assert store.release_held([POST.key], NOW) == 0
    assert titles(store) == ["talks", "other"]


def test_what_is_given_up_stays_in_the_record(store: SqlStore) -> None:
    record(store, POST, begin=True)
    assert store.drop_held([POST.key], "muted by anna: noise", NOW) == 1
    assert titles(store) == []
    (row,) = store.latest_deliveries(channel=None, edits=True, limit=10)
    assert (row.state, row.reason) == (DeliveryState.SKIPPED, "muted by anna: noise")


def test_held_messages_are_told_in_one(store: SqlStore) -> None:
    record(store, POST, begin=True)
    store.fold_held(make_digest(), [POST.key], NOW)
    assert titles(store) == ["digest"]
    alert = store.alert(ALERT.id)
    assert alert is not None
    assert alert.digest == make_digest().key
    assert store.alert("nosuch") is None


def test_two_that_fold_the_same_tell_it_once(store: SqlStore) -> None:
    record(store, POST, begin=True)
    store.fold_held(make_digest(), [POST.key], NOW)
    with pytest.raises(ConflictError):
        store.fold_held(make_digest("again"), [POST.key], NOW)
    assert titles(store) == ["digest"]


def test_very_many_are_told_in_one_bit_by_bit(store: SqlStore) -> None:
    by = replace(HOLD, kind=HoldKind.BREAKER, by="b1")
    record(store, replace(POST, hold=by), begin=True)
    record(store, *(replace(follow(DeliveryKind.REPLY, f"reply {number}"), hold=by) for number in range(3)))
    record(store, replace(make_digest("ready"), hold=by))
    (total,) = store.held_totals(HoldKind.BREAKER, "b1")
    assert (total.channel, total.messages, total.alerts) == ("desk", 5, 1)
    digest = make_digest()
    assert store.go_on_folding(digest.key, NOW, kind=HoldKind.BREAKER, by="b1", limit=2) is None
    with pytest.raises(ConflictError):
        store.begin_fold(digest, NOW, kind=HoldKind.BREAKER, by="b1", last=total.last - 1)
    store.begin_fold(digest, NOW, kind=HoldKind.BREAKER, by="b1", last=total.last)
    later = replace(follow(DeliveryKind.REPLY, "later"), hold=by)
    record(store, later)
    steps = [store.go_on_folding(digest.key, NOW, kind=HoldKind.BREAKER, by="b1", limit=3) for _ in range(3)]
    assert steps == [3, 1, 0]
    kept = [each.delivery.message.title.text for each in store.held_deliveries()]
    assert kept == ["ready", "later"]
    assert titles(store) == ["digest"]


def test_a_hold_gives_way_to_another(store: SqlStore) -> None:
    record(store, POST, begin=True)
    longer = Hold(kind=HoldKind.MUTE, reason="muted", by="m1")
    assert store.hold_again([POST.key], longer) == 1
    (held,) = store.held_deliveries(by="m1")
    assert held.delivery.hold == longer
    assert store.held_deliveries(over=NOW + 1_000 * MINUTE) == ()


def test_what_a_mute_holds_is_given_up_or_held_for_another_reason_bit_by_bit(store: SqlStore) -> None:
    by, other = (Hold(kind=HoldKind.MUTE, reason="muted", by=name) for name in ("m1", "m2"))
    kept = replace(POST, key=key("kept").hex(), hold=other)
    record(store, replace(POST, hold=by), kept, replace(POST, key=key("quiet").hex()), begin=True)
    assert store.hold_first_again(HoldKind.BREAKER, "m1", other, limit=9) == 0
    assert store.hold_first_again(HoldKind.MUTE, "m1", other, limit=9) == 1
    assert {each.delivery.key for each in store.held_deliveries(by="m2")} == {POST.key, kept.key}
    assert [store.drop_first_held(HoldKind.MUTE, "m2", "unmuted", NOW, limit=1) for _ in range(3)] == [1, 1, 0]
    assert {row.reason for row in store.latest_deliveries(channel=None, edits=True, limit=10)} == {
        "unmuted",
        HOLD.reason,
    }
    assert store.holders() == ((HoldKind.QUIET, ""),)


def test_what_follows_a_held_message_waits_with_it(store: SqlStore) -> None:
    record(store, POST, begin=True)
    record(store, follow(DeliveryKind.REPLY, "later"))
    record(store, follow(DeliveryKind.EDIT, "edited"))
    held = store.held_deliveries(over=HOLD.until)
    assert [each.delivery.message.title.text for each in held] == ["edited", "later"]
    assert store.release_held([each.delivery.key for each in held], NOW) == 2
    assert titles(store) == ["edited", "later"]


def test_a_reply_that_is_muted_stays_so_when_the_message_before_it_goes_out(store: SqlStore) -> None:
    record(store, POST, begin=True)
    muted = Hold(kind=HoldKind.MUTE, reason="muted", by="m1")
    record(store, replace(follow(DeliveryKind.REPLY, "later"), hold=muted))
    assert [each.delivery.hold for each in store.held_deliveries()] == [HOLD, muted]


def test_what_follows_a_message_that_is_out_does_not_wait(store: SqlStore) -> None:
    record(store, replace(POST, hold=None), begin=True)
    assert titles(store) == ["talks"]
    record(store, follow(DeliveryKind.REPLY, "later"))
    assert titles(store) == ["later"]


def test_what_breakers_hold_is_counted_by_channel_and_urgent_ones_are_named(store: SqlStore) -> None:
    by = Hold(kind=HoldKind.BREAKER, reason="held", by="b1")
    urgent = replace(ALERT, priority=Priority.URGENT)
    told = make_alert(STORY, "chief")
    posts = (replace(POST, hold=by), make_delivery(told, "for chief", hold=by))
    reply = replace(POST, key=key("reply").hex(), kind=DeliveryKind.REPLY, hold=by)
    outcome = make_outcome(claim_one(store), stories=(STORY,), alerts=(urgent, told), deliveries=(*posts, reply))
    store.record(outcome, NOW)
    assert store.held_back(["b1", "b2"]) == (
        HeldBack(breaker="b1", channel="chief", count=1),
        HeldBack(breaker="b1", channel="desk", count=1, urgent=("talks",)),
    )
    assert store.held_back(["b2"]) == ()
    assert store.holders() == ((HoldKind.BREAKER, "b1"),)
    store.drop_held([each.key for each in (*posts, reply)], "discarded", NOW)
    assert (store.holders(), store.held_back(["b1"])) == ((), ())


def test_what_follows_a_message_that_a_digest_told_is_about_the_digest(store: SqlStore) -> None:
    record(store, POST, begin=True)
    store.fold_held(make_digest(), [POST.key], NOW)
    assert titles(store) == ["digest"]
    record(store, follow(DeliveryKind.REPLY, "later"))
    (claimed,) = store.claim_deliveries(["desk"], now=NOW + 10 * MINUTE, lease=LEASE, limit=1)
    assert claimed.delivery.parent is not None
    assert claimed.delivery.parent.key == make_digest().key


# -- a message about no entry is edited --------------------------------------------------------------------------------


def notice(title: str, *, follows: str = "") -> Delivery:
    kind = DeliveryKind.EDIT if follows else DeliveryKind.POST
    made = replace(POST, key=key(title).hex(), alert_id="", kind=kind, message=make_message(title), hold=None)
    return replace(made, follows=follows)


def test_a_message_about_no_entry_is_edited_the_last_time_alone(store: SqlStore) -> None:
    first = notice("10 held")
    store.announce([first], NOW)
    for count in (20, 30):
        store.announce([notice(f"{count} held", follows=first.key)], NOW)
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    store.settle(claimed, Sent(ref="ts1"), now=NOW, pace=0 * MINUTE)
    (edit,) = store.claim_deliveries(["desk"], now=NOW + MINUTE, lease=LEASE, limit=1)
    assert edit.delivery.message.title.text == "30 held"
    assert edit.delivery.follows == first.key
    assert edit.delivery.parent is not None
    assert (edit.delivery.parent.key, edit.delivery.parent.ref) == (first.key, "ts1")
    store.settle(edit, Sent(ref="ts1"), now=NOW + MINUTE, pace=0 * MINUTE)
    store.announce([notice("40 held", follows=first.key)], NOW + MINUTE)
    assert store.claim_deliveries(["desk"], now=NOW + MINUTE, lease=LEASE, limit=1) == ()  # not at once again
    assert titles(store) == ["40 held"]


def test_an_edit_of_a_message_that_never_was_is_skipped(store: SqlStore) -> None:
    store.announce([notice("20 held", follows="0" * 32), notice("another")], NOW)
    assert titles(store) == ["another"]
    assert states(store) == [(DeliveryKind.EDIT, DeliveryState.SKIPPED), (DeliveryKind.POST, DeliveryState.SENT)]


def test_what_matters_more_by_now_is_found(store: SqlStore) -> None:
    record(store, POST, begin=True)
    record(store, follow(DeliveryKind.REPLY, "later"))
    least = ALERT.priority
    assert len(store.held_deliveries(at_least=least)) == 2
    assert store.held_deliveries(at_least=Priority.URGENT) == ()
