"""Ticks: each at its time, never twice at once, none after the end."""

import asyncio

from monitor.daemon.ticks import Tick, Ticks


class Looks:
    """Something that is looked at, and takes as long as it is told to."""

    def __init__(self) -> None:
        self.count = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.begun = asyncio.Event()

    async def look(self) -> None:
        self.count += 1
        self.begun.set()
        await self.may_end.wait()


async def run(tick: Tick) -> None:
    await tick()


async def test_each_starts_at_once_and_then_in_its_time() -> None:
    often, seldom, ticks = Looks(), Looks(), Ticks(run)
    ticks.start({often.look: 0.01, seldom.look: 3600})
    while often.count < 3:
        often.begun.clear()
        await often.begun.wait()
    assert seldom.count == 1
    ticks.stop()
    await ticks.crew.join()


async def test_one_that_still_runs_is_not_started_again() -> None:
    looks, ticks = Looks(), Ticks(run)
    looks.may_end.clear()
    ticks.begin(looks.look)
    await looks.begun.wait()
    ticks.begin(looks.look)
    assert len(ticks.crew) == 1
    looks.may_end.set()
    await ticks.crew.join()
    ticks.begin(looks.look)
    await ticks.crew.join()
    assert looks.count == 2


async def test_after_the_end_none_starts_and_those_that_run_go_on() -> None:
    looks, other, ticks = Looks(), Looks(), Ticks(run)
    looks.may_end.clear()
    ticks.start({looks.look: 3600})
    await looks.begun.wait()
    assert not ticks.stopped
    ticks.stop()
    ticks.stop()  # as a daemon does that is closed after its run
    ticks.begin(other.look)
    assert (ticks.stopped, ticks.crew.jobs) == (True, (looks.look,))
    looks.may_end.set()
    await ticks.crew.join()
    assert other.count == 0


async def test_one_can_be_asked_for_in_a_moment_while_there_are_ticks_at_all() -> None:
    looks, ticks = Looks(), Ticks(run)
    ticks.begin_in(0, looks.look)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert looks.count == 0
    ticks.start({})
    ticks.begin_in(0, looks.look)
    await looks.begun.wait()
    assert looks.count == 1
    ticks.stop()


class Skipping(asyncio.SelectorEventLoop):
    """A loop whose time can be moved on, while the wall clock stands."""

    ahead = 0.0

    def time(self) -> float:
        return super().time() + self.ahead


def test_their_time_is_the_loops_and_no_wall_clock_stops_them() -> None:
    """A wall clock that is set back by an hour would, for an hour."""
    loop = Skipping()

    async def an_hour_passes() -> list[int]:
        looks, counts, ticks = Looks(), [], Ticks(run)
        ticks.start({looks.look: 3600})
        for _ in range(3):
            await looks.begun.wait()
            counts.append(looks.count)
            looks.begun.clear()
            loop.ahead += 3600
        ticks.stop()
        await ticks.crew.join()
        return counts

    assert loop.run_until_complete(an_hour_passes()) == [1, 2, 3]
    loop.close()


def test_what_was_missed_is_started_once() -> None:
    """Counting a month of missed ticks one by one took half a minute, and a gigabyte."""
    loop = Skipping()

    async def a_month_passes() -> int:
        looks, ticks = Looks(), Ticks(run)
        ticks.start({looks.look: 0.001})
        loop.ahead += 30 * 86_400
        began = loop.time()
        while looks.count < 2:
            await looks.begun.wait()
            looks.begun.clear()
        ticks.stop()
        await ticks.crew.join()
        assert loop.time() - began < 10
        return looks.count

    assert loop.run_until_complete(a_month_passes()) == 2
    loop.close()
