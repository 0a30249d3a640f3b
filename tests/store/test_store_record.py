"""What a poll writes and what the next one remembers, on every engine."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from monitor.errors import LeaseLostError, StoryConflictError
from monitor.model import Decision, FeedLease, Memory, PollOutcome, Stage
from monitor.store import SqlStore
from monitor.store.tables import decision, entry, metadata, seen
from tests.store.builders import (
    LEASE,
    NOW,
    WINDOW,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_entry,
    make_outcome,
    make_story,
)


def whole_outcome(lease: FeedLease) -> PollOutcome:
    """One row at least for every table that a poll writes."""
    item, story = make_entry("a"), make_story("a")
    alert = make_alert(story)
    row = Decision(entry_id=item.id, at=NOW, stage=Stage.MATCH, verdict="match", reason="Shoygu: “Шойгу”", rule="r")
    return make_outcome(
        lease,
        keys=item.keys,
        entries=(item,),
        stories=(story,),
        story_keys={key("url"): story.id, key("title"): story.id},
        alerts=(alert,),
        deliveries=(make_delivery(alert),),
        decisions=(row,),
    )


def contents(store: SqlStore) -> dict[str, list[Any]]:
    with store.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def recall(store: SqlStore, lease: FeedLease, *names: str, since: timedelta = WINDOW) -> Memory:
    keys = {key(name) for name in names}
    return store.recall(lease.state.feed_id, keys=keys, story_keys=keys, since=NOW - since)


def test_nothing_is_known_at_first(store: SqlStore) -> None:
    assert recall(store, claim_one(store), "a", "b") == Memory()
    assert recall(store, claim_one(store, "other")) == Memory()


def test_a_poll_is_remembered(store: SqlStore) -> None:
    lease = claim_one(store)
    outcome = whole_outcome(lease)
    store.record(outcome, NOW)
    memory = recall(store, lease, "a", "b", "url", "title")
    story = replace(outcome.stories[0], told=frozenset({"desk"}), version=1)
    assert memory == Memory(known={key("a"): NOW.date()}, stories={key("url"): story, key("title"): story})
    status = store.status()
    assert (status.entries, status.alerts, status.deliveries["new"]) == (1, 1, 1)


def test_identity_is_known_in_its_own_feed_only(store: SqlStore) -> None:
    store.record(whole_outcome(claim_one(store)), NOW)
    memory = recall(store, claim_one(store, "other"), "a", "url")
    assert memory.known == {}
    assert set(memory.stories) == {key("url")}


def test_an_entry_is_stored_as_it_was_told(store: SqlStore) -> None:
    lease = claim_one(store)
    told = make_entry(
        "a",
        title="Шойгу и Картер 绍伊古 😀",
        summary="s",
        body="b" * 100_000,
        url="https://x.example/?a=1",
        canonical_url="x.example/a",
        guid="#0",
        authors=("O’Neill", 'a "b", c'),
        tags=(),
        language="ru",
        published=NOW - timedelta(days=20_000, microseconds=1),
    )
    store.record(make_outcome(lease, entries=(told, told)), NOW)
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(entry))
    assert row.feed_id == lease.state.feed_id
    for column in entry.c:
        assert column.name in ("feed_id", "link16", "words_id") or getattr(row, column.name) == getattr(
            told, column.name
        )


def test_one_bad_entry_never_makes_a_poll_fail(store: SqlStore) -> None:
    lease = claim_one(store)
    bad = make_entry("a", title="nul \x00 and \ud800 half", authors=("\x00",), guid="\udfff")
    store.record(make_outcome(lease, entries=(bad, make_entry("b"))), NOW)
    with store.engine.connect() as connection:
        rows = {row.id: row for row in connection.execute(select(entry))}
    assert len(rows) == 2
    assert rows[bad.id].title == "nul \ufffd and \ufffd half"


def test_keys_are_refreshed_once_a_day(store: SqlStore) -> None:
    lease = claim_one(store)
    days = []
    for hours in (0, 5, 30, 20):
        store.record(make_outcome(lease, keys=(key("a"), key("a")), due=NOW), NOW + timedelta(hours=hours))
        (lease,) = store.claim_feeds(now=NOW, lease=LEASE, limit=1)
        with store.engine.connect() as connection:
            days.append(connection.scalars(select(seen.c.last_seen)).one())
    assert days == [days[0], days[0], days[0] + 1, days[0] + 1]


def test_recall_takes_as_many_keys_as_a_page_can_have(store: SqlStore) -> None:
    lease = claim_one(store)
    keys = tuple(key(f"key-{number}") for number in range(30_000))
    store.record(make_outcome(lease, keys=keys[:100]), NOW)
    memory = store.recall(lease.state.feed_id, keys=keys, story_keys=keys, since=NOW)
    assert set(memory.known) == set(keys[:100])


def test_the_ledger_is_written(store: SqlStore) -> None:
    outcome = whole_outcome(claim_one(store))
    store.record(outcome, NOW)
    with store.engine.connect() as connection:
        (row,) = connection.execute(select(decision))
    (told,) = outcome.decisions
    assert (row.entry_id, row.at, row.stage, row.reason) == (told.entry_id, told.at, "match", told.reason)


# -- whole or not at all -----------------------------------------------------------------------------------------------


def test_a_lost_lease_writes_nothing(store: SqlStore) -> None:
    late = claim_one(store)
    (holder,) = store.claim_feeds(now=NOW + LEASE, lease=LEASE, limit=1)
    before = contents(store)
    with pytest.raises(LeaseLostError, match="guardian"):
        store.record(whole_outcome(late), NOW + LEASE)
    assert contents(store) == before
    store.record(whole_outcome(holder), NOW + LEASE)


def test_a_lease_is_finished_once(store: SqlStore) -> None:
    lease = claim_one(store)
    store.record(whole_outcome(lease), NOW)
    before = contents(store)
    with pytest.raises(LeaseLostError):
        store.record(whole_outcome(lease), NOW)
    assert contents(store) == before


class Crash(Exception):  # noqa: N818
    pass


def test_a_crash_before_any_statement_leaves_nothing(store: SqlStore) -> None:
    lease = claim_one(store)
    before = contents(store)
    countdown = 0

    def crash_when_due() -> None:
        nonlocal countdown
        countdown -= 1
        if countdown == 0:
            raise Crash

    @event.listens_for(store.engine, "before_cursor_execute")
    def at_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            crash_when_due()

    @event.listens_for(store.engine, "commit")
    def at_commit(_connection: Any) -> None:
        crash_when_due()

    crashes = 0
    recorded = False
    while not recorded:
        countdown = crashes + 1
        try:
            store.record(whole_outcome(lease), NOW)
            recorded = True
        except Crash:
            crashes += 1
        countdown = 0  # no more crashes while we look
        assert recorded or contents(store) == before
    assert crashes == 11  # feed, seen, entry, story, story_key, alert, destination, delivery, decision, commit
    assert store.status().deliveries["new"] == 1


# -- stories that several polls touch ----------------------------------------------------------------------------------


def test_two_polls_cannot_both_begin_a_story(store: SqlStore) -> None:
    one, two = claim_one(store, "one"), claim_one(store, "two")
    first, second = make_story("first"), make_story("second")
    store.record(make_outcome(one, stories=(first,), story_keys={key("url"): first.id}), NOW)
    before = contents(store)
    racing = make_outcome(two, stories=(second,), story_keys={key("mine"): second.id, key("url"): second.id})
    with pytest.raises(StoryConflictError):
        store.record(racing, NOW)
    assert contents(store) == before

    (story,) = set(recall(store, two, "url", "mine").stories.values())
    joined = replace(story, entries=2, sources=("one", "two"))
    store.record(make_outcome(two, stories=(joined,), story_keys={key("mine"): story.id}), NOW)
    assert recall(store, two, "url").stories == {key("url"): replace(joined, version=2)}


def test_two_polls_cannot_both_change_a_story(store: SqlStore) -> None:
    one, two = claim_one(store, "one"), claim_one(store, "two")
    first = make_story("first")
    store.record(make_outcome(claim_one(store), stories=(first,), story_keys={key("url"): first.id}), NOW)
    read = recall(store, one, "url").stories[key("url")]
    store.record(make_outcome(one, stories=(replace(read, entries=2),)), NOW)
    before = contents(store)
    with pytest.raises(StoryConflictError):
        store.record(make_outcome(two, stories=(make_story("other"), replace(read, entries=2))), NOW)
    assert contents(store) == before
    fresh = recall(store, two, "url").stories[key("url")]
    store.record(make_outcome(two, stories=(replace(fresh, entries=fresh.entries + 1),)), NOW)
    assert recall(store, two, "url").stories[key("url")].entries == 3


def test_a_key_of_a_story_outside_the_window_is_taken_over(store: SqlStore) -> None:
    long_ago = NOW - WINDOW - timedelta(seconds=1)
    old, new = make_story("old", last_at=long_ago), make_story("new")
    store.record(make_outcome(claim_one(store), stories=(old,), story_keys={key("url"): old.id}), long_ago)
    lease = claim_one(store, "other")
    assert recall(store, lease, "url").stories == {}
    store.record(make_outcome(lease, stories=(new,), story_keys={key("url"): new.id}), NOW)
    assert recall(store, lease, "url").stories[key("url")].id == new.id


@pytest.mark.parametrize("age", [timedelta(), WINDOW])
def test_recall_and_record_agree_on_the_window(store: SqlStore, age: timedelta) -> None:
    held, new = make_story("held", last_at=NOW - age), make_story("new")
    store.record(make_outcome(claim_one(store), stories=(held,), story_keys={key("url"): held.id}), NOW - age)
    lease = claim_one(store, "other")
    assert set(recall(store, lease, "url").stories) == {key("url")}
    with pytest.raises(StoryConflictError):
        store.record(make_outcome(lease, stories=(new,), story_keys={key("url"): new.id}), NOW)


def test_without_a_window_no_key_is_taken_over(store: SqlStore) -> None:
    held, new = make_story("held", last_at=NOW - timedelta(days=1000)), make_story("new")
    store.record(make_outcome(claim_one(store), stories=(held,), story_keys={key("url"): held.id}), NOW)
    racing = make_outcome(
        claim_one(store, "other"), stories=(new,), story_keys={key("url"): new.id}, stories_since=None
    )
    with pytest.raises(StoryConflictError):
        store.record(racing, NOW)


def test_one_story_is_told_once_in_a_channel(store: SqlStore) -> None:
    one, two = claim_one(store, "one"), claim_one(store, "two")
    story = make_story("a")
    alert, other = make_alert(story), make_alert(story, "chief")
    store.record(make_outcome(one, stories=(story,), alerts=(alert,), deliveries=(make_delivery(alert),)), NOW)
    again = make_delivery(alert, key=key("another number").hex())
    store.record(make_outcome(two, alerts=(alert, other), deliveries=(again, make_delivery(other))), NOW)
    status = store.status()
    assert (status.alerts, status.deliveries["new"]) == (2, 2)


def test_an_alert_of_an_earlier_poll_may_owe_more(store: SqlStore) -> None:
    story = make_story("a")
    alert = make_alert(story)
    store.record(make_outcome(claim_one(store), stories=(story,), alerts=(alert,)), NOW)
    reply = make_delivery(alert, key=key("reply").hex())
    store.record(make_outcome(claim_one(store, "other"), deliveries=(reply, reply)), NOW)
    assert store.status().deliveries["new"] == 1


# -- entries that come back or change ----------------------------------------------------------------------------------


def stored(store: SqlStore, lease: FeedLease, *, ids: tuple[str, ...] = (), links: tuple[str, ...] = ()) -> list[str]:
    found = store.recall_entries(lease.state.feed_id, ids=ids, links=links)
    return sorted(item.entry.title for item in found)


def test_entries_are_found_by_id_and_by_link_in_their_own_feed(store: SqlStore) -> None:
    url = "https://guardian.example/a"
    first, second = make_entry("a", canonical_url=url), make_entry("b")
    lease = claim_one(store)
    store.record(replace(whole_outcome(lease), entries=(first, second)), NOW)
    assert stored(store, lease, ids=(second.id, "0" * 32)) == ["b"]
    assert stored(store, lease, ids=(first.id, second.id), links=(url, "https://guardian.example/b")) == ["a", "b"]
    assert stored(store, lease) == []
    other = claim_one(store, "other", NOW + LEASE)
    assert stored(store, other, ids=(first.id,), links=(url,)) == []


def test_an_entry_comes_back_with_the_rules_that_matched_it(store: SqlStore) -> None:
    lease = claim_one(store)
    outcome = whole_outcome(lease)
    store.record(outcome, NOW)
    (found,) = store.recall_entries(lease.state.feed_id, ids=[outcome.entries[0].id], links=[])
    assert found.entry == replace(outcome.entries[0], keys=())
    assert found.rules == {"r"}


def test_the_new_words_of_an_entry_take_the_place_of_the_old_ones(store: SqlStore) -> None:
    lease = claim_one(store)
    outcome = whole_outcome(lease)
    store.record(outcome, NOW)
    changed = replace(
        outcome.entries[0], title="new", summary="words", canonical_url="https://guardian.example/new", tags=("t",)
    )
    again = claim_one(store, now=NOW + LEASE * 2)
    store.record(make_outcome(again, updates=(changed,)), NOW)
    (found,) = store.recall_entries(lease.state.feed_id, ids=[], links=[changed.canonical_url])
    assert found.entry == replace(changed, keys=(), seen_at=NOW)
