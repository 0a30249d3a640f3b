"""Several workers on one store: nothing is done twice, and nothing is forgotten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from typing import TypeVar

import psycopg
import pytest
from sqlalchemy import event, text

from monitor.errors import StoreUnavailableError, StoryConflictError
from monitor.model import DeliveryKind, HasWord, Hold, HoldKind, Sent
from monitor.store import SqlStore, open_store
from tests.store.builders import (
    LEASE,
    NOW,
    claim_one,
    key,
    make_alert,
    make_delivery,
    make_entry,
    make_feed,
    make_outcome,
    make_story,
    owe,
)

WORKERS = 8
R = TypeVar("R")


@pytest.fixture
def in_workers(url: str) -> Callable[[Callable[[SqlStore, int], R]], list[R]]:
    """Run something in eight threads at once, each with a connection of its own."""

    def run(work: Callable[[SqlStore, int], R]) -> list[R]:
        open_store(url).close()
        start = Barrier(WORKERS)

        def one(number: int) -> R:
            store = open_store(url)
            try:
                start.wait()
                return work(store, number)
            finally:
                store.close()

        with ThreadPoolExecutor(WORKERS) as threads:
            return list(threads.map(one, range(WORKERS)))

    return run


InWorkers = Callable[[Callable[[SqlStore, int], R]], list[R]]


def test_no_feed_is_claimed_twice(
    url: str, opened: Callable[[str], SqlStore], in_workers: InWorkers[list[str]]
) -> None:
    feeds = [make_feed(f"feed-{number}") for number in range(1_000)]
    opened(url).sync_feeds(feeds, NOW)

    def claim_all(store: SqlStore, _number: int) -> list[str]:
        mine: list[str] = []
        while leases := store.claim_feeds(now=NOW, lease=LEASE, limit=7):
            mine += [lease.state.name for lease in leases]
        return mine

    claimed = Counter(name for names in in_workers(claim_all) for name in names)
    # a worker that finds all due rows locked by others stops early: the rest is due, not lost
    rest = opened(url).claim_feeds(now=NOW, lease=LEASE, limit=1_000)
    claimed.update(lease.state.name for lease in rest)
    assert claimed == Counter(feed.name for feed in feeds)
    assert len(rest) < 100


def test_no_delivery_is_claimed_twice(
    url: str, opened: Callable[[str], SqlStore], in_workers: InWorkers[list[str]]
) -> None:
    channels = [f"channel-{number}" for number in range(10)]
    for channel in channels:
        owe(opened(url), *(f"{channel} {number}" for number in range(5)), channel=channel)

    def send_all(store: SqlStore, _number: int) -> list[str]:
        sent: list[str] = []
        while claimed := store.claim_deliveries(channels, now=NOW, lease=LEASE, limit=2):
            for item in claimed:
                assert (item.in_doubt_since, item.delivery.attempts) == (None, 1)
                sent.append(item.delivery.message.title.text)
                store.settle(item, Sent(ref=""), now=NOW, pace=timedelta())
        return sent

    sent = in_workers(send_all)
    rest = send_all(opened(url), 0)
    titles = Counter(title for titles in [*sent, rest] for title in titles)
    assert titles == Counter(f"{channel} {number}" for channel in channels for number in range(5))
    for worker in sent:
        for channel in channels:
            mine = [title for title in worker if title.startswith(f"{channel} ")]
            assert mine == sorted(mine)


def patiently(call: Callable[[], R]) -> R:
    """Try again while the others keep SQLite's one lock, as the daemon does; the test's own limit ends it."""
    while True:
        try:
            return call()
        except StoreUnavailableError:
            continue


def test_nothing_owed_to_a_busy_channel_is_forgotten(
    url: str, opened: Callable[[str], SqlStore], in_workers: InWorkers[int]
) -> None:
    store = opened(url)
    store.sync_feeds([make_feed(f"feed-{number}") for number in range(80)], NOW)
    leases = store.claim_feeds(now=NOW, lease=LEASE, limit=80)
    shares = [leases[number::4] for number in range(4)]
    written = [Event() for _ in shares]

    def write(store: SqlStore, number: int) -> int:
        for lease in shares[number]:
            story = make_story(lease.state.name)
            alert = make_alert(story)
            outcome = make_outcome(lease, stories=(story,), alerts=(alert,), deliveries=(make_delivery(alert),))
            patiently(partial(store.record, outcome, NOW))
        written[number].set()
        return 0

    def send(store: SqlStore) -> int:
        sent = 0
        while True:
            done = all(share.is_set() for share in written)
            claimed = patiently(partial(store.claim_deliveries, ["desk"], now=NOW, lease=LEASE, limit=1))
            for item in claimed:
                patiently(partial(store.settle, item, Sent(ref=""), now=NOW, pace=timedelta()))
            sent += len(claimed)
            if done and not claimed:
                return sent

    in_workers(lambda own, number: write(own, number) if number < len(shares) else send(own))
    send(store)
    assert store.status().deliveries == {"new": 0, "sending": 0, "sent": 80, "dead": 0, "skipped": 0, "held": 0}


def test_several_who_index_at_once_index_everything_once(
    url: str, opened: Callable[[str], SqlStore], in_workers: InWorkers[int]
) -> None:
    store = opened(url)
    entries = tuple(make_entry(f"word{number}", feed="feed") for number in range(100))
    store.record(make_outcome(claim_one(store, "feed"), entries=entries), NOW)

    def index_all(own: SqlStore, _number: int) -> int:
        count = 0
        while indexed := patiently(partial(own.index_words, 7)):
            count += indexed
        return count

    assert sum(in_workers(index_all)) == len(entries)
    with store.engine.connect() as connection:
        numbers = connection.scalars(text("SELECT words_id FROM entry")).all()
        assert sorted(numbers) == list(range(1, len(entries) + 1))
        assert connection.scalar(text("SELECT count(*) FROM entry_words")) == len(entries)
    for each in (entries[0], entries[50], entries[-1]):
        (found,) = store.find_wanted(HasWord(each.title), since=NOW, before=None, limit=10)
        assert found.entry_id == each.id


def test_one_of_many_polls_begins_a_story(
    url: str, opened: Callable[[str], SqlStore], in_workers: InWorkers[str]
) -> None:
    store = opened(url)
    store.sync_feeds([make_feed(f"feed-{number}") for number in range(WORKERS)], NOW)
    leases = store.claim_feeds(now=NOW, lease=LEASE, limit=WORKERS)
    keys = [key("url"), key("title"), key("text")]

    def record(store: SqlStore, number: int) -> str:
        story = make_story(leases[number].state.name)
        order = keys if number % 2 else keys[::-1]
        alert = make_alert(story)
        outcome = make_outcome(
            leases[number],
            stories=(story,),
            story_keys=dict.fromkeys(order, story.id),
            alerts=(alert,),
            deliveries=(make_delivery(alert),),
        )
        try:
            store.record(outcome, NOW)
        except StoryConflictError:
            return ""
        return story.id

    winners = [story_id for story_id in in_workers(record) if story_id]
    assert len(winners) == 1
    memory = store.recall(leases[0].state.feed_id, keys=(), story_keys=keys, since=NOW)
    assert {story.id for story in memory.stories.values()} == set(winners)
    assert store.status().deliveries["new"] == 1


def test_a_digest_of_held_messages_and_a_poll_about_them_do_not_wait_for_each_other(
    fresh_database: str, opened: Callable[[str], SqlStore]
) -> None:
    polling, folding = opened(fresh_database), opened(fresh_database)
    story = make_story("talks")
    alert = make_alert(story)
    post = make_delivery(alert, hold=Hold(kind=HoldKind.QUIET, reason="quiet", until=NOW))
    first, second = claim_one(polling, "a"), claim_one(polling, "b")
    polling.record(make_outcome(second, stories=(story,), alerts=(alert,), deliveries=(post,)), NOW)
    more = replace(make_story("talks", version=1), entries=2)
    wider = replace(alert, rules=("shoygu", "carter"))
    reply = replace(post, key=key("reply").hex(), kind=DeliveryKind.REPLY)
    outcome = make_outcome(first, stories=(more,), widened=(wider,), deliveries=(reply,))
    digest = replace(post, key=key("digest").hex(), alert_id="", kind=DeliveryKind.DIGEST, hold=None)

    with ThreadPoolExecutor(1) as thread, psycopg.connect(fresh_database, autocommit=True) as onlooker:
        recording: list[Future[None]] = []

        def record_now(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            """Record once the lane is locked, until that ends or waits for a lock."""
            if recording or "INTO destination" not in statement:
                return
            recording.append(thread.submit(polling.record, outcome, NOW))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while not recording[0].done() and onlooker.execute(waiting).fetchone() == (0,):
                pass

        event.listen(folding.engine, "after_cursor_execute", record_now)
        folding.fold_held(digest, [post.key], NOW)
        recording[0].result()

    told = folding.recall_told([story.id])[alert.id].alert
    assert (told.digest, told.rules) == (digest.key, wider.rules)


def test_a_settle_waits_for_a_poll_that_is_owing_to_its_channel(
    fresh_database: str, opened: Callable[[str], SqlStore]
) -> None:
    polling, sending = opened(fresh_database), opened(fresh_database)
    owe(polling, "first")
    (first,) = sending.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)

    with ThreadPoolExecutor(1) as thread, psycopg.connect(fresh_database, autocommit=True) as onlooker:
        settling: list[Future[None]] = []

        def settle_now(_connection: object) -> None:
            """Settle between the poll's last statement and its commit, until that ends or waits for a lock."""
            settling.append(thread.submit(sending.settle, first, Sent(ref=""), now=NOW, pace=timedelta()))
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while not settling[0].done() and onlooker.execute(waiting).fetchone() == (0,):
                pass

        story = make_story("second")
        alert = make_alert(story)
        polling.sync_feeds([make_feed()], NOW)
        (lease,) = polling.claim_feeds(now=NOW, lease=LEASE, limit=1)
        event.listen(polling.engine, "commit", settle_now)
        polling.record(
            make_outcome(lease, stories=(story,), alerts=(alert,), deliveries=(make_delivery(alert, "second"),)), NOW
        )
        settling[0].result()

    (second,) = sending.claim_deliveries(["desk"], now=NOW, lease=LEASE, limit=1)
    assert second.delivery.message.title.text == "second"
