"""A clock that was ahead is noticed, here or at another daemon, and what waits for it is mended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.daemon.clock_watch import ClockWatch
from monitor.errors import StoreUnavailableError
from monitor.pipeline import Doors
from monitor.store import SqlStore
from monitor.testing import FakeClock
from tests.app.parse_here import ParserHere
from tests.empty_store import open_in_memory
from tests.store.builders import LEASE, NOW, make_feed, make_outcome

HOUR = timedelta(hours=1)


class Failing(SqlStore):
    """A store that may be gone for a moment."""

    gone = False

    def set_back(self, now: datetime, *, settle: timedelta, leases: bool) -> None:
        if self.gone:
            raise StoreUnavailableError("gone")
        super().set_back(now, settle=settle, leases=leases)


@pytest.fixture
def store() -> Failing:
    """A store that knows one feed, polled an hour from now."""
    store = Failing(open_in_memory().engine, "in memory")
    store.sync_feeds([make_feed("guardian")], NOW)
    (lease,) = store.claim_feeds(now=NOW + HOUR, lease=LEASE, limit=1)
    outcome = make_outcome(lease, state=replace(lease.state, polled_at=NOW + HOUR))
    store.record(replace(outcome, due=NOW + 2 * HOUR), NOW + HOUR)
    return store


@asynccontextmanager
async def watching(store: SqlStore, clock: FakeClock) -> AsyncIterator[tuple[ClockWatch, list[bool]]]:
    told: list[bool] = []
    with ThreadPoolExecutor(1) as store_thread, ThreadPoolExecutor(1) as work_thread:
        doors = Doors(
            store=store, parser=ParserHere(), clock=clock, store_thread=store_thread, work_threads=work_thread
        )
        yield ClockWatch(doors, lambda: told.append(True)), told


async def test_the_clock_of_another_daemon_is_noticed_in_the_store(store: Failing) -> None:
    async with watching(store, FakeClock(NOW)) as (watch, told):
        await watch.look()
    assert store.next_due() == NOW
    assert told == [True]


async def test_a_clock_that_is_set_back_is_noticed_and_mended_when_that_can_be_written(store: Failing) -> None:
    clock = FakeClock(NOW + HOUR)
    async with watching(store, clock) as (watch, told):
        await watch.look()
        clock.advance(-HOUR)
        store.gone = True
        with pytest.raises(StoreUnavailableError):
            await watch.look()
        store.gone = False
        assert told == []
        await watch.look()
        await watch.look()
    assert store.next_due() == NOW
    assert told == [True]


async def test_a_clock_that_goes_on_changes_nothing(store: Failing) -> None:
    clock = FakeClock(NOW + HOUR)
    async with watching(store, clock) as (watch, told):
        for seconds in (0, 1, -1, 3600):
            clock.advance(seconds)
            await watch.look()
    assert store.next_due() == NOW + 2 * HOUR
    assert told == []
