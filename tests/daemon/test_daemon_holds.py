"""What is kept back is let go once, whoever else works on the same store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitor.daemon.holds import Holds
from monitor.decide.endings import Directory
from monitor.errors import StoreUnavailableError
from monitor.model import Delivery, DeliveryState, HeldDelivery, Hold, HoldKind, Mute, Policies, Policy
from monitor.pipeline import Doors
from monitor.store import SqlStore
from monitor.testing import FakeClock
from monitor.text.hours import parse_hours
from monitor.text.timetable import parse_timetable
from tests.app.parse_here import ParserHere
from tests.empty_store import open_in_memory
from tests.store.builders import NOW, claim_one, key, make_alert, make_delivery, make_outcome, make_story

DIGEST = Policies(channels={"desk": Policy(digest=parse_timetable("hourly"))})


class Shared(SqlStore):
    """A store on which another daemon is faster, or which is gone for a moment."""

    faster = False
    gone = False
    gone_later = False

    def mutes(self, *, at: datetime | None = None) -> tuple[Mute, ...]:
        if self.gone_later:
            raise StoreUnavailableError("gone")
        return super().mutes(at=at)

    def fold_held(self, digest: Delivery, keys: Collection[str], now: datetime) -> None:
        if self.faster:
            self.release_held(keys, now)
        super().fold_held(digest, keys, now)

    def held_deliveries(self, **asked: Any) -> tuple[HeldDelivery, ...]:
        if self.gone:
            raise StoreUnavailableError("gone")
        return super().held_deliveries(**asked)


@pytest.fixture
def store() -> Shared:
    opened = open_in_memory()
    store = Shared(opened.engine, opened.where)
    story = make_story("talks")
    alert = make_alert(story)
    hold = Hold(kind=HoldKind.DIGEST, reason="for the digest", until=NOW)
    post = make_delivery(alert, "talks", hold=hold)
    other = replace(post, key=key("other").hex(), channel="gone")
    outcome = make_outcome(claim_one(store), stories=(story,), alerts=(alert,), deliveries=(post, other))
    store.record(outcome, NOW)
    return store


@asynccontextmanager
async def opened(store: Shared, clock: FakeClock | None = None) -> AsyncIterator[Holds]:
    with ThreadPoolExecutor(1) as store_thread, ThreadPoolExecutor(1) as work_thread:
        yield Holds(
            Doors(
                store=store,
                parser=ParserHere(),
                clock=clock or FakeClock(NOW + timedelta(seconds=1)),
                store_thread=store_thread,
                work_threads=work_thread,
            )
        )


def states(store: SqlStore) -> dict[str, int]:
    return {state: count for state, count in store.status().deliveries.items() if count}


async def test_what_another_daemon_let_go_meanwhile_is_not_told_twice(store: Shared) -> None:
    store.faster = True
    async with opened(store) as holds:
        assert await holds.end(DIGEST, Directory) == 0
        assert await holds.end(DIGEST, Directory) == 0
    assert states(store) == {DeliveryState.NEW: 1, DeliveryState.HELD: 1}


async def test_of_two_daemons_one_tells_the_digest(store: Shared) -> None:
    async with opened(store) as one, opened(store) as other:
        assert [await one.end(DIGEST, Directory), await other.end(DIGEST, Directory)] == [1, 0]
    assert states(store) == {DeliveryState.NEW: 1, DeliveryState.SKIPPED: 1, DeliveryState.HELD: 1}


@pytest.mark.parametrize("when", ["gone", "gone_later"])
async def test_a_store_that_is_gone_costs_no_look_at_all(store: Shared, when: str) -> None:
    async with opened(store) as holds:
        setattr(store, when, True)
        with pytest.raises(StoreUnavailableError):
            await holds.end(DIGEST, Directory)
        setattr(store, when, False)
        later = Hold(kind=HoldKind.DIGEST, reason="weekly once", until=NOW + timedelta(days=7))
        store.hold_again([each.delivery.key for each in store.held_deliveries(channel="desk")], later)
        await holds.end(DIGEST, Directory)
    (held,) = store.held_deliveries(channel="desk")
    assert held.delivery.hold is not None
    assert held.delivery.hold.until == NOW + timedelta(hours=1)


async def test_a_clock_that_is_set_back_makes_nothing_wait_for_years(store: Shared) -> None:
    clock, plain = FakeClock(NOW + timedelta(days=3_650)), Policies(channels={"desk": Policy()})
    async with opened(store, clock) as holds:
        assert await holds.end(Policies(), Directory) == 0
        late = Hold(kind=HoldKind.QUIET, reason="quiet", until=clock() + timedelta(hours=1))
        store.hold_again([each.delivery.key for each in store.held_deliveries(channel="desk")], late)
        assert await holds.end(plain, Directory) == 0
        clock.advance(timedelta(days=-3_650))
        assert await holds.end(plain, Directory) == 1


async def test_a_changed_file_puts_off_what_was_over(store: Shared) -> None:
    quiet = Policies(channels={"desk": Policy(quiet=(parse_hours("00:00-23:59"),))})
    async with opened(store) as holds:
        assert await holds.end(quiet, Directory) == 0
        (held,) = store.held_deliveries(channel="desk")
        assert held.delivery.hold is not None
        assert held.delivery.hold.kind is HoldKind.QUIET
        assert await holds.end(Policies(channels={"desk": Policy()}), Directory) == 0, "nobody says that files changed"
        holds.look_at_all()
        assert await holds.end(Policies(channels={"desk": Policy()}), Directory) == 1
