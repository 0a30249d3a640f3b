"""What every page works with: how to read the state beside the daemon, how to change it, what is loaded now."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from monitor.document import did_you_mean
from monitor.errors import NotFoundError
from monitor.files import Mistakes
from monitor.pipeline import Doors, Live
from monitor.ports import Clock, Store
from monitor.setup import Setup
from monitor.store.sql_store import SqlStore, open_existing_store
from monitor.text.plain import one_line, shorten

R = TypeVar("R")
READERS = 2  # threads, each with a connection of its own


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
        self._readers = Readers()

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
        url = self.setup.config.store
        if url.endswith(":memory:"):  # there is one connection, and nobody else sees what it holds
            return await self.act(look)
        return await self._readers.read(url, look)

    async def act(self, change: Callable[[Store], R]) -> R:
        """Have a function change the state, in its turn among the daemon's transactions."""
        return await self._doors.in_store(change, self._doors.store)

    def require_known(self, *, rule: str = "", feed: str = "", channel: str = "") -> None:
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
                hint = did_you_mean(name, names)
                raise NotFoundError(
                    f"there is no {what} `{shorten(one_line(name), 50)}`" + (f": {hint}" if hint else "")
                )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._readers.close()


class Readers:
    """Threads that read, each with its own connection, opened when it is first needed."""

    def __init__(self) -> None:
        self._own = threading.local()
        self._opened: list[SqlStore] = []
        self._threads: ThreadPoolExecutor | None = None

    async def read(self, url: str, look: Callable[[Store], R]) -> R:
        """Have one of the threads read."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(READERS, "reading")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._look, url, look)

    def _look(self, url: str, look: Callable[[Store], R]) -> R:
        store: SqlStore | None = getattr(self._own, "store", None)
        if store is None:
            store = self._own.store = open_existing_store(url)
            self._opened.append(store)
        return look(store)

    async def close(self) -> None:
        """Wait for what is being read, and let go."""
        threads, self._threads = self._threads, None
        if threads is None:
            return
        await asyncio.to_thread(threads.shutdown, wait=True, cancel_futures=True)
        for store in self._opened:
            store.engine.dispose()
        self._opened.clear()
        self._own = threading.local()
