"""Seconds from an entry's leaving its feed's server to Slack's having its message: 1,000 feeds, 10,000 rules.

A real daemon (`monitor run`) over real sockets, by the machine's clock. The wait for a feed's next poll is not counted:
an entry counts from when the answer that holds it was written. Every poll after the first brings one new entry, and
about one in seven is told. Slack takes one message a second and channel, so the rules are shared out among many.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

from aiohttp import web

from bench._news import Newsroom, World, make_world, to_yaml
from monitor.app import utc_now
from monitor.model import Entry
from monitor.testing import FakeSlack, SlackMessage

HOSTS = [f"127.0.1.{number}" for number in range(1, 201)]  # so that no host's turn is waited for
_ON_PAGE = 20
_STOCK = 2_000  # entries written before, so that writing them takes no time from the daemon
_ROOT = Path(__file__).parents[1]


class Presses:
    """Feeds of which each answer but the first holds an entry that no answer before held."""

    def __init__(self, room: Newsroom) -> None:
        self.served: dict[str, float] = {}  # when the answer was written, by code
        self._room = room
        self._stock: list[Entry] = []
        self._pages: dict[str, list[str]] = {}
        self._count = 0
        self._rng = random.Random(3)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        page = self._pages.get(request.path)
        fresh = ""
        if page is None:
            page = self._pages[request.path] = [self._item(request.path)[1] for _ in range(_ON_PAGE)]
        else:
            fresh, item = self._item(request.path)
            page.insert(0, item)
            del page[_ON_PAGE:]
        text = f"<rss version='2.0'><channel><title>Wire</title>{''.join(page)}</channel></rss>"
        response = web.StreamResponse(headers={"Content-Type": "application/rss+xml"})
        await response.prepare(request)
        await response.write_eof(text.encode())
        if fresh:
            self.served[fresh] = time.monotonic()
        return response

    def refill(self) -> None:
        """Write entries in advance."""
        self._stock += self._room.write(_STOCK, full=False)

    def _item(self, path: str) -> tuple[str, str]:
        if not self._stock:
            self.refill()
        entry, self._count = self._stock.pop(), self._count + 1
        code = "zq" + "".join(self._rng.choices("abcdefghijklmnoprstuvwy", k=10))
        link = f"https://news.example{path}/{self._count}"
        title, summary = escape(f"{entry.title} {code}"), escape(entry.summary)
        item = f"<guid>{link}</guid><link>{link}</link><title>{title}</title><description>{summary}</description>"
        return code, f"<item>{item}</item>"


class TimedSlack(FakeSlack):
    """Note when each message was taken."""

    def __init__(self, channels: int) -> None:
        super().__init__(clock=utc_now, channels={f"C0000{number:04}": f"desk-{number}" for number in range(channels)})
        self.taken: list[tuple[float, str]] = []  # when, and what it says

    def _keep(self, channel: str, params: Mapping[str, Any], **where: Any) -> SlackMessage:
        message = super()._keep(channel, params, **where)
        self.taken.append((time.monotonic(), message.text))
        return message


def _latencies(presses: Presses, slack: TimedSlack, since: float) -> list[float]:
    """Return the seconds of each message about an entry that was served since a time."""
    waits = []
    for at, text in slack.taken:
        code = next((word for word in text.split() if word.startswith("zq") and word in presses.served), None)
        if code and presses.served[code] >= since:
            waits.append(at - presses.served[code])
    return sorted(waits)


def _configure(folder: Path, world: World, *, feeds: int, channels: int, slack: FakeSlack, port: int) -> None:
    for number, rule in enumerate(world.rules.values()):
        rule["notify"] = [f"desk-{number % channels}"]
    (folder / "rules.yaml").write_text(to_yaml(world))
    desks = "".join(
        f"  desk-{number}: {{slack: '#desk-{number}', token: '${{TOKEN}}', api_url: '{slack.api_url}'}}\n"
        for number in range(channels)
    )
    urls = "".join(f"  f{number}: 'http://{HOSTS[number % len(HOSTS)]}:{port}/{number}'\n" for number in range(feeds))
    (folder / "monitor.yaml").write_text(
        f"defaults: {{notify: desk-0, poll: 1m}}\nchannels:\n{desks}feeds:\n{urls}"
        "allow: 127.0.0.0/8\ninclude: [rules.yaml]\nstore: sqlite:///var/monitor.db\n"
    )


@contextmanager
def _daemon(folder: Path, token: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "monitor", "--config", str(folder / "monitor.yaml"), "run"]
        env = {"PYTHONPATH": str(_ROOT), "TOKEN": token, "PATH": "/usr/bin:/bin"}
        daemon = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        try:
            yield daemon
        finally:
            daemon.terminate()
            daemon.wait()


async def measure(folder: Path, *, feeds: int, rules: int, channels: int, seconds: int) -> None:
    """Let all feeds be polled once, measure for a while, and print."""
    world = make_world(rules)
    presses, slack = Presses(Newsroom(world)), TimedSlack(channels)
    for _ in range(feeds * _ON_PAGE // _STOCK + 1):
        presses.refill()
    app = web.Application()
    app.router.add_get("/{name}", presses.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    async with slack:
        await web.TCPSite(runner, HOSTS[0], 0, backlog=1024).start()
        port = runner.addresses[0][1]
        for host in HOSTS[1:]:
            await web.TCPSite(runner, host, port, backlog=1024).start()
        _configure(folder, world, feeds=feeds, channels=channels, slack=slack, port=port)
        with _daemon(folder, slack.token) as daemon:
            while len(presses.served) < feeds:  # all are known, and have been polled again
                await asyncio.sleep(1)
                if daemon.poll() is not None:
                    raise SystemExit((folder / "log").read_text())
            since, cpu = time.monotonic(), _cpu(daemon.pid)
            before = len(presses.served)
            await asyncio.sleep(seconds)
            served, until, cpu = len(presses.served) - before, time.monotonic(), _cpu(daemon.pid) - cpu
            await asyncio.sleep(5)  # for the last
            waits = _latencies(presses, slack, since)
    await runner.cleanup()
    if len(waits) < 100:
        raise SystemExit(f"only {len(waits)} messages came: {(folder / 'log').read_text()[-2000:]}")
    p50, p99 = statistics.median(waits), waits[len(waits) * 99 // 100]
    print(f"{feeds:,} feeds, {rules:,} rules, {channels} channels: {served} new entries in {until - since:.0f} s")
    print(f"{len(waits)} messages: p50 {p50 * 1e3:.0f} ms, p99 {p99 * 1e3:.0f} ms, at most {waits[-1] * 1e3:.0f} ms")
    print(f"the daemon's process used {100 * cpu / (until - since):.0f} % of one core")


def _cpu(pid: int) -> float:
    return time.clock_gettime(~pid << 3 | 2)  # the clock of another process, clock_getcpuclockid(3)


def main(argv: Sequence[str]) -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench latency", description=__doc__)
    parser.add_argument("--feeds", type=int, default=1_000)
    parser.add_argument("--rules", type=int, default=10_000)
    parser.add_argument("--channels", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=120)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="monitor-latency-") as folder:
        asyncio.run(measure(Path(folder), **vars(options)))
    return 0
