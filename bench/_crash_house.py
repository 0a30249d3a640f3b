"""Daemons on one store, and whoever kills them: the blows of the kill harness."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench._crash_node import MARK_FIRST, PACE, Life, live, to_argument
from bench._crash_world import Verdict, World, open_world
from monitor.pipeline import SEND_LEASE
from monitor.testing import Fault
from monitor.testing.smtp import DROP, HANG

PATIENCE = 4.0  # seconds for an aimed blow to find its moment
LONGEST_LIFE = 1.2  # seconds until a kill at a random moment
STOPPED = SEND_LEASE.total_seconds() / PACE + 1
WHOLE_EVERY = 20  # lives, one starts cold
STOP_EVERY = 25  # kills, a process is stopped and goes on
GIVE_UP = 60.0  # seconds at the end without anything told

POST, EDIT, LOOK = "chat.postMessage", "chat.update", "conversations.history"
NOT_TAKEN, TAKEN = "before Slack took it", "before Slack answered"
KINDS = {
    "random": 40,
    NOT_TAKEN: 14,
    TAKEN: 26,
    "around an edit": 5,
    "before mail was taken": 5,
    "before mail was answered": 6,
    "within a look-up": 4,
}
WITHIN_A_POLL = "within a poll"  # of the node that asks

FORKS = multiprocessing.get_context("forkserver")  # starts as quickly as a fork, without this process's sockets
_ROOT = Path(__file__).parents[1]


class Node:
    """One daemon."""

    def __init__(self, life: Life) -> None:
        if life.whole:
            command = [sys.executable, "-m", "bench._crash_node", to_argument(life)]
            whole = subprocess.Popen(command, cwd=_ROOT, stderr=subprocess.DEVNULL)
            self.pid = whole.pid
            self._join: Callable[[], object] = whole.wait
        else:
            forked = FORKS.Process(target=live, args=(life,), daemon=True)
            forked.start()
            assert forked.pid
            self.pid = forked.pid
            self._join = forked.join
        self.whole = life.whole
        self.name = life.name
        self.began = time.monotonic()

    def signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    async def end(self) -> None:
        self.signal(signal.SIGKILL)
        await asyncio.to_thread(self._join)


@dataclass(kw_only=True)
class House:
    """Daemons on one store, and whoever kills them."""

    world: World
    rng: random.Random
    size: int = 1  # daemons at once
    mistake: str = ""
    lease: float = 0  # of feeds, in seconds as the machine counts, 0 = the daemon's own
    nodes: list[Node] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)  # blows by kind
    stopped: Node | None = None  # which is none of the nodes until it goes on
    born: dict[str, float] = field(default_factory=dict)  # by node: when, by `time.monotonic`
    _lives: int = 0

    async def suffer(self, kills: int, kinds: Sequence[str] = (), *, gently: bool = False) -> None:
        """Kill so many times, and stop a process now and then; `gently`, nothing else goes wrong."""
        for number in range(1, kills + 1):
            await self.fill()
            self.world.relent()
            kind = self.rng.choice(kinds) if kinds else self.rng.choices([*KINDS], [*KINDS.values()])[0]
            if kind == "random":
                self._make_trouble()
            await self._kill(kind)
            if number % STOP_EVERY == 0 and not gently:
                await self._stop()

    async def recover(self, *, give_up: float = GIVE_UP, linger: float = 0) -> None:
        """Let everything go well until all is told, and a little longer, in which something could be told twice."""
        self.world.relent()
        self.world.news.ended = True
        await self.fill()
        told, since = -1, time.monotonic()
        while time.monotonic() - since < give_up:
            verdict = self.world.judge()
            if not (verdict.lost or verdict.mail_lost):
                break
            now_told = len(self.world.slack.messages) + len(self.world.smtp.mails)
            if now_told > told:
                told, since = now_told, time.monotonic()
            await asyncio.sleep(0.2)
        await asyncio.sleep(linger or (STOPPED if self.size > 1 else 2))

    async def end(self) -> None:
        """Leave no process behind."""
        for node in [*self.nodes, *([self.stopped] if self.stopped else [])]:
            await node.end()
        self.stopped = None
        self.nodes.clear()

    def start_up(self) -> float:
        """Return how many seconds it took a daemon at most to be ready; one that was killed before does not count."""
        ready = {path.stem: float(path.read_text()) for path in self.world.folder.glob("*.ready")}
        return max((at - self.born[name] for name, at in ready.items()), default=0.0)

    async def fill(self, *, halt: bool = False) -> None:
        """Start daemons until there are as many as there should be."""
        while len(self.nodes) + (self.stopped is not None) < self.size:
            self._lives += 1
            whole = self._lives % WHOLE_EVERY == 0
            name = f"node-{self._lives}"
            life = self.world.life(mistake=self.mistake, halt=halt, whole=whole, name=name, lease=self.lease)
            node = await asyncio.to_thread(Node, life)  # Slack goes on answering meanwhile
            self.nodes.append(node)
            self.born[node.name] = node.began

    async def _kill(self, kind: str) -> None:
        victim = self.rng.choice(self.nodes)
        started = 1.5 if victim.whole else 0.0
        if kind == WITHIN_A_POLL:
            victim = await self.struck(signal.SIGKILL) or victim
        elif kind != "random" and not await self._met(kind, partial(victim.signal, signal.SIGKILL), PATIENCE + started):
            self.done["(aimed, and never met)"] += 1
            kind = "random"
        if kind == "random":
            await asyncio.sleep(started + self.rng.uniform(0, LONGEST_LIFE))
        self.nodes.remove(victim)
        await victim.end()
        self.done[kind] += 1

    async def _stop(self) -> None:
        """Stop a process past its leases, and let it go on as if nothing had been."""
        if self.rng.random() < 0.5:
            if len(self.nodes) == self.size:
                await self.nodes.pop().end()
            await self.fill(halt=True)
            kind, victim = "stopped before sending", self.nodes[-1]
            await asyncio.sleep(LONGEST_LIFE)
        else:
            await self.fill()
            kind, victim = "stopped before Slack answered", self.rng.choice(self.nodes)
            stop = partial(victim.signal, signal.SIGSTOP)
            if not await self._met(TAKEN, stop, PATIENCE):
                stop()
        await asyncio.sleep(STOPPED)
        victim.signal(signal.SIGCONT)
        await asyncio.sleep(0.5)
        self.done[kind] += 1

    async def struck(self, blow: signal.Signals) -> Node | None:
        """Strike the daemon that asks for a feed next, before it is answered; None = nobody asked."""
        met: asyncio.Future[Node] = asyncio.get_running_loop().create_future()

        def strike(name: str) -> None:
            for node in self.nodes:
                if node.name == name:
                    node.signal(blow)
                    met.set_result(node)
                    return
            self.world.news.struck = strike  # somebody who is no more, or was stopped

        self.world.news.struck = strike
        try:
            async with asyncio.timeout(PATIENCE):
                return await met
        except TimeoutError:
            self.world.relent()
            return None

    async def _met(self, kind: str, blow: Callable[[], None], patience: float) -> bool:
        """Aim a blow, and say whether its moment came."""
        met = asyncio.Event()

        def strike() -> None:
            blow()
            met.set()

        self._aim(kind, strike)
        try:
            async with asyncio.timeout(patience):
                await met.wait()
        except TimeoutError:
            self.world.relent()
        return met.is_set()

    def _aim(self, kind: str, strike: Callable[[], None]) -> None:
        slack, smtp = self.world.slack, self.world.smtp
        match kind:
            case "before mail was taken":
                smtp.fail("DATA", DROP, met=strike)
            case "before mail was answered":
                smtp.fail("DATA", DROP, accept=True, met=strike)
            case "within a look-up":
                slack.fail(Fault.drop(accept=True))
                slack.fail(Fault(after=Fault.drop(accept=False).after, met=strike), method=LOOK)
            case "around an edit":
                accept = self.rng.random() < 0.5
                slack.fail(Fault(accept=accept, after=Fault.drop(accept=accept).after, met=strike), method=EDIT)
            case _:
                accept = kind == TAKEN
                slack.fail(Fault(accept=accept, after=Fault.drop(accept=accept).after, met=strike))

    def _make_trouble(self) -> None:
        """Have the next few calls fail, or not."""
        faults = [
            *[Fault.slow(0)] * 8,
            Fault.slow(0.2),
            Fault.slow(2.0),  # later than anybody waits
            Fault.rate_limited(10),
            Fault.server_error(),
            Fault.server_error(accept=True),
            Fault.drop(accept=True),
            Fault.drop(accept=False),
            Fault.hang(accept=True),
            Fault.nonsense("<h1>hello</h1>", accept=True),
        ]
        for fault in self.rng.sample(faults, 3):
            self.world.slack.fail(fault)
        refusals = [Fault.slow(0), Fault.slow(0), Fault.server_error(), Fault.rate_limited(5), Fault.drop(accept=False)]
        for method in (LOOK, "conversations.replies", "conversations.list", EDIT):
            self.world.slack.fail(self.rng.choice(refusals), method=method)
        step, answer, accept = self.rng.choice(
            [("MAIL", "451 later", True), ("DATA", DROP, True), ("DATA", HANG, True), ("DATA", "451 full", False)]
        )
        if self.rng.random() < 0.3:
            self.world.smtp.fail(step, answer, accept=accept)


@asynccontextmanager
async def open_house(
    folder: Path, seed: str, *, store: str = "", size: int = 1, mistake: str = ""
) -> AsyncIterator[House]:
    """Open a world with daemons in it; everything that they do by chance comes from the seed."""
    async with open_world(folder, random.Random(f"news {seed}"), store) as world:
        house = House(world=world, rng=random.Random(f"blows {seed}"), size=size, mistake=mistake)
        try:
            yield house
        finally:
            await house.end()


async def run_house(folder: Path, seed: str, kills: int, *, store: str = "", size: int = 1) -> tuple[House, Verdict]:
    """Have one house suffer; return it, ended, with what became of its messages."""
    async with open_house(folder, seed, store=store, size=size) as house:
        await house.suffer(kills)
        await house.recover()
        await house.end()
        return house, house.world.judge()


async def run_control(folder: Path, mistake: str, *, kills: int) -> Verdict:
    """Have a daemon with a mistake suffer those kills that bring it out."""
    kind = NOT_TAKEN if mistake == MARK_FIRST else TAKEN
    async with open_house(folder, mistake, mistake=mistake) as house:
        for _ in range(3 * kills):  # on a busy machine not each blow finds its moment
            if house.done[kind] < kills:
                await house.suffer(1, [kind], gently=True)
        await house.recover(give_up=5)  # what the first mistake loses never comes
        await house.end()
        return house.world.judge()
