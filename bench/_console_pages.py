"""How long each page of the console takes over a state of years: median and worst milliseconds, one reader."""

from __future__ import annotations

import asyncio
import io
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp

from bench._news import make_world, to_yaml
from monitor.app import open_app, utc_now
from monitor.setup import Setup, load_setup
from monitor.store import open_store
from tests.store.big import Big, fill_big
from tests.store.postgres import find_binaries, running_server

ROUNDS = 7
_SLOW = 200  # milliseconds of a median, beyond which a page is marked
_HTML = {"Accept": "text/html"}


def pages(big: Big) -> dict[str, str]:
    """Say what is asked for, by a title."""
    rare, common = big.rules[0], big.rules[-1]
    story = f"{0:016x}{ord('e'):04x}{0:012x}"
    return {
        "alerts": "/alerts",
        "alerts, 90 days": "/alerts?range=90d",
        "alerts of a rare feed": "/alerts?source=feed-0",
        "alerts of a feed that has none": "/alerts?source=nobody",
        "alerts of a rare rule": f"/alerts?rule={rare}",
        "alerts of a common rule": f"/alerts?rule={common}",
        "alerts, search": "/alerts?q=minister*+talks",
        "story": f"/stories/{story}",
        "rules": "/rules",
        "rules by hits": "/rules?sort=hits",
        "rules, search": "/rules?q=r1",
        "a rule": f"/rules/{rare}",
        "a rule's feed": f"/rules/{rare}/feed.xml",
        "feeds": "/feeds",
        "feeds, search": "/feeds?q=feed-4",
        "feeds that fail": "/feeds?health=failing",
        "a feed": "/feeds/feed-0",
        "outbox": "/outbox?state=sent",
        "mutes": "/mutes",
        "try": "/try",
        "api: alerts": "/api/v1/alerts",
        "api: alerts of a rare feed": "/api/v1/alerts?source=feed-0",
        "api: rules": "/api/v1/rules",
        "api: feeds": "/api/v1/feeds",
        "api: a feed": "/api/v1/feeds/feed-0",
        "api: mutes": "/api/v1/mutes",
        "api: outbox": "/api/v1/outbox?state=sent",
        "api: status": "/api/v1/status",
        "metrics": "/metrics",
    }


def lay_out(folder: Path, store: str, *, feeds: int, entries: int, alerts: int, rules: int) -> tuple[Setup, Big]:
    """Write the files and the state."""
    world = make_world(rules)
    (folder / "rules.yaml").write_text(to_yaml(world))
    big = Big(feeds=feeds, entries=entries, alerts=alerts, rules=tuple(world.rules), now=utc_now())
    watched = "".join(
        f"  {each.name}: {{url: '{each.url}', tags: [{each.tags[0]}]}}\n" for each in map(big.feed, range(feeds))
    )
    (folder / "monitor.yaml").write_text(
        "defaults: {notify: desk}\nchannels: {desk: {console: true}}\ninclude: [rules.yaml]\n"
        f"store: {store}\nfeeds:\n{watched}"
    )
    state = open_store(store)
    fill_big(state, big)
    state.close()
    return load_setup(folder / "monitor.yaml", env=dict(os.environ) | {"MONITOR_CONSOLE": "127.0.0.1:0"}), big


@contextmanager
def engine(name: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty database."""
    if name == "sqlite":
        yield f"sqlite:///{folder / 'monitor.db'}"
        return
    binaries = find_binaries()
    if binaries is None:
        raise SystemExit("no PostgreSQL here: `--engine sqlite`")
    with running_server(binaries) as server:
        yield server.create("bench_console")


async def _measure(setup: Setup, big: Big, only: str) -> None:
    with io.StringIO() as nowhere:
        async with open_app(setup, stream=nowhere, host_spacing=timedelta()) as app, aiohttp.ClientSession() as session:
            await app.console.keep()
            address = f"http://127.0.0.1:{app.console.port}"
            print(f"  {'page':<32}{'median ms':>10}{'worst':>9}{'kB':>8}")
            for title, path in pages(big).items():
                if only in title:
                    await _ask(session, title, address + path)


async def _ask(session: aiohttp.ClientSession, title: str, url: str) -> None:
    taken, size, status = [], 0, 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        try:
            async with session.get(url, headers=_HTML) as response:
                size, status = len(await response.read()), response.status
        except aiohttp.ClientError:
            status = 0
        taken.append((time.perf_counter() - started) * 1000)
    median = statistics.median(taken)
    marks = f"  answered {status}" * (status != 200) + "  slow" * (median > _SLOW)
    print(f"  {title:<32}{median:>10.1f}{max(taken):>9.1f}{size / 1000:>8.0f}{marks}", flush=True)


def measure_pages(*, name: str, feeds: int, entries: int, alerts: int, rules: int, only: str) -> None:
    """Print what each page takes."""
    with tempfile.TemporaryDirectory() as place, engine(name, Path(place)) as store:
        started = time.monotonic()
        setup, big = lay_out(Path(place), store, feeds=feeds, entries=entries, alerts=alerts, rules=rules)
        took = time.monotonic() - started
        print(
            f"{name}: {feeds:,} feeds, {entries:,} entries, {alerts:,} alerts, {rules:,} rules (laid in {took:.0f} s)"
        )
        asyncio.run(_measure(setup, big, only))
