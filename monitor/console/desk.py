"""What every page works with: how to read the state beside the daemon, how to change it, what is loaded now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, TypeVar

from monitor.document import did_you_mean
from monitor.errors import NotFoundError, StoreUnavailableError
from monitor.files import Mistakes
from monitor.pipeline import Doors, Live
from monitor.ports import Clock, Store
from monitor.setup import Setup
from monitor.store.sql_store import SqlStore, open_existing_store
from monitor.text.plain import one_line, shorten

R = TypeVar("R")
PATIENCE: Final = 0.05  # seconds that a look at the state lets the daemon's own work go first
MOST_WAITING: Final = 300  # looks; who closes his page leaves his behind
LONGEST: Final = 20.0  # seconds for a look and the wait for it: a connection lasts 30, then nobody hears the answer


class Desk:
    """One for all pages. Reading never waits for the daemon's transactions, nor they for it."""

    def __init__(
        self,
        doors: Doors,
        setup: Callable[[], Setup],
        live: Callable[[], Live],
        mistakes: Callable[[], Mistakes | None],
    ) -> None:
        self._doors = doors
        self._setup = setup
        self._live = live
        self._mistakes = mistakes
        self._reading = ReadingThread("reading", doors)
        self._searching = ReadingThread("searching", doors)

    @property
    def clock(self) -> Clock:
        """Say what time it is."""
        return self._doors.clock

    @property
    def setup(self) -> Setup:
        """Everything the files say, as it was loaded last."""
        return self._setup()

    @property
    def live(self) -> Live:
        """What is open now, and the rules that are matched."""
        return self._live()

    @property
    def mistakes(self) -> Mistakes | None:
        """What is wrong with the files since the last load that was right; None = nothing."""
        return self._mistakes()

    async def read(self, look: Callable[[Store], R]) -> R:
        """Have a function look at the state, on a thread and a connection of its own.

        Raises:
            StoreUnavailableError: it cannot be read now.
        """
        return await self._look(self._reading, look)

    async def search(self, look: Callable[[Store], R]) -> R:
        """Do the same with a function that may take seconds: it holds up no page.

        Raises:
            StoreUnavailableError: it cannot be read now.
        """
        return await self._look(self._searching, look)

    async def work(self, make: Callable[[], R]) -> R:
        """Have something made for a page, in turn with what pages read: that takes longer, and delays no message.

        Raises:
            StoreUnavailableError: it takes too long, or too many wait for their turn.
        """
        return await self._reading.do(make)

    async def ponder(self, make: Callable[[], R]) -> R:
        """Have something made that may take seconds, in turn with searches: it holds up no page, and no message.

        Raises:
            StoreUnavailableError: it takes too long, or too many wait for their turn.
        """
        return await self._searching.do(make)

    async def _look(self, thread: ReadingThread, look: Callable[[Store], R]) -> R:
        url = self.setup.config.store
        if url.endswith(":memory:"):  # there is one connection, and nobody else sees what it holds
            return await self.act(look)
        return await thread.do(lambda: look(thread.store(url)))

    async def act(self, change: Callable[[Store], R]) -> R:
        """Have a function change the state, in its turn among the daemon's transactions."""
        return await self._doors.in_store(change, self._doors.store)

    async def require_known(self, *, rule: str = "", feed: str = "", channel: str = "") -> None:
        """Check that the files know these names, where they are given.

        Raises:
            NotFoundError: one is unknown.
        """
        setup = self.setup
        known = {
            "rule": (rule, setup.ruleset.rules),
            "feed": (feed, [each.name for each in setup.config.feeds]),
            "channel": (channel, setup.channels),
        }
        for what, (name, names) in known.items():
            if name and name not in names:
                hint = await self.ponder(partial(did_you_mean, name, tuple(names)))  # of 10,000 it takes a second
                raise NotFoundError(
                    f"there is no {what} `{shorten(one_line(name), 50)}`" + (f": {hint}" if hint else "")
                )

    async def close(self) -> None:
        """Let go of the connections."""
        for thread in (self._reading, self._searching):
            await thread.close()


class ReadingThread:
    """A thread that reads, with its own connection, both opened when they are first needed.

    One of a kind: what two do at once in Python takes as long as one after the other, and each of them delays
    everything else in the daemon. Each look waits until the daemon's own work pauses: a message goes before a page.
    """

    def __init__(self, name: str, doors: Doors, *, longest: float = LONGEST) -> None:
        self._name = name
        self._doors = doors
        self._longest = longest
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._store: SqlStore | None = None
        self._thread: ThreadPoolExecutor | None = None

    async def do(self, work: Callable[[], R]) -> R:
        """Have something done on the thread, in the order of asking.

        Raises:
            StoreUnavailableError: it takes too long, or too many wait for their turn.
        """
        if self._waiting >= MOST_WAITING:
            raise StoreUnavailableError("too many read it at this moment")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._longest) as time:
                return await self._do(work)
        except TimeoutError:
            if not time.expired():  # the work's own
                raise
            raise StoreUnavailableError("it takes too long to be read now") from None
        finally:
            self._waiting -= 1

    async def _do(self, work: Callable[[], R]) -> R:
        async with self._turn:
            await self._doors.let_pass(PATIENCE)
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, self._name)
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def store(self, url: str) -> SqlStore:
        """Return its connection; call it on the thread."""
        if self._store is None:
            self._store = open_existing_store(url)
        return self._store

    async def close(self) -> None:
        """Wait for what is being read, and let go."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        await asyncio.to_thread(thread.shutdown, wait=True, cancel_futures=True)
        store, self._store = self._store, None
        if store is not None:
            store.engine.dispose()
