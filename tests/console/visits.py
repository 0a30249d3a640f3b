"""Visit the console of a house over a real socket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from html import unescape
from types import MappingProxyType
from typing import Any

import aiohttp

from monitor.daemon import Daemon
from tests.app.house import House

BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
PART = BROWSER | {"HX-Request": "true"}
NO_JSON: Any = object()
NONE: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    cookies: Mapping[str, Any]
    text: str


@dataclass(frozen=True, kw_only=True)
class Visitor:
    app: Daemon

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.app.console.port}"

    async def get(self, path: str, *, headers: Mapping[str, str] = NONE) -> Answer:
        return await self._ask("GET", path, headers=headers)

    async def post(
        self,
        path: str,
        form: Mapping[str, str] = NONE,
        *,
        headers: Mapping[str, str] = NONE,
        json: Any = NO_JSON,
        raw: bytes = b"",
    ) -> Answer:
        sent: dict[str, Any] = {"json": json} if json is not NO_JSON else {"data": raw or dict(form)}
        return await self._ask("POST", path, headers=headers, **sent)

    async def raw(self, line: str, *headers: bytes, body: Sequence[bytes] = ()) -> int:
        """Send a request as no client library would write it, the body in pieces; return its status."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.app.console.port)
        told = (f"{line} HTTP/1.1".encode(), b"Host: localhost", b"Content-Length: %d" % sum(map(len, body)), *headers)
        for piece in (b"\r\n".join(told) + b"\r\n\r\n", *body):
            writer.write(piece)
            await writer.drain()
            for _ in range(10):  # the other end, in this loop too, reads what has come
                await asyncio.sleep(0)
        answer = await reader.read()
        writer.close()
        return int(answer.split()[1])

    async def tell(self, house: House, page: str) -> None:
        """Have a page of the feed `wire` read, and what it brings delivered; an hour later than before."""
        house.clock.advance(timedelta(hours=1))
        house.feeds.pages["/wire"] = page
        assert await self.app.run_once()

    async def _ask(self, method: str, path: str, *, headers: Mapping[str, str], **sent: Any) -> Answer:
        async with (
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.request(method, self.address + path, headers=headers, allow_redirects=False, **sent) as response,
        ):
            text = await response.text()
            return Answer(status=response.status, headers=response.headers, cookies=response.cookies, text=text)


@asynccontextmanager
async def visiting(house: House) -> AsyncIterator[Visitor]:
    """Open the house with its console, at any free port."""
    house.pages = "127.0.0.1:0"
    async with house.open() as app:
        await app.console.keep()
        yield Visitor(app=app)


def cards(page: str) -> list[str]:
    """Return the stories that a page shows cards of, in order."""
    return re.findall(r'id="story-([0-9a-f]{32})"', page)


def next_page(page: str) -> str:
    """Return where a page says that it goes on, "" = nowhere."""
    found = re.search(r'href="([^"]+)" rel="next"', page)
    return unescape(found[1]) if found else ""


def spelled(number: int) -> str:
    """Name a number in letters: stories that only differ in digits would be one."""
    return "".join(chr(ord("a") + int(digit)) * 3 for digit in f"{number:03}")
