"""What is of no more use is forgotten, page by page; what is remembered stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from monitor.errors import LeaseLostError
from monitor.model import (
    Action,
    Breaker,
    Cutoffs,
    Decision,
    DeliveryKind,
    Feedback,
    Hit,
    Mute,
    Sent,
    Stage,
    Subject,
)
from monitor.ports import PrunePlace
from monitor.store import SqlStore
from monitor.store.tables import decision, metadata, seen
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_entry,
    make_feed,
    make_outcome,
    make_story,
    open_breaker,
)

DAY = timedelta(days=1)


def cutoffs(now: Any = NOW, **changes: Any) -> Cutoffs:
    given = {
        "now": now,
        "entries": now - 90 * DAY,
        "ledger": now - 90 * DAY,
        "stories": now - 90 * DAY,
        "alerts": now - 400 * DAY,
        "hits": now - 400 * DAY,
        "seen": 90 * DAY,
        **changes,
    }
    return Cutoffs(**given)


def prune(store: SqlStore, given: Cutoffs) -> dict[str, int]:
    """Forget all there is to forget; return how much of each table, after counting it gave the same."""
    counted = {table: rows for table, rows in store.count_old(given).items() if rows}
    gone = Counter[str]()
    place: PrunePlace | None = PrunePlace()
    while place is not None:
        pruned = store.prune(given, place)
        gone[pruned.table] += pruned.rows
        place = pruned.then
    found = {table: rows for table, rows in gone.items() if rows}
    for table, rows in counted.items():  # a parent may only be seen to be old when its children are gone
        assert found[table] >= rows
    return found


def live(store: SqlStore, name: str, at: Any, *, feed: str = "guardian", sent: bool = True) -> None:
    """Record an entry that was told, with everything that belongs to it, and deliver it."""
    lease = claim_one(store, feed, at)
    entry = make_entry(name, seen_at=at, feed=feed)
    story = make_story(name, first_at=at, last_at=at)
    alert = make_alert(story, created_at=at)
    decisions = [
        Decision(entry_id=entry.id, at=at, stage=stage, verdict="v", reason="r", rule="shoygu", story_id=story.id)
        for stage in (Stage.MATCH, Stage.STORY)
    ]
    store.record(
        make_outcome(
            lease,
            due=at + MINUTE,
            keys=entry.keys,
            entries=(entry,),
            stories=(story,),
            story_keys={key(f"text {name}"): story.id},
            alerts=(alert,),
            deliveries=(make_delivery(alert, name),),
            decisions=tuple(decisions),
            hits=(Hit(rule="shoygu", at=at, entry_id=entry.id, source=feed, text_key=key(name), names=(), title=name),),
        ),
        at,
    )
    if sent:
        (claimed,) = store.claim_deliveries(["desk"], now=at, lease=LEASE, limit=1)
        store.settle(claimed, Sent(ref="1.0"), now=at, pace=timedelta())


def counts(store: SqlStore) -> dict[str, int]:
    with store.engine.connect() as connection:
        return {
            table.name: len(connection.execute(select(table)).all())
            for table in metadata.sorted_tables
            if table.name in ("entry", "decision", "story", "story_key", "alert", "delivery", "hit", "seen")
        }


def test_entries_and_the_ledger_go_before_what_was_told(store: SqlStore) -> None:
    live(store, "old", NOW - 100 * DAY)
    live(store, "new", NOW - DAY)
    assert prune(store, cutoffs()) == {"entry": 1, "decision": 2, "story_key": 1, "seen": 1}
    assert prune(store, cutoffs()) == {}
    assert counts(store) == {
        "entry": 1,
        "decision": 2,
        "story": 2,
        "story_key": 1,
        "alert": 2,
        "delivery": 2,
        "hit": 2,
        "seen": 1,
    }


def test_what_was_told_goes_with_its_story_and_nothing_is_left_of_it(store: SqlStore) -> None:
    live(store, "old", NOW - 500 * DAY)
    live(store, "new", NOW - DAY)
    gone = prune(store, cutoffs())
    assert gone == dict.fromkeys(("delivery", "alert", "story_key", "story", "entry", "hit", "seen"), 1) | {
        "decision": 2,
        "alert_label": 2,  # its rule, its source
    }
    assert store.alert(make_alert(make_story("old")).id) is None
    assert store.alert(make_alert(make_story("new")).id) is not None


def test_what_is_owed_stays_with_all_that_was_said_before(store: SqlStore) -> None:
    live(store, "old", NOW - 500 * DAY)
    story = make_story("old")
    reply = make_delivery(make_alert(story), "more", key=key("reply").hex(), kind=DeliveryKind.REPLY)
    lease = claim_one(store, now=NOW - 499 * DAY)
    store.record(make_outcome(lease, deliveries=(reply,)), NOW - 499 * DAY)
    assert not prune(store, cutoffs()).keys() & {"delivery", "alert", "story"}
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    assert claimed.delivery.parent is not None


def test_a_story_that_goes_on_keeps_its_first_alert(store: SqlStore) -> None:
    live(store, "old", NOW - 500 * DAY)
    lease = claim_one(store, now=NOW - 2 * DAY)
    (story,) = store.recall_near(stories=[make_story("old").id], entries=()).near.values()
    on = make_story("old", first_at=story.first_at, last_at=NOW - 2 * DAY, version=story.version, entries=2)
    store.record(make_outcome(lease, stories=(on,)), NOW - 2 * DAY)
    assert not prune(store, cutoffs()).keys() & {"delivery", "alert", "story", "story_key"}


def test_a_feed_that_shows_nothing_new_forgets_nothing(store: SqlStore) -> None:
    live(store, "old", NOW - 300 * DAY)
    assert "seen" not in prune(store, cutoffs())  # it may have failed all the while


def test_a_key_goes_when_its_feed_has_shown_others_for_long_enough(store: SqlStore) -> None:
    live(store, "old", NOW - 300 * DAY)
    live(store, "between", NOW - 100 * DAY)
    live(store, "new", NOW - 15 * DAY)
    assert prune(store, cutoffs())["seen"] == 1
    with store.engine.connect() as connection:
        assert set(connection.scalars(select(seen.c.key16))) == {key("between"), key("new")}


def test_a_feed_long_gone_is_forgotten_and_begins_in_silence(store: SqlStore) -> None:
    live(store, "old", NOW - 300 * DAY)
    store.sync_feeds([make_feed("other")], NOW - 200 * DAY)
    assert prune(store, cutoffs())["seen"] == 1
    store.sync_feeds([make_feed()], NOW)
    (lease,) = store.claim_feeds(now=NOW, lease=LEASE, limit=9)
    assert (lease.state.baseline_at, lease.state.body_hash) == (None, b"")


def test_a_feed_taken_away_lately_is_known_when_it_comes_back(store: SqlStore) -> None:
    live(store, "new", NOW - 20 * DAY)
    store.sync_feeds([make_feed("other")], NOW - 10 * DAY)
    assert "seen" not in prune(store, cutoffs())
    store.sync_feeds([make_feed()], NOW)
    (lease,) = store.claim_feeds(now=NOW, lease=LEASE, limit=9)
    assert lease.state.baseline_at is not None


def test_many_keys_and_rows_go_in_pages(store: SqlStore) -> None:
    lease = claim_one(store, now=NOW - 300 * DAY)
    keys = tuple(key(str(number)) for number in range(2_500))
    decisions = tuple(
        Decision(entry_id=each.hex(), at=NOW - 300 * DAY, stage=Stage.MATCH, verdict="v", reason="r") for each in keys
    )
    store.record(make_outcome(lease, due=NOW - 200 * DAY, keys=keys, decisions=decisions), NOW - 300 * DAY)
    live(store, "new", NOW - DAY)
    given = cutoffs()
    steps = []
    place: PrunePlace | None = PrunePlace()
    while place is not None:
        pruned = store.prune(given, place)
        steps.append((pruned.table, pruned.rows))
        place = pruned.then
    assert [rows for table, rows in steps if table == "decision"] == [2_000, 500]
    assert [rows for table, rows in steps if table == "seen"] == [2_000, 500]


def test_the_last_place_of_the_ledger_is_never_given_again(store: SqlStore) -> None:
    live(store, "old", NOW - 300 * DAY)
    with store.engine.connect() as connection:
        last = connection.scalar(text("SELECT max(id) FROM decision"))
    prune(store, cutoffs())
    live(store, "new", NOW)
    with store.engine.connect() as connection:
        assert min(connection.scalars(select(decision.c.id).where(decision.c.entry_id == key("new").hex()))) > last


def test_a_rule_stays_silent_since_its_last_hit(store: SqlStore) -> None:
    live(store, "old", NOW - 500 * DAY)
    store.watch_rules(["shoygu"], NOW - 600 * DAY)
    assert "hit" not in prune(store, cutoffs())
    assert store.quiet_since(["shoygu"]) == {"shoygu": NOW - 500 * DAY}


def test_what_people_did_goes_with_the_alerts(store: SqlStore) -> None:
    old, new = NOW - 500 * DAY, NOW - DAY
    for at, name in ((old, "a"), (new, "b")):
        action = Action(at=at, by="ann", via="cli", verb="mute", subject=name, detail="")
        store.add_mute(Mute(id=f"{name}1", by="ann", reason="", since=at, until=at + MINUTE), action)
        store.add_mute(Mute(id=f"{name}2", by="ann", reason="", since=at, until=None), action)
        breaker = Breaker(id=name, subject=Subject.RULE, name=name, since=at, reason="")
        open_breaker(store, breaker)
        store.close_breaker(name, "release", action)
        said = Feedback(alert_id=name, rule="r", by="ann", at=at, relevant=True, spellings=(), text="")
        store.add_feedback([said], action)
    open_breaker(store, Breaker(id="open", subject=Subject.FEED, name="c", since=old, reason=""))
    gone = prune(store, cutoffs())
    assert {table: gone[table] for table in ("mute", "breaker", "feedback")} == {"mute": 1, "breaker": 1, "feedback": 1}
    assert {mute.id for mute in store.mutes()} == {"a2", "b1", "b2"}
    assert {each.id for each in store.breakers(all_of_them=True)} == {"b", "open"}
    assert {each.at for each in store.actions()} == {new}


# -- chores ------------------------------------------------------------------------------------------------------------


def test_a_chore_is_done_once_and_then_when_it_is_due(url: str, opened: Callable[[str], SqlStore]) -> None:
    one, other = opened(url), opened(url)
    lease = one.claim_chore("prune", now=NOW, lease=LEASE)
    assert lease is not None
    assert other.claim_chore("prune", now=NOW, lease=LEASE) is None
    assert other.claim_chore("index", now=NOW, lease=LEASE) is not None
    one.finish_chore(lease, NOW + DAY)
    assert other.claim_chore("prune", now=NOW + DAY - MINUTE, lease=LEASE) is None
    assert other.claim_chore("prune", now=NOW + DAY, lease=LEASE) is not None


def test_a_chore_whose_daemon_died_goes_on_elsewhere(store: SqlStore) -> None:
    dead = store.claim_chore("prune", now=NOW, lease=LEASE)
    again = store.claim_chore("prune", now=NOW + LEASE, lease=LEASE)
    assert dead is not None
    assert again is not None
    assert again.strikes == 1
    with pytest.raises(LeaseLostError):
        store.finish_chore(dead, NOW + DAY)
    store.finish_chore(again, NOW + DAY)


def test_whoever_has_the_store_alone_ends_leases_and_mad_waits(store: SqlStore) -> None:
    for name, due in (("left", None), ("mad", NOW + 300 * DAY), ("well", NOW + DAY)):
        lease = store.claim_chore(name, now=NOW, lease=LEASE)
        assert lease is not None
        if due is not None:
            store.finish_chore(lease, due)
    store.adopt(NOW, settle=MINUTE)
    ready = [name for name in ("left", "mad", "well") if store.claim_chore(name, now=NOW, lease=LEASE)]
    assert ready == ["left", "mad"]
