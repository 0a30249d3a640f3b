"""How much 50 readers of the console delay a message, at the 99th percentile, against nobody reading.

One daemon in this process, its console on loopback, 2,000 entries told; the readers are another process that asks for
pages and the API as fast as it is answered. A message counts from when it is owed to when its channel has it. Rounds
with and without readers take turns, so that the machine's own noise is in both.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import io
import itertools
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from html import escape
from pathlib import Path

import aiohttp

from bench._console_pages import measure_pages
from monitor.app import SWITCH, open_app, utc_now
from monitor.daemon import Daemon
from monitor.logs import configure
from monitor.model import Delivery, DeliveryKind, Excerpt, Message, Priority
from monitor.setup import load_setup
from monitor.testing import FakeNotifier

PATHS = (
    "/alerts",
    "/feeds",
    "/outbox?state=sent",
    "/rules",
    "/mutes",
    "/alerts?q=minister+talks",
    "/api/v1/alerts",
    "/api/v1/feeds",
    "/api/v1/rules",
    "/metrics",
)
GOAL = 0.1  # seconds
SIZES = {"feeds": 5_000, "entries": 200_000, "alerts": 50_000, "rules": 10_000}
_FEEDS, _ITEMS = 40, 50
_PAUSE = 0.05  # seconds between two messages
_WORDS = (
    "ministers",
    "talks",
    "harbour",
    "strike",
    "budget",
    "court",
    "river",
    "election",
    "report",
    "ferry",
    "school",
)


def lay_out(folder: Path) -> None:
    """Write feeds whose every entry is told, the rules, the configuration."""
    for number in range(_FEEDS):
        items = []
        for item in range(_ITEMS):
            words = " ".join(_WORDS[(number * 7 + item * each) % len(_WORDS)] for each in (1, 3, 5, 11))
            link = f"https://news.example/{number}/{item}"
            title = escape(f"Minister on {words}, {number}-{item}")
            items.append(f"<item><guid>{link}</guid><link>{link}</link><title>{title}</title></item>")
        page = f"<rss version='2.0'><channel><title>Feed {number}</title>{''.join(items)}</channel></rss>"
        (folder / f"feed-{number}.xml").write_text(page)
    feeds = "".join(f"  feed-{number}: '{(folder / f'feed-{number}.xml').as_uri()}'\n" for number in range(_FEEDS))
    rules = "".join(f"  r{number}: [minister, {word}]\n" for number, word in enumerate(_WORDS))
    (folder / "monitor.yaml").write_text(
        "defaults: {notify: desk, backlog: alert}\nchannels: {desk: {console: true}}\nbreaker: false\n"
        f"allow_files: [.]\nfeeds:\n{feeds}rules:\n{rules}"
    )


@asynccontextmanager
async def readers(address: str, count: int) -> AsyncIterator[None]:
    """Have another process read."""
    command = (sys.executable, "-m", "bench.console", "--read", address, "--readers", str(count))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    try:
        await process.stdout.readline()  # they have begun
        yield
    finally:
        process.terminate()
        print("   readers:", (await process.stdout.read()).decode().strip())
        await process.wait()


async def read(address: str, count: int) -> None:
    """Ask for one page after another, `count` at once, until this process is ended."""
    answers: Counter[int] = Counter()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(15, stop.set)

    async def one(session: aiohttp.ClientSession, first: int) -> None:
        for path in itertools.cycle(PATHS[first % len(PATHS) :] + PATHS[: first % len(PATHS)]):
            try:
                async with session.get(address + path) as response:
                    await response.read()
                    answers[response.status] += 1
            except aiohttp.ClientError:
                answers[0] += 1

    start = time.monotonic()
    async with aiohttp.ClientSession() as session:
        tasks = [asyncio.create_task(one(session, number)) for number in range(count)]
        print("begun", flush=True)
        await stop.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    seconds = time.monotonic() - start
    print(f"{sum(answers.values()) / seconds:.0f} answers/s, by status {dict(answers)}")


async def delays(app: Daemon, notifier: FakeNotifier, count: int, name: str) -> list[float]:
    """Owe messages one by one; return the seconds until the channel has each."""
    waits = []
    for number in range(count):
        key = f"{name}{number:04}".encode().hex().ljust(32, "0")[:32]
        before = len(notifier.received)
        start = time.monotonic()
        await app.doors.in_store(app.doors.store.announce, [_message(key)], utc_now())
        await app.sends.deliver_due()
        async with asyncio.timeout(30):
            while len(notifier.received) == before:  # noqa: ASYNC110 - the notifier tells nobody
                await asyncio.sleep(0.001)
        waits.append(time.monotonic() - start)
        await app.sends.crew.join()
        await asyncio.sleep(_PAUSE)
    return waits


def _message(key: str) -> Delivery:
    now = utc_now()
    message = Message(
        title=Excerpt(text="A message", marks=()),
        url="",
        feed="",
        published=None,
        seen_at=now,
        language="",
        priority=Priority.NORMAL,
        reasons=(),
        excerpts=(),
    )
    return Delivery(key=key, alert_id="", channel="desk", kind=DeliveryKind.POST, message=message, created_at=now)


async def measure(folder: Path, *, rounds: int, messages: int, count: int) -> bool:
    """Print the delays of each round and the difference; say whether the goal is met."""
    lay_out(folder)
    setup = load_setup(folder / "monitor.yaml", env=dict(os.environ) | {"MONITOR_CONSOLE": "127.0.0.1:0"})
    with io.StringIO() as nowhere:
        async with open_app(setup, stream=nowhere, host_spacing=timedelta()) as app:
            await app.run_once()
            notifier = FakeNotifier()
            notifier.pace = timedelta()
            app.live.notifiers["desk"] = notifier  # type: ignore[index]
            await app.console.keep()
            address = f"http://127.0.0.1:{app.console.port}"
            alone: list[float] = []
            beside: list[float] = []
            for number in range(rounds):
                alone += await delays(app, notifier, messages, f"a{number}")
                async with readers(address, count):
                    beside += await delays(app, notifier, messages, f"b{number}")
            return _print(alone, beside, count)


def _print(alone: list[float], beside: list[float], count: int) -> bool:
    print(f"{len(alone)} messages each; milliseconds from owed to sent: median, p99, worst")
    percentiles = []
    for name, waits in (("nobody reads", alone), (f"{count} readers", beside)):
        cut = statistics.quantiles(waits, n=100)
        percentiles.append(cut[98])
        print(
            f"   {name:<14} median {cut[49] * 1000:7.1f}   p99 {cut[98] * 1000:7.1f}   worst {max(waits) * 1000:7.1f}"
        )
    more = percentiles[1] - percentiles[0]
    print(f"   p99 is {more * 1000:.1f} ms later; goal: at most {GOAL * 1000:.0f}")
    return more <= GOAL


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench console")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--messages", type=int, default=100, help="a round")
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--read", help=argparse.SUPPRESS)
    parser.add_argument("--pages", action="store_true", help="what each page takes over a big state, instead")
    parser.add_argument("--engine", choices=("sqlite", "postgres"), default="sqlite", help="of the big state")
    parser.add_argument("--only", default="", help="pages with this in their title")
    for what, size in SIZES.items():
        parser.add_argument(f"--{what}", type=int, default=size, help="in the big state")
    options = parser.parse_args(arguments)
    if options.read:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(read(options.read, options.readers))
        return 0
    configure("error")
    sys.setswitchinterval(SWITCH)  # as `serve` does
    if options.pages:
        sizes = {what: getattr(options, what) for what in SIZES}
        measure_pages(name=options.engine, only=options.only, **sizes)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        met = asyncio.run(
            measure(Path(folder), rounds=options.rounds, messages=options.messages, count=options.readers)
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
