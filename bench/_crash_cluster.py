"""Daemons on one store, killed and stopped: is everything told once, and does no feed wait too long?"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from bench._crash_house import TAKEN, WITHIN_A_POLL, House, Node, open_house
from bench._crash_node import PACE
from bench._crash_world import POLL, Verdict
from monitor.decide.schedule import JITTER
from monitor.pipeline import POLL_LEASE

LEASE = POLL_LEASE.total_seconds() / PACE
KILLS = 9
STOP_AT = 3  # kills before a process is stopped
LIFE = 20.0  # seconds in which all that happens
HASTE = 1.0  # seconds for ticks, for being recorded with others, and for what a poll itself takes
LATE = 0.05  # seconds between two looks at how late this process is


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The longest time in which nobody asked for a feed."""

    feed: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardship:
    """What a cluster went through, and what became of its messages and feeds."""

    verdict: Verdict
    gaps: tuple[Gap, ...]  # of every feed, the longest first
    bound: float  # seconds: the interval, two leases and a start
    start_up: float  # seconds that a node took at most until it asked for its first feed
    late: float  # seconds that the servers were late at most, for want of a processor
    kills: int
    stops: int
    askers: int  # nodes that asked for a feed
    complaints: tuple[str, ...]  # that they logged

    @property
    def starved(self) -> tuple[Gap, ...]:
        """The feeds that waited longer than they may."""
        return tuple(gap for gap in self.gaps if gap.seconds > self.bound)

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        return self.verdict.holds and not self.starved

    def __str__(self) -> str:
        """Return what a report says of it."""
        found, longest = self.verdict, self.gaps[0]
        return (
            f"{self.kills} kills, {self.stops} stopped, {self.askers} nodes polled; {found.due} messages due:"
            f" {len(found.lost)} lost, {len(found.doubled)} doubled; in mail {len(found.mail_lost)} lost,"
            f" {len(found.mail_doubled)} doubled; {len(self.starved)} feeds starved: {longest.feed} waited"
            f" {longest.seconds:.1f} s, allowed are {self.bound:.1f} s (start-up {self.start_up:.1f} s,"
            f" late {self.late:.1f} s)"
        )


def longest_gaps(
    feeds: Sequence[str], fetched: Mapping[str, Sequence[float]], begin: float, end: float
) -> tuple[Gap, ...]:
    """Return the longest time without a fetch of each feed, from beginning to end; the longest first."""
    gaps = []
    for feed in feeds:
        moments = [begin, *fetched.get(feed, ()), end]
        longest = max(after - before for before, after in pairwise(moments))
        gaps.append(Gap(feed=feed, seconds=longest))
    return tuple(sorted(gaps, key=lambda gap: -gap.seconds))


async def run_cluster(
    folder: Path,
    seed: str,
    *,
    store: str = "",
    size: int = 1,
    mistake: str = "",
    kinds: Sequence[str] = ("random", TAKEN, WITHIN_A_POLL),
    kills: int = KILLS,
    seconds: float = LIFE,
    lease: float = 0,
    stop: bool = True,
    give_up: float = 60,
) -> Hardship:
    """Have daemons on one store suffer; `lease` is that of feeds in seconds, 0 = the daemon's own."""
    async with open_house(folder, seed, store=store, size=size, mistake=mistake) as house, _watch() as late:
        house.lease = lease
        begin = time.monotonic()
        stopped: asyncio.Task[None] | None = None
        for number in range(kills):
            if stop and number == STOP_AT:
                stopped = asyncio.create_task(_go_on(house, await _stop(house), (lease or LEASE) + 1))
                if size == 1:
                    await stopped
            await house.suffer(1, [kinds[number % len(kinds)]], gently=True)
            await house.fill()
            await asyncio.sleep(begin + seconds * (number + 1) / kills - time.monotonic())
        if stopped:
            await stopped
        await house.recover(give_up=give_up, linger=2)
        bound = _bound(house, lease or LEASE, late)
        await _until_all_are_asked(house, time.monotonic(), bound)
        end = time.monotonic()
        await house.end()
        asked = house.world.news.fetched
        moments = {feed: [at for at, _ in each] for feed, each in asked.items()}
        return Hardship(
            verdict=house.world.judge(),
            gaps=longest_gaps([*house.world.news.feeds], moments, begin, end),
            bound=_bound(house, lease or LEASE, late),
            start_up=house.start_up(),
            late=max(late),
            kills=sum(house.done[kind] for kind in {"random", *kinds}),
            stops=house.done["stopped past its leases"],
            askers=len({node for each in asked.values() for _, node in each}),
            complaints=tuple(house.world.complaints()),
        )


def _bound(house: House, lease: float, late: Sequence[float]) -> float:
    return POLL.total_seconds() / PACE * (1 + JITTER) + 2 * lease + house.start_up() + max(late) + HASTE


async def _stop(house: House) -> Node:
    """Stop the process that asks for a feed next: it holds a lease."""
    await house.fill()
    victim = await house.struck(signal.SIGSTOP)
    if victim is None:
        victim = house.rng.choice(house.nodes)
        victim.signal(signal.SIGSTOP)
    house.nodes.remove(victim)
    house.stopped = victim
    return victim


async def _go_on(house: House, victim: Node, seconds: float) -> None:
    """Let it go on past its leases, as if nothing had been."""
    await asyncio.sleep(seconds)
    victim.signal(signal.SIGCONT)
    house.stopped = None
    house.nodes.append(victim)
    house.done["stopped past its leases"] += 1


async def _until_all_are_asked(house: House, since: float, patience: float) -> None:
    """Wait until every feed has been asked for once more, or has starved."""
    news = house.world.news
    while time.monotonic() < since + patience:
        if all(news.fetched.get(name, [(0.0, "")])[-1][0] > since for name in news.feeds):
            return
        await asyncio.sleep(LATE)


@asynccontextmanager
async def _watch() -> AsyncIterator[list[float]]:
    """Measure how late this process does what it has to: the feeds' server is in it."""
    late = [0.0]

    async def look() -> None:
        while True:
            started = time.monotonic()
            await asyncio.sleep(LATE)
            late.append(time.monotonic() - started - LATE)

    watch = asyncio.create_task(look())
    try:
        yield late
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
