"""Quiet polls are recorded in groups; what befalls one does not befall the others."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitor.errors import LeaseLostError, StoreUnavailableError
from monitor.model import Feed, FeedLease, FeedState, PollOutcome
from monitor.recorder import Recorder

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def outcome(number: int) -> PollOutcome:
    feed = Feed(name=f"feed-{number}", url=f"https://{number}.example/")
    state = FeedState(feed_id=number, name=feed.name, url=feed.url)
    return PollOutcome(lease=FeedLease(state=state, token=1), state=replace(state, polled_at=NOW), due=NOW)


class Book:
    """A store that writes down the groups it was given; it is busy until it is let go."""

    def __init__(self, *, lost: int | None = None, failing: bool = False, error: Exception | None = None) -> None:
        self.groups: list[list[int]] = []
        self.began = asyncio.Event()
        self.free = asyncio.Event()
        self._lost = lost
        self._error = error or LeaseLostError("lost")
        self._failing = failing

    async def record(self, outcomes: Sequence[PollOutcome]) -> None:
        numbers = [each.state.feed_id for each in outcomes]
        self.groups.append(numbers)
        self.began.set()
        await self.free.wait()
        if self._lost in numbers:
            raise self._error
        if self._failing:
            raise StoreUnavailableError("full")


async def begin(book: Book, count: int) -> list[asyncio.Task[None]]:
    """Let polls end, one after the other, while the store is busy with the first."""
    recorder = Recorder(book.record)
    tasks = []
    for number in range(count):
        tasks.append(asyncio.create_task(recorder.record(outcome(number))))
        await book.began.wait()
    await asyncio.sleep(0)  # let the last of them begin
    return tasks


async def test_what_ends_while_the_store_is_busy_shares_a_transaction() -> None:
    book = Book()
    tasks = await begin(book, 5)
    book.free.set()
    await asyncio.gather(*tasks)
    assert book.groups == [[0], [1, 2, 3, 4]]


@pytest.mark.parametrize("error", [LeaseLostError("lost"), ValueError("nobody foresaw this")])
async def test_what_cannot_be_recorded_costs_that_poll_alone(error: Exception) -> None:
    book = Book(lost=3, error=error)
    tasks = await begin(book, 5)
    book.free.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [type(None)] * 3 + [type(error), type(None)]


async def test_a_store_that_fails_is_told_to_every_poll() -> None:
    book = Book(failing=True)
    tasks = await begin(book, 3)
    book.free.set()
    ends = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ends] == [StoreUnavailableError] * 3


@pytest.mark.parametrize("failing", [False, True])
async def test_a_poll_that_is_cancelled_does_not_disturb_the_others(*, failing: bool) -> None:
    book = Book(failing=failing)
    tasks = await begin(book, 3)
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    book.free.set()
    ends = await asyncio.gather(tasks[0], tasks[2], return_exceptions=True)
    assert [end is None for end in ends] == [not failing] * 2
    assert book.groups == [[0], [1, 2]]
