"""A whole house over real sockets: feed server, Slack, SMTP; only the clock is a fake.

It parses in this process: that the daemon has a process for it, and what becomes of that, is shown with the parser and
by each daemon that is run.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from monitor.app import open_app
from monitor.daemon import Daemon
from monitor.setup import Setup, load_setup
from monitor.testing import FakeClock, FakeSlack, FakeSmtp
from tests.app.parse_here import ParserHere

CONSOLE_TOKEN = "a-token-of-forty-letters"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RULES = """
actors: {shoygu: [Shoygu, Шойгу]}
rules:
  shoygu: {actors: shoygu, hits: [Shoygu speaks], misses: [Shoy speaks]}
  quake: [earthquake, séisme]
"""


def rss(*titles: str, base: str = "https://wire.example") -> str:
    """Write an RSS page; the first title is the newest."""
    items = "".join(
        f"<item><guid>{base}/{title}</guid><link>{base}/{title.replace(' ', '-')}</link><title>{title}</title></item>"
        for title in titles
    )
    return f"<rss version='2.0'><channel><title>Wire</title>{items}</channel></rss>"


class FeedServer:
    """Serve pages on loopback; a path that has none answers 404, and `statuses` answers with a status alone."""

    def __init__(self) -> None:
        self.pages: dict[str, str] = {}
        self.statuses: dict[str, int] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.content_types: dict[str, str] = {}
        self.requests: list[str] = []
        self.port = 0
        app = web.Application()
        app.router.add_get("/{name:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def _answer(self, request: web.Request) -> web.Response:
        self.requests.append(request.path)
        headers = self.headers.get(request.path, {})
        if request.path in self.statuses:
            return web.Response(status=self.statuses[request.path], headers=headers)
        if request.path not in self.pages:
            return web.Response(status=404)
        content_type = self.content_types.get(request.path, "application/rss+xml")
        return web.Response(text=self.pages[request.path], content_type=content_type, headers=headers)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._runner.cleanup()


@dataclass(kw_only=True)
class House:
    """A folder with a configuration, and the servers it speaks to."""

    folder: Path
    feeds: FeedServer
    slack: FakeSlack
    smtp: FakeSmtp
    clock: FakeClock
    send_deadline: timedelta = timedelta(seconds=20)
    host_spacing: timedelta = timedelta()  # the clock stands still: nobody's turn would ever come
    console: io.StringIO = field(default_factory=io.StringIO)
    pages: str = "off"  # where the pages are served: `127.0.0.1:0` takes any free port

    @property
    def file(self) -> Path:
        return self.folder / "monitor.yaml"

    def configure(self, *, feeds: str = "", channels: str = "", notify: str = "desk", rules: str = RULES) -> None:
        """Write the files; `feeds` and `channels` are YAML flow mappings' insides."""
        feeds = feeds or f"wire: '{self.feeds.url('/wire')}'"
        channels = channels or f"desk: {{slack: '#desk-russia', token: '${{TOKEN}}', api_url: '{self.slack.api_url}'}}"
        self.file.write_text(
            f"defaults: {{notify: {notify}, backlog: alert}}\n"
            f"channels: {{{channels}}}\n"
            f"smtp: {{host: 127.0.0.1, port: {self.smtp.port}, from: monitor@example.org, tls: none}}\n"
            f"feeds: {{{feeds}}}\n"
            "allow: [127.0.0.1]\ninclude: [rules.yaml]\n"
        )
        (self.folder / "rules.yaml").write_text(rules)

    def setup(self) -> Setup:
        return load_setup(self.file, env=self.env)

    @property
    def env(self) -> dict[str, str]:
        tokens = {"TOKEN": self.slack.token, "APP": self.slack.socket.token, "CONSOLE_TOKEN": CONSOLE_TOKEN}
        return {**tokens, "MONITOR_CONSOLE": self.pages}

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Daemon]:
        async with open_app(
            self.setup(),
            clock=self.clock,
            send_deadline=self.send_deadline,
            host_spacing=self.host_spacing,
            stream=self.console,
        ) as app:
            app.in_use.doors = replace(app.doors, parser=ParserHere())
            for notifier in app.live.notifiers.values():
                notifier.pace = timedelta()  # the clock stands still: nobody would ever be rested
            yield app

    async def once(self, *, after: timedelta = timedelta()) -> bool:
        """Start the house, let it do what is due, stop it; return whether nothing is left to be delivered."""
        self.clock.advance(after)
        async with self.open() as app:
            return await app.run_once()

    @property
    def told(self) -> list[str]:
        """What stands in Slack: the title of each message, in order."""
        return [message.text.splitlines()[0].rpartition(" — ")[0] for message in self.slack.messages]
