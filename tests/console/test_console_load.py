"""Many who read delay no message: pages take turns, wait for the daemon's own work, and share what is costly."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest

from monitor.console.desk import MOST_WAITING, Desk, ReadingThread
from monitor.console.held import Held
from monitor.console.pages import Pages
from monitor.daemon import Daemon
from monitor.errors import StoreUnavailableError
from tests.app.house import House
from tests.console.visits import visiting

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def desk_of(app: Daemon) -> Desk:
    return Desk(app.doors, lambda: app.setup, lambda: app.live, lambda: None)


async def test_a_page_waits_until_the_store_has_nothing_to_do(house: House) -> None:
    async with house.open() as app:
        end = threading.Event()
        asked = asyncio.create_task(app.doors.in_store(end.wait))
        await asyncio.wait([asked], timeout=0)
        waiting = asyncio.create_task(app.doors.let_pass(60))
        _, late = await asyncio.wait([waiting], timeout=0)
        assert late
        end.set()
        await waiting
        assert asked.done()


async def test_a_page_does_not_wait_forever(house: House) -> None:
    async with house.open() as app:
        end = threading.Event()
        asked = asyncio.create_task(app.doors.in_store(end.wait))
        await asyncio.wait([asked], timeout=0)
        await app.doors.let_pass(0.001)
        assert not asked.done()
        end.set()
        await asked


async def test_a_page_comes_while_the_store_is_busy(house: House) -> None:
    async with visiting(house) as visitor:
        end = threading.Event()
        asked = asyncio.create_task(visitor.app.doors.in_store(end.wait))
        assert (await visitor.get("/mutes")).status == 200
        assert not asked.done()
        end.set()
        await asked


async def test_who_searches_holds_up_no_page(house: House) -> None:
    async with house.open() as app:
        desk, end = desk_of(app), threading.Event()
        searching = asyncio.create_task(desk.search(lambda _: end.wait()))
        names = [await desk.work(lambda: threading.current_thread().name) for _ in range(2)]
        assert names == ["reading_0"] * 2
        assert not searching.done()
        end.set()
        await searching
        await desk.close()


async def test_pages_are_made_one_at_a_time_in_the_order_of_asking(house: House) -> None:
    async with house.open() as app:
        desk = desk_of(app)
        made: list[tuple[int, int]] = []
        under_way = 0

        def make(number: int) -> None:
            nonlocal under_way
            under_way += 1
            made.append((number, under_way))
            under_way -= 1

        await asyncio.gather(*(desk.work(lambda number=number: make(number)) for number in range(9)))  # type: ignore[misc]
        assert made == [(number, 1) for number in range(9)]
        await desk.close()


async def test_what_nobody_waits_for_any_more_is_not_read(house: House) -> None:
    async with house.open() as app:
        thread, end, read = ReadingThread("reading", app.doors, longest_wait=0.01), threading.Event(), list[int]()
        busy = asyncio.create_task(thread.do(end.wait))
        left_behind = [asyncio.create_task(thread.do(lambda: read.append(1))) for _ in range(MOST_WAITING)]
        await asyncio.wait(left_behind, timeout=0)
        with pytest.raises(StoreUnavailableError, match="too many"):
            await thread.do(lambda: read.append(1))
        answers = await asyncio.gather(*left_behind, return_exceptions=True)
        assert {type(answer) for answer in answers} == {StoreUnavailableError}
        end.set()
        await busy
        assert await thread.do(lambda: read) == []
        await thread.close()


async def test_a_page_is_written_off_the_loop(house: House) -> None:
    async with house.open() as app:
        desk = desk_of(app)
        page = Pages().part("refused_part.html.j2", why="never & nowhere")
        assert page.body is None
        await page.finish(desk)
        assert isinstance(page.body, bytes)
        assert b"never &amp; nowhere" in page.body
        await desk.close()


async def test_what_is_held_is_looked_up_once_for_all_and_anew_when_it_is_old() -> None:
    held, looked = Held[int](timedelta(minutes=1)), 0

    async def look() -> int:
        nonlocal looked
        looked += 1
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0)  # others come meanwhile
        return looked

    assert await asyncio.gather(*(held.get(NOW, look) for _ in range(5))) == [1] * 5
    assert await held.get(NOW + timedelta(seconds=59), look) == 1
    assert await held.get(NOW + timedelta(minutes=1), look) == 2
