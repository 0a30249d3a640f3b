"""What was told stays told, however much is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from structlog.testing import capture_logs

from monitor.daemon.chores import EVERY, INDEX, INDEX_EVERY, LEASE, MOST_INDEXED, PAGES_AT_ONCE, PRUNE
from monitor.ports import Pruned, PrunePlace
from monitor.store import open_store
from tests.app.house import House, rss

DAY = timedelta(days=1)


async def test_nothing_that_is_remembered_is_told_again(house: House) -> None:
    house.feeds.pages["/wire"] = rss("earthquake in Kobe", "weather")
    await house.once()
    for _ in range(4):  # the feed goes on to show it
        await house.once(after=60 * DAY)
    house.feeds.statuses["/wire"] = 500
    for _ in range(4):  # the feed fails for most of a year
        await house.once(after=60 * DAY)
    del house.feeds.statuses["/wire"]
    await house.once(after=DAY)
    house.feeds.pages["/wire"] = rss("weather")
    await house.once(after=DAY)
    await house.once(after=80 * DAY)
    house.feeds.pages["/wire"] = rss("earthquake in Kobe", "weather")  # it comes back
    await house.once(after=DAY)
    assert house.told == ["earthquake in Kobe"]
    store = open_store(f"sqlite:///{house.folder}/var/monitor.db")
    assert store.status().entries == 0
    store.close()


async def test_what_was_gone_for_longer_than_alerts_are_kept_is_news(house: House) -> None:
    house.feeds.pages["/wire"] = rss("earthquake in Kobe", "weather")
    await house.once()
    house.feeds.pages["/wire"] = rss("weather")
    for _ in range(2):
        await house.once(after=60 * DAY)
    house.feeds.pages["/wire"] = rss("earthquake in Kobe", "weather")  # its key is forgotten, its alert is not
    await house.once(after=DAY)
    assert house.told == ["earthquake in Kobe"]
    house.feeds.pages["/wire"] = rss("weather")
    for _ in range(5):
        await house.once(after=100 * DAY)
    house.feeds.pages["/wire"] = rss("earthquake in Kobe", "weather")
    await house.once(after=DAY)
    assert house.told == ["earthquake in Kobe", "earthquake in Kobe"]


async def test_one_daemon_prunes_once_a_day(house: House) -> None:
    async with house.open() as app:
        store = app.doors.store
        await app.upkeep.prune()
        assert store.claim_chore(PRUNE, now=house.clock() + EVERY - timedelta(seconds=1), lease=DAY) is None
        assert store.claim_chore(PRUNE, now=house.clock() + EVERY, lease=DAY) is not None


async def test_a_large_store_is_pruned_a_few_pages_at_a_time(house: House) -> None:
    places: list[PrunePlace] = []

    class Large:
        """Stand before a real store that has many pages."""

        def __init__(self, store: object) -> None:
            self._store = store

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def prune(self, _cutoffs: object, place: PrunePlace) -> Pruned:
            places.append(place)
            then = PrunePlace(0, (len(places),)) if len(places) < PAGES_AT_ONCE + 2 else None
            return Pruned(table="entry", rows=1, then=then)

    async with house.open() as app:
        app.upkeep._pruning._doors = replace(app.doors, store=Large(app.doors.store))  # type: ignore[arg-type]
        await app.upkeep.prune()
        assert len(places) == PAGES_AT_ONCE
        with capture_logs() as logs:
            await app.upkeep.prune()
            await app.upkeep.prune()
    assert places == [PrunePlace(), *(PrunePlace(0, (number,)) for number in range(1, PAGES_AT_ONCE + 2))]
    assert [(log["event"], log["entry"]) for log in logs] == [
        ("forgot what is older than `retention` says", PAGES_AT_ONCE + 2)
    ]


async def test_one_daemon_indexes_what_came_a_little_at_a_time(house: House) -> None:
    asked: list[int] = []

    class Backlog:
        """Stand before a real store that has much to index."""

        def __init__(self, store: object) -> None:
            self._store = store

        def __getattr__(self, name: str) -> object:
            return getattr(self._store, name)

        def index_words(self, limit: int) -> int:
            asked.append(limit)
            return limit if len(asked) <= MOST_INDEXED + 1 else 0

    async with house.open() as app:
        store = app.doors.store
        app.upkeep._indexing._doors = replace(app.doors, store=Backlog(store))  # type: ignore[arg-type]
        await app.upkeep.index()
        assert len(asked) == MOST_INDEXED
        await app.upkeep.index()  # there is more, so it goes on at once
        await app.upkeep.index()
        assert len(asked) == MOST_INDEXED + 2
        assert store.claim_chore(INDEX, now=house.clock() + INDEX_EVERY - timedelta(seconds=1), lease=DAY) is None
        assert store.claim_chore(INDEX, now=house.clock() + INDEX_EVERY, lease=DAY) is not None


async def test_an_indexer_that_lost_its_lease_leaves_it_to_others(house: House) -> None:
    async with house.open() as app:
        store = app.doors.store

        class Slow:
            """Stand before a real store, and take longer than the lease."""

            def __getattr__(self, name: str) -> object:
                return getattr(store, name)

            def index_words(self, limit: int) -> int:  # noqa: ARG002 - the store's shape
                assert store.claim_chore(INDEX, now=house.clock() + 2 * LEASE, lease=LEASE) is not None
                return 0

        app.upkeep._indexing._doors = replace(app.doors, store=Slow())  # type: ignore[arg-type]
        with capture_logs() as logs:
            await app.upkeep.index()
    assert [log["event"] for log in logs] == ["indexing took longer than its lease: another daemon goes on"]
