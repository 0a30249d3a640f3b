"""Replies and edits in the outbox, on every engine: after what they follow, never in its place, never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import text

from monitor.model import (
    Acknowledged,
    Action,
    ClaimedDelivery,
    Coverage,
    Dead,
    Delivery,
    DeliveryKind,
    Digest,
    Excerpt,
    InDoubt,
    Parent,
    Priority,
    Retry,
    Sent,
    Settlement,
    Skipped,
    Told,
)
from monitor.store import SqlStore
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    SECOND,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_message,
    make_outcome,
    make_story,
    owe,
)

PACE = 0 * SECOND
STORY = make_story("talks")
ALERT = make_alert(STORY)
POST = make_delivery(ALERT, "talks")


def follow(kind: DeliveryKind, name: str = "later") -> Delivery:
    message = make_message(name, note="later report")
    return replace(POST, key=key(f"{kind} {name}").hex(), kind=kind, message=message)


def record(store: SqlStore, *deliveries: Delivery, now: datetime = NOW, begin: bool = False) -> None:
    """Record one poll that owes these; with `begin`, the story and its alert as well."""
    lease = claim_one(store, f"feed-{key(repr((now, [item.key for item in deliveries]))).hex()}", now)
    began = {"stories": (STORY,), "alerts": (ALERT,)} if begin else {}
    store.record(make_outcome(lease, deliveries=deliveries, **began), now)


def claim(store: SqlStore, now: datetime = NOW) -> ClaimedDelivery | None:
    claimed = store.claim_deliveries(["desk"], now=now, lease=LEASE, limit=1)
    return claimed[0] if claimed else None


def settle(store: SqlStore, settlement: Settlement, now: datetime = NOW) -> Delivery:
    """Claim what is next, and end it so."""
    claimed = claim(store, now)
    assert claimed is not None
    store.settle(claimed, settlement, now=now, pace=PACE)
    return claimed.delivery


def records(store: SqlStore) -> list[tuple[str, str, str]]:
    with store.engine.connect() as connection:
        rows = connection.execute(text("SELECT kind, state, reason FROM delivery ORDER BY seq"))
        return [(row.kind, row.state, row.reason) for row in rows]


def test_a_reply_comes_after_its_parent_and_knows_it(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), begin=True)
    assert settle(store, Sent(ref="C1:1.5")).kind is DeliveryKind.POST
    reply = settle(store, Sent(ref="C1:2.5"))
    assert reply.kind is DeliveryKind.REPLY
    assert reply.parent == Parent(key=POST.key, ref="C1:1.5", message=POST.message)
    assert reply.message == make_message("later", note="later report")


def test_a_reply_waits_while_its_parent_is_to_be_tried_again(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), begin=True)
    settle(store, Retry(at=NOW + 10 * MINUTE, reason="5xx"))
    assert claim(store, NOW + SECOND) is None
    assert claim(store, NOW + 9 * MINUTE) is None
    assert settle(store, Sent(ref="1"), NOW + 10 * MINUTE).kind is DeliveryKind.POST
    reply = settle(store, Sent(ref="2"), NOW + 10 * MINUTE)
    assert (reply.kind, reply.attempts) == (DeliveryKind.REPLY, 1)
    assert reply.parent is not None


def test_what_waits_holds_up_nobody(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), begin=True)
    settle(store, Retry(at=NOW + 10 * MINUTE, reason="5xx"))
    owe(store, "other")
    assert settle(store, Sent(ref="1")).message.title.text == "other"


@pytest.mark.parametrize(
    "settlement", [Dead(reason="no"), InDoubt(look_up_at=NOW + MINUTE, reason="?", hold_lane=False)]
)
def test_a_reply_whose_parent_may_not_be_there_stands_alone(store: SqlStore, settlement: Settlement) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), begin=True)
    settle(store, settlement)
    reply = settle(store, Sent(ref="1"), NOW + SECOND)
    assert (reply.kind, reply.parent) == (DeliveryKind.REPLY, None)


def test_a_reply_in_doubt_comes_back_with_its_parent(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), begin=True)
    settle(store, Sent(ref="1"))
    claim(store)  # and its worker dies
    left = claim(store, NOW + LEASE)
    assert left is not None
    assert (left.in_doubt_since, left.delivery.attempts) == (NOW, 1)
    assert left.delivery.parent is not None
    again = store.resend(left, now=NOW + LEASE, lease=LEASE)
    assert again.delivery.parent == left.delivery.parent


def test_a_reply_to_an_alert_that_owed_nothing_stands_alone(store: SqlStore) -> None:
    record(store, follow(DeliveryKind.REPLY), follow(DeliveryKind.EDIT), begin=True)
    assert settle(store, Sent(ref="1")).parent is None
    assert claim(store) is None
    assert records(store)[1] == ("edit", "skipped", "the message that it changes was never sent")


def test_a_parent_that_cannot_be_read_costs_the_thread_and_no_message(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), follow(DeliveryKind.EDIT), begin=True)
    settle(store, Sent(ref="1"))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET payload = 'nonsense' WHERE kind = 'post'"))
    assert settle(store, Sent(ref="2")).parent is None
    assert claim(store) is None
    assert records(store)[2] == ("edit", "skipped", "there is no message of its own to change")
    assert store.recall_told([STORY.id])[ALERT.id] is not None


def test_an_edit_lets_everything_else_pass(store: SqlStore) -> None:
    record(store, POST, begin=True)
    settle(store, Sent(ref="1"))
    record(store, follow(DeliveryKind.EDIT))
    owe(store, "other")
    assert settle(store, Sent(ref="2")).message.title.text == "other"
    assert settle(store, Sent(ref="1")).kind is DeliveryKind.EDIT


def test_edits_that_wait_become_one_and_keep_their_distance(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.EDIT, "first"), begin=True)
    settle(store, Sent(ref="1"))
    assert settle(store, Sent(ref="1")).message.title.text == "first"
    for second, name in ((1, "second"), (2, "third")):
        record(store, follow(DeliveryKind.EDIT, name), now=NOW + second * SECOND)
    assert claim(store, NOW + 29 * SECOND) is None
    last = settle(store, Sent(ref="1"), NOW + 30 * SECOND)
    assert (last.message.title.text, last.key) == ("third", follow(DeliveryKind.EDIT, "third").key)
    assert [state for _, state, _ in records(store)] == ["sent"] * 3


def test_an_edit_that_failed_is_replaced_and_waits_as_long(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.EDIT, "first"), begin=True)
    settle(store, Sent(ref="1"))
    settle(store, Retry(at=NOW + 10 * MINUTE, reason="5xx"))
    record(store, follow(DeliveryKind.EDIT, "second"), now=NOW + SECOND)
    assert claim(store, NOW + 9 * MINUTE) is None
    assert settle(store, Sent(ref="1"), NOW + 10 * MINUTE).message.title.text == "second"


def test_an_edit_in_doubt_gives_way_to_a_newer_one(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.EDIT, "first"), begin=True)
    settle(store, Sent(ref="1"))
    settle(store, InDoubt(look_up_at=NOW + SECOND, reason="?", hold_lane=False))
    record(store, follow(DeliveryKind.EDIT, "second"))
    assert settle(store, Sent(ref="1"), NOW + MINUTE).message.title.text == "second"
    assert records(store)[1] == ("edit", "skipped", "a newer edit takes its place")


def test_an_edit_waits_while_nobody_knows_of_its_parent(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.EDIT), begin=True)
    settle(store, InDoubt(look_up_at=NOW + MINUTE, reason="?", hold_lane=False))
    assert claim(store, NOW + SECOND) is None
    assert settle(store, Sent(ref="1"), NOW + MINUTE).kind is DeliveryKind.POST
    assert settle(store, Sent(ref="1"), NOW + MINUTE).kind is DeliveryKind.EDIT


def test_an_edit_of_what_was_never_sent_is_skipped_and_no_dead_letter(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.EDIT), begin=True)
    settle(store, Dead(reason="no"))
    assert claim(store, NOW + SECOND) is None
    assert [dead.title for dead in store.status().dead] == ["talks"]
    assert store.status().deliveries["skipped"] == 1
    assert store.status().owed == ()
    assert store.replay(now=NOW + MINUTE) == 1


def test_a_skipped_edit_is_no_longer_owed(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.EDIT), begin=True)
    settle(store, Sent(ref="1"))
    settle(store, Skipped(reason="a mail that was sent cannot be changed"))
    assert claim(store, NOW + LEASE) is None
    assert records(store)[1] == ("edit", "skipped", "a mail that was sent cannot be changed")
    assert store.status().owed == ()


def test_many_edits_that_need_no_sending_are_settled_in_few_claims(store: SqlStore) -> None:
    stories = [make_story(f"s{number}") for number in range(120)]
    alerts = [make_alert(story) for story in stories]
    edits = [replace(make_delivery(alert), kind=DeliveryKind.EDIT) for alert in alerts]
    lease = claim_one(store)
    store.record(make_outcome(lease, stories=tuple(stories), alerts=tuple(alerts), deliveries=tuple(edits)), NOW)
    claims = 0
    while store.status().owed:
        assert claim(store) is None
        claims += 1
    assert claims == 3
    assert store.status().deliveries["skipped"] == 120


# -- digests -----------------------------------------------------------------------------------------------------------

DIGEST = Delivery(
    key=key("digest").hex(),
    alert_id="",
    channel="desk",
    kind=DeliveryKind.DIGEST,
    message=Digest(
        title=Excerpt(text="2 alerts: Shoygu"),
        reason="2 alerts of rule shoygu in one poll",
        priority=Priority.HIGH,
        items=(make_message("a"), make_message("b")),
        count=2,
    ),
    created_at=NOW,
)


def record_digest(store: SqlStore, *more: Delivery) -> None:
    folded = replace(ALERT, digest=DIGEST.key)
    lease = claim_one(store)
    store.record(make_outcome(lease, stories=(STORY,), alerts=(folded,), deliveries=(DIGEST, *more)), NOW)


def test_a_digest_comes_whole_and_is_found_from_its_alerts(store: SqlStore) -> None:
    record_digest(store)
    assert settle(store, Sent(ref="1")) == replace(DIGEST, attempts=1)
    assert [found.title for found in store.find_announcements(DIGEST.key)] == ["2 alerts: Shoygu"]


def test_a_later_report_of_what_a_digest_told_answers_the_digest(store: SqlStore) -> None:
    record_digest(store, follow(DeliveryKind.REPLY), follow(DeliveryKind.EDIT))
    settle(store, Sent(ref="1"))
    reply = settle(store, Sent(ref="2"))
    assert reply.parent == Parent(key=DIGEST.key, ref="1", message=DIGEST.message)
    assert claim(store) is None
    assert records(store)[2][1:] == ("skipped", "there is no message of its own to change")


# -- what was told -----------------------------------------------------------------------------------------------------


def test_what_was_told_is_recalled_as_it_stands(store: SqlStore) -> None:
    record(store, POST, begin=True)
    assert store.recall_told([]) == {}
    assert store.recall_told([key("nobody").hex()]) == {}
    assert store.recall_told([STORY.id]) == {ALERT.id: Told(alert=ALERT, message=make_message("talks"))}
    settle(store, Sent(ref="1"))
    coverage = Coverage(sources=2, entries=3, first_at=NOW, last_at=NOW + MINUTE)
    changed = replace(make_message("talks"), coverage=coverage)
    record(store, follow(DeliveryKind.REPLY), replace(follow(DeliveryKind.EDIT), message=changed))
    assert store.recall_told([STORY.id])[ALERT.id].message == changed
    settle(store, Sent(ref="2"))
    settle(store, Skipped(reason="it cannot be changed"))
    assert store.recall_told([STORY.id])[ALERT.id].message == make_message("talks")


def test_what_a_digest_told_cannot_be_changed(store: SqlStore) -> None:
    record_digest(store)
    told = store.recall_told([STORY.id])[ALERT.id]
    assert (told.alert.digest, told.message) == (DIGEST.key, None)


def test_more_rules_are_remembered_with_the_alert(store: SqlStore) -> None:
    record(store, POST, begin=True)
    wider = replace(ALERT, rules=("shoygu", "syria"), priority=Priority.URGENT)
    story = replace(STORY, entries=2, version=1)
    store.record(make_outcome(claim_one(store), stories=(story,), widened=(wider,)), NOW)
    assert store.recall_told([STORY.id])[ALERT.id].alert == wider


def test_the_latest_deliveries_come_first_and_edits_where_they_are_asked_for(store: SqlStore) -> None:
    record(store, POST, follow(DeliveryKind.REPLY), follow(DeliveryKind.EDIT), begin=True)
    owe(store, "to the chief", channel="chief")

    def kinds(*, channel: str | None = None, edits: bool = False, limit: int = 10) -> list[str]:
        found = store.latest_deliveries(channel=channel, edits=edits, limit=limit)
        return [f"{each.channel} {each.kind}" for each in found]

    assert kinds() == ["chief post", "desk reply", "desk post"]
    assert kinds(edits=True) == ["chief post", "desk edit", "desk reply", "desk post"]
    assert kinds(channel="desk") == ["desk reply", "desk post"]
    assert kinds(limit=1) == ["chief post"]


def test_a_message_that_cannot_be_read_is_listed_all_the_same(store: SqlStore) -> None:
    record(store, POST, begin=True)
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE delivery SET payload = 'nonsense'"))
    (found,) = store.latest_deliveries(channel=None, edits=False, limit=1)
    assert found.title == "(a stored message cannot be read: JSONDecodeError)"


# -- who takes care of it ----------------------------------------------------------------------------------------------

ANNA = Acknowledged(by="@anna", at=NOW + MINUTE)


def acknowledge(store: SqlStore) -> bool:
    return store.acknowledge(
        ALERT.id, Action(at=ANNA.at, by=ANNA.by, via="slack", verb="acknowledge", subject=ALERT.id)
    )


def acknowledged(delivery: Delivery) -> Acknowledged | None:
    assert not isinstance(delivery.message, Digest)
    return delivery.message.acknowledged


def test_an_acknowledgement_is_shown_once_and_kept_by_later_changes(store: SqlStore) -> None:
    record(store, POST, begin=True)
    assert acknowledged(settle(store, Sent(ref="C1:1.5"))) is None
    assert acknowledge(store)
    assert not acknowledge(store)
    shown = settle(store, Sent(ref="C1:1.5"), NOW + MINUTE)
    assert (shown.kind, shown.parent and shown.parent.ref) == (DeliveryKind.EDIT, "C1:1.5")
    assert shown.message == replace(make_message("talks"), acknowledged=ANNA)
    counted = replace(follow(DeliveryKind.EDIT), message=make_message("counted"))
    record(store, counted, follow(DeliveryKind.REPLY), now=NOW + 2 * MINUTE)
    assert acknowledged(settle(store, Sent(ref="C1:2.5"), NOW + 2 * MINUTE)) is None, "a reply need not say it"
    assert settle(store, Sent(ref="C1:1.5"), NOW + 3 * MINUTE).message == replace(
        make_message("counted"), acknowledged=ANNA
    )
    assert claim(store, NOW + 10 * MINUTE) is None


def test_an_acknowledgement_takes_nothing_from_a_change_that_is_owed(store: SqlStore) -> None:
    record(store, POST, begin=True)
    settle(store, Sent(ref="C1:1.5"))
    record(store, replace(follow(DeliveryKind.EDIT), message=make_message("counted")))
    assert acknowledge(store)
    assert settle(store, Sent(ref="C1:1.5"), NOW + MINUTE).message == replace(
        make_message("counted"), acknowledged=ANNA
    )
    assert claim(store, NOW + 10 * MINUTE) is None


def test_what_is_acknowledged_before_it_is_sent_says_so_at_once(store: SqlStore) -> None:
    record(store, POST, begin=True)
    assert acknowledge(store)
    assert acknowledged(settle(store, Sent(ref="C1:1.5"), NOW + MINUTE)) == ANNA


def test_what_a_digest_told_is_acknowledged_without_a_change(store: SqlStore) -> None:
    record_digest(store)
    assert acknowledge(store)
    settle(store, Sent(ref="C1:1.5"), NOW + MINUTE)
    assert claim(store, NOW + 10 * MINUTE) is None
