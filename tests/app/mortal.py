"""A house in a process of its own that kills itself at a named step; run in children of a fork server."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from monitor import logs
from monitor.app import open_app
from monitor.feeds.parse import parse_page
from monitor.model import Delivery, Feed, FeedState, NotModified, Page, ParsedFeed, SendResult
from monitor.ports import Fetcher, Notifier, Parser
from monitor.setup import load_setup
from monitor.testing.parser import FakeParser

SURVIVED = 0


class Countdown:
    """Count the steps of the way, or those of one name; at the chosen one, die as if the power had failed."""

    def __init__(self, fatal: int, log: Path, only: str = "") -> None:
        self.left = fatal
        self.log = log
        self.only = only
        self.passed: list[str] = []

    def step(self, name: str) -> None:
        self.passed.append(name)
        if self.only not in ("", name):
            return
        self.left -= 1
        if self.left == 0:
            self.log.write_text(name)
            os.kill(os.getpid(), signal.SIGKILL)


class MortalFetcher:
    def __init__(self, fetcher: Fetcher, countdown: Countdown) -> None:
        self._fetcher, self._countdown = fetcher, countdown

    async def fetch(self, feed: Feed, state: FeedState) -> Page | NotModified:
        self._countdown.step("before fetch")
        page = await self._fetcher.fetch(feed, state)
        self._countdown.step("after fetch")
        return page

    async def close(self) -> None:
        await self._fetcher.close()


class MortalParser:
    def __init__(self, parser: Parser, countdown: Countdown) -> None:
        self._parser, self._countdown = parser, countdown

    async def parse(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed:
        self._countdown.step("before parse")
        parsed = await self._parser.parse(page, feed, now)
        self._countdown.step("after parse")
        return parsed

    def parse_small(self, page: Page, feed: Feed, now: datetime) -> ParsedFeed | None:
        return self._parser.parse_small(page, feed, now)

    async def shortcut_holds(self, page: Page, whole: ParsedFeed, feed: Feed, now: datetime) -> bool:
        return await self._parser.shortcut_holds(page, whole, feed, now)

    async def extract(self, page: Page, url: str) -> str:
        return await self._parser.extract(page, url)

    async def close(self) -> None:
        await self._parser.close()


class MortalNotifier:
    """Die before the wire, after the destination has accepted, and around the look-up."""

    def __init__(self, notifier: Notifier, countdown: Countdown) -> None:
        self._notifier, self._countdown = notifier, countdown
        self.pace = timedelta()
        self.guarantee = notifier.guarantee

    async def send(self, delivery: Delivery) -> SendResult:
        return await self._around("send", self._notifier.send(delivery))

    async def look_up(self, delivery: Delivery, since: datetime) -> SendResult:
        return await self._around("look up", self._notifier.look_up(delivery, since))

    async def _around(self, name: str, work: Awaitable[SendResult]) -> SendResult:
        try:
            self._countdown.step(f"before {name}")
            result = await work
        finally:
            if asyncio.iscoroutine(work):
                work.close()
        self._countdown.step(f"after {name}")
        return result

    async def close(self) -> None:
        await self._notifier.close()


def live(file: Path, fatal: int, now: datetime, log: Path, env: dict[str, str], only: str) -> None:  # noqa: PLR0917 - what a process is given
    """Run the house once at a given time; `fatal` counts fetches, parses, sends, and every SQL statement that writes and commit.

    Or only steps of one name: their order is always the same, that of all steps is not, where several things go on.
    Whoever survives leaves the names of all its steps beside the log.
    """
    logs.configure("error")
    countdown = Countdown(fatal, log, only)

    def statement(connection: Connection, _cursor: Any, sql: str, *_rest: Any) -> None:
        if sql.startswith("SELECT"):
            return  # a death before one that reads leaves what one before the next leaves
        connection.info["wrote"] = not sql.startswith(("BEGIN", "PRAGMA"))
        countdown.step(f"before {' '.join(sql.split()[:3])}")

    def commit(connection: Connection) -> None:
        countdown.step("before commit" if connection.info.pop("wrote", False) else "before empty commit")

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    asyncio.run(_once(file, countdown, now, env))
    steps_beside(log).write_text("\n".join(countdown.passed))


def steps_beside(log: Path) -> Path:
    """Name the file in which a house that survived leaves the names of its steps."""
    return log.with_name("steps.txt")


async def _once(file: Path, countdown: Countdown, now: datetime, env: dict[str, str]) -> None:
    async with open_app(load_setup(file, env=env), clock=lambda: now, host_spacing=timedelta()) as app:
        app.in_use.live = replace(
            app.live,
            fetcher=MortalFetcher(app.live.fetcher, countdown),
            notifiers={name: MortalNotifier(each, countdown) for name, each in app.live.notifiers.items()},
        )
        await app.doors.parser.close()
        # in this process: the parser's own would be started anew for each of some hundred deaths, and holds no state
        app.in_use.doors = replace(app.doors, parser=MortalParser(FakeParser(parse_page), countdown))
        await app.run_once()
