"""A server with one path for each fault, and a healthy feed that has something new at every poll.

It listens on many addresses of this machine, so that each feed has a host of its own, as on the internet.
"""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import hashlib
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import brotli

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
XML = '<?xml version="1.0" encoding="utf-8"?>'


def item(title: str, *, more: str = "", link: str = "https://wire.example/1") -> str:
    return f"<item><guid>{link}</guid><link>{link}</link><title>{title}</title>{more}</item>"


def rss(items: str, *, head: str = XML, channel: str = "") -> bytes:
    return f'{head}<rss version="2.0"><channel><title>T</title>{channel}{items}</channel></rss>'.encode()


def http(body: bytes = b"", *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    lines = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{headers}\r\n"
    return lines.encode() + body


def sending(*parts: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await writer.drain()

    return answer


def hanging(*parts: bytes) -> Answer:
    """Send these parts, the last one again and again, and never end."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await sending(*parts)(writer)
        while not writer.is_closing():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.1):
                    await asyncio.Event().wait()
            if parts:
                await sending(parts[-1])(writer)

    return answer


def packed(coding: str, body: bytes) -> Answer:
    return sending(http(body, headers=f"Content-Encoding: {coding}\r\n"))


def moved(location: str) -> Answer:
    return sending(http(status="302 Found", headers=f"Location: {location}\r\n"))


def page(body: bytes) -> Answer:
    return sending(http(body))


def faults(canary: int) -> dict[str, tuple[Answer, str]]:
    """Return each fault with the causes that may be named for it, by `|`; "ok" is a feed that can be read after all."""
    zeros = bytes(100_000_000)
    bombs = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    parsed = "ok|broken feed|parser stopped|not a feed"
    return {
        "hang-before": (hanging(), "timed out"),
        "hang-in-headers": (hanging(b"HTTP/1.1 200 OK\r\n"[:9], b""), "timed out"),
        "hang-in-body": (hanging(http(b"<rss>", length=99), b""), "timed out"),
        "drip": (hanging(http(b"<rss>", length=10_000_000), b" "), "timed out"),
        "500": (sending(http(status="500 Oops")), "HTTP error"),
        "429": (sending(http(status="429 Slow", headers="Retry-After: soon\r\n")), "rate limited"),
        "503": (sending(http(status="503 Busy", headers="Retry-After: 99999999999\r\n")), "HTTP error"),
        "gone": (sending(http(status="410 Gone")), "gone (410)"),
        "blocked": (sending(http(status="403 No", headers="cf-mitigated: challenge\r\n")), "blocked"),
        "gzip-cut": (packed("gzip", gzip.compress(rss(item("quake")))[:-9]), "connection broken"),
        "gzip-bomb": (packed("gzip", gzip.compress(zeros)), "too large"),
        "br-bomb": (packed("br", brotli.compress(zeros, quality=1)), "too large"),
        "zstd-bomb": (packed("zstd", zstd.compress(zeros)), "too large"),
        "nested": (packed("gzip, gzip, gzip", gzip.compress(gzip.compress(gzip.compress(zeros)))), "too large"),
        "too-nested": (packed("gzip, gzip, gzip, gzip", b"x"), "broken feed"),
        "50-mb": (sending(http(b"<rss>", length=50_000_000), *([bytes(1_000_000)] * 50)), "too large"),
        "circle": (moved("/circle"), "bad redirect"),
        "to-file": (moved("file:///etc/passwd"), "bad redirect"),
        "to-metadata": (moved("http://169.254.169.254/latest/meta-data/"), "address not allowed"),
        "to-canary": (moved(f"http://127.0.0.1:{canary}/"), "address not allowed"),
        "to-number": (moved(f"http://2130706433:{canary}/"), "address not allowed"),
        "to-octal": (moved(f"http://0177.0.0.1:{canary}/"), "address not allowed"),
        "to-mapped": (moved(f"http://[::ffff:127.0.0.1]:{canary}/"), "address not allowed"),
        "many-headers": (sending(http(headers="X: y\r\n" * 50_000)), "HTTP error"),
        "long-header": (sending(http(headers=f"X: {'y' * 9_000_000}\r\n")), "HTTP error"),
        "bad-chunks": (sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nx"), "HTTP error|connection broken"),
        "wrong-length": (sending(http(rss(item("quake")), length=99_999)), "connection broken"),
        "no-http": (sending(b"220 mail.example.org ESMTP\r\n\r\n"), "HTTP error"),
        "slam": (sending(), "connection broken"),
        "html": (page(b"<!DOCTYPE html><html><head><title>News</title></head></html>"), "not a feed"),
        "html-5-mb": (page(b"<html>" + b"<p>quake" * 600_000), "not a feed"),
        "empty": (page(b""), "not a feed"),
        "entities": (page(rss(item("quake &j;"), head=f'{XML}<!DOCTYPE rss [<!ENTITY a "ha">{bombs}]>')), parsed),
        "xxe": (page(rss(item("quake &x;"), head=f'{XML}<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>')), parsed),
        "bad-utf8": (page(rss(item("quake é")).replace("é".encode(), b"\xe9\xff")), "ok"),
        "utf-16": (page(rss(item("quake"), head="").decode().encode("utf-16")), "ok"),
        "nul": (page(rss(item("qu\0ake"))), "ok"),
        "surrogate": (page(rss(item("quake &#xD800; &#0;"))), "ok"),
        "nested-elements": (page(rss(item("quake", more="<x>" * 100_000 + "</x>" * 100_000))), parsed),
        "comments": (page(rss(item("quake", more=f"<description>{'&lt;!--' * 66_000}</description>"))), parsed),
        "anchors": (page(rss(item("quake", more=f"<description>{'&lt;a ' * 12_500}</description>"))), parsed),
        "entries": (page(rss("".join(item(f"entry {n}", link=f"https://e.example/{n}") for n in range(10_000)))), parsed),
        "title": (page(rss(item("quake " * 200_000))), parsed),
        "bidi": (page(rss(item("quake \u202egpj.exe\u2066 \x1b[31m\x07"))), "ok"),
        "channel": (page(rss(item("quake <![CDATA[<!channel>]]>"))), "ok"),
        "line-ends": (page(rss(item("quake\r\nBcc: x&#13;&#10;y"))), "ok"),
        "javascript": (page(rss(item("quake", link="javascript:alert(1)"))), "ok"),
        "data": (page(rss(item("quake", link="data:text/html,x"))), "ok"),
        "dates": (
            page(rss(item("quake", more="<pubDate>Thu, 01 Jan 1970 00:00:00 GMT</pubDate>")
                     + item("quake two", more="<pubDate>Fri, 01 Jan 2099 00:00:00 GMT</pubDate>", link="https://d.example/2"))),
            "ok",
        ),
    }  # fmt: skip


@dataclass
class HostileServer:
    """Answers, and notes when which control title was first shown."""

    port: int = 0
    canary: int = 0
    canary_hits: int = 0
    faults: dict[str, tuple[Answer, str]] = field(default_factory=dict)
    shown: dict[str, float] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def address(self, number: int) -> str:
        return f"127.0.{1 + number // 250}.{1 + number % 250}"

    def hit(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.canary_hits += 1
        writer.close()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self.answer(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            path = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)[1].decode().strip("/")
            if path in self.faults:
                await self.faults[path][0](writer)
            else:
                await self._control(path)(writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client has had enough
        finally:
            writer.close()

    def _control(self, path: str) -> Answer:
        """Show a title that nobody has seen, of words that no other title has."""
        digest = hashlib.blake2b(f"{path} {len(self.shown)}".encode(), digest_size=16).hexdigest()
        title = "control-" + " ".join(digest[at : at + 8] for at in range(0, 32, 8))
        self.shown[title] = time.monotonic()
        return page(rss(item(f"quake {title}", link=f"https://{path}.example/{digest}")))


@asynccontextmanager
async def serving(addresses: int) -> AsyncIterator[HostileServer]:
    server, loop = HostileServer(), asyncio.get_running_loop()
    canary = await asyncio.start_server(server.hit, "127.0.0.1", 0)
    server.canary = canary.sockets[0].getsockname()[1]
    server.faults = await loop.run_in_executor(None, faults, server.canary)
    first = await asyncio.start_server(server.accept, server.address(0), 0)
    server.port = first.sockets[0].getsockname()[1]
    others = [server.address(number) for number in range(1, addresses)]
    rest = await asyncio.start_server(server.accept, others, server.port)
    yield server
    for listener in (canary, first, rest):
        listener.close()
    for task in server.tasks:  # those that hang
        task.cancel()
    await asyncio.gather(*server.tasks, return_exceptions=True)
