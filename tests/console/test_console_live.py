"""Alerts as they come: to those who listen, no more of them than are allowed, and to nobody who does not read."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

from monitor.console.live import Limits
from monitor.ports import Store, ToldFilter, ToldStory
from tests.app.house import House, rss
from tests.console.hostile import TITLES, assert_harmless
from tests.console.visits import Visitor, cards, visiting

RULES = """
rules:
  shoygu: {terms: [Shoygu], priority: high}
  quake: {terms: [earthquake]}
"""
OFTEN = 0.02  # seconds


@dataclass(frozen=True)
class Ear:
    """One stream of events that is read."""

    response: aiohttp.ClientResponse

    async def line(self, begins: str) -> str:
        """Read on to a line that begins so; return the rest of it, "" = the stream is over."""
        async for line in self.response.content:
            if line.decode().startswith(begins):
                return line.decode().removeprefix(begins).strip()
        return ""

    async def told(self) -> dict[str, Any]:
        return dict(json.loads(await self.line("data: ")))


@asynccontextmanager
async def listening(visitor: Visitor, query: str = "", **headers: str) -> AsyncIterator[Ear]:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session,
        session.get(f"{visitor.address}/alerts/live{query}", headers=headers) as response,
    ):
        yield Ear(response)


@asynccontextmanager
async def living(house: House, **limits: float) -> AsyncIterator[Visitor]:
    house.configure(rules=RULES, channels="log: {console: true}", notify="log")
    async with visiting(house) as visitor:
        visitor.app.console.live_alerts.limits = Limits(**{"look": OFTEN, **limits})  # type: ignore[arg-type]
        yield visitor


async def test_who_listens_is_told_what_he_wants_to_see(house: House) -> None:
    async with living(house) as visitor:
        await visitor.tell(house, rss("Shoygu was there before"))
        async with listening(visitor) as every, listening(visitor, "?rule=quake") as some:
            assert await every.line("retry: ")
            assert await some.line("retry: ")
            assert len(visitor.app.console.live_alerts.listeners) == 2
            await visitor.tell(house, rss(f"{TITLES[0].replace('<', '&amp;lt;')}"))
            first = await every.told()
            await visitor.tell(house, rss("earthquake far away"))
            second, third = await every.told(), await some.told()
    assert "Shoygu" in first["title"]
    assert_harmless(first["card"])
    assert [f"story-{each}" for each in cards(first["card"])] == [first["id"]]
    assert second == third
    assert second["title"] == "earthquake far away"


async def test_who_comes_back_is_told_what_he_missed(house: House) -> None:
    async with living(house) as visitor:
        await visitor.tell(house, rss("Shoygu speaks"))
        async with listening(visitor, "?after=1767225600000000_") as ear:
            place = await ear.line("id: ")
            assert (await ear.told())["title"] == "Shoygu speaks"
        await visitor.tell(house, rss("earthquake far away"))
        async with listening(visitor, **{"Last-Event-ID": place}) as ear:
            assert (await ear.told())["title"] == "earthquake far away"


async def test_no_more_may_listen_than_are_allowed(house: House) -> None:
    async with living(house, most=2) as visitor:
        async with listening(visitor) as one, listening(visitor) as two:
            assert await one.line("retry: ")
            assert await two.line("retry: ")
            async with listening(visitor) as three:
                assert three.response.status == 503
                assert three.response.headers["Retry-After"] == "60"
            assert (await visitor.get("/alerts")).status == 200
        async with listening(visitor) as four:  # who has gone makes room at once
            assert await four.line("retry: ")


async def test_while_nothing_comes_both_ends_see_that_the_other_is_there(house: House) -> None:
    async with living(house, beat=OFTEN, longest=0.2) as visitor, listening(visitor) as ear:
        assert await ear.line(": still") == "here"
        try:
            rest = await ear.line("data: ")
        except aiohttp.ClientPayloadError:  # it was ended, not finished: a browser comes back
            rest = ""
        assert rest == ""
        assert visitor.app.console.live_alerts.listeners == set()


async def test_who_does_not_read_is_left(house: House) -> None:
    async with living(house, write=0.1) as visitor:
        await visitor.tell(house, rss("Shoygu speaks"))
        live = visitor.app.console.live_alerts
        with socket.socket() as deaf:
            deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
            deaf.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(deaf, ("127.0.0.1", visitor.app.console.port))
            await loop.sock_sendall(deaf, b"GET /alerts/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await loop.sock_recv(deaf, 12)  # it is heard
            (listener,) = live.listeners
            (told,) = await visitor.app.doors.in_store(_latest, visitor.app.doors.store)
            async with asyncio.timeout(20):
                while listener.is_there:
                    listener.offer(told)
                    await asyncio.sleep(0)
        assert listener not in live.listeners
        assert (await visitor.get("/alerts")).status == 200


def _latest(store: Store) -> tuple[ToldStory, ...]:
    return store.told_stories(ToldFilter(), before=None, limit=1)


async def test_shutdown_and_reload_end_all_streams_at_once(house: House) -> None:
    async with living(house) as visitor:
        async with listening(visitor) as ear:
            assert await ear.line("retry: ")
            house.file.write_text(house.file.read_text() + "console: {hosts: [monitor.example.org]}\n")
            await visitor.app.reload()
            async with asyncio.timeout(5):
                await visitor.app.console.keep()
                assert await ear.line("data: ") == ""
        async with listening(visitor) as ear:
            assert await ear.line("retry: ")
            async with asyncio.timeout(5):
                await visitor.app.console.close()
                assert await ear.line("data: ") == ""
