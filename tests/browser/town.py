"""A house with its console, looked at by a real browser."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, ConsoleMessage, Dialog, Page, Request, async_playwright, expect

from monitor.console.live import Limits
from monitor.testing import FakeClock, FakeSlack, FakeSmtp
from tests.app.house import START, FeedServer, House
from tests.console.hostile import TITLES
from tests.console.visits import Visitor, visiting
from tests.empty_store import lay_empty

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
expect.set_options(timeout=20_000)  # milliseconds: other tests run beside these
WIDE: Final = 1280
PHONE: Final = 360


@dataclass
class Sight:
    """One tab, and what it complained of."""

    page: Page
    address: str
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Note errors of scripts, of the Content-Security-Policy, and requests to others."""
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("dialog", self._close)
        self.page.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    async def _close(self, dialog: Dialog) -> None:
        self.complaints.append(f"a script of strangers ran: {dialog.message}")
        await dialog.dismiss()

    def _see(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:")):
            self.complaints.append(f"asks {request.url[:100]}")

    async def go(self, path: str, *, status: int = 200) -> None:
        """Open a page that is answered with this status; a browser complains of refusals, too."""
        answer = await self.page.goto(self.address + path)
        assert answer is not None
        assert answer.status == status, (path, answer.status)
        if status >= 400:
            self.complaints = [each for each in self.complaints if f"a status of {status} " not in each]

    async def axe(self, *rules: str) -> list[str]:
        """Return what axe finds wrong, by all of its rules or by some."""
        if not await self.page.evaluate("typeof axe === 'object'"):
            await self.page.evaluate(AXE_SCRIPT)
        options: dict[str, Any] = {"resultTypes": ["violations"]}
        if rules:
            options["runOnly"] = {"type": "rule", "values": list(rules)}
        found = await self.page.evaluate("options => axe.run(options)", options)
        return [
            f"axe {each['id']}: {node['target'][0]} {node['html'][:200]} {node['failureSummary']}"
            for each in found["violations"]
            for node in each["nodes"][:3]
        ]

    async def too_wide(self) -> list[str]:
        """Return what does not fit into the width of the window."""
        return list(
            await self.page.evaluate(
                """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("body *")]
                .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".wide, pre, .chart"))
                .slice(0, 3).map((each) => `wider than ${innerWidth}: ` + each.outerHTML.slice(0, 150))"""
            )
        )

    async def strangers(self) -> list[str]:
        """Return elements that only markup of strangers can have brought."""
        return list(
            await self.page.evaluate(
                """() => [...document.querySelectorAll("*")].filter((each) =>
                [...each.attributes].some((one) => one.name.startsWith("on") || /^\\s*(javascript|data):/i.test(one.value))
                || ["IFRAME", "OBJECT", "EMBED", "BASE"].includes(each.tagName)
                || (each.tagName === "SCRIPT" && !each.src)).map((each) => "of strangers: " + each.outerHTML.slice(0, 150))"""
            )
        )


@dataclass(frozen=True, kw_only=True)
class Town:
    """The house, its daemon, and a browser."""

    house: House
    visitor: Visitor
    browser: Browser

    @asynccontextmanager
    async def looking(self, *, dark: bool = False, width: int = WIDE, script: bool = True) -> AsyncIterator[Sight]:
        """Open a tab; at its end nothing may have complained."""
        context = await self.browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            reduced_motion="reduce",
        )
        context.set_default_timeout(20_000)
        sight = Sight(await context.new_page(), self.visitor.address)
        sight.watch()
        try:
            yield sight
        finally:
            await context.close()
        assert not sight.complaints, sight.complaints


@asynccontextmanager
async def living_town(folder: Path, *, start: datetime = START, **configuration: str) -> AsyncIterator[Town]:
    """Open a house, its console and a browser."""
    lay_empty(folder / "var" / "monitor.db")
    clock = FakeClock(start)
    async with AsyncExitStack() as stack:
        feeds = await stack.enter_async_context(FeedServer())
        slack = await stack.enter_async_context(FakeSlack(clock=clock))
        smtp = await stack.enter_async_context(FakeSmtp())
        house = House(folder=folder, feeds=feeds, slack=slack, smtp=smtp, clock=clock)
        house.configure(**{key: value.replace("FEEDS", feeds.url("")) for key, value in configuration.items()})
        visitor = await stack.enter_async_context(visiting(house))
        visitor.app.console.live_alerts.limits = Limits(look=0.1)
        playwright = await stack.enter_async_context(async_playwright())
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        stack.push_async_callback(browser.close)
        yield Town(house=house, visitor=visitor, browser=browser)


def feed_of(*items: tuple[str, str], language: str = "en", base: str = "https://wire.example") -> str:
    """Write an RSS page of titles and summaries that say just what they say, markup included."""
    written = "".join(
        f"<item><link>{base}/{crc32(title.encode())}</link><title>{escape(escape(title))}</title>"
        f"<description>{escape(escape(summary))}</description></item>"
        for title, summary in items
    )
    return f"<rss version='2.0'><channel><title>Wire</title><language>{language}</language>{written}</channel></rss>"


HOSTILE: Final = "\"'><img src=x onerror=alert(1)><script>window.owned=1</script>"
HOSTILE_ITEMS: Final = tuple(
    (f"{word} {title}", f"{title} {HOSTILE}")
    for word, title in zip(
        ("Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima"),
        TITLES,
        strict=True,
    )
)
