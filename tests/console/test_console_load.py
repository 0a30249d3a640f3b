"""Many who read delay no message: pages take turns, wait for the daemon's own work, and share what is costly."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from monitor.console.desk import MOST_WAITING, Desk, ReadingThread
from monitor.console.guard import READER
from monitor.console.held import Held
from monitor.console.notice import Notice
from monitor.console.pages import ATTENTION, Pages
from monitor.daemon import Daemon
from monitor.errors import StoreUnavailableError
from monitor.rules.match import Ruleset
from tests.app.house import START, House, rss
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
        thread, end, read = ReadingThread("reading", app.doors, longest=0.3), threading.Event(), list[int]()
        looks: list[Callable[[], object]] = [end.wait, *[lambda: read.append(1)] * (MOST_WAITING - 1)]
        left_behind = [asyncio.create_task(thread.do(look)) for look in looks]
        await asyncio.wait(left_behind, timeout=0)
        with pytest.raises(StoreUnavailableError, match="too many"):
            await thread.do(looks[1])
        answers = await asyncio.gather(*left_behind, return_exceptions=True)
        assert {type(answer) for answer in answers} == {StoreUnavailableError}  # of a store that hangs, too
        end.set()
        await thread.close()
        assert read == []


async def test_a_look_that_times_out_by_itself_says_so(house: House) -> None:
    async with house.open() as app:
        thread = ReadingThread("reading", app.doors)
        with pytest.raises(TimeoutError):
            await thread.do(raise_timeout)
        await thread.close()


def raise_timeout() -> None:
    raise TimeoutError


async def test_a_store_that_hangs_holds_up_no_page_that_does_not_need_it(house: House) -> None:
    async with house.open() as app:
        desk, end = desk_of(app), threading.Event()
        hanging = asyncio.create_task(desk.read(lambda _: end.wait()))
        await asyncio.wait([hanging], timeout=0)

        async def answer(request: web.Request) -> web.Response:
            return web.Response(text=str(request.get(ATTENTION)))

        request = make_mocked_request("GET", "/login", headers={"Accept": "text/html"})
        request[READER] = "ann"
        notice = Notice(desk, patience=0.001)
        assert (await notice.look(request, answer)).text == "None"  # type: ignore[attr-defined]
        end.set()
        await hanging
        assert notice._counting is not None
        await notice._counting
        assert "failing" in (await notice.look(request, answer)).text  # type: ignore[attr-defined]
        await desk.close()


async def test_a_page_is_written_off_the_loop(house: House) -> None:
    async with house.open() as app:
        desk = desk_of(app)
        page = Pages().part("refused_part.html.j2", why="never & nowhere")
        assert page.body is None
        await page.finish(desk)
        assert isinstance(page.body, bytes)
        assert b"never &amp; nowhere" in page.body
        await desk.close()


class Watched:
    """A set of rules that knows who has asked it."""

    def __init__(self, rules: Ruleset) -> None:
        self._rules, self.threads = rules, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.threads.add(threading.current_thread().name.partition("_")[0])
        return getattr(self._rules, name)


async def test_rules_are_asked_off_the_loop_where_no_page_waits(house: House) -> None:
    async with visiting(house) as visitor:
        await visitor.tell(house, rss("The weather is fine"))
        (entry,), _ = visitor.app.doors.store.read_entries(since=START, after=None, limit=2)
        watched = Watched(visitor.app.live.ruleset)
        visitor.app.in_use.live = replace(visitor.app.live, ruleset=watched)  # type: ignore[arg-type]
        assert "The weather is fine" in (await visitor.get(f"/entries/{entry.id}")).text
    assert watched.threads == {"searching"}


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
