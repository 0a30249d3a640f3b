"""Tasks of one kind: so many at once, awaited or cut short in good order."""

import asyncio
import contextlib

from monitor.daemon.crew import Crew


async def wait_for(event: asyncio.Event, done: list[str], name: str) -> None:
    await event.wait()
    done.append(name)


async def test_it_counts_what_runs_and_what_may_start() -> None:
    crew, event, done = Crew[str](3), asyncio.Event(), list[str]()
    assert (len(crew), crew.free, crew.tasks) == (0, 3, frozenset())
    crew.start("a", wait_for(event, done, "a"))
    crew.start("b", wait_for(event, done, "b"))
    assert (len(crew), crew.free, len(crew.tasks)) == (2, 1, 2)
    event.set()
    await crew.join()
    assert (len(crew), crew.free, done) == (0, 3, ["a", "b"])


async def test_joining_waits_for_what_starts_meanwhile() -> None:
    crew, done = Crew[int](5), list[int]()

    async def chain(number: int) -> None:
        await asyncio.sleep(0)
        done.append(number)
        if number:
            crew.start(number - 1, chain(number - 1))

    crew.start(3, chain(3))
    await crew.join()
    assert done == [3, 2, 1, 0]
    assert len(crew) == 0


async def test_joining_nobody_ends_at_once() -> None:
    await Crew[str](1).join()
    assert await Crew[str](1).cancel() == []


async def test_cancelling_tells_which_jobs_were_cut_short() -> None:
    crew, event, done = Crew[str](4), asyncio.Event(), list[str]()

    async def finishes_all_the_same() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await event.wait()
        done.append("stubborn")

    async def fails_at_the_end() -> None:
        try:
            await event.wait()
        finally:
            raise ValueError("no")

    crew.start("waiting", wait_for(event, done, "waiting"))
    crew.start("stubborn", finishes_all_the_same())
    crew.start("failing", fails_at_the_end())
    await asyncio.sleep(0)
    crew.start("not begun", wait_for(event, done, "not begun"))
    assert await crew.cancel() == ["waiting", "not begun"]
    await asyncio.sleep(0)
    assert done == ["stubborn"]
    assert len(crew) == 0


async def test_a_task_that_fails_makes_room_all_the_same() -> None:
    crew, told = Crew[str](1), list[object]()
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context["message"]))

    async def fails() -> None:
        raise ValueError("no")

    crew.start("a", fails())
    await crew.join()
    assert crew.free == 1


async def test_one_that_is_closed_has_nobody_free_and_ends_what_it_has() -> None:
    crew, event, done = Crew[str](3), asyncio.Event(), list[str]()
    crew.start("a", wait_for(event, done, "a"))
    assert not crew.closed
    crew.close()
    assert (crew.closed, crew.free, len(crew)) == (True, 0, 1)
    event.set()
    await crew.join()
    assert (crew.free, done) == (0, ["a"])
