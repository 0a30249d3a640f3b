"""Looking back at entries, stories and messages, on every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.model import Decision, DeliveryState, Entry, Sent, Stage
from monitor.ports import Cursor, Sighting
from monitor.store import SqlStore
from tests.store.builders import (
    LEASE,
    MINUTE,
    NOW,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_entry,
    make_message,
    make_outcome,
    make_story,
)

STORY = make_story("a")
ALERT = make_alert(STORY)
DELIVERY = make_delivery(ALERT)
ENTRY = make_entry("a", canonical_url="https://guardian.example/a")
OTHER = make_entry("b", canonical_url="https://guardian.example/a", seen_at=NOW + MINUTE)


def joined(entry: Entry) -> tuple[Decision, ...]:
    row = Decision(entry_id=entry.id, at=NOW, stage=Stage.MATCH, verdict="match", reason="because", rule="shoygu")
    return (row, replace(row, stage=Stage.STORY, verdict="new-story", rule="", story_id=STORY.id))


def told(store: SqlStore) -> None:
    outcome = make_outcome(
        claim_one(store),
        keys=ENTRY.keys,
        entries=(ENTRY, OTHER),
        stories=(STORY,),
        alerts=(ALERT,),
        deliveries=(DELIVERY,),
        decisions=(*joined(ENTRY), *joined(OTHER)),
    )
    store.record(outcome, NOW)


def stored(entry: Entry) -> Entry:
    return replace(entry, keys=())


def test_nothing_is_found_in_an_empty_store(store: SqlStore) -> None:
    assert store.find_entries("0" * 8) == store.find_link("https://x.example/") == ()
    assert store.find_sightings([key("a")]) == ()
    assert store.find_announcements("0" * 8) == ()
    assert store.entry_record("0" * 32) is None
    assert store.read_entries(since=NOW, after=None, limit=10) == ((), None)
    assert store.count_entries(NOW) == 0


def test_an_entry_is_found_by_its_id_its_alert_and_its_message(store: SqlStore) -> None:
    told(store)
    for name in (ENTRY.id, ENTRY.id[:8], ALERT.id, ALERT.id[:8], DELIVERY.key, DELIVERY.key[:8]):
        assert store.find_entries(name) == (ENTRY.id,), name
    assert store.find_entries(ENTRY.id[:-1] + "g") == ()


def test_a_prefix_of_several_entries_names_them_all(store: SqlStore) -> None:
    entries = tuple(make_entry(str(number), id=f"abcdef01{number:024x}") for number in range(25))
    store.record(make_outcome(claim_one(store), entries=entries), NOW)
    assert len(store.find_entries("abcdef01")) == 20


def test_all_entries_of_a_link_are_found_the_first_seen_first(store: SqlStore) -> None:
    told(store)
    assert store.find_link("https://guardian.example/a") == (ENTRY.id, OTHER.id)
    assert store.find_link("https://guardian.example/") == ()


def test_a_link_of_any_length_is_stored_and_found(store: SqlStore) -> None:
    link = "https://guardian.example/" + "绍" * 20_000
    store.record(make_outcome(claim_one(store), entries=(replace(ENTRY, canonical_url=link),)), NOW)
    assert store.find_link(link) == (ENTRY.id,)


def test_a_record_holds_everything_about_an_entry(store: SqlStore) -> None:
    told(store)
    record = store.entry_record(ENTRY.id)
    assert record is not None
    assert record.entry == stored(ENTRY)
    assert record.decisions == joined(ENTRY)
    assert record.story == replace(STORY, told=frozenset({"desk"}), version=1)
    assert record.others == (stored(OTHER),)
    ((alert, (delivery,)),) = [(each.alert, each.deliveries) for each in record.alerts]
    assert alert == ALERT
    assert (delivery.state, delivery.attempts, delivery.title) == (DeliveryState.NEW, 0, "Carter calls Shoygu")


def test_a_record_says_how_a_delivery_ended(store: SqlStore) -> None:
    told(store)
    (claimed,) = store.claim_deliveries(["desk"], now=NOW + MINUTE, lease=LEASE, limit=1)
    store.settle(claimed, Sent(ref="17.5"), now=NOW + 2 * MINUTE, pace=timedelta())
    record = store.entry_record(ENTRY.id)
    assert record is not None
    ((delivery,),) = [each.deliveries for each in record.alerts]
    assert (delivery.state, delivery.ref, delivery.attempts) == (DeliveryState.SENT, "17.5", 1)
    assert (delivery.attempted_at, delivery.settled_at) == (NOW + MINUTE, NOW + 2 * MINUTE)


def test_an_entry_that_nothing_matched_has_no_story(store: SqlStore) -> None:
    baseline = Decision(entry_id=ENTRY.id, at=NOW, stage=Stage.FRESH, verdict="baseline", reason="first poll")
    store.record(make_outcome(claim_one(store), entries=(ENTRY,), decisions=(baseline,)), NOW)
    record = store.entry_record(ENTRY.id)
    assert record is not None
    assert (record.decisions, record.story, record.others, record.alerts) == ((baseline,), None, (), ())


def test_feeds_that_have_shown_a_key_are_named_with_the_day(store: SqlStore) -> None:
    told(store)
    day = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC)
    assert store.find_sightings([key("a"), key("z")]) == (Sighting(feed="guardian", last_at=day),)


# -- pages -------------------------------------------------------------------------------------------------------------


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(0, 3), max_size=12), limit=st.integers(1, 5))
def test_pages_give_every_entry_once_in_order(store: SqlStore, minutes: list[int], limit: int) -> None:
    name = f"{limit}-{minutes}"
    entries = [make_entry(f"{name}-{number}", seen_at=NOW + minute * MINUTE) for number, minute in enumerate(minutes)]
    with store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM entry")
    store.record(make_outcome(claim_one(store, name), entries=tuple(entries)), NOW)
    read: list[Entry] = []
    cursor: Cursor | None = None
    for _ in range(len(entries) + 1):
        page, cursor = store.read_entries(since=NOW + MINUTE, after=cursor, limit=limit)
        assert len(page) <= limit
        read += page
        if cursor is None:
            break
    wanted = sorted((each for each in entries if each.seen_at > NOW), key=lambda each: (each.seen_at, each.id))
    assert [each.id for each in read] == [each.id for each in wanted]
    assert store.count_entries(NOW + MINUTE) == len(wanted)


# -- messages about no entry -------------------------------------------------------------------------------------------


def test_an_announcement_is_owed_once_and_found_by_its_key(store: SqlStore) -> None:
    notice = replace(DELIVERY, alert_id="", message=make_message("Not reloaded"))
    store.announce([], NOW)
    for minutes in range(3):
        store.announce([notice], NOW + minutes * MINUTE)
    assert store.status().deliveries["new"] == 1
    (found,) = store.find_announcements(notice.key[:8])
    assert (found.key, found.title, found.channel) == (notice.key, "Not reloaded", "desk")
    (claimed,) = store.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    assert claimed.delivery == replace(notice, attempts=1)
    store.settle(claimed, Sent(ref=""), now=NOW, pace=timedelta())
    store.announce([notice], NOW + MINUTE)
    assert store.claim_deliveries(["desk"], now=NOW + MINUTE, lease=LEASE, limit=1) == ()


def test_reports_are_read_in_the_order_of_the_ledger(store: SqlStore) -> None:
    assert store.read_reports(since=NOW, after=None, limit=9) == ()
    told(store)
    first, second = store.read_reports(since=NOW, after=None, limit=9)
    assert [(each.entry, each.story_id) for each in (first, second)] == [
        (stored(ENTRY), STORY.id),
        (stored(OTHER), STORY.id),
    ]
    assert store.read_reports(since=NOW, after=None, limit=1) == (first,)
    assert store.read_reports(since=NOW, after=first.place, limit=9) == (second,)
    assert store.read_reports(since=NOW, after=second.place, limit=9) == ()
    assert store.read_reports(since=OTHER.seen_at, after=None, limit=9) == (second,)
    near = store.recall_near(stories=[STORY.id, "f" * 32], entries=[ENTRY.id, "f" * 32])
    assert near.reports == {ENTRY.id: stored(ENTRY)}
    assert near.near[STORY.id].told == {ALERT.channel}


def test_what_is_about_an_entry_is_no_announcement(store: SqlStore) -> None:
    told(store)
    assert store.find_announcements(DELIVERY.key) == ()


def test_a_key_that_a_rules_own_window_has_freed_goes_to_the_new_story(store: SqlStore) -> None:
    old, new = make_story("old"), make_story("new")
    store.record(make_outcome(claim_one(store), stories=(old,), story_keys={key("url"): old.id}), NOW)
    lease = claim_one(store, "other")
    taking = {"stories": (new,), "story_keys": {key("url"): new.id}, "taken_keys": {key("url"): old.id}}
    store.record(make_outcome(lease, **taking), NOW)
    memory = store.recall(lease.state.feed_id, keys=(), story_keys=[key("url")], since=NOW)
    assert memory.stories[key("url")].id == new.id
