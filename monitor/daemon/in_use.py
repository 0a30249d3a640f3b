"""What a daemon works with now, and the end of what a reload replaces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import Any

import structlog

from monitor.daemon.crew import Crew
from monitor.pipeline import Doors, Live
from monitor.setup import Setup

log = structlog.get_logger()

Users = Collection[asyncio.Task[Any]]


class InUse:
    """The setup that was read last, what was opened for it, and the doors, which stay.

    `claiming` is held from reading `live` to having started what uses it, so a reload sees every user of what it
    replaces.
    """

    def __init__(self, setup: Setup, doors: Doors, open_live: Callable[[Setup], Live]) -> None:
        self.setup = setup
        self.doors = doors
        self.live = open_live(setup)
        self.claiming = asyncio.Lock()
        self._open_live = open_live
        self._retiring = Crew[Live](size=16)

    async def replace(self, setup: Setup, users: Callable[[], Users]) -> None:
        """Use another setup from now on; what was opened for the old one is closed when its users have ended."""
        async with self.claiming:
            old, self.setup, self.live = self.live, setup, self._open_live(setup)
            self._retiring.start(old, _retire(old, users()))

    async def close(self) -> None:
        """Close all that was opened; nobody may use it any more."""
        await self._retiring.join()
        await _retire(self.live, frozenset())


async def _retire(live: Live, users: Users) -> None:
    """Close what was opened for one setup, once the work that uses it has ended."""
    if users:
        await asyncio.wait(users)
    closing = (live.fetcher.close(), *(notifier.close() for notifier in live.notifiers.values()))
    for failure in await asyncio.gather(*closing, return_exceptions=True):
        if isinstance(failure, BaseException):
            log.error("a connection could not be closed in good order", exc_info=failure)
